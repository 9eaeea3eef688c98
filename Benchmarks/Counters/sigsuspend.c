// For programs that valgrind runs. Debian's (3.19) writes into the mask that sigsuspend is given, and dies where that is
// constant, as it is in libdispatch, whose main thread waits so: here the mask is a copy.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  return (int)syscall(SYS_rt_sigsuspend, &copy, 8);  // the kernel's mask has 64 bits
}
