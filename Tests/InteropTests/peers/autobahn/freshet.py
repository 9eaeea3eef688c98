"""Runs the suite against `websocket-peer`, as a server and as a client, in plaintext and over TLS, and prints the counts; the
lines of all cases are in a file. The last line sums up. Exits with 1 if a case did not pass.

Usage: freshet.py PROGRAM FILE [--cases 1.*,2.*] [--plaintext]
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
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


def test_server(program, cases, tls, file):
    flags = ["--tls-cert", tls[0], "--tls-key", tls[1]] if tls else []
    server = subprocess.Popen([program, "serve", "--port", "0", *flags], stdout=subprocess.PIPE, text=True)
    try:
        address = announced(server, "listening on ")
        url = f"{'wss' if tls else 'ws'}://{address}/deflate"
        suite = subprocess.Popen([*SUITE, "server", url, "--cases", cases], stdout=subprocess.PIPE, text=True)
        show(f"server{' over TLS' if tls else ''}", suite.stdout, file)
        return suite.wait()
    finally:
        server.terminate()
        server.wait()


def test_client(program, cases, tls, file):
    flags = ["--cert", tls[0], "--key", tls[1]] if tls else []
    suite = subprocess.Popen([*SUITE, "client", "--cases", cases, *flags], stdout=subprocess.PIPE, text=True)
    try:
        url = announced(suite, "listening on ")
        client = subprocess.Popen(
            [program, "run-cases", url, "--deflate", *(["--ca", tls[0]] if tls else [])], stdout=subprocess.DEVNULL)
        show(f"client{' over TLS' if tls else ''}", suite.stdout, file)
        return suite.wait() or client.wait()
    finally:
        suite.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("file")
    parser.add_argument("--cases", default="*")
    parser.add_argument("--plaintext", action="store_true")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, open(arguments.file, "w") as file:
        for tls in [None] if arguments.plaintext else [None, certificate(pathlib.Path(folder))]:
            for test in (test_server, test_client):
                failed |= test(arguments.program, arguments.cases, tls, file)
    print(f"Autobahn's cases: {', '.join(SUMMARY)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
