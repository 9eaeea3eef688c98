// The system's cheapest monotonic clock, whose name and type differ between systems, and a thread's resource usage.
#ifndef FRESHET_CCOARSECLOCK_SHIM_H
#define FRESHET_CCOARSECLOCK_SHIM_H
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

// Nanoseconds; on Linux as of the last tick.
static inline int64_t freshet_coarse_nanoseconds(void) {
  struct timespec now;
#if defined(__APPLE__)
  clock_gettime(CLOCK_MONOTONIC_RAW_APPROX, &now);
#else
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#endif
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Seconds since 1970, UTC.
static inline int64_t freshet_unix_seconds(void) { return (int64_t)time(NULL); }

// RUSAGE_THREAD, which glibc declares only with _GNU_SOURCE.
#define FRESHET_RUSAGE_THREAD 1

// The calling thread's CPU time, in nanoseconds, and its number of voluntary context switches. Returns 0 where the
// system does not report them.
static inline int freshet_thread_usage(int64_t *nanoseconds, int64_t *waits) {
#if defined(__linux__)
  struct rusage usage;
  if (getrusage(FRESHET_RUSAGE_THREAD, &usage) != 0) return 0;
  *nanoseconds = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000
    + (int64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
  *waits = usage.ru_nvcsw;
  return 1;
#else
  return 0;
#endif
}
#endif
