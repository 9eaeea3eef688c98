"""Calls an echo server of ours in the web's protocols with other people's programs: curl, buf, connectrpc's client for
Python, Chromium and node, and nginx, haproxy and Envoy as proxies in front of it. Prints a row of JSON for each case, then {"done": true}.

Usage: web_peers.py PLAIN_PORT TLS_PORT CA_FILE PROTOS FOLDER [SOFTWARE]
The server has both HTTP/1.1 and HTTP/2 on each port, the routes GET /healthz and /calls/… (see web_fetch.py), and echo.v1.Echo.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys

import web_fetch
from web_proxies import behind, envoy, haproxy, nginx
from web_rows import BIN, CA, FOLDER, PLAIN, PROTOS, SERVICE, TLS, Skipped, expect, frame, frames, message, row

UPDATED = ["swift says: a", "swift says: b"]

CARRIERS = {
    "HTTP/1.1": (f"http://127.0.0.1:{PLAIN}", ["--http1.1"]),
    "h2c": (f"http://127.0.0.1:{PLAIN}", ["--http2-prior-knowledge"]),
    "HTTP/1.1 over TLS": (f"https://localhost:{TLS}", ["--http1.1", "--cacert", CA]),
    "HTTP/2 over TLS": (f"https://localhost:{TLS}", ["--http2", "--cacert", CA]),
}


# ---- curl


class Answer:
    def __init__(self, raw):
        while True:
            head, _, raw = raw.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            self.version, self.status = lines[0].split(" ")[0], int(lines[0].split(" ")[1])
            if self.status >= 200:
                break
        self.body = raw
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields[name.lower()] = value.strip()


def curl(carrier, path, *options, body=None):
    base, flags = CARRIERS[carrier] if carrier in CARRIERS else (carrier, [])
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "60", *flags, *options]
    if body is not None:
        command += ["--data-binary", "@-"]
    done = subprocess.run([*command, base + path], input=body, capture_output=True, timeout=90)
    if done.returncode != 0:
        raise AssertionError(f"curl exits with {done.returncode}: {done.stderr.decode().strip()}")
    return Answer(done.stdout)


def curl_rows(peer, carrier, version, prefix=""):
    """The cases of a client that knows no protocol, which all proxies have to let through."""

    def unary():
        answer = curl(carrier, f"{SERVICE}Get", "-H", "content-type: application/json", "-d", '{"text": "hello ü"}')
        expect((answer.status, answer.version), (200, version))
        expect(json.loads(answer.body), {"text": "hello ü"})

    def error():
        answer = curl(
            carrier, f"{SERVICE}Get", "-H", "content-type: application/json", "-H", "x-fail-code: 5",
            "-H", "x-fail-message: none", "-d", "{}")
        expect(answer.status, 404)
        expect(json.loads(answer.body), {"code": "not_found", "message": "none"})

    def large():
        # Above 1 MiB curl waits for 100 Continue over HTTP/1.1.
        text = "x" * 1_500_000
        answer = curl(
            carrier, f"{SERVICE}Get", "-H", "content-type: application/proto", body=message(text))
        expect((answer.status, answer.body == message(text)), (200, True))

    def stream():
        answer = curl(
            carrier, f"{SERVICE}Expand", "-H", "content-type: application/connect+json",
            body=frame(b'{"text": "a b c"}'))
        expect(
            [(flag, json.loads(payload)) for flag, payload in frames(answer.body)],
            [(0, {"text": "a"}), (0, {"text": "b"}), (0, {"text": "c"}), (2, {})])

    def collect():
        answer = curl(
            carrier, f"{SERVICE}Collect", "-H", "content-type: application/connect+proto",
            "-H", "transfer-encoding: chunked" if "1.1" in version else "x-a: b",
            body=frame(message("a")) + frame(message("b")))
        expect(frames(answer.body), [(0, message("a b")), (2, b"{}")])

    def grpc_web(text):
        def body():
            sent = frame(message("a b"))
            kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
            answer = curl(
                carrier, f"{SERVICE}Expand", "-H", f"content-type: {kind}", "-H", "x-grpc-web: 1",
                body=base64.b64encode(sent) if text else sent)
            received = answer.body
            if text:
                received = b"".join(base64.b64decode(received[i : i + 4]) for i in range(0, len(received), 4))
            expect(
                frames(received),
                [(0, message("a")), (0, message("b")), (0x80, b"grpc-status: 0\r\n")])

        return body

    def route():
        expect(curl(carrier, "/healthz").body, b"ok\n")
        head = curl(carrier, "/healthz", "--head")
        expect((head.status, head.fields["content-length"], head.body), (200, "3", b""))

    row(peer, "Connect", carrier_name(prefix, carrier), "unary, JSON", unary)
    row(peer, "Connect", carrier_name(prefix, carrier), "error", error)
    row(peer, "Connect", carrier_name(prefix, carrier), "1.5 MB both ways", large)
    row(peer, "Connect", carrier_name(prefix, carrier), "server stream", stream)
    row(peer, "Connect", carrier_name(prefix, carrier), "client stream", collect)
    row(peer, "gRPC-Web", carrier_name(prefix, carrier), "server stream", grpc_web(False))
    row(peer, "gRPC-Web", carrier_name(prefix, carrier), "server stream in base64", grpc_web(True))
    row(peer, "plain HTTP", carrier_name(prefix, carrier), "GET and HEAD of a route", route)


def carrier_name(prefix, carrier):
    return prefix or carrier


def curl_alone():
    for carrier in CARRIERS:
        curl_rows("curl", carrier, "HTTP/1.1" if "1.1" in carrier else "HTTP/2")

    def upgrade():
        answer = curl(f"http://127.0.0.1:{PLAIN}", "/healthz", "--http2")
        expect((answer.status, answer.version), (200, "HTTP/1.1"))

    row("curl", "plain HTTP", "HTTP/1.1", "an offer of h2c is not taken", upgrade)

    def reuse():
        url = f"http://127.0.0.1:{PLAIN}/healthz"
        done = subprocess.run(
            ["curl", "--silent", "--verbose", url, url, url], capture_output=True, timeout=60)
        expect(done.stdout, b"ok\n" * 3)
        expect(done.stderr.count(b"Re-using existing connection"), 2)

    row("curl", "plain HTTP", "HTTP/1.1", "three requests on a connection", reuse)


# ---- buf


def buf_rows(schema):
    buf = BIN / "buf"
    if not buf.exists():
        row("buf", "all", "all", "all", lambda: (_ for _ in ()).throw(Skipped("buf-bin is not installed")))
        return
    carriers = {
        "HTTP/1.1": (f"http://127.0.0.1:{PLAIN}", []),
        "h2c": (f"http://127.0.0.1:{PLAIN}", ["--http2-prior-knowledge"]),
        "HTTP/2 over TLS": (f"https://localhost:{TLS}", ["--cacert", CA]),
    }

    def call(carrier, protocol, method, requests, *more):
        base, flags = carriers[carrier]
        done = subprocess.run(
            [buf, "curl", "--protocol", protocol, "--schema", schema, *flags, *more, "-d", "@-", base + SERVICE + method],
            input="\n".join(json.dumps({"text": text}) for text in requests).encode(), capture_output=True, timeout=60,
            env={**os.environ, "BUF_CACHE_DIR": str(FOLDER / "buf")})
        texts, rest = [], done.stdout.decode().strip()
        while rest:
            value, end = json.JSONDecoder().raw_decode(rest)
            texts.append(value["text"])
            rest = rest[end:].strip()
        return done.returncode, texts, done.stderr.decode()

    for protocol, name in (("connect", "Connect"), ("grpc", "gRPC"), ("grpcweb", "gRPC-Web")):
        for carrier in carriers:
            if protocol == "grpc" and carrier == "HTTP/1.1":
                continue

            def check(method, requests, wanted):
                def body():
                    code, lines, errors = call(carrier, protocol, method, requests)
                    if code != 0:
                        raise AssertionError(f"exit status {code}: {errors}")
                    expect(lines, wanted)

                return body

            def error():
                code, lines, errors = call(
                    carrier, protocol, "Get", ["x"], "-H", "x-fail-code: 5", "-H", "x-fail-message: none ü")
                expect((code, lines, json.loads(errors)["code"]), (40, [], "not_found"))

            row("buf", name, carrier, "unary", check("Get", ["hello"], ["hello"]))
            row("buf", name, carrier, "error", error)
            row("buf", name, carrier, "server stream", check("Expand", ["a b c"], ["a", "b", "c"]))
            row("buf", name, carrier, "client stream", check("Collect", ["a", "b"], ["a b"]))
            if carrier != "HTTP/1.1":
                row("buf", name, carrier, "both streams", check("Update", ["a", "b"], UPDATED))


# ---- connectrpc's client for Python


def connectrpc_rows():
    try:
        import pyqwest
        from connectrpc.codec import proto_json_codec
        from connectrpc.errors import ConnectError
        from connectrpc.protocol import ProtocolType
    except ImportError as error:
        reason = str(error)
        row("connectrpc", "all", "all", "all", lambda: (_ for _ in ()).throw(Skipped(reason)))
        return
    sys.path.insert(0, str(FOLDER / "generated"))
    from echo.v1.echo_connect import EchoClientSync
    from echo.v1.echo_pb import Message

    carriers = {
        "HTTP/1.1": (f"http://127.0.0.1:{PLAIN}", pyqwest.HTTPVersion.HTTP1),
        "h2c": (f"http://127.0.0.1:{PLAIN}", pyqwest.HTTPVersion.HTTP2),
        "HTTP/1.1 over TLS": (f"https://localhost:{TLS}", pyqwest.HTTPVersion.HTTP1),
        "HTTP/2 over TLS": (f"https://localhost:{TLS}", pyqwest.HTTPVersion.HTTP2),
    }
    names = {"Connect": ProtocolType.CONNECT, "gRPC": ProtocolType.GRPC, "gRPC-Web": ProtocolType.GRPC_WEB}
    for name, protocol in names.items():
        for carrier, (base, version) in carriers.items():
            if name == "gRPC" and "1.1" in carrier:
                continue
            for codec in ("proto", "JSON"):
                transport = pyqwest.SyncHTTPTransport(http_version=version, tls_ca_cert=pathlib.Path(CA).read_bytes())
                client = EchoClientSync(
                    base, protocol=protocol, codec=proto_json_codec() if codec == "JSON" else None,
                    http_client=pyqwest.SyncClient(transport))

                def unary():
                    expect(client.get(Message(text="hello ü")).text, "hello ü")
                    expect(client.get(Message(text="x" * 100_000)).text, "x" * 100_000)

                def error():
                    try:
                        client.get(Message(), headers={"x-fail-code": "5", "x-fail-message": "none ü"})
                    except ConnectError as failure:
                        expect((failure.code.name, failure.message), ("NOT_FOUND", "none ü"))
                    else:
                        raise AssertionError("no error")

                def deadline():
                    try:
                        client.get(Message(), headers={"x-delay-ms": "60000"}, timeout_ms=200)
                    except ConnectError as failure:
                        expect(failure.code.name, "DEADLINE_EXCEEDED")
                    else:
                        raise AssertionError("no error")

                def expand():
                    expect([m.text for m in client.expand(Message(text="a b c"))], ["a", "b", "c"])

                def collect():
                    expect(client.collect(iter([Message(text="a"), Message(text="b")])).text, "a b")

                def update():
                    requests = iter([Message(text="a"), Message(text="b")])
                    expect([m.text for m in client.update(requests)], UPDATED)

                cases = {"unary": unary, "error": error, "deadline": deadline, "server stream": expand, "client stream": collect}
                if "1.1" not in carrier:
                    cases["both streams"] = update
                for case, body in cases.items():
                    row("connectrpc", name, carrier, f"{case}, {codec}", body)


# ---- proxies


def proxied(name):
    def body(port):
        curl_rows(name, f"http://127.0.0.1:{port}", "HTTP/1.1", prefix="HTTP/1.1 through it")

        def again():
            for _ in range(50):
                expect(curl(f"http://127.0.0.1:{port}", "/healthz").body, b"ok\n")

        row(name, "plain HTTP", "HTTP/1.1 through it", "50 requests on kept connections", again)

    return body


# ---- Envoy's translations beside ours


def envoy_translates():
    def same_web(port):
        """Envoy makes gRPC of gRPC-Web in front of us; what it answers has to be what we answer without it."""
        for text in (False, True):
            for case, method, sent, fields in (
                ("unary", "Get", "hello", []),
                ("server stream", "Expand", "a b c", []),
                ("error", "Get", "x", ["-H", "x-fail-code: 5", "-H", "x-fail-message: none"]),
                ("error after messages", "Expand", "a b", ["-H", "x-fail-code: 5", "-H", "x-fail-after: 2"]),
            ):

                def body():
                    kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
                    request = frame(message(sent))
                    request = base64.b64encode(request) if text else request
                    answers = []
                    for base in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{PLAIN}"):
                        answer = curl(
                            base, SERVICE + method, "-H", f"content-type: {kind}", "-H", f"accept: {kind}", *fields,
                            body=request)
                        received = answer.body
                        if text:
                            received = b"".join(
                                base64.b64decode(received[i : i + 4]) for i in range(0, len(received), 4))
                        found = frames(received)
                        trailers = found.pop()[1] if found and found[-1][0] & 0x80 else b""
                        # Envoy writes no blank behind the colon, and early errors into the head (W15, W17).
                        pairs = sorted(
                            (name.strip(), value.strip())
                            for name, _, value in (line.partition(":") for line in trailers.decode().split("\r\n") if line)
                            if name.startswith("grpc-"))
                        if not pairs:
                            pairs = sorted((n, v) for n, v in answer.fields.items() if n in ("grpc-status", "grpc-message"))
                        # No suffix means protobuf as well.
                        kind_of_answer = answer.fields["content-type"].removesuffix("+proto")
                        answers.append((answer.status, kind_of_answer, found, pairs))
                    expect(answers[1], answers[0], "ours")

                row("Envoy's grpc_web", "gRPC-Web" + (" in base64" if text else ""), "beside ours", case, body)

    behind(
        "envoy",
        lambda port: envoy(
            port, [("envoy.filters.http.grpc_web", "filters.http.grpc_web.v3.GrpcWeb")], "http2_protocol_options: {}"),
        same_web)

    def same_connect(port):
        def ask(base, method, kind, body, *fields):
            answer = curl(base, SERVICE + method, "-H", f"content-type: {kind}", "-H", "connect-protocol-version: 1", *fields, body=body)
            return answer

        for case, method, kind, sent, fields in (
            ("unary", "Get", "application/proto", message("hello"), []),
            ("error", "Get", "application/proto", message("x"), ["-H", "x-fail-code: 5", "-H", "x-fail-message: none"]),
            ("server stream", "Expand", "application/connect+proto", frame(message("a b")), []),
            ("error of a stream", "Expand", "application/connect+proto", frame(message("a b")), ["-H", "x-fail-code: 5", "-H", "x-fail-after: 1"]),
        ):

            def body():
                answers = []
                for base in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{PLAIN}"):
                    answer = ask(base, method, kind, sent, *fields)
                    if kind == "application/proto":
                        shown = answer.body if answer.status == 200 else json.loads(answer.body)
                    else:
                        shown = [(f, json.loads(p) if f & 2 else p) for f, p in frames(answer.body)]
                        for flag, end in shown:
                            if flag & 2:
                                end.pop("metadata", None)
                    answers.append((answer.status, answer.fields["content-type"], shown))
                expect(answers[1], answers[0], "ours")

            row("Envoy's connect_grpc_bridge", "Connect", "beside ours", case, body)

    behind(
        "envoy",
        lambda port: envoy(
            port, [("envoy.filters.http.connect_grpc_bridge", "filters.http.connect_grpc_bridge.v3.FilterConfig")],
            "http2_protocol_options: {}"),
        same_connect)


def generate():
    """The schema for buf, and connectrpc's stubs."""
    (FOLDER / "generated").mkdir(exist_ok=True)
    command = [
        sys.executable, "-m", "grpc_tools.protoc", "-I", PROTOS, "--include_imports",
        f"--descriptor_set_out={FOLDER}/echo.binpb", "echo/v1/echo.proto"]
    if (BIN / "protoc-gen-connectrpc").exists():
        command += [f"--plugin={BIN}/protoc-gen-connectrpc", f"--plugin={BIN}/protoc-gen-py"]
        command += [f"--connectrpc_out={FOLDER}/generated", f"--py_out={FOLDER}/generated"]
    subprocess.run(command, check=True, cwd=FOLDER)
    return f"{FOLDER}/echo.binpb"


def main():
    schema = generate()
    curl_alone()
    buf_rows(schema)
    connectrpc_rows()
    web_fetch.browser_rows()
    web_fetch.node_rows()
    behind("nginx", nginx, proxied("nginx"))
    behind("haproxy", haproxy, proxied("haproxy"))
    behind("envoy", envoy, proxied("envoy"))
    envoy_translates()
    print(json.dumps({"done": True}), flush=True)


main()
