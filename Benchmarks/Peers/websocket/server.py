"""The servers in Python, on asyncio's own loop: server.py websockets|aiohttp server PORT."""
import asyncio
import json
import sys


async def serve_websockets(port: int) -> None:
    from websockets import broadcast
    from websockets.asyncio.server import serve

    subscribers = set()

    async def handle(socket) -> None:
        if socket.request.path == "/subscribe":
            subscribers.add(socket)
            await socket.wait_closed()
            subscribers.discard(socket)
        elif socket.request.path == "/publish":
            async for message in socket:
                broadcast(subscribers, message)
        else:
            async for message in socket:
                await socket.send(message)

    async with serve(handle, "127.0.0.1", port) as server:
        announce(server.sockets[0])
        await asyncio.Event().wait()


async def serve_aiohttp(port: int) -> None:
    from aiohttp import web

    subscribers = set()

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = await opened(request)
        async for message in socket:
            await socket.send_bytes(message.data)
        return socket

    async def publish(request: web.Request) -> web.WebSocketResponse:
        socket = await opened(request)
        async for message in socket:
            for subscriber in list(subscribers):
                await subscriber.send_bytes(message.data)
        return socket

    async def subscribe(request: web.Request) -> web.WebSocketResponse:
        socket = await opened(request)
        subscribers.add(socket)
        async for _ in socket:
            pass
        subscribers.discard(socket)
        return socket

    async def opened(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return socket

    application = web.Application()
    application.add_routes([web.get("/echo", echo), web.get("/publish", publish), web.get("/subscribe", subscribe)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    announce(site._server.sockets[0])
    await asyncio.Event().wait()


def announce(listening) -> None:
    print(json.dumps({"listening": listening.getsockname()[1]}), flush=True)


SERVERS = {"websockets": serve_websockets, "aiohttp": serve_aiohttp}

if __name__ == "__main__":
    asyncio.run(SERVERS[sys.argv[1]](int(sys.argv[3])))
