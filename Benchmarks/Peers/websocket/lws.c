// The server with libwebsockets: one thread, Debian's build, its own loop.
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 256 << 10 };

typedef struct {
  uint8_t *bytes;  // of the message that arrives or is echoed, behind the room for a head
  size_t count, capacity;
  bool is_text;
  unsigned sent;  // the number of the last published message that was sent
  char path[16];
} Session;

static struct {
  uint8_t *bytes;
  size_t count;
  unsigned number;
} published;

static void append(Session *session, const void *bytes, size_t count) {
  if (session->count + count > session->capacity) {
    session->capacity = 2 * (session->count + count);
    session->bytes = realloc(session->bytes, LWS_PRE + session->capacity);
  }
  memcpy(session->bytes + LWS_PRE + session->count, bytes, count);
  session->count += count;
}

static void publish(struct lws *socket, Session *session) {
  published.bytes = realloc(published.bytes, LWS_PRE + session->count);
  memcpy(published.bytes + LWS_PRE, session->bytes + LWS_PRE, session->count);
  published.count = session->count;
  published.number++;
  session->count = 0;
  lws_callback_on_writable_all_protocol(lws_get_context(socket), lws_get_protocol(socket));
}

static int receive(struct lws *socket, Session *session, void *bytes, size_t count) {
  if (lws_is_first_fragment(socket)) session->is_text = !lws_frame_is_binary(socket);
  append(session, bytes, count);
  if (!lws_is_final_fragment(socket) || lws_remaining_packet_payload(socket) > 0) return 0;
  if (strcmp(session->path, "/publish") == 0) {
    publish(socket, session);
  } else {
    lws_callback_on_writable(socket);
  }
  return 0;
}

static int send_waiting(struct lws *socket, Session *session) {
  if (strcmp(session->path, "/subscribe") == 0) {
    if (session->sent == published.number) return 0;
    session->sent = published.number;
    return lws_write(socket, published.bytes + LWS_PRE, published.count, LWS_WRITE_BINARY) < 0 ? -1 : 0;
  }
  if (session->count == 0) return 0;
  size_t count = session->count;
  session->count = 0;
  int written = lws_write(socket, session->bytes + LWS_PRE, count, session->is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY);
  return written < 0 ? -1 : 0;
}

static int on_event(struct lws *socket, enum lws_callback_reasons reason, void *user, void *bytes, size_t count) {
  Session *session = user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      memset(session, 0, sizeof *session);
      lws_hdr_copy(socket, session->path, sizeof session->path, WSI_TOKEN_GET_URI);
      session->sent = published.number;
      return 0;
    case LWS_CALLBACK_RECEIVE: return receive(socket, session, bytes, count);
    case LWS_CALLBACK_SERVER_WRITEABLE: return send_waiting(socket, session);
    case LWS_CALLBACK_CLOSED: free(session->bytes); return 0;
    default: return 0;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: lws server PORT\n"), 2;
  lws_set_log_level(LLL_ERR, NULL);
  const struct lws_protocols protocols[] = {{"bench", on_event, sizeof(Session), BUFFER, 0, NULL, 0}, {0}};
  struct lws_context_creation_info info = {
    .port = atoi(argv[2]), .iface = "127.0.0.1", .protocols = protocols, .pt_serv_buf_size = BUFFER,
    .gid = -1, .uid = -1, .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS};
  struct lws_context *context = lws_create_context(&info);
  struct lws_vhost *host = context ? lws_create_vhost(context, &info) : NULL;
  if (!host) return 1;
  printf("{\"listening\": %d}\n", lws_get_vhost_listen_port(host));
  fflush(stdout);
  while (lws_service(context, 0) >= 0) {}
}
