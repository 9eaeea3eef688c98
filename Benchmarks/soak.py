#!/usr/bin/env python3
"""Calls a server in all protocols for a long time, and watches its memory: soak.py [--minutes N]

A round has each protocol over HTTP/2, the web's over HTTP/1.1, connections that are cut within a request or a response, and
input that is no HTTP. Prints the resident set once a minute; fails if the last fifth of the run has needed more than 10 %
more than the second fifth, or if any call fails.
"""
import argparse
import socket
import statistics
import sys
import time
from dataclasses import replace

from measure.h2load import Load, h2load
from measure.libraries import FRESHET
from measure.request import CONNECT, METHOD, PROTOCOLS
from measure.server import running
from measure.workspace import workspace

_HTTP1 = ("grpc-web", "connect", "connect-json")
_GROWTH = 1.1


def loads() -> list[Load]:
    over_http2 = [Load(2_000, connections=10, at_once=20, protocol=protocol) for protocol in PROTOCOLS.values()]
    over_http1 = [Load(1_000, connections=20, http1=True, protocol=PROTOCOLS[name]) for name in _HTTP1]
    return over_http2 + over_http1


def head(length: int) -> bytes:
    fields = "".join(f"{field}\r\n" for field in CONNECT.headers)
    return f"POST {METHOD} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {length}\r\n\r\n".encode()


def cut(port: int) -> None:
    """Ends connections where a server may forget something."""
    whole = head(len(CONNECT.request)) + CONNECT.request
    for sent in (b"", b"P", head(10), head(1 << 20) + bytes(200_000), whole, whole * 50, b"PRI * HTTP/2.0\r\n", b"\0" * 99):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
            try:
                peer.sendall(sent)
            except OSError:
                pass  # refused already


def resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    calls, samples = 0, []
    with workspace() as space, running(replace(FRESHET, server_options=("--web",)), space) as server:
        start = time.monotonic()
        while (passed := time.monotonic() - start) < options.minutes * 60:
            for load in loads():
                result = h2load(server.port, load, space)
                if result.failed:
                    sys.exit(f"{result.failed} of {load.calls} calls in {load.protocol.name} failed")
                calls += load.calls
            for _ in range(20):
                cut(server.port)
            samples.append((passed, resident_kib(server.pid)))
            if len(samples) == 1 or passed // 60 > samples[-2][0] // 60:
                print(f"{passed / 60:5.1f} min  {calls:10,} calls  {samples[-1][1]:8,} KiB", flush=True)
            time.sleep(1)
    fifth = max(1, len(samples) // 5)
    early = statistics.median(kib for _, kib in samples[fifth:2 * fifth] or samples)
    late = statistics.median(kib for _, kib in samples[-fifth:])
    print(f"{calls:,} calls in {options.minutes:g} minutes; resident {early:,.0f} KiB early, {late:,.0f} KiB late")
    if late > early * _GROWTH:
        sys.exit(f"memory has grown by {late / early - 1:.0%}")


if __name__ == "__main__":
    main()
