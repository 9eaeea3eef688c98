// Makes accept4 fail in the program that preloads it, controlled by a file of its parent.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// The file's content, which both programs map.
struct plan {
  long tries;   // how often accept4 was called
  long failed;  // how often it was made to fail
  long left;    // how often it still has to fail; forever if negative
  long code;    // its errno
};

static struct plan *plan;

__attribute__((constructor)) static void map_plan(void) {
  const char *path = getenv("FRESHET_ACCEPT_PLAN");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) plan = memory;
  close(file);
}

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*next)(int, struct sockaddr *, socklen_t *, int);
  if (!next) next = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
  if (plan) {
    __atomic_add_fetch(&plan->tries, 1, __ATOMIC_SEQ_CST);
    long left = __atomic_load_n(&plan->left, __ATOMIC_SEQ_CST);
    if (left != 0) {
      if (left > 0) __atomic_sub_fetch(&plan->left, 1, __ATOMIC_SEQ_CST);
      __atomic_add_fetch(&plan->failed, 1, __ATOMIC_SEQ_CST);
      errno = (int)plan->code;
      return -1;
    }
  }
  return next(socket, address, length, flags);
}
