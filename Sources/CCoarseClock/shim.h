// The system's cheapest monotonic clock, whose name and type differ between systems.
#ifndef FRESHET_CCOARSECLOCK_SHIM_H
#define FRESHET_CCOARSECLOCK_SHIM_H
#include <stdint.h>
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
#endif
