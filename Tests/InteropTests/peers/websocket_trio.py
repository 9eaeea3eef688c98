"""trio-websocket as a client and as a server; both run in a thread of their own."""

import threading

import trio
import trio_websocket

LIMIT = 20  # seconds that anything may take


class Thread:
    """Runs trio, with a nursery that outlasts every call."""

    def __init__(self):
        self.is_ready = threading.Event()
        threading.Thread(target=trio.run, args=(self._main,), daemon=True).start()
        self.is_ready.wait()

    async def _main(self):
        self.token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as self.nursery:
            self.is_ready.set()
            await trio.sleep_forever()

    def run(self, function, *arguments, **options):
        async def limited():
            with trio.fail_after(LIMIT):
                return await function(*arguments, **options)

        return trio.from_thread.run(limited, trio_token=self.token)


class Client:
    """A connection, for `websocket_clients.Trio`."""

    thread = None

    def __init__(self, url, context, subprotocols, origin):
        Client.thread = Client.thread or Thread()
        self.url = url
        self.options = {
            "ssl_context": context, "subprotocols": subprotocols, "max_message_size": 64 << 20,
            "extra_headers": [(b"origin", origin.encode())] if origin else None}
        self.connection = self.thread.run(self.thread.nursery.start, self._connect)

    async def _connect(self, task_status):
        """Has a nursery of its own, which ends with the connection, as its tasks fail when a connection is refused."""
        try:
            async with trio.open_nursery() as nursery:
                task_status.started(await trio_websocket.connect_websocket_url(nursery, self.url, **self.options))
        except BaseExceptionGroup as failed:
            refused = failed.subgroup(trio_websocket.ConnectionRejected)
            raise refused.exceptions[0] if refused else failed

    def drop(self):
        self.thread.run(trio.aclose_forcefully, self.connection._stream)  # nothing public aborts

    def __getattr__(self, name):
        """The connection's own methods, which block."""
        function = getattr(self.connection, name)
        return lambda *arguments, **options: self.thread.run(function, *arguments, **options)


class Server:
    """Echoes as `websocket_servers.py` tells. `port` is the one it listens on."""

    def __init__(self, context, reason):
        self.reason, self.last = reason, "none"
        self.thread = Thread()
        self.port = self.thread.run(self._start, context)

    async def _start(self, context):
        serve = trio_websocket.serve_websocket
        server = await self.thread.nursery.start(
            lambda task_status: serve(self._handle, "127.0.0.1", 0, context, max_message_size=64 << 20,
                                      task_status=task_status))
        return server.port

    async def _handle(self, request):
        if request.path == "/nowhere":
            return await request.reject(404, body=b"not here\n")
        socket = await request.accept(subprotocol="echo" if "echo" in request.proposed_subprotocols else None)
        if request.path.startswith("/close/"):
            return await socket.aclose(int(request.path.rsplit("/", 1)[1]), self.reason)
        if request.path == "/last":
            await socket.send_message(self.last)
            return await socket.aclose()
        try:
            while True:
                await socket.send_message(await socket.get_message())
        except trio_websocket.ConnectionClosed as close:
            self.last = f"{close.reason.code} {close.reason.reason or ''}"
