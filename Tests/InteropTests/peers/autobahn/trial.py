"""Runs the suite in both roles against an echo by PyPI's websockets, whose slips are known: shows that the port works.

Usage: trial.py [CASES]
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
CASES = sys.argv[1] if len(sys.argv) > 1 else "1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.7.*,10.*,12.1.1,13.3.1"
# It answers a fault before it echoes what came first, closes with 1002 within a message, and takes few fragments.
KNOWN = "3.2,3.3,3.4,4.1.*,4.2.*,5.15,6.4.*,7.1.5,9.3.*,9.4.*"
PYTHON = [sys.executable, "-W", "ignore"]


def start(*arguments):
    """A program that prints its URL first, and the URL."""
    program = subprocess.Popen([*PYTHON, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return program, program.stdout.readline().removeprefix("listening on ").strip()


def main():
    options = ["--cases", CASES, "--known", KNOWN]
    echo, url = start(HERE / "websockets_echo.py", "server")
    print(f"websockets as server, {url}", flush=True)
    server = subprocess.run([*PYTHON, HERE / "suite.py", "server", url, *options])
    echo.stdin.close()
    echo.wait()
    suite, url = start(HERE / "suite.py", "client", *options)
    print(f"websockets as client of {url}", flush=True)
    client = subprocess.Popen([*PYTHON, HERE / "websockets_echo.py", "client", url])
    for line in suite.stdout:
        print(line, end="", flush=True)
    client.wait()
    sys.exit(server.returncode or suite.wait())


if __name__ == "__main__":
    main()
