// One pointer per thread, which Swift cannot declare. Only one Swift module may use it: another would get a variable of
// its own.
#ifndef FRESHET_CTHREADLOCAL_SHIM_H
#define FRESHET_CTHREADLOCAL_SHIM_H

static inline void **freshet_thread_pointer(void) {
  static _Thread_local void *pointer;
  return &pointer;
}
#endif
