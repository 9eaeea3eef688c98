"""Runs the suite against `websocket-peer`, as a server and as a client, over each carrier, and prints the counts; the lines of
all cases are in a file. The last line sums up. Exits with 1 if a case did not pass.

Usage: freshet.py PROGRAM FILE [--cases 1.*,2.*] [--carriers HTTP/1.1,TLS,HTTP/2] [--roles server,client]
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
ADAPTER = [sys.executable, HERE / "http2_adapter.py"]
SUITE = [sys.executable, "-W", "ignore", HERE / "suite.py"]


def certificate(folder):
    """A self-signed certificate of 127.0.0.1, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def announced(program, prefix):
    """What follows the prefix in a program's first line that has it."""
    for line in program.stdout:
        if prefix in line:
            return line.split(prefix)[1].strip()
    sys.exit(f"no line with “{prefix}” was printed")


SUMMARY = []


def show(role, output, file):
    print(role, file=file)
    for line in output:
        print(line, end="", file=file, flush=True)
        if line.startswith(("section ", "autobahn: ")):
            print(f"{role}: {line}", end="", flush=True)
        if line.startswith("autobahn: "):
            SUMMARY.append(f"{line.removeprefix('autobahn: ').split(' cases')[0]} as a {role}")


@contextlib.contextmanager
def adapter(carrier, address, way):
    """The address to use instead of one, to speak HTTP/2 with it or to it."""
    if carrier != "HTTP/2":
        yield address
        return
    program = subprocess.Popen([*ADAPTER, way, address.split(":")[-1]], stdout=subprocess.PIPE, text=True)
    try:
        yield announced(program, "listening on ")
    finally:
        program.terminate()
        program.wait()


def test_server(program, cases, carrier, tls, file):
    flags = ["--tls-cert", tls[0], "--tls-key", tls[1]] if carrier == "TLS" else []
    server = subprocess.Popen([program, "serve", "--port", "0", *flags], stdout=subprocess.PIPE, text=True)
    try:
        with adapter(carrier, announced(server, "listening on "), "to-http2") as address:
            url = f"{'wss' if carrier == 'TLS' else 'ws'}://{address}/deflate"
            suite = subprocess.Popen([*SUITE, "server", url, "--cases", cases], stdout=subprocess.PIPE, text=True)
            show(f"server over {carrier}", suite.stdout, file)
            return suite.wait()
    finally:
        server.terminate()
        server.wait()


def test_client(program, cases, carrier, tls, file):
    flags = ["--cert", tls[0], "--key", tls[1]] if carrier == "TLS" else []
    suite = subprocess.Popen([*SUITE, "client", "--cases", cases, *flags], stdout=subprocess.PIPE, text=True)
    try:
        scheme, address = announced(suite, "listening on ").split("://")
        with adapter(carrier, address, "to-http1") as address:
            options = {"TLS": ["--ca", tls[0]], "HTTP/2": ["--http", "http2"]}.get(carrier, [])
            client = subprocess.Popen(
                [program, "run-cases", f"{scheme}://{address}", "--deflate", *options], stdout=subprocess.DEVNULL)
            # The suite would wait for a client that has failed.
            threading.Thread(target=lambda: client.wait() and suite.kill()).start()
            show(f"client over {carrier}", suite.stdout, file)
            return suite.wait() or client.wait()
    finally:
        suite.kill()


TESTS = {"server": test_server, "client": test_client}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("file")
    parser.add_argument("--cases", default="*")
    parser.add_argument("--carriers", default="HTTP/1.1,TLS,HTTP/2")
    parser.add_argument("--roles", default="server,client")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, open(arguments.file, "w") as file:
        tls = certificate(pathlib.Path(folder))
        for carrier in arguments.carriers.split(","):
            for role in arguments.roles.split(","):
                failed |= TESTS[role](arguments.program, arguments.cases, carrier, tls, file)
    print(f"Autobahn's cases: {', '.join(SUMMARY)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
