"""An echo by PyPI's websockets, to try the suite with: a server that prints its URL and runs until its input ends, or a
client that runs all cases of a fuzzing server.

Usage: websockets_echo.py server | client URL
"""

import asyncio
import sys

import websockets

MOST = 64 << 20


async def echo(socket):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve():
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=MOST, ping_interval=None) as server:
        print(f"listening on ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def run(url):
    async with websockets.connect(f"{url}/getCaseCount", proxy=None) as socket:
        count = int(await socket.recv())
    for case in range(1, count + 1):
        target = f"{url}/runCase?case={case}&agent=websockets"
        try:
            async with websockets.connect(target, max_size=MOST, ping_interval=None, proxy=None) as socket:
                await echo(socket)
        except (websockets.WebSocketException, OSError) as error:
            print(f"case {case}: {error}", file=sys.stderr)
    async with websockets.connect(f"{url}/updateReports?agent=websockets", proxy=None):
        pass


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1] == "server" else run(sys.argv[2]))
