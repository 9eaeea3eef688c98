"""A well-behaved client: a process that makes small calls at a steady rate and prints how long each took.

    python3 -m attack.neighbour PORT CONNECTIONS [CA]

A line has the connection's number, when the call began (monotonic clock, seconds), how long it took (milliseconds), and 1 if
a message came back, else 0.
"""
import socket
import ssl
import sys
import threading
import time

from . import http2

INTERVAL_SECONDS = 0.005
_PATIENCE_SECONDS = 120


class Caller:
    """One connection, with one call at a time."""

    def __init__(self, port: int, authority: str | None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if authority:
            context = ssl.create_default_context(cafile=authority)
            context.set_alpn_protocols(["h2"])
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        self._inbox = b""
        self._stream = 1
        self._fields = http2.Fields("/echo.v1.Echo/Get")
        self._request = http2.message(http2.text_field(b"good morning"))
        self._socket.sendall(http2.PREFACE + http2.settings() + http2.window_update(0, 1 << 30))

    def call(self) -> bool:
        """Returns whether a message came back."""
        stream, self._stream = self._stream, self._stream + 2
        block = self._fields.first if stream == 1 else self._fields.again
        self._socket.sendall(
            http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block)
            + http2.frame(http2.DATA, http2.END_STREAM, stream, self._request))
        has_message = False
        while True:
            kind, flags, of, payload = self._next_frame()
            if kind == http2.SETTINGS and not flags & http2.ACK:
                self._socket.sendall(http2.frame(http2.SETTINGS, http2.ACK, 0))
            elif kind == http2.PING and not flags & http2.ACK:
                self._socket.sendall(http2.frame(http2.PING, http2.ACK, 0, payload))
            elif kind == http2.GOAWAY:
                raise ConnectionError("the server sent GOAWAY")
            elif of == stream:
                has_message = has_message or (kind == http2.DATA and len(payload) > 0)
                if kind == http2.RST_STREAM or (kind <= http2.HEADERS and flags & http2.END_STREAM):
                    return has_message

    def _next_frame(self) -> tuple[int, int, int, bytes]:
        head = self._take(http2.HEAD_BYTES)
        payload = self._take(int.from_bytes(head[:3], "big"))
        return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFF_FFFF, payload

    def _take(self, count: int) -> bytes:
        while len(self._inbox) < count:
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError("the server closed the connection")
            self._inbox += more
        taken, self._inbox = self._inbox[:count], self._inbox[count:]
        return taken


def _call_steadily(number: int, port: int, authority: str | None) -> None:
    caller = Caller(port, authority)
    while True:
        start = time.monotonic()
        try:
            has_message = caller.call()
        except OSError:
            return  # the harness notices that no more calls are answered
        took = time.monotonic() - start
        sys.stdout.write(f"{number} {start:.6f} {took * 1000:.3f} {int(has_message)}\n")
        sys.stdout.flush()
        time.sleep(max(0, INTERVAL_SECONDS - took))


def main() -> None:
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    authority = sys.argv[3] if len(sys.argv) > 3 else None
    for number in range(connections):
        threading.Thread(target=_call_steadily, args=(number, port, authority), daemon=True).start()
    sys.stdin.read()  # ends with the harness


if __name__ == "__main__":
    main()
