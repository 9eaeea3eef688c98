#!/usr/bin/env python3
"""Opens and ends WebSockets for a long time, and watches the server: soak_sockets.py WEBSOCKET_PEER [--minutes N] [--sockets N]

So many sockets are open at a time; each echoes for a while and closes, idles, is cut within a frame, ends without a close, sends
what is no frame or no opening, or sends without reading. Prints the resident set and the open descriptors once a minute; fails if
an echo is wrong, if the last fifth of the run has needed more than 10 % more than the second fifth, or if descriptors are left.
"""
import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time

OPENING = (
    b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: echo\r\n\r\n")
_GROWTH = 1.1


def frame(payload: bytes, opcode: int = 2) -> bytes:
    """Masked with zeros."""
    count = len(payload)
    if count < 126:
        length = bytes([0x80 | count])
    elif count < 1 << 16:
        length = b"\xfe" + count.to_bytes(2, "big")
    else:
        length = b"\xff" + count.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, count = await reader.readexactly(2)
    if count == 126:
        count = int.from_bytes(await reader.readexactly(2), "big")
    elif count == 127:
        count = int.from_bytes(await reader.readexactly(8), "big")
    return first & 15, await reader.readexactly(count)


async def opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(OPENING % random.choice([b"", b"deflate"]))
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101 "):
        raise ValueError(f"no WebSocket: {head[:100]!r}")
    return reader, writer


async def echo(port: int) -> None:
    reader, writer = await opened(port)
    for _ in range(random.randrange(1, 30)):
        payload = os.urandom(random.choice([0, 16, 200, 5_000, 70_000]))
        writer.write(frame(payload))
        opcode, answer = await read_frame(reader)
        if (opcode, answer) != (2, payload):
            raise ValueError(f"an echo of {len(payload)} bytes has opcode {opcode} and {len(answer)} bytes")
        if random.random() < 0.2:
            await asyncio.sleep(random.random())
    writer.write(frame(b"\x03\xe8", 8))
    if await read_frame(reader) != (8, b"\x03\xe8") or await reader.read():
        raise ValueError("the close was not answered by a close and the end")
    writer.close()


async def idle(port: int) -> None:
    _, writer = await opened(port)
    await asyncio.sleep(random.uniform(1, 15))
    writer.close()


async def cut(port: int) -> None:
    _, writer = await opened(port)
    whole = frame(os.urandom(3_000))
    writer.write(whole * random.randrange(3) + whole[:random.randrange(len(whole))])
    await asyncio.sleep(random.random())
    writer.transport.abort()


async def violate(port: int) -> None:
    reader, writer = await opened(port)
    writer.write(random.choice([b"\x82\x01a", b"\xf2\x80\0\0\0\0", frame(b"\xff", 1), frame(b"x" * 126, 9), frame(b"\1", 8)]))
    await reader.read()  # its close, and the end
    writer.close()


async def garbage(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(random.choice([os.urandom(100), (OPENING % b"")[:-40], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""]))
    await asyncio.sleep(random.random())
    writer.close()


async def flood(port: int) -> None:
    """Sends without reading until the server has stopped."""
    _, writer = await opened(port)
    payload = frame(bytes(100_000))
    try:
        async with asyncio.timeout(2):
            for _ in range(50):
                writer.write(payload)
                await writer.drain()
    except TimeoutError:
        pass
    writer.transport.abort()


async def one_after_another(port: int, end: float, counts: dict[str, int]) -> None:
    kinds = [echo] * 10 + [idle] * 4 + [cut] * 2 + [violate, garbage, flood]
    while time.monotonic() < end:
        kind = random.choice(kinds)
        try:
            async with asyncio.timeout(120):
                await kind(port)
        except (ConnectionError, asyncio.IncompleteReadError):
            if kind in (echo, idle):
                raise
        counts[kind.__name__] = counts.get(kind.__name__, 0) + 1


def resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


async def watch(pid: int, end: float, counts: dict[str, int], samples: list[int]) -> None:
    start, minute = time.monotonic(), 0
    while time.monotonic() < end:
        await asyncio.sleep(5)
        samples.append(resident_kib(pid))
        if (passed := (time.monotonic() - start) // 60) > minute:
            minute = passed
            print(f"{passed:5.0f} min  {sum(counts.values()):9,} sockets  {samples[-1]:9,} KiB  "
                  f"{descriptors(pid):5} descriptors", flush=True)


async def soak(port: int, pid: int, minutes: float, sockets: int) -> None:
    await echo(port)
    await asyncio.sleep(1)  # by then the server has opened what it opens once
    before, counts, samples, end = descriptors(pid), {}, [], time.monotonic() + minutes * 60
    async with asyncio.TaskGroup() as group:
        group.create_task(watch(pid, end, counts, samples))
        for _ in range(sockets):
            group.create_task(one_after_another(port, end, counts))
    for _ in range(100):
        if descriptors(pid) <= before:
            break
        await asyncio.sleep(0.2)
    left = descriptors(pid) - before
    fifth = max(1, len(samples) // 5)
    early, late = statistics.median(samples[fifth:2 * fifth] or samples), statistics.median(samples[-fifth:])
    print(f"{sum(counts.values()):,} sockets ({', '.join(f'{kind} {n:,}' for kind, n in sorted(counts.items()))}); "
          f"resident {early:,.0f} KiB early, {late:,.0f} KiB late; {left} descriptors left")
    if left > 0 or late > early * _GROWTH:
        sys.exit("descriptors are left" if left > 0 else f"memory has grown by {late / early - 1:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--sockets", type=int, default=1_000)
    options = parser.parse_args()
    server = subprocess.Popen(
        [options.program, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = next(line.split("listening on ")[1].strip() for line in server.stdout if "listening on " in line)
        asyncio.run(soak(int(address.rsplit(":", 1)[1]), server.pid, options.minutes, options.sockets))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
