"""Other people's WebSocket servers, which echo. Prints a row of JSON for each that listens, then {"done": true}; ends with
its input.

Usage: websocket_servers.py CERTIFICATE KEY
A row's `differs`: the server answers each close with 1000 (W72), or hides from its application how a client has closed. All echo at / and agree on the subprotocol `echo`; they close at once at /close/CODE, and /last sends the code and reason of
the last client's close. Those that can compress do so whenever it is offered.
"""

import asyncio
import json
import ssl
import sys

CERTIFICATE, KEY = sys.argv[1], sys.argv[2]
REASON = "as asked ü"


def report(peer, carrier, url, differs=None):
    print(json.dumps({"peer": peer, "carrier": carrier, "url": url, "differs": differs}), flush=True)


def identity():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def address(port, secure):
    return f"wss://localhost:{port}" if secure else f"ws://127.0.0.1:{port}"


# ---- websockets


async def websockets(secure):
    from websockets.asyncio.server import serve
    from websockets.exceptions import ConnectionClosed

    last = "none"

    async def handle(socket):
        nonlocal last
        path = socket.request.path
        if path.startswith("/close/"):
            await socket.close(int(path.rsplit("/", 1)[1]), REASON)
        elif path == "/last":
            await socket.send(last)
        elif path == "/fragments":
            await socket.send(["a", "", "ü", "z" * 70_000])
            await socket.send([b"\0", b"\xff" * 1000])
        else:
            try:
                while True:
                    await socket.send(await socket.recv())
            except ConnectionClosed as close:
                last = f"{close.rcvd.code} {close.rcvd.reason}" if close.rcvd else "1006 "

    def gate(connection, request):
        if request.path == "/nowhere":
            return connection.respond(404, "not here\n")

    server = await serve(
        handle, "127.0.0.1", 0, ssl=identity() if secure else None, subprotocols=["echo"],
        select_subprotocol=lambda _, offered: "echo" if "echo" in offered else None, max_size=None, process_request=gate)
    report(
        "websockets", "HTTP/1.1 over TLS" if secure else "HTTP/1.1",
        address(server.sockets[0].getsockname()[1], secure))
    return server


# ---- aiohttp


async def aiohttp(secure):
    from aiohttp import WSMsgType, web

    last = "none"

    async def handle(request):
        nonlocal last
        if request.path == "/nowhere":
            return web.Response(status=404, text="not here\n")
        socket = web.WebSocketResponse(protocols=["echo"], max_msg_size=0)
        await socket.prepare(request)
        if request.path.startswith("/close/"):
            await socket.close(code=int(request.path.rsplit("/", 1)[1]), message=REASON.encode())
        elif request.path == "/last":
            await socket.send_str(last)
        else:
            while True:
                message = await socket.receive()
                if message.type == WSMsgType.TEXT:
                    await socket.send_str(message.data)
                elif message.type == WSMsgType.BINARY:
                    await socket.send_bytes(message.data)
                else:
                    last = f"{message.data} {message.extra}" if message.type == WSMsgType.CLOSE else "1006 "
                    break
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=identity() if secure else None)
    await site.start()
    report(
        "aiohttp", "HTTP/1.1 over TLS" if secure else "HTTP/1.1", address(runner.addresses[0][1], secure),
        "answers 1000")
    return runner


# ---- trio-websocket


async def trio(secure):
    from websocket_trio import Server

    server = Server(identity() if secure else None, REASON)
    report("trio-websocket", "HTTP/1.1 over TLS" if secure else "HTTP/1.1", address(server.port, secure))
    return server


# ---- Hypercorn


async def hypercorn(secure):
    import hypercorn.asyncio
    import hypercorn.config
    import socket as sockets

    last = "none"

    async def app(scope, receive, send):
        nonlocal last
        if scope["type"] != "websocket":
            return
        await receive()
        path = scope["path"]
        if path == "/nowhere":
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept", "subprotocol": "echo" if "echo" in scope["subprotocols"] else None})
        if path.startswith("/close/"):
            await send({"type": "websocket.close", "code": int(path.rsplit("/", 1)[1]), "reason": REASON})
        elif path == "/last":
            await send({"type": "websocket.send", "text": last})
            await send({"type": "websocket.close", "code": 1000})
        else:
            while True:
                event = await receive()
                if event["type"] == "websocket.disconnect":
                    last = f"{event['code']} {event.get('reason') or ''}"
                    return
                text, data = event.get("text"), event.get("bytes")
                await send({"type": "websocket.send", **({"bytes": data} if text is None else {"text": text})})

    bound = sockets.socket()
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    bound.set_inheritable(True)
    config = hypercorn.config.Config()
    config.bind = [f"fd://{bound.detach()}"]
    config.websocket_max_message_size = 64 << 20
    config.accesslog = config.errorlog = None
    if secure:
        config.certfile, config.keyfile = CERTIFICATE, KEY
    task = asyncio.ensure_future(hypercorn.asyncio.serve(app, config, shutdown_trigger=asyncio.Event().wait))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.02)
    for carrier in ("HTTP/2 over TLS", "HTTP/1.1 over TLS") if secure else ("HTTP/1.1", "h2c"):
        report("Hypercorn", carrier, address(port, secure), "hides closes")
    return task


async def main():
    keep = [await make(secure) for make in (websockets, aiohttp, trio, hypercorn) for secure in (False, True)]
    print(json.dumps({"done": True}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    del keep


asyncio.run(main())
