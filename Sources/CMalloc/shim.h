// Gives freed memory back to the system, where the C library has to be asked to: glibc, whose malloc.h Swift's module of
// it leaves out. Elsewhere it does nothing.
#ifndef FRESHET_CMALLOC_SHIM_H
#define FRESHET_CMALLOC_SHIM_H
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static inline void freshet_return_freed_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
#endif
