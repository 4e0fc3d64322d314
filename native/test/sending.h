// Which way small messages leave in a test: by send(), or by the ring, and then also to few clients.
#pragma once

#include "options.h"

namespace evapid::test {

inline Options sending(bool ring) {
  Options options;
  options.io_uring = ring;
  if (ring) {
    options.ring_least = 1;
    options.ring_bytes = SIZE_MAX;
  }
  return options;
}

}  // namespace evapid::test
