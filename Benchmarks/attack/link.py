"""A long link: a process that forwards bytes in both directions, each after a delay. Its capacity is not limited.

    python3 -m attack.link PORT MILLISECONDS

It prints the port on which it accepts connections for PORT, and ends when its standard input ends.
"""
import select
import socket
import sys
import time
from collections import deque

_PIECE = 1 << 18


class Way:
    """One direction of one connection."""

    def __init__(self, source: socket.socket, target: socket.socket, seconds: float) -> None:
        self.source, self.target, self._seconds = source, target, seconds
        self._pieces: deque[tuple[float, memoryview]] = deque()
        self.is_open = True

    def receive(self) -> None:
        try:
            data = self.source.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.is_open = bool(data)
        self._pieces.append((time.monotonic() + self._seconds, memoryview(data)))

    @property
    def due(self) -> float | None:
        return self._pieces[0][0] if self._pieces else None

    def send(self, now: float) -> bool:
        """Forwards what is due. Returns whether the target's buffer is full."""
        while self._pieces and self._pieces[0][0] <= now:
            due, data = self._pieces[0]
            if not data:
                self._pieces.popleft()
                try:
                    self.target.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                continue
            try:
                count = self.target.send(data)
            except BlockingIOError:
                return True
            except OSError:
                self._pieces.clear()
                return False
            if count < len(data):
                self._pieces[0] = (due, data[count:])
                return True
            self._pieces.popleft()
        return False


def serve(listener: socket.socket, port: int, seconds: float) -> None:
    ways: list[Way] = []
    while True:
        now, wait = time.monotonic(), 1.0
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(sys.stdin, select.POLLIN)
        events: dict[int, int] = {}
        for way in ways:
            if way.send(now):
                events[way.target.fileno()] = events.get(way.target.fileno(), 0) | select.POLLOUT
            elif way.due is not None:
                wait = min(wait, way.due - now)
            if way.is_open:
                events[way.source.fileno()] = events.get(way.source.fileno(), 0) | select.POLLIN
        for number, event in events.items():
            poll.register(number, event)
        ready = dict(poll.poll(max(0, wait) * 1000))
        if sys.stdin.fileno() in ready:
            return
        if listener.fileno() in ready:
            near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
            for one in (near, far):
                one.setblocking(False)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways += [Way(near, far, seconds), Way(far, near, seconds)]
        for way in ways:
            if way.is_open and ready.get(way.source.fileno(), 0) & ~select.POLLOUT:
                way.receive()


def main() -> None:
    port, milliseconds = int(sys.argv[1]), float(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener, port, milliseconds / 1000)


if __name__ == "__main__":
    main()
