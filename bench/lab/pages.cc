// pages: references to pages instead of copies, what they save, and what a reader sees of pages that are used
// again too early.
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>

#include "contest.h"
#include "drain.h"
#include "must.h"
#include "page_way.h"

namespace {

constexpr size_t kSize = 64 << 10;

// Sends a page of 'a' with `send`, waits until the kernel says that all is acknowledged, writes 'b' over it,
// and only then reads.
void overwrite(const char* how, std::byte* memory, const std::function<void(int socket)>& send) {
  std::vector<int> near, far;
  lab::connect_pairs(1, near, far);
  std::memset(memory, 'a', kSize);
  send(near[0]);
  int waiting = 1;
  while (waiting > 0) lab::must(ioctl(near[0], SIOCOUTQ, &waiting), "SIOCOUTQ");
  std::memset(memory, 'b', kSize);
  std::vector<char> got(kSize);
  recv(far[0], got.data(), got.size(), MSG_WAITALL);
  size_t spoilt = 0;
  for (const char byte : got) spoilt += byte == 'b' ? 1 : 0;
  std::printf("  %-12s %zu of %zu bytes arrived spoilt\n", how, spoilt, kSize);
  close(near[0]);
  close(far[0]);
}

void overwrite_all() {
  std::printf(
      "\nwritten over after SIOCOUTQ said that everything is acknowledged, before the reader reads\n");
  const int file = lab::must(memfd_create("payload", 0), "memfd_create");
  lab::must(ftruncate(file, kSize), "ftruncate");
  void* const memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) lab::must(-1, "mmap");
  auto* const bytes = static_cast<std::byte*>(memory);
  overwrite("send", bytes, [&](int socket) { send(socket, bytes, kSize, 0); });
  overwrite("MSG_ZEROCOPY", bytes, [&](int socket) {
    const int on = 1;
    lab::must(setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on), "SO_ZEROCOPY");
    send(socket, bytes, kSize, MSG_ZEROCOPY);
  });
  overwrite("sendfile", bytes, [&](int socket) {
    off_t offset = 0;
    sendfile(socket, file, &offset, kSize);
  });
  overwrite("splice", bytes, [&](int socket) {
    int ends[2];
    lab::must(pipe(ends), "pipe");
    const iovec pages{bytes, kSize};
    lab::must(vmsplice(ends[1], &pages, 1, 0), "vmsplice");
    for (ssize_t left = kSize; left > 0;) {
      left -= lab::must(splice(ends[0], nullptr, socket, nullptr, static_cast<size_t>(left), 0), "splice");
    }
    close(ends[0]);
    close(ends[1]);
  });
  munmap(memory, kSize);
  close(file);
}

lab::Ways make_ways() {
  using Pages = lab::SendfileWay::Pages;
  lab::Ways ways;
  ways.push_back(std::make_unique<lab::CopyWay>());
  ways.push_back(std::make_unique<lab::SendfileWay>("sendfile kept", Pages::kKept));
  ways.push_back(std::make_unique<lab::SendfileWay>("sendfile fresh", Pages::kFresh));
  ways.push_back(std::make_unique<lab::TeeWay>());
  return ways;
}

}  // namespace

int main() {
  lab::contest("references to pages, the payload's arrival included",
               lab::cells({1700, 6700, 16 << 10, 64 << 10, 256 << 10, 1 << 20}, lab::kUsualMost), {},
               make_ways);
  lab::contest("the same, a gibibyte a flush", {{1 << 20, 1000}}, {.rounds = 2}, make_ways);
  overwrite_all();
}
