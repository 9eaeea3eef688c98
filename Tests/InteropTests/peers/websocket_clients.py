"""Other people's WebSocket clients behind one face: `open` gives a socket, whose calls all block."""

import asyncio
import socket
import ssl

from web_rows import CA, PLAIN, TLS

LIMIT = 20  # seconds that anything may take


class Refused(Exception):
    """The server gave another answer than a WebSocket."""

    def __init__(self, status):
        super().__init__(f"status {status}")
        self.status = status


class Closed(Exception):
    """The server has closed."""

    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


def tls(protocol):
    context = ssl.create_default_context(cafile=CA)
    context.set_alpn_protocols([protocol])
    return context


# ---- websockets


class Websockets:
    name, carriers = "websockets", {"HTTP/1.1": False, "HTTP/1.1 over TLS": True}
    fragments, compression = True, True

    @classmethod
    def open(cls, carrier, path, port=None, deflate=None, **options):
        from websockets.exceptions import InvalidStatus
        from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
        from websockets.sync.client import connect

        secure = cls.carriers[carrier]
        if deflate is not None:
            options["extensions"] = [ClientPerMessageDeflateFactory(**deflate)]
        try:
            url = f"wss://localhost:{port or TLS}{path}" if secure else f"ws://127.0.0.1:{port or PLAIN}{path}"
            return cls(
                connect(
                    url, ssl=tls("http/1.1") if secure else None, compression=None, max_size=None, proxy=None,
                    open_timeout=LIMIT, close_timeout=LIMIT, **options))
        except InvalidStatus as error:
            raise Refused(error.response.status_code) from None

    def __init__(self, connection):
        self.connection = connection
        self.subprotocol = connection.subprotocol
        self.compresses = bool(connection.protocol.extensions)

    def send(self, message):
        self.connection.send(message)

    def send_fragments(self, parts):
        self.connection.send(iter(parts))

    def receive(self):
        from websockets.exceptions import ConnectionClosed

        try:
            return self.connection.recv(timeout=LIMIT)
        except ConnectionClosed as error:
            if not error.rcvd:
                raise AssertionError("the connection ended without a close") from None
            raise Closed(error.rcvd.code, error.rcvd.reason) from None

    def ping(self, payload):
        if not self.connection.ping(payload).wait(LIMIT):
            raise AssertionError("no pong")

    def close(self, code, reason):
        """Closes, and returns the code that the server answers."""
        self.connection.close(code, reason)
        return self.connection.close_code

    def drop(self):
        self.connection.socket.close()


# ---- aiohttp


class Aiohttp:
    name, carriers = "aiohttp", {"HTTP/1.1": False, "HTTP/1.1 over TLS": True}
    fragments, compression = False, True
    loop = asyncio.new_event_loop()

    @classmethod
    def run(cls, work):
        return cls.loop.run_until_complete(asyncio.wait_for(work, LIMIT))

    @classmethod
    def open(cls, carrier, path, port=None, deflate=None, origin=None, subprotocols=()):
        import aiohttp

        secure = cls.carriers[carrier]
        url = f"wss://localhost:{port or TLS}{path}" if secure else f"ws://127.0.0.1:{port or PLAIN}{path}"

        async def connect():
            session = aiohttp.ClientSession()
            try:
                return session, await session.ws_connect(
                    url, origin=origin, protocols=subprotocols, max_msg_size=0, autoping=False,
                    compress=(deflate.get("client_max_window_bits") or 15) if deflate is not None else 0,
                    ssl=tls("http/1.1") if secure else True)
            except Exception as error:
                await session.close()
                if isinstance(error, aiohttp.WSServerHandshakeError):
                    raise Refused(error.status) from None
                raise

        return cls(*cls.run(connect()))

    def __init__(self, session, connection):
        self.session, self.connection = session, connection
        self.subprotocol, self.compresses = connection.protocol, bool(connection.compress)

    def send(self, message):
        send = self.connection.send_str if isinstance(message, str) else self.connection.send_bytes
        self.run(send(message))

    def receive(self):
        import aiohttp

        message = self.run(self.connection.receive())
        if message.type == aiohttp.WSMsgType.CLOSE:
            self.run(self.session.close())
            raise Closed(message.data, message.extra)
        if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise AssertionError(f"{message}")
        return message.data

    def ping(self, payload):
        import aiohttp

        self.run(self.connection.ping(payload))
        message = self.run(self.connection.receive())
        if (message.type, bytes(message.data)) != (aiohttp.WSMsgType.PONG, payload):
            raise AssertionError(f"{message}")

    def close(self, code, reason):
        self.run(self.connection.close(code=code, message=reason.encode()))
        self.run(self.session.close())
        return self.connection.close_code

    def drop(self):
        self.connection.get_extra_info("transport")  # nothing public aborts
        self.connection._response.connection.transport.abort()
        self.run(self.session.close())


