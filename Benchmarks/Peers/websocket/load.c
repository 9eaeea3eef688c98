// The load of the WebSocket rows: many sockets in one thread, whose own work for a message is as small as it can be.
//
//   load PORT echo CONNECTIONS      sockets at /echo, each with one message in flight
//   load PORT fanout CONNECTIONS    sockets at /subscribe, and one at /publish that sends the next message when all have
//                                   received the last
//
// Prints {"open": CONNECTIONS} and then, for each line `COUNT BYTES` of standard input, sends COUNT messages (echo: in
// all) and prints {"n": messages received, "secs": seconds, "cpu": its own CPU time in seconds}. Pings are answered in
// between. Ends with its input.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 14, READ = 512 << 10, EVENTS = 512, CONTROL = 125, SEQUENCE = 4, PATIENCE_MS = 60000 };
static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

typedef struct {
  int fd;
  bool writes;           // waits for room
  size_t sent;           // bytes of the frame that is being sent; its length: none is
  uint8_t head[HEAD];    // of the frame that arrives
  unsigned head_bytes;
  bool has_head;
  size_t left;           // of its payload
  size_t message_bytes;  // of the message so far
  uint8_t start[SEQUENCE];
  uint8_t control[CONTROL];
  size_t control_bytes;
  uint32_t round;        // the last that arrived
} Socket;

static Socket *sockets, publisher;
static size_t count;
static int epoll;
static bool is_fanout;
static uint8_t *frame, *input;
static size_t frame_bytes, payload_bytes;
static uint64_t wanted, received, begun;  // messages of the run
static uint32_t round_number;
static bool is_running;

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

// A masked binary frame that begins with a number; the rest is the same in every message.
static void make_frame(size_t bytes) {
  free(frame);
  frame = malloc(HEAD + bytes);
  size_t head = 2;
  frame[0] = 0x82;
  if (bytes < 126) {
    frame[1] = 0x80 | bytes;
  } else if (bytes < 65536) {
    frame[1] = 0x80 | 126;
    frame[2] = bytes >> 8;
    frame[3] = bytes;
    head = 4;
  } else {
    frame[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++) frame[2 + i] = (uint64_t)bytes >> (56 - 8 * i);
    head = 10;
  }
  memcpy(frame + head, KEY, 4);
  for (size_t i = 0; i < bytes; i++) frame[head + 4 + i] = (uint8_t)(i * 7) ^ KEY[i % 4];
  payload_bytes = bytes;
  frame_bytes = head + 4 + bytes;
}

static void number_frame(uint32_t number) {
  uint8_t *payload = frame + frame_bytes - payload_bytes;
  for (int i = 0; i < SEQUENCE; i++) payload[i] = (uint8_t)(number >> (24 - 8 * i)) ^ KEY[i];
}

static void watch(Socket *one, bool writes) {
  if (one->writes == writes) return;
  one->writes = writes;
  struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = one};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, one->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

static void send_more(Socket *one) {
  while (one->sent < frame_bytes) {
    ssize_t n = write(one->fd, frame + one->sent, frame_bytes - one->sent);
    if (n < 0 && errno == EAGAIN) return watch(one, true);
    if (n < 0) fail("write: %s", strerror(errno));
    one->sent += n;
  }
  watch(one, false);
}

static void begin(Socket *one) {
  begun++;
  one->sent = 0;
  send_more(one);
}

static void begin_round(void) {
  number_frame(++round_number);
  begin(&publisher);
}

static void pong(Socket *one) {
  uint8_t answer[6 + CONTROL] = {0x8a, 0x80 | one->control_bytes};
  memcpy(answer + 2, KEY, 4);
  for (size_t i = 0; i < one->control_bytes; i++) answer[6 + i] = one->control[i] ^ KEY[i % 4];
  // Only between messages, and so short that it fits.
  if (write(one->fd, answer, 6 + one->control_bytes) < 0) fail("pong: %s", strerror(errno));
}

static void receive_message(Socket *one) {
  if (one->message_bytes != payload_bytes) {
    fail("a message of %zu bytes came back as one of %zu", payload_bytes, one->message_bytes);
  }
  if (!is_fanout) {
    received++;
    if (begun < wanted) begin(one);
    return;
  }
  uint32_t number = 0;
  for (int i = 0; i < SEQUENCE; i++) number = number << 8 | one->start[i];
  if (number == one->round) fail("message %u came twice", number);
  one->round = number;
  // Sockets may have subscribed after an earlier round, which was sent again.
  if (number == round_number) received++;
}

static void end_frame(Socket *one) {
  uint8_t opcode = one->head[0] & 0x0f;
  bool is_final = one->head[0] & 0x80;
  one->has_head = false;
  one->head_bytes = 0;
  if (opcode == 8) fail("the server has closed a WebSocket");
  if (opcode == 9) pong(one);
  if (opcode >= 8 || !is_final) return;
  receive_message(one);
  one->message_bytes = 0;
}

// The bytes of a head that are needed in all, as far as that is known.
static size_t head_size(const Socket *one) {
  if (one->head_bytes < 2) return 2;
  uint8_t length = one->head[1] & 0x7f;
  return length == 126 ? 4 : length == 127 ? 10 : 2;
}

