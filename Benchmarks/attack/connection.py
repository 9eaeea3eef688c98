"""One HTTP/2 connection whose frames are written by hand; it keeps track of windows and answers SETTINGS and PING."""
import select
import socket
import struct
import time
from collections import deque

from . import http2

CONNECT_SECONDS = 20


class Ended(Exception):
    """The server has ended the connection; the text says how."""


class Connection:
    """Never blocks longer than the caller allows. Writes are queued; each turn sends and receives what it can."""

    def __init__(self, transport: socket.socket, *, opening: bytes, is_client: bool = True) -> None:
        self._socket = transport
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._unsent: deque[memoryview] = deque()
        self._inbox = bytearray()
        self._is_client = is_client
        self._preface_bytes = 0 if is_client else len(http2.PREFACE)
        self.sent_bytes = 0
        self.received_data_bytes = 0
        # How the peer ended the connection; None while it lives.
        self.end: str | None = None
        self.is_settled = False
        self.pings = 0
        # Streams that the peer ended, with an answer or a reset.
        self.ended: set[int] = set()
        # Streams that the peer opened, for a server.
        self.opened: list[int] = []
        self.credit = http2.INITIAL_WINDOW
        self._initial_stream_credit = http2.INITIAL_WINDOW
        self._stream_credit: dict[int, int] = {}
        self.next_stream = 1
        self.write(opening)

    @staticmethod
    def to(port: int, *, stream_window: int = http2.LARGEST_WINDOW) -> "Connection":
        """A client's connection, with the largest windows that HTTP/2 has unless the caller wants less."""
        transport = socket.create_connection(("127.0.0.1", port), timeout=CONNECT_SECONDS)
        opening = http2.PREFACE + http2.settings(stream_window)
        opening += http2.window_update(0, http2.LARGEST_WINDOW - http2.INITIAL_WINDOW)
        return Connection(transport, opening=opening)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    # Sending

    def take_stream(self) -> int:
        stream = self.next_stream
        self.next_stream += 2
        return stream

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._unsent.append(memoryview(data))

    @property
    def ended_streams(self) -> int:
        return len(self.ended)

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    def send(self, data: bytes | bytearray | memoryview, seconds: float = 20) -> None:
        """Returns when the system has taken everything. Raises `Ended`, or TimeoutError when the server stops reading."""
        self.write(data)
        self.turn_while(lambda: self.has_unsent, seconds)

    def stream_credit(self, stream: int) -> int:
        return self._initial_stream_credit + self._stream_credit.get(stream, 0)

    def spend(self, stream: int, count: int) -> None:
        self.credit -= count
        self._stream_credit[stream] = self._stream_credit.get(stream, 0) - count

    # Turns

    def settle(self, seconds: float = 20) -> None:
        """Waits for the server's SETTINGS, and until it has handled everything sent so far."""
        self.turn_while(lambda: not self.is_settled, seconds)
        self.ping(seconds)

    def ping(self, seconds: float = 20) -> None:
        """Returns when the server has handled everything written before."""
        wanted = self.pings + 1
        self.write(http2.frame(http2.PING, 0, 0, bytes(8)))
        self.turn_while(lambda: self.pings < wanted, seconds)

    def turn_while(self, condition, seconds: float) -> None:
        end = time.monotonic() + seconds
        while condition():
            if self.end is not None:
                raise Ended(self.end)
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the server did nothing for {seconds:g} s")
            self.turn(left)

    def turn(self, seconds: float) -> None:
        """Sends and receives what is possible without blocking, after waiting up to `seconds` for anything to be."""
        if self.end is not None:
            return
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._unsent else 0))
        for _, event in poll.poll(max(0, seconds) * 1000):
            if event & (select.POLLIN | select.POLLERR | select.POLLHUP):
                self.receive()
            if event & select.POLLOUT:
                self.push()

    def push(self) -> None:
        try:
            while self._unsent:
                count = self._socket.send(self._unsent[0])
                self.sent_bytes += count
                if count < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][count:]
                    return
                self._unsent.popleft()
        except BlockingIOError:
            pass
        except OSError as error:
            self.receive()  # the reason may have arrived
            self._ended(f"the connection was closed ({error.strerror})")

    def receive(self) -> None:
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            return self._ended(f"the connection was closed ({error.strerror})")
        if not data:
            return self._ended("the connection was closed")
        self._inbox += data
        self._read_frames()

    def _ended(self, how: str) -> None:
        self.end = self.end or how
        self._unsent.clear()

    def _read_frames(self) -> None:
        inbox, at, count = self._inbox, 0, len(self._inbox)
        if self._preface_bytes:
            if count < self._preface_bytes:
                return
            at, self._preface_bytes = self._preface_bytes, 0
        while count - at >= http2.HEAD_BYTES:
            length = inbox[at] << 16 | inbox[at + 1] << 8 | inbox[at + 2]
            end = at + http2.HEAD_BYTES + length
            if end > count:
                break
            kind, flags = inbox[at + 3], inbox[at + 4]
            if kind <= http2.HEADERS:
                if kind == http2.DATA:
                    self.received_data_bytes += length
                elif not self._is_client:
                    self.opened.append(_stream(inbox, at))
                if flags & http2.END_STREAM and self._is_client:
                    self.ended.add(_stream(inbox, at))
            else:
                self._act(kind, flags, _stream(inbox, at), bytes(inbox[at + http2.HEAD_BYTES:end]))
            at = end
        del inbox[:at]

    def _act(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == http2.SETTINGS and not flags & http2.ACK:
            for setting, value in struct.iter_unpack("!HI", payload):
                if setting == http2.SETTING_INITIAL_WINDOW:
                    self._initial_stream_credit = value
            self.is_settled = True
            self.write(http2.frame(http2.SETTINGS, http2.ACK, 0))
        elif kind == http2.PING:
            if flags & http2.ACK:
                self.pings += 1
            else:
                self.write(http2.frame(http2.PING, http2.ACK, 0, payload))
        elif kind == http2.WINDOW_UPDATE:
            (more,) = struct.unpack("!I", payload)
            if stream:
                self._stream_credit[stream] = self._stream_credit.get(stream, 0) + more
            else:
                self.credit += more
        elif kind == http2.RST_STREAM:
            self.ended.add(stream)
        elif kind == http2.GOAWAY:
            (code,) = struct.unpack("!I", payload[4:8])
            self.end = f"GOAWAY {http2.code_name(code)}"


def _stream(inbox: bytearray, at: int) -> int:
    return int.from_bytes(inbox[at + 5:at + 9], "big") & 0x7FFF_FFFF
