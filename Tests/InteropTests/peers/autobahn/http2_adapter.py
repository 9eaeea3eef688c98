"""Carries WebSockets between HTTP/1.1 and HTTP/2 (RFC 8441), since the suite speaks only HTTP/1.1. Behind the opening handshake
it passes bytes on as they are.

Usage: http2_adapter.py to-http2 PORT    listens for HTTP/1.1; each WebSocket is a stream of one connection with PORT
       http2_adapter.py to-http1 PORT    listens for HTTP/2; each WebSocket is a connection with PORT
All addresses are 127.0.0.1's, all in plaintext. Prints “listening on 127.0.0.1:PORT”.
"""

import asyncio
import base64
import hashlib
import os
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2 import events
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

WINDOW = 1 << 20
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Fields of the handshake over HTTP/1.1 that HTTP/2 has not.
HOP = {"host", "connection", "upgrade", "sec-websocket-key", "sec-websocket-accept"}


class Tunnel:
    """A stream of an HTTP/2 connection."""

    def __init__(self, connection, stream):
        self.connection, self.id = connection, stream
        self.head = None  # a client's: the response's
        self.received = asyncio.Queue()  # bounded by the window; ends with None, or with an error
        self.changed = asyncio.Event()
        self.is_reset = False

    async def send(self, data):
        rest = memoryview(data)
        while rest and not self.is_reset:
            room = min(self.connection.h2.local_flow_control_window(self.id), len(rest),
                       self.connection.h2.max_outbound_frame_size)
            if room > 0:
                self.connection.h2.send_data(self.id, bytes(rest[:room]))
                rest = rest[room:]
            else:
                self.changed.clear()
                self.connection.flush()
                await self.changed.wait()
        await self.connection.drain()

    async def finish(self):
        if not self.is_reset:
            self.connection.h2.end_stream(self.id)
            await self.connection.drain()

    async def reset(self):
        if not self.is_reset:
            self.connection.h2.reset_stream(self.id, ErrorCodes.CANCEL)
            await self.connection.drain()

    async def receive(self):
        """Some bytes, or b"" at the end."""
        item = await self.received.get()
        if isinstance(item, Exception):
            raise item
        if item is None:
            return b""
        data, count = item
        self.connection.h2.acknowledge_received_data(count, self.id)
        self.connection.flush()
        return data


class Connection:
    def __init__(self, reader, writer, is_client, serve=None):
        self.reader, self.writer, self.serve = reader, writer, serve
        self.h2 = H2Connection(
            H2Configuration(client_side=is_client, header_encoding="utf-8", validate_outbound_headers=False))
        self.h2.local_settings = Settings(client=is_client, initial_values={
            SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
            **({} if is_client else {SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})})
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(WINDOW)
        self.flush()
        self.tunnels, self.tasks = {}, set()
        self.allowed = asyncio.get_running_loop().create_future()
        self.start(self.run())

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    async def drain(self):
        self.flush()
        await self.writer.drain()

    def open(self, fields):
        tunnel = Tunnel(self, self.h2.get_next_available_stream_id())
        tunnel.head = asyncio.get_running_loop().create_future()
        self.tunnels[tunnel.id] = tunnel
        self.h2.send_headers(tunnel.id, fields)
        self.flush()
        return tunnel

    async def run(self):
        error = ConnectionError("the HTTP/2 connection has ended")
        try:
            while data := await self.reader.read(1 << 16):
                for event in self.h2.receive_data(data):
                    self.take(event)
                self.flush()
        except (ConnectionError, H2Error) as failure:
            error = failure
        for tunnel in self.tunnels.values():
            self.end(tunnel, error)
        self.writer.close()

    def end(self, tunnel, error):
        tunnel.is_reset = True
        tunnel.received.put_nowait(error)
        tunnel.changed.set()
        if tunnel.head and not tunnel.head.done():
            tunnel.head.set_exception(error)

    def take(self, event):
        tunnel = self.tunnels.get(getattr(event, "stream_id", None))
        match event:
            case events.RemoteSettingsChanged() if not self.allowed.done():
                self.allowed.set_result(SettingCodes.ENABLE_CONNECT_PROTOCOL in event.changed_settings)
            case events.RequestReceived():
                tunnel = self.tunnels[event.stream_id] = Tunnel(self, event.stream_id)
                self.start(self.serve(tunnel, event.headers))
            case events.ResponseReceived():
                tunnel.head.set_result(event.headers)
            case events.DataReceived():
                tunnel.received.put_nowait((event.data, event.flow_controlled_length))
            case events.StreamEnded():
                tunnel.received.put_nowait(None)
            case events.StreamReset():
                self.end(tunnel, ConnectionError(f"reset: {event.error_code}"))
            case events.WindowUpdated():
                for one in [tunnel] if tunnel else self.tunnels.values():
                    one.changed.set()


