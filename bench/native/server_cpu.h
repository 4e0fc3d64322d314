// CPU time of the server under test: all threads of all its processes, from the scheduler's own nanosecond
// counters.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

namespace bench {

using ThreadTimes = std::map<pid_t, uint64_t>;

// Nanoseconds on a CPU so far, by thread. Processes that are gone are left out.
ThreadTimes read_thread_times(const std::vector<pid_t>& processes);

// Nanoseconds between two readings; a thread born in between counts from zero.
uint64_t elapsed_cpu(const ThreadTimes& before, const ThreadTimes& after);

// Nanoseconds a core has been busy with whatever so far, in steps of a tick; 0 where that is not known.
uint64_t read_core_busy(int core);

// Nanoseconds this thread could have run but had to wait for its core.
uint64_t read_own_wait();

}  // namespace bench
