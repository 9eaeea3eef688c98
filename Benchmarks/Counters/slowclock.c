// For programs that valgrind runs, some hundred times slower than the machine: their own clock runs as slowly. A turn of
// an event loop, which is bounded in time, then processes as many calls as it would outside valgrind, however fast the
// machine is. Libraries keep the machine's clock: libdispatch would wake again and again for a timer that it set by it.
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLOWNESS = 200 };

static uintptr_t first, last;  // addresses of the program's code

static int find_program(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
    first = object->dlpi_addr + part->p_vaddr;
    last = first + part->p_memsz;
  }
  return 1;  // the program comes first
}

__attribute__((constructor)) static void start(void) { dl_iterate_phdr(find_program, NULL); }

int clock_gettime(clockid_t clock, struct timespec *time) {
  uintptr_t caller = (uintptr_t)__builtin_return_address(0);
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  int is_slow = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE;
  if (result != 0 || !is_slow || caller < first || caller >= last) return result;
  long long total = (time->tv_sec * 1000000000LL + time->tv_nsec) / SLOWNESS;
  time->tv_sec = total / 1000000000LL;
  time->tv_nsec = total % 1000000000LL;
  return 0;
}