async def carry(reader, writer, tunnel):
    """Both directions, up to the end of both."""

    async def to_stream():
        try:
            while data := await reader.read(1 << 16):
                await tunnel.send(data)
            await tunnel.finish()
        except (ConnectionError, H2Error):
            await tunnel.reset()

    async def to_socket():
        try:
            while data := await tunnel.receive():
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (ConnectionError, H2Error, OSError):
            writer.transport.abort()

    await asyncio.gather(to_stream(), to_socket())
    writer.close()
    tunnel.connection.tunnels.pop(tunnel.id, None)


async def read_head(reader):
    """The first line and the fields of a head."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    return first, [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def head(first, fields):
    return "".join(f"{line}\r\n" for line in [first, *(f"{name}: {value}" for name, value in fields), ""]).encode("latin-1")


def kept(fields):
    return [(name, value) for name, value in fields if name not in HOP and not name.startswith(":")]


def accept(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


class ToHTTP2:
    def __init__(self, port):
        self.port, self.connection, self.lock = port, None, asyncio.Lock()

    async def connected(self):
        async with self.lock:
            if self.connection is None or self.connection.writer.is_closing():
                self.connection = Connection(*await asyncio.open_connection("127.0.0.1", self.port), is_client=True)
            if not await self.connection.allowed:
                sys.exit("the server does not allow extended CONNECT")
            return self.connection

    async def serve(self, reader, writer):
        first, fields = await read_head(reader)
        values = dict(fields)
        connection = await self.connected()
        tunnel = connection.open([
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", first.split(" ")[1]),
            (":authority", values["host"]), *kept(fields)])
        try:
            answer = await tunnel.head
        except ConnectionError:
            return writer.transport.abort()
        status = dict(answer)[":status"]
        if status != "200":
            writer.write(head(f"HTTP/1.1 {status} Refused", [("content-length", "0"), ("connection", "close")]))
            await tunnel.reset()
            return writer.close()
        writer.write(head("HTTP/1.1 101 Switching Protocols", [
            ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-accept", accept(values["sec-websocket-key"])), *kept(answer)]))
        await carry(reader, writer, tunnel)


class ToHTTP1:
    def __init__(self, port):
        self.port = port

    async def serve(self, reader, writer):
        Connection(reader, writer, is_client=False, serve=self.serve_stream)

    async def serve_stream(self, tunnel, fields):
        values = dict(fields)
        h2 = tunnel.connection.h2
        if values.get(":protocol") != "websocket":
            h2.send_headers(tunnel.id, [(":status", "501")], end_stream=True)
            return await tunnel.connection.drain()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(head(f"GET {values[':path']} HTTP/1.1", [
            ("host", f"127.0.0.1:{self.port}"), ("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-key", key),
            *kept(fields)]))
        first, answer = await read_head(reader)
        status = first.split(" ")[1]
        is_open = status == "101" and dict(answer).get("sec-websocket-accept") == accept(key)
        h2.send_headers(tunnel.id, [(":status", "200" if is_open else "502"), *(kept(answer) if is_open else [])])
        await carry(reader, writer, tunnel)


async def main():
    adapter = {"to-http2": ToHTTP2, "to-http1": ToHTTP1}[sys.argv[1]](int(sys.argv[2]))
    server = await asyncio.start_server(adapter.serve, "127.0.0.1", 0, limit=1 << 20)
    print("listening on 127.0.0.1:{}".format(server.sockets[0].getsockname()[1]), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
