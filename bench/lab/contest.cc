#include "contest.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <set>

#include "clock.h"
#include "drain.h"
#include "must.h"

namespace lab {

namespace {

// A measurement takes at least this much CPU, so that the clock's resolution and its own cost do not show.
constexpr int64_t kLeastCpu = 2'000'000;
// So much may be on its way to a client without the reader having said that all is read.
constexpr size_t kInFlight = 32 * 1024;

double quartile(Costs values, double which) {
  std::sort(values.begin(), values.end());
  const double place = which * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - std::floor(place)) * (values[above] - values[below]);
}

std::span<const std::byte> make_payload(size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) must(-1, "mmap");
  auto* const first = static_cast<std::byte*>(memory);
  for (size_t i = 0; i < bytes; ++i) first[i] = static_cast<std::byte>(i * 31 >> 3);
  return {first, bytes};
}

// Nanoseconds of CPU per client and flush.
double measure(Way& way, const Cell& cell, const Drain& drain, uint64_t& sent) {
  const size_t burst = std::max<size_t>(1, kInFlight / cell.bytes);
  int64_t cpu = 0;
  size_t flushes = 0;
  while (cpu < kLeastCpu) {
    const int64_t begin = cpu_ns();
    for (size_t i = 0; i < burst; ++i) way.flush();
    cpu += cpu_ns() - begin;
    flushes += burst;
    sent += burst * cell.bytes * cell.clients;
    drain.wait(sent);
    const int64_t settling = cpu_ns();
    way.settle();
    cpu += cpu_ns() - settling;
  }
  return static_cast<double>(cpu) / static_cast<double>(flushes * cell.clients);
}

std::string size_text(size_t bytes) {
  char text[32];
  if (bytes >= 1u << 20) {
    std::snprintf(text, sizeof text, "%zu MiB", bytes >> 20);
  } else if (bytes % 1024 == 0) {
    std::snprintf(text, sizeof text, "%zu KiB", bytes >> 10);
  } else {
    std::snprintf(text, sizeof text, "%.1f KB", static_cast<double>(bytes) / 1000);
  }
  return text;
}

}  // namespace

double median(Costs values) {
  return quartile(std::move(values), 0.5);
}

std::string label(const Cell& cell) {
  return size_text(cell.bytes) + " x " + std::to_string(cell.clients);
}

std::vector<Cell> cells(const std::vector<size_t>& sizes, size_t most_bytes) {
  std::vector<Cell> all;
  for (const size_t bytes : sizes) {
    for (const size_t clients : {1u, 10u, 100u, 1000u}) {
      if (bytes * clients <= most_bytes) all.push_back({bytes, clients});
    }
  }
  return all;
}

Table::Table(std::string title, std::string unit, const std::vector<std::string>& names) {
  std::printf("\n%s\n%-16s", title.c_str(), unit.c_str());
  for (const std::string& name : names) {
    widths_.push_back(std::max<size_t>(name.size(), 10) + 2);
    std::printf("%*s", static_cast<int>(widths_.back()), name.c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

void Table::row(const std::string& label, const std::vector<Costs>& costs) const {
  std::printf("%-16s%*.2f", label.c_str(), static_cast<int>(widths_[0]), median(costs[0]));
  for (size_t i = 1; i < costs.size(); ++i) {
    Costs ratios;
    for (size_t round = 0; round < costs[i].size(); ++round) {
      ratios.push_back(costs[i][round] / costs[0][round]);
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ~.%02.0f", median(ratios),
                  std::min(99.0, 50 * (quartile(ratios, 0.75) - quartile(ratios, 0.25))));
    std::printf("%*s", static_cast<int>(widths_[i]), text);
  }
  std::printf("\n");
  std::fflush(stdout);
}

std::vector<Costs> interleave(size_t contestants, size_t rounds,
                              const std::function<double(size_t)>& measure) {
  std::vector<Costs> costs(contestants);
  for (size_t round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < contestants; ++i) {
      const size_t which = (round + i) % contestants;
      costs[which].push_back(measure(which));
    }
  }
  return costs;
}

void contest(const std::string& title, const std::vector<Cell>& cells, const ContestOptions& options,
             const std::function<Ways()>& make) {
  raise_descriptor_limit();
  pin_to_core(0);
  std::vector<std::string> names;
  for (const auto& way : make()) names.push_back(way->name());
  const Table table(title, "us CPU / client", names);
  std::set<std::string> remarks;
  for (const Cell& cell : cells) {
    const Drain drain(cell.clients * (options.own_sockets ? names.size() : 1), options.send_buffer);
    const std::span<const std::byte> payload = make_payload(cell.bytes);
    const Ways ways = make();
    uint64_t sent = 0;
    for (size_t i = 0; i < ways.size(); ++i) {
      const auto first =
          drain.sockets().begin() + static_cast<std::ptrdiff_t>(options.own_sockets ? i * cell.clients : 0);
      ways[i]->prepare({first, first + static_cast<std::ptrdiff_t>(cell.clients)}, payload);
      measure(*ways[i], cell, drain, sent);  // warms up
    }
    table.row(label(cell), interleave(ways.size(), options.rounds, [&](size_t which) {
                return measure(*ways[which], cell, drain, sent) / 1000;
              }));
    for (const auto& way : ways) {
      if (way->short_sends() > 0) remarks.insert(way->name() + " had sends that were taken in part");
      const std::string remark = way->remark();
      if (!remark.empty()) remarks.insert(way->name() + ": " + remark);
    }
    munmap(const_cast<std::byte*>(payload.data()), payload.size());
  }
  for (const std::string& remark : remarks) std::printf("  %s\n", remark.c_str());
}

}  // namespace lab
