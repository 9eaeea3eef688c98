// Counts calls of accept and how many failed, in a mapped file. Preloaded into the attacked server.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct counts {
  atomic_ulong tries, failures;
};

static struct counts *counts;

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("FRESHET_ATTACK_ACCEPTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) counts = memory;
  close(file);
}

static int counted(int accepted) {
  if (!counts) return accepted;
  atomic_fetch_add(&counts->tries, 1);
  // An empty queue is not a failure.
  if (accepted < 0 && errno != EAGAIN && errno != EWOULDBLOCK) atomic_fetch_add(&counts->failures, 1);
  return accepted;
}

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*next)(int, struct sockaddr *, socklen_t *, int);
  if (!next) next = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
  return counted(next(socket, address, length, flags));
}

int accept(int socket, struct sockaddr *address, socklen_t *length) {
  static int (*next)(int, struct sockaddr *, socklen_t *);
  if (!next) next = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");
  return counted(next(socket, address, length));
}