# ---- trio-websocket


class Trio:
    name, carriers = "trio-websocket", {"HTTP/1.1": False, "HTTP/1.1 over TLS": True}
    fragments, compression = False, False

    @classmethod
    def open(cls, carrier, path, port=None, origin=None, subprotocols=()):
        from trio_websocket import ConnectionRejected
        from websocket_trio import Client

        secure = cls.carriers[carrier]
        url = f"wss://localhost:{port or TLS}{path}" if secure else f"ws://127.0.0.1:{port or PLAIN}{path}"
        try:
            return cls(Client(url, tls("http/1.1") if secure else None, list(subprotocols), origin))
        except ConnectionRejected as error:
            raise Refused(error.status_code) from None

    def __init__(self, client):
        self.client = client
        self.subprotocol = client.connection.subprotocol

    def send(self, message):
        self.client.send_message(message)

    def receive(self):
        from trio_websocket import ConnectionClosed

        try:
            return self.client.get_message()
        except ConnectionClosed as error:
            raise Closed(error.reason.code, error.reason.reason) from None

    def ping(self, payload):
        self.client.ping(payload)  # waits for the pong

    def close(self, code, reason):
        self.client.aclose(code, reason)
        return self.client.connection.closed.code

    def drop(self):
        self.client.drop()


# ---- wsproto, over a socket and over a stream of HTTP/2


class Bytes:
    """The byte stream of a TCP connection."""

    def __init__(self, port, protocol):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        if protocol:
            self.socket = tls(protocol).wrap_socket(self.socket, server_hostname="localhost")
            if self.socket.selected_alpn_protocol() != protocol:
                raise AssertionError(f"the server took {self.socket.selected_alpn_protocol()}")

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """Empty at the end."""
        return self.socket.recv(65536)

    def drop(self):
        self.socket.close()


class Stream:
    """The byte stream of a CONNECT by HTTP/2 (RFC 8441)."""

    def __init__(self, port, protocol, fields):
        import h2.config
        import h2.connection

        self.bytes = Bytes(port, protocol)
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False))
        self.h2.initiate_connection()
        self.flush()
        self.status, self.fields, self.received, self.ended, self.reset = None, {}, b"", False, None
        self.allows = False
        while not self.allows:
            self.pump()
        self.id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(self.id, fields)
        self.flush()
        while not self.status and self.reset is None:
            self.pump()

    def flush(self):
        self.bytes.send(self.h2.data_to_send())

    def pump(self):
        import h2.events

        data = self.bytes.receive()
        if not data:
            raise AssertionError("the connection has ended")
        for event in self.h2.receive_data(data):
            match event:
                case h2.events.RemoteSettingsChanged():
                    if 8 in event.changed_settings:
                        self.allows = event.changed_settings[8].new_value == 1
                case h2.events.ResponseReceived():
                    self.fields = dict(event.headers)
                    self.status = int(self.fields[":status"])
                case h2.events.DataReceived():
                    self.received += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    self.ended = True
                case h2.events.StreamReset():
                    self.ended, self.reset = True, event.error_code
                case h2.events.ConnectionTerminated():
                    raise AssertionError(f"GOAWAY {event}")
        self.flush()

    def send(self, data):
        while data:
            room = min(self.h2.local_flow_control_window(self.id), self.h2.max_outbound_frame_size)
            if room == 0:
                self.pump()
                continue
            self.h2.send_data(self.id, data[:room])
            self.flush()
            data = data[room:]

    def receive(self):
        while not self.received and not self.ended:
            self.pump()
        data, self.received = self.received, b""
        return data

    def end(self):
        """After both closes. END_STREAM is TCP's FIN; a server may ask by NO_ERROR that ours be left out (RFC 9113 8.1)."""
        while not self.ended:
            self.pump()
        if self.received or self.reset not in (None, 0):
            raise AssertionError(f"reset {self.reset}, {len(self.received)} bytes behind the close")

    def drop(self):
        self.h2.reset_stream(self.id, 8)
        self.flush()
        self.bytes.drop()


