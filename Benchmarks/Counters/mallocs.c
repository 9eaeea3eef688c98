// Counts a process's allocations, in a file that others can read at any moment:
//
//   LD_PRELOAD=./mallocs.so MALLOC_COUNTER=FILE PROGRAM
//
// The file holds two numbers of 64 bits, in the machine's order: allocations, and bytes asked for. For glibc, whose own
// functions do the work; free is here as well, so that a program with another allocator frees what it was given.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct counter {
  _Atomic uint64_t calls;
  _Atomic uint64_t bytes;
};

// Used until the file is mapped, and where none was named.
static struct counter unseen;
static struct counter *counter = &unseen;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

__attribute__((constructor)) static void map_counter(void) {
  const char *path = getenv("MALLOC_COUNTER");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (ftruncate(file, sizeof *counter) == 0) {
    void *mapped = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) counter = mapped;
  }
  close(file);
}

static void count(size_t bytes) {
  atomic_fetch_add_explicit(&counter->calls, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&counter->bytes, bytes, memory_order_relaxed);
}

void *malloc(size_t bytes) {
  count(bytes);
  return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
  count(number * bytes);
  return __libc_calloc(number, bytes);
}

void *realloc(void *old, size_t bytes) {
  count(bytes);
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  count(bytes);
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  void *memory = memalign(alignment, bytes);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

void free(void *memory) { __libc_free(memory); }
