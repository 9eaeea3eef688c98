"""Opens WebSockets of our server from a page in Chromium. Rows as websocket_peers.py's."""

import itertools
import json
import pathlib
import ssl

import devtools
from web_rows import FOLDER, PLAIN, TLS, Skipped, expect, row

SCRIPT = (pathlib.Path(__file__).parent / "websocket_page.mjs").read_text()
PAGES = {"HTTP/1.1": f"http://127.0.0.1:{PLAIN}", "HTTP/2 over TLS": f"https://localhost:{TLS}"}
REASON = "as asked ü"
numbers = itertools.count(1)


def browser_rows():
    folder = FOLDER / "chromium"
    folder.mkdir()
    try:
        browser = devtools.Browser(folder, devtools.trust(ssl.get_server_certificate(("localhost", TLS))))
    except devtools.Missing as missing:
        reason = str(missing)
        row("Chromium", "client", "all", "all", lambda: (_ for _ in ()).throw(Skipped(reason)))
        return
    try:
        for carrier, base in PAGES.items():
            page_rows(browser.page(base + "/page"), carrier, base)
    finally:
        browser.stop()


def page_rows(page, carrier, base):
    page.evaluate(
        "(async () => { globalThis.peer = await import(URL.createObjectURL(new Blob(["
        + json.dumps(SCRIPT) + "], { type: 'text/javascript' }))); })()")
    sockets = base.replace("http", "ws", 1)

    def run(name, **argument):
        argument = {"base": sockets, "page": base, **argument}
        return page.evaluate(f"peer.run({json.dumps(name)}, {json.dumps(argument)})")

    def add(case, body):
        row("Chromium", "client", carrier, case, body)

    def close(code, reason="", clean=True):
        return {"code": code, "reason": reason, "clean": clean}

    def echoes(name):
        return lambda: expect(run(name), {"extensions": "", "close": close(1000)})

    def deflate():
        seen = run("deflate")
        expect(seen["extensions"].split(";")[0], "permessage-deflate")
        expect(seen["close"], close(1000))

    def our_close():
        for code in (1000, 1001, 1013, 4999):
            expect(run("ourClose", code=code), {"close": close(code, REASON)})

    def its_close():
        # A page that gives no code gets 1005, as does its server.
        for code, reason, seen in ((1000, "", "1000 "), (3000, "done ü", "3000 done ü"), (None, "", "1005 ")):
            id = f"page-{next(numbers)}"
            expect(
                run("itsClose", id=id, code=code, reason=reason),
                {"seen": seen, "close": close(code or 1005)})

    def one_connection():
        """W82: over HTTP/2 the page and its socket share a connection; over HTTP/1.1 they cannot."""
        expect(run("connection"), {"same": "HTTP/2" in carrier, "close": close(1000)})

    def accepted():
        shown = page.parameters("Network.webSocketHandshakeResponseReceived")
        expect({answer["response"]["status"] for answer in shown}, {200 if "HTTP/2" in carrier else 101})

    def foreign():
        other = next(address for address in PAGES.values() if address != base)
        if base.startswith("https"):
            other = base.replace("localhost", "127.0.0.1")  # a page over TLS may open no plaintext socket
        expect(run("refused", url=other.replace("http", "ws", 1) + "/"), {"failed": True})
        errors = [error["errorMessage"] for error in page.parameters("Network.webSocketFrameError")]
        expect(any("403" in error for error in errors), True, f"{errors}")

    add("text, also 1 MiB", echoes("text"))
    add("binary, also 1 MiB", echoes("binary"))
    add("permessage-deflate", deflate)
    add("subprotocol", lambda: expect(run("subprotocol"), {"protocol": "echo", "close": close(1005)}))
    add("our close", our_close)
    add("its close", its_close)
    add("handler's error", lambda: expect(run("throws")["close"]["code"], 1011))
    add("50 sockets at once", lambda: expect(run("many"), {"clean": 50}))
    add("page and socket on one connection" if "HTTP/2" in carrier else "a connection of its own", one_connection)
    add("WebSocketStream, a handler that pauses", lambda: expect(
        run("streamWrites", id=f"write-{next(numbers)}"), {"waited": True, "agree": True}))
    add("WebSocketStream, a page that pauses", lambda: expect(
        run("streamReads", id=f"read-{next(numbers)}"), {"waited": True, "count": 100}))
    add("its tools show the handshakes", accepted)
    add("the console has no complaint", lambda: expect(page.complaints(), []))
    add("foreign origin", foreign)
