// Counts a process's allocations in a file that can be read at any time:
//
//   LD_PRELOAD=./mallocs.so MALLOC_COUNTER=FILE PROGRAM
//
// The file holds two native 64-bit numbers: allocations and requested bytes. For glibc, whose own
// functions are called; also replaces free, so that a program with another allocator frees its memory correctly.
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

// Used until the file is mapped, and without a file.
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