class Wsproto:
    """Its engine, without I/O, over a socket."""

    name, carriers = "wsproto", {"HTTP/1.1": (False, 1), "HTTP/1.1 over TLS": (True, 1)}
    fragments, compression = True, True

    @classmethod
    def open(cls, carrier, path, port=None, deflate=None, origin=None, subprotocols=()):
        from wsproto.extensions import PerMessageDeflate

        secure, version = cls.carriers[carrier]
        extensions = [PerMessageDeflate(**deflate)] if deflate is not None else []
        port = port or (TLS if secure else PLAIN)
        authority = f"{'localhost' if secure else '127.0.0.1'}:{port}"
        return (cls._over_http1 if version == 1 else cls._over_http2)(
            secure, path, port, authority, extensions, origin, list(subprotocols))

    @classmethod
    def _over_http1(cls, secure, path, port, authority, extensions, origin, subprotocols):
        from wsproto import ConnectionType, WSConnection
        from wsproto.events import AcceptConnection, RejectConnection, Request

        bytes_ = Bytes(port, "http/1.1" if secure else None)
        opening = WSConnection(ConnectionType.CLIENT)
        bytes_.send(
            opening.send(
                Request(
                    host=authority, target=path, extensions=extensions, subprotocols=subprotocols,
                    extra_headers=[(b"origin", origin.encode())] if origin else [])))
        while True:
            opening.receive_data(bytes_.receive() or None)
            for event in opening.events():
                if isinstance(event, AcceptConnection):
                    return cls(opening, bytes_, event.subprotocol, bool(event.extensions))
                if isinstance(event, RejectConnection):
                    raise Refused(event.status_code)

    @classmethod
    def _over_http2(cls, secure, path, port, authority, extensions, origin, subprotocols):
        from wsproto.connection import Connection, ConnectionType

        fields = [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https" if secure else "http"),
            (":path", path), (":authority", authority), ("sec-websocket-version", "13")]
        if origin:
            fields.append(("origin", origin))
        if subprotocols:
            fields.append(("sec-websocket-protocol", ", ".join(subprotocols)))
        for extension in extensions:
            offer = extension.offer()
            fields.append(
                ("sec-websocket-extensions", extension.name + (f"; {offer}" if isinstance(offer, str) and offer else "")))
        stream = Stream(port, "h2" if secure else None, fields)
        if stream.status != 200:
            raise Refused(stream.status or f"reset {stream.reset}")
        answer = stream.fields.get("sec-websocket-extensions")
        if answer:
            extensions[0].finalize(answer)
        return cls(
            Connection(ConnectionType.CLIENT, extensions if answer else []), stream,
            stream.fields.get("sec-websocket-protocol"), bool(answer))

    def __init__(self, engine, bytes_, subprotocol, compresses):
        self.engine, self.bytes = engine, bytes_
        self.subprotocol, self.compresses = subprotocol, compresses
        self.events = []

    def send(self, message):
        self._send(message, True)

    def send_fragments(self, parts):
        for index, part in enumerate(parts):
            self._send(part, index == len(parts) - 1)

    def _send(self, data, finished):
        from wsproto.events import BytesMessage, TextMessage

        kind = TextMessage if isinstance(data, str) else BytesMessage
        self.bytes.send(self.engine.send(kind(data=data, message_finished=finished)))

    def next(self):
        from wsproto.events import CloseConnection

        self.events += self.engine.events()  # frames may have come with the head
        while not self.events:
            data = self.bytes.receive()
            if not data:
                raise AssertionError("the connection ended without a close")
            self.engine.receive_data(data)
            self.events += self.engine.events()
        event = self.events.pop(0)
        if isinstance(event, CloseConnection):
            raise Closed(event.code, event.reason or "")
        return event

    def receive(self):
        whole = None
        while True:
            event = self.next()
            if not hasattr(event, "message_finished"):
                raise AssertionError(f"{event}")
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return bytes(whole) if isinstance(whole, bytearray) else whole

    def ping(self, payload):
        from wsproto.events import Ping, Pong

        self.bytes.send(self.engine.send(Ping(payload=payload)))
        event = self.next()
        if not isinstance(event, Pong) or bytes(event.payload) != payload:
            raise AssertionError(f"{event}")

    def close(self, code, reason):
        from wsproto.events import CloseConnection

        self.bytes.send(self.engine.send(CloseConnection(code=code, reason=reason)))
        try:
            raise AssertionError(f"{self.next()}")
        except Closed as answer:
            if isinstance(self.bytes, Stream):
                self.bytes.end()
            elif self.bytes.receive():
                raise AssertionError("bytes behind the close")
            return answer.code

    def drop(self):
        self.bytes.drop()


class WsprotoOverHTTP2(Wsproto):
    name, carriers = "h2 and wsproto", {"h2c": (False, 2), "HTTP/2 over TLS": (True, 2)}


ALL = (Websockets, Aiohttp, Trio, Wsproto, WsprotoOverHTTP2)
