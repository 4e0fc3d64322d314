// Several ways to do the same thing, measured in turn in interleaved rounds, and the table that says how each
// compares with the first.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "way.h"

namespace lab {

struct Cell {
  size_t bytes;
  size_t clients;
};

// 1, 10, 100 and 1000 clients for each size, without those that are more than `most_bytes` in one flush.
std::vector<Cell> cells(const std::vector<size_t>& sizes, size_t most_bytes);

constexpr size_t kUsualMost = 128u << 20;

// One contestant's cost in each round.
using Costs = std::vector<double>;

// A table whose first column is a cost and whose others are ratios to it: the median over the rounds of the
// ratio within a round, and half the distance of its quartiles.
class Table {
 public:
  Table(std::string title, std::string unit, const std::vector<std::string>& names);
  // Prints a row; costs[i] belongs to names[i].
  void row(const std::string& label, const std::vector<Costs>& costs) const;

 private:
  std::vector<size_t> widths_;
};

double median(Costs values);

std::string label(const Cell& cell);

// Runs `contestants` in turn, `rounds` times, beginning with another one in each round.
std::vector<Costs> interleave(size_t contestants, size_t rounds,
                              const std::function<double(size_t)>& measure);

struct ContestOptions {
  size_t rounds = 5;
  // 0 leaves SO_SNDBUF to the kernel.
  int send_buffer = 0;
  // Each way has connections of its own, because it changes them.
  bool own_sockets = false;
};

// Measures CPU time per client and flush of the ways that `make` makes, for each cell. Prints the table.
void contest(const std::string& title, const std::vector<Cell>& cells, const ContestOptions& options,
             const std::function<Ways()>& make);

}  // namespace lab
