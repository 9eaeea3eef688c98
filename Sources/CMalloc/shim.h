// Returns freed memory to the system, where the C library must be asked to: glibc, whose malloc.h is not in Swift's
// Glibc module. Elsewhere it does nothing.
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
