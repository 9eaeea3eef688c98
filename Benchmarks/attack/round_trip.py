"""The throughput of one stream over a long round trip: to our server, and to our client."""
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from measure.workspace import workspace

from . import http2
from .connection import Connection, Ended
from .server import Needs, running

ROUND_TRIPS = (0, 100)
_BENCHMARKS = Path(__file__).resolve().parent.parent
_MESSAGE_BYTES = 64 * 1024
_SECONDS = 8.0
_RAMP_SECONDS = 4.0  # not counted, since windows may be growing


@dataclass(frozen=True)
class Throughput:
    title: str
    round_trip_milliseconds: float
    megabytes_a_second: float


def measure(program: Path, loops: int) -> Iterator[Throughput]:
    for milliseconds in ROUND_TRIPS:
        yield Throughput("upload to our server, messages of 64 KiB", milliseconds, _upload(program, loops, milliseconds))
        yield Throughput("download to our client, messages of 64 KiB", milliseconds, _download(program, milliseconds))


def _upload(program: Path, loops: int, milliseconds: float) -> float:
    # The server collects texts; this message has none, so nothing piles up there.
    message = http2.message(http2.unknown_field(bytes(_MESSAGE_BYTES)))
    with workspace() as space, running(program, space, loops, Needs(), None) as server:
        with _link(server.port, milliseconds) as port:
            connection = Connection.to(port)
            connection.settle()
            stream = connection.take_stream()
            fields = http2.Fields("/echo.v1.Echo/Collect")
            connection.write(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, fields.first))
            rate = _stream(connection, stream, message)
            connection.close()
            return rate


def _download(program: Path, milliseconds: float) -> float:
    message = http2.message(http2.text_field(b"x" * _MESSAGE_BYTES))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        with _link(listener.getsockname()[1], milliseconds) as port:
            command = [str(program), "expand", "--target", f"dns:///127.0.0.1:{port}", "words"]
            client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                connection = Connection(listener.accept()[0], opening=http2.settings(), is_client=False)
                connection.turn_while(lambda: not connection.opened, 20)
                stream = connection.opened[0]
                block = b"\x88\x5f" + http2.string("application/grpc")  # :status 200, content-type
                connection.write(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block))
                rate = _stream(connection, stream, message)
                connection.close()
                return rate
            finally:
                client.kill()
                client.wait()


def _stream(connection: Connection, stream: int, message: bytes) -> float:
    """Sends the message over and over as the windows allow. Returns MB/s after the ramp."""
    view, at, counted = memoryview(message), 0, 0
    start = time.monotonic()
    while (now := time.monotonic()) < start + _SECONDS:
        if connection.end is not None:
            raise Ended(connection.end)
        count = min(http2.FRAME_BYTES, len(message) - at, connection.stream_credit(stream), connection.credit)
        if count > 0 and not connection.has_unsent:
            connection.write(http2.frame(http2.DATA, 0, stream, view[at:at + count]))
            connection.spend(stream, count)
            at = (at + count) % len(message)
            counted += count if now >= start + _RAMP_SECONDS else 0
            connection.push()
            connection.turn(0)
        else:
            connection.turn(0.05)
    return counted / (_SECONDS - _RAMP_SECONDS) / 1e6


@contextmanager
def _link(port: int, milliseconds: float) -> Iterator[int]:
    """A link to the port that delays each direction by half of the round trip. Yields the link's port."""
    command = [sys.executable, "-m", "attack.link", str(port), str(milliseconds / 2)]
    process = subprocess.Popen(command, cwd=_BENCHMARKS, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
