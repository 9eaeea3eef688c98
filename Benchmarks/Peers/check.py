#!/usr/bin/env python3
"""Runs each given client program against each server program, in all modes, over plaintext and TLS: check.py PROGRAM…

Each is called `PROGRAM server PORT [CERT KEY]`, `PROGRAM client PORT MODE X Y [options]`.
"""
import json
import os
import select
import subprocess
import sys
import tempfile

MODES = [
    ("unary", "1", "0.2", []),
    ("unary", "64", "0.2", []),
    ("unary", "8", "0.2", ["--timeout", "10", "--metadata", "10"]),
    ("sstream", "1000", "16", []),
    ("sstream", "100", "65536", []),
    ("cstream", "1000", "16", []),
    ("cstream", "100", "65536", ["--timeout", "10"]),
    ("bidi", "100", "16", ["--metadata", "3"]),
]
COMMON = {"mode", "n", "secs", "per_s", "cpu_us_per"}
OF_STREAMS = {"bytes", "GBps"}
OF_TURNS = {"p50_us", "p99_us"}
FIELDS = {
    "unary": COMMON | OF_TURNS,
    "sstream": COMMON | OF_STREAMS,
    "cstream": COMMON | OF_STREAMS,
    "bidi": COMMON | OF_STREAMS | OF_TURNS,
}
# A Req of sixteen bytes in `body`, after the five-byte prefix of a gRPC message.
UNARY_REQUEST = bytes([0, 0, 0, 0, 18, 0x1A, 16]) + bytes(16)
# gRPC Go sends a PING for DATA whenever none is in flight, to estimate the bandwidth. swift-nio-http2 closes
# a connection (ENHANCE_YOUR_CALM) at the 200th PING within 30 seconds. These two can only talk briefly.
AT_ODDS = {"grpc-go-bench", "grpc-swift-bench"}


def make_certificates(folder):
    """A CA and a certificate for this machine, signed by it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    with open(os.path.join(folder, "names"), "w") as names:
        names.write("subjectAltName = DNS:localhost, IP:127.0.0.1")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=benchmark CA")
    openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "cert.pem", "-extfile", "names")


class Server:
    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, "server", "0", *arguments], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.__exit__()
            raise SystemExit(f"{self.process.args[0]}: the server said no port within 30 s")
        return json.loads(line)["listening"]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def what_is_wrong(mode, x, y, result):
    if set(result) != FIELDS[mode]:
        return f"fields {sorted(result)}, expected {sorted(FIELDS[mode])}"
    if result["mode"] != mode or result["n"] <= 0 or result["secs"] <= 0 or result["cpu_us_per"] <= 0:
        return f"a figure is impossible: {result}"
    if abs(result["per_s"] * result["secs"] / result["n"] - 1) > 0.01:
        return f"per_s is not n / secs: {result}"
    if mode == "unary":
        return None if result["secs"] >= float(y) * 0.99 else f"ended too early: {result}"
    if result["n"] != int(x) or result["bytes"] != int(x) * int(y):
        return f"{x} messages of {y} bytes were asked for: {result}"


def run_client(program, port, mode, x, y, options):
    """What went wrong, or None."""
    try:
        ended = subprocess.run([program, "client", str(port), mode, x, y, *options], timeout=60, text=True,
                               capture_output=True)
    except subprocess.TimeoutExpired:
        return "no end within 60 s"
    if ended.returncode != 0:
        return f"exit {ended.returncode}: {ended.stderr.strip()}"
    try:
        return what_is_wrong(mode, x, y, json.loads(ended.stdout))
    except ValueError:
        return f"no line of JSON: {ended.stdout!r}"


def run_h2load(url, request):
    """What went wrong, or None. grpc-swift-2 allows at most 100 concurrent calls per connection."""
    ended = subprocess.run(
        ["h2load", "-n2000", "-c4", "-m50", "-d", request, "-H", "content-type: application/grpc", "-H", "te: trailers",
         url + "/bench.v1.Bench/Unary"], timeout=60, text=True, capture_output=True)
    return None if " 2000 succeeded" in ended.stdout and "2000 2xx" in ended.stdout else ended.stdout


def check(servers_program, programs, folder, secure):
    failures = at_odds = 0
    file = lambda name: os.path.join(folder, name)
    name = os.path.basename
    transport = "TLS" if secure else "plaintext"
    with Server(servers_program, [file("cert.pem"), file("key.pem")] if secure else []) as port:
        trust = ["--cert", file("ca.pem")] if secure else []
        runs = [(name(program), f"{' '.join([mode, x, y, *options])}",
                 lambda p=program, a=(mode, x, y, options + trust): run_client(p, port, *a))
                for program in programs for mode, x, y, options in MODES]
        url = f"{'https' if secure else 'http'}://127.0.0.1:{port}"
        runs.append(("h2load", "unary", lambda: run_h2load(url, file("request"))))
        for client, call, run in runs:
            wrong = run()
            if not wrong:
                continue
            known = {client, name(servers_program)} == AT_ODDS
            at_odds += known
            failures += not known
            title = f"{client} {call} -> {name(servers_program)} ({transport})"
            print(f"{'too many PINGs' if known else 'FAILED'}: {title}: {wrong}")
    print(f"{name(servers_program)}, {transport}: {len(runs) - failures - at_odds} of {len(runs)} as they should be" +
          (f", {at_odds} ended by swift-nio-http2, which bears 200 PINGs in 30 s" if at_odds else ""))
    return failures


def main(programs):
    if not programs:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        make_certificates(folder)
        with open(os.path.join(folder, "request"), "wb") as request:
            request.write(UNARY_REQUEST)
        failures = sum(check(server, programs, folder, secure) for server in programs for secure in (False, True))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
