"""Opens WebSockets of a server of ours with other people's clients and Chromium. Prints a row of JSON for each case, then
{"done": true}.

Usage: websocket_peers.py PLAIN_PORT TLS_PORT CA_FILE PROTOS FOLDER [SOFTWARE]
The server (WebSocketPeerServer.swift) echoes at / and, compressed, at /deflate; it closes at once at /close/CODE, its handler
throws at /throw, and GET /closes/ID tells how the client of /report/ID has closed.
"""

import itertools
import json
import urllib.request

import websocket_browser
import websocket_clients
from web_proxies import behind, envoy, haproxy, nginx
from web_rows import PLAIN, expect, row
from websocket_clients import Websockets, WsprotoOverHTTP2

numbers = itertools.count(1)
REASON = "as asked ü"


def echoed(socket, *messages):
    for message in messages:
        socket.send(message)
        expect(socket.receive(), message)


def seen(id):
    """The code and reason of a client's close, as our handler saw it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PLAIN}/closes/{id}", timeout=20) as answer:
        return answer.read().decode()


def closed(socket):
    """What the server closes with, without a message before."""
    try:
        message = socket.receive()
    except websocket_clients.Closed as close:
        return close.code, close.reason
    raise AssertionError(f"a message: {message!r:.100}")


def refusal(open):
    try:
        open()
    except websocket_clients.Refused as answer:
        return answer.status
    raise AssertionError("the server took it")


def client_rows(client, carrier, peer=None, role="client", over=None, port=None):
    """All cases of a client, which may call at another port than the server's."""

    def open(path="/", **options):
        return client.open(carrier, path, port, **options)

    def echoes(*messages, **options):
        def body():
            socket = open(**options)
            echoed(socket, *messages)
            expect(socket.close(1000, ""), 1000)

        return body

    def fragments():
        socket = open()
        for parts in (["a", "", "ü", "z" * 70_000], [b"\0", b"\xff" * 1000, b""]):
            socket.send_fragments(parts)
            expect(socket.receive(), parts[0][:0].join(parts))
        socket.close(1000, "")

    def pings():
        socket = open()
        socket.ping(b"first")
        echoed(socket, "between")
        socket.ping(b"x" * 125)
        socket.close(1000, "")

    def our_close():
        for code in (1000, 1001, 1008, 1013, 3000, 4999):
            expect(closed(open(f"/close/{code}")), (code, REASON))

    def their_close():
        for code, reason in ((1000, ""), (1000, "done"), (1001, "away ü"), (3000, "x" * 123), (4999, "")):
            id = next(numbers)
            socket = open(f"/report/{id}")
            echoed(socket, "hello")
            expect(socket.close(code, reason), code)
            expect(seen(id), f"{code} {reason}")

    def lost():
        id = next(numbers)
        socket = open(f"/report/{id}")
        echoed(socket, "hello")
        socket.drop()
        expect(seen(id).split(" ")[0], "1006")

    def error():
        expect(closed(open("/throw"))[0], 1011)

    def deflate(**parameters):
        def body():
            socket = open("/deflate", deflate=parameters)
            expect(socket.compresses, True, "compresses")
            echoed(socket, "hello" * 1000, b"\0\1" * 50_000, "", "hello" * 1000, "ü" * 500_000)
            socket.close(1000, "")

        return body

    def not_compressed():
        socket = open("/", deflate={})
        expect(socket.compresses, False, "compresses")
        echoed(socket, "hello" * 1000)
        socket.close(1000, "")

    def subprotocol():
        for offered, agreed in ((["other", "echo"], "echo"), (["chat", "echo"], "echo"), (["other"], None)):
            socket = open(subprotocols=offered)
            expect(socket.subprotocol, agreed)
            socket.close(1000, "")

    def origins():
        expect(refusal(lambda: open(origin="http://evil.example")), 403)
        expect(refusal(lambda: open(origin="null")), 403)
        if not port:
            base = f"https://localhost:{websocket_clients.TLS}" if "TLS" in carrier else f"http://127.0.0.1:{PLAIN}"
            socket = open(origin=base)
            echoed(socket, "hello")
            socket.close(1000, "")

    cases = {
        "text": echoes("hello ü", "\0", "\U0010ffff" * 100),
        "binary": echoes(b"\0\xff", bytes(range(256)) * 300),
        "empty messages": echoes("", b"", ""),
        "1 MiB both ways": echoes("x" * (1 << 20), b"\xfe" * (1 << 20)),
        "200 messages at once": lambda: crowd(open()),
        "pings": pings,
        "our close": our_close,
        "its close": their_close,
        "lost connection": lost,
        "handler's error": error,
        "subprotocols": subprotocol,
        "foreign origin": origins,
        "no such path": lambda: expect(refusal(lambda: open("/nowhere")), 404),
    }
    if client.fragments:
        cases["fragments"] = fragments
    if client.compression:
        cases["permessage-deflate"] = deflate()
        cases["deflate, small windows"] = deflate(client_max_window_bits=9)
        cases["deflate not taken"] = not_compressed
    if client.compression and client is not websocket_clients.Aiohttp:
        cases["deflate, no context"] = deflate(server_no_context_takeover=True, client_no_context_takeover=True)
    for case, body in cases.items():
        row(peer or client.name, role, over or carrier, case, body)


def crowd(socket):
    for number in range(200):
        socket.send(f"{number} " + "x" * 1000)
    for number in range(200):
        expect(socket.receive().split(" ")[0], str(number))
    socket.close(1000, "")


def proxy_rows():
    for name, make in (("nginx", nginx), ("haproxy", lambda port, **_: haproxy(port))):
        behind(
            name, lambda port: make(port, websocket=True),
            lambda port: client_rows(Websockets, "HTTP/1.1", name, "proxy", "HTTP/1.1", port))
    for version, upstream in (("HTTP/1.1", "http_protocol_options"), ("HTTP/2", "http2_protocol_options")):

        def through(port):
            client_rows(Websockets, "HTTP/1.1", "envoy", "proxy", f"HTTP/1.1, then {version}", port)
            # It invents no key for HTTP/1.1, so over that our server refuses what came by HTTP/2 (W83).
            if version == "HTTP/2":
                client_rows(WsprotoOverHTTP2, "h2c", "envoy", "proxy", "HTTP/2, then HTTP/2", port)

        behind("envoy", lambda port: envoy(port, upstream=upstream, websocket=True), through)


def main():
    for client in websocket_clients.ALL:
        for carrier in client.carriers:
            client_rows(client, carrier)
    websocket_browser.browser_rows()
    proxy_rows()
    print(json.dumps({"done": True}), flush=True)


main()