static void begin_payload(Socket *one) {
  if (one->head[1] & 0x80) fail("a frame of the server's is masked");
  uint64_t length = one->head[1] & 0x7f;
  if (length >= 126) {
    length = 0;
    for (unsigned i = 2; i < one->head_bytes; i++) length = length << 8 | one->head[i];
  }
  one->has_head = true;
  one->left = length;
  one->control_bytes = 0;
}

static void take_payload(Socket *one, const uint8_t *bytes, size_t n) {
  if (one->head[0] & 0x08) {
    if (one->control_bytes + n > CONTROL) fail("a control frame is too long");
    memcpy(one->control + one->control_bytes, bytes, n);
    one->control_bytes += n;
  } else {
    for (size_t i = one->message_bytes; i < SEQUENCE && i - one->message_bytes < n; i++) {
      one->start[i] = bytes[i - one->message_bytes];
    }
    one->message_bytes += n;
  }
  one->left -= n;
}

static void parse(Socket *one, const uint8_t *bytes, size_t n) {
  while (n > 0 || (one->has_head && one->left == 0)) {
    if (one->has_head) {
      size_t part = n < one->left ? n : one->left;
      take_payload(one, bytes, part);
      bytes += part;
      n -= part;
      if (one->left == 0) end_frame(one);
    } else {
      one->head[one->head_bytes++] = *bytes++;
      n--;
      if (one->head_bytes == head_size(one)) begin_payload(one);
    }
  }
}

static void receive(Socket *one) {
  ssize_t n = read(one->fd, input, READ);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("read: %s", n < 0 ? strerror(errno) : "the server has closed a connection");
  parse(one, input, n);
}

// Returns false after a time without events.
static bool turn(int timeout_ms, bool *has_command) {
  struct epoll_event events[EVENTS];
  int n = epoll_wait(epoll, events, EVENTS, timeout_ms);
  for (int i = 0; i < n; i++) {
    Socket *one = events[i].data.ptr;
    if (one == NULL) {
      *has_command = true;
      continue;
    }
    if (events[i].events & EPOLLOUT) send_more(one);
    if (events[i].events & ~EPOLLOUT) receive(one);
  }
  return n != 0;
}

static void run(uint64_t messages, size_t bytes) {
  make_frame(bytes);
  double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  begun = received = 0;
  bool ignored = false;
  uint64_t all = 0;
  if (is_fanout) {
    for (uint64_t i = 0; i < messages; i++) {
      received = 0;
      begin_round();
      int repeats = 0;
      while (received < count) {
        if (turn(is_running ? PATIENCE_MS : 500, &ignored)) continue;
        if (is_running || ++repeats == 60) fail("%lu of %zu sockets got message %u", received, count, round_number);
        received = 0;  // the first message: not all have subscribed yet
        begin_round();
      }
      is_running = true;
      all += received;
    }
  } else {
    wanted = messages;
    for (size_t i = 0; i < count && begun < wanted; i++) begin(&sockets[i]);
    while (received < wanted) {
      if (!turn(PATIENCE_MS, &ignored)) fail("%lu of %lu messages came back", received, wanted);
    }
    all = received;
  }
  printf("{\"n\": %lu, \"secs\": %.6f, \"cpu\": %.6f}\n", all, seconds(CLOCK_MONOTONIC) - wall,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  fflush(stdout);
}

static void open_socket(Socket *one, int port, const char *path) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  one->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (one->fd < 0) fail("socket: %s", strerror(errno));
  int on = 1;
  setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(one->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect: %s", strerror(errno));
  char request[256], response[4096];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, port);
  if (write(one->fd, request, length) != length) fail("the request was not sent: %s", strerror(errno));
  // Nothing follows the head before there is a message.
  size_t n = 0;
  while (n < 4 || memcmp(response + n - 4, "\r\n\r\n", 4) != 0) {
    ssize_t more = n < sizeof response ? read(one->fd, response + n, sizeof response - n) : 0;
    if (more <= 0) fail("the handshake failed after %zu bytes", n);
    n += more;
  }
  if (memcmp(response, "HTTP/1.1 101", 12) != 0) fail("the handshake was refused: %.40s", response);
  fcntl(one->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
}

int main(int argc, char **argv) {
  if (argc != 4) fail("usage: load PORT echo|fanout CONNECTIONS");
  int port = atoi(argv[1]);
  is_fanout = strcmp(argv[2], "fanout") == 0;
  count = strtoul(argv[3], NULL, 10);
  input = malloc(READ);
  sockets = calloc(count, sizeof *sockets);
  epoll = epoll_create1(0);
  for (size_t i = 0; i < count; i++) open_socket(&sockets[i], port, is_fanout ? "/subscribe" : "/echo");
  if (is_fanout) open_socket(&publisher, port, "/publish");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) fail("standard input must be a pipe");
  printf("{\"open\": %zu}\n", count);
  fflush(stdout);
  for (;;) {
    bool has_command = false;
    turn(-1, &has_command);
    if (!has_command) continue;
    // One command at a time: its sender waits for the result.
    char line[64] = {0};
    if (read(STDIN_FILENO, line, sizeof line - 1) <= 0) return 0;
    unsigned long messages = 0, bytes = 0;
    if (sscanf(line, "%lu %lu", &messages, &bytes) != 2 || bytes < SEQUENCE) fail("no command: %s", line);
    run(messages, bytes);
  }
}
