"""Holds idle connections and calls open: an HTTP/2 client that writes raw frames."""
import socket
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7
_ACK, _END_HEADERS = 0x1, 0x4
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def bytes(self) -> bytes:
        head = struct.pack("!I", len(self.payload))[1:]
        return head + struct.pack("!BBI", self.kind, self.flags, self.stream) + self.payload


class Connection:
    """One connection; opening it returns after the server's SETTINGS."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        # Otherwise small frames wait for the other side's delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next_stream = 1
        self._received = b""
        self._send(_PREFACE + Frame(_SETTINGS, 0, 0, b"").bytes)

    def settle(self) -> None:
        """Acknowledges the server's SETTINGS, and waits until it has processed everything sent."""
        while True:
            frame = self.next_frame()
            if frame.kind == _SETTINGS and not frame.flags & _ACK:
                break
        self._send(Frame(_SETTINGS, _ACK, 0, b"").bytes)
        self.ping()

    def ping(self) -> None:
        self._send(Frame(_PING, 0, 0, bytes(8)).bytes)
        while True:
            frame = self.next_frame()
            if frame.kind == _PING and frame.flags & _ACK:
                return
            if frame.kind == _GOAWAY:
                raise ConnectionError("the server ends the connection")

    def open_call(self, path: str) -> int:
        """Sends the headers of a call without a message."""
        stream = self._next_stream
        self._next_stream += 2
        self._send(Frame(_HEADERS, _END_HEADERS, stream, self._headers(path)).bytes)
        return stream

    def send(self, stream: int, message: bytes) -> None:
        self._send(Frame(_DATA, 0, stream, message).bytes)

    def streams_with_data(self, wanted: int) -> set[int]:
        """The streams with DATA, until there are this many, or the server closes the connection or stops sending."""
        streams: set[int] = set()
        try:
            while len(streams) < wanted:
                frame = self.next_frame()
                if frame.kind == _DATA and frame.payload:
                    streams.add(frame.stream)
        except (ConnectionError, TimeoutError):
            pass
        return streams

    def next_frame(self) -> Frame:
        head = self._receive(9)
        length = int.from_bytes(head[:3], "big")
        kind, flags, stream = struct.unpack("!BBI", head[3:])
        return Frame(kind, flags, stream & 0x7FFF_FFFF, self._receive(length))

    def set_patience(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def close(self) -> None:
        self._socket.close()

    def _receive(self, count: int) -> bytes:
        while len(self._received) < count:
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError("the server closed the connection")
            self._received += more
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _headers(self, path: str) -> bytes:
        """HPACK without a dynamic table: `:method POST` and `:scheme http` by index, the rest as literals."""
        def text(value: str) -> bytes:
            return bytes([len(value)]) + value.encode()

        return (
            b"\x83\x86"
            + b"\x04" + text(path)                              # :path
            + b"\x01" + text(f"127.0.0.1:{self._port}")         # :authority
            + b"\x0f\x10" + text("application/grpc")            # content-type, index 31
            + b"\x00" + text("te") + text("trailers"))


class Holder:
    """Many connections, closed together."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connections: list[Connection] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Holder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def open_connections(self, count: int) -> None:
        """In batches, so that no server's backlog overflows."""
        while count > 0:
            batch = [Connection(self._port) for _ in range(min(count, 100))]
            for connection in batch:
                self._stack.callback(connection.close)
                connection.settle()
            self.connections += batch
            count -= len(batch)

    def open_calls(self, path: str, on_each: int) -> None:
        for connection in self.connections:
            for _ in range(on_each):
                connection.open_call(path)
            connection.ping()
