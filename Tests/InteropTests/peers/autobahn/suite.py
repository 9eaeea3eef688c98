"""Runs the Autobahn test-suite for WebSocket against a server or a client that echoes, and prints a line for each case: its
number, behaviour, behaviour at the close, milliseconds, and what is wrong; then counts by section. Exits with 1 if a case
did not pass: only OK does, and INFORMATIONAL where the suite has no expectation.

Usage: suite.py server URL [OPTIONS]                          tests the server at ws://… or wss://…
       suite.py client [--port 0] [--cert FILE --key FILE] [OPTIONS]    tests a client: listens, and prints its URL
Options: --cases 1.*,2.* --exclude 12.*,13.* --known 7.1.5 --json FILE

A client that is tested asks for `/getCaseCount`, then runs `/runCase?case=N&agent=NAME` for each N from 1, echoing all
messages until the close, and at last opens `/updateReports?agent=NAME`. The folder with the suite is in $AUTOBAHN_SUITE.
"""

import argparse
import binascii
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.environ.get("AUTOBAHN_SUITE", ".build-peers/autobahn"))

from autobahn.twisted.websocket import listenWS
from autobahn.websocket import protocol, utf8validator
from twisted.internet import reactor, ssl

PASSED = ("OK", "INFORMATIONAL")
# What the suite has no expectation for.
INFORMATIONAL = ("7.1.6", "7.13.1", "7.13.2")


def octets(value):
    """A string of Python 2 as the bytes that it was."""
    return value.encode("latin-1") if isinstance(value, str) else value


def takes_octets(owner, name):
    """Lets a function take strings for bytes, by position or by name."""
    function = getattr(owner, name)

    def wrapped(*arguments, **named):
        return function(*map(octets, arguments), **{key: octets(value) for key, value in named.items()})

    setattr(owner, name, wrapped)


takes_octets(binascii, "b2a_hex")
takes_octets(utf8validator.Utf8Validator, "validate")
for name in ("sendFrame", "sendMessage", "sendPing", "sendPong", "sendCloseFrame", "sendData", "sendMessageFrame",
             "sendMessageFrameData"):
    takes_octets(protocol.WebSocketProtocol, name)

from autobahntestsuite import fuzzing
from autobahntestsuite.case import case as cases


def comparable(value):
    """Events with strings and bytes made the same."""
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    return octets(value)


cases.Case.compare = lambda self, one, other: comparable(one) == comparable(other)


def nothing(*arguments, **named):
    pass


# The wire log and the reports need Python 2; a connection that is lost only has to leave its case's result.
for name in ("logRxOctets", "logTxOctets", "logRxFrame"):
    setattr(fuzzing.FuzzingProtocol, name, nothing)
fuzzing.FuzzingFactory.createReports = nothing


def count_frame(self, header, *arguments):
    """Case 10.1.1 counts the frames that were sent."""
    self.txFrameStats[header.opcode] = self.txFrameStats.get(header.opcode, 0) + 1


fuzzing.FuzzingProtocol.logTxFrame = count_frame


def connection_lost(self, reason):
    if not self.runCase:
        return
    self.runCase.onConnectionLost(self.failedByMe)
    RESULTS.add(self)


fuzzing.FuzzingProtocol.connectionLost = connection_lost


class Results:
    def __init__(self):
        self.rows = []
        self.started = time.monotonic()
        self.last = self.started

    def add(self, fuzzer):
        now = time.monotonic()
        case = fuzzer.runCase
        number = fuzzer.factory.CaseSet.caseClasstoId(fuzzer.Case)
        row = {
            "case": number,
            "behaviour": case.behavior,
            "close": case.behaviorClose,
            "ms": round(1000 * (now - self.last)),
            "remark": "" if self.passes(case) else self.remark(fuzzer),
        }
        self.last = now
        self.rows.append(row)
        print("{case:8} {behaviour:14} {close:14} {ms:6}  {remark}".format(**row), flush=True)

    @staticmethod
    def passes(case):
        return case.behavior in PASSED and case.behaviorClose in PASSED

    @staticmethod
    def remark(fuzzer):
        case = fuzzer.runCase
        received = str(case.received)[:120]
        return (f"{case.result} {case.resultClose} Received: {received}; close code {fuzzer.remoteCloseCode} "
                f"{fuzzer.remoteCloseReason or ''} {fuzzer.wasNotCleanReason or ''}")

    def failed(self):
        def is_good(row):
            good = PASSED if row["case"] in INFORMATIONAL else ("OK",)
            return row["behaviour"] in good and row["close"] in PASSED

        return [row["case"] for row in self.rows if not is_good(row)]

    def end(self, factory, arguments):
        """Prints the counts. Returns whether all cases passed, but for those known to fail."""
        failed, wanted = self.failed(), len(factory.specCases)
        known = set(factory.CaseSet.resolveCasePatternList(list(filter(None, arguments.known.split(",")))))
        sections = {}
        for row in self.rows:
            counts = sections.setdefault(row["case"].split(".")[0], [0, 0, 0])
            counts[0] += row["case"] not in failed
            counts[1] += 1
            counts[2] += row["ms"]
        for section, (passed, count, ms) in sections.items():
            print(f"section {section}: {passed} of {count} passed in {ms / 1000:.1f} s")
        seconds = time.monotonic() - self.started
        print(f"autobahn: {len(self.rows) - len(failed)} of {wanted} cases passed in {seconds:.0f} s"
              + (f", not {' '.join(failed)}" if failed else ""))
        if arguments.json:
            with open(arguments.json, "w") as file:
                json.dump(self.rows, file, indent=1)
        return known.issuperset(failed) and len(self.rows) == wanted


RESULTS = Results()


def spec(arguments):
    return {
        "cases": arguments.cases.split(","), "exclude-cases": list(filter(None, arguments.exclude.split(","))),
        "exclude-agent-cases": {}, "options": {"failByDrop": False},
    }


def quiet(*arguments):
    """The suite announces each case by itself."""


def test_server(arguments):
    fuzzing.print = quiet
    wanted = dict(spec(arguments), servers=[{"agent": "server", "url": arguments.url, "options": {"version": 18}}])
    factory = fuzzing.FuzzingClientFactory(wanted)
    factory.clientConnectionFailed = lambda connector, reason: (
        print(f"cannot connect to {arguments.url}: {reason.getErrorMessage()}"), reactor.stop())
    reactor.run()
    return factory


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_client(arguments):
    fuzzing.print = quiet
    scheme = "wss" if arguments.cert else "ws"
    # The URL is part of the factory, so the port must be known before it is listened on.
    url = f"{scheme}://127.0.0.1:{arguments.port or free_port()}"
    factory = fuzzing.FuzzingServerFactory(dict(spec(arguments), url=url))
    factory.createReports = lambda: reactor.callLater(0.1, reactor.stop)
    tls = ssl.DefaultOpenSSLContextFactory(arguments.key, arguments.cert) if arguments.cert else None
    listenWS(factory, tls, interface="127.0.0.1")
    print(f"listening on {url}", flush=True)
    reactor.run()
    return factory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    roles = parser.add_subparsers(dest="role", required=True)
    server = roles.add_parser("server")
    server.add_argument("url")
    client = roles.add_parser("client")
    client.add_argument("--port", type=int, default=0)
    client.add_argument("--cert", help="a certificate in PEM, for wss://")
    client.add_argument("--key")
    for role in (server, client):
        role.add_argument("--cases", default="*")
        role.add_argument("--exclude", default="")
        role.add_argument("--known", default="", help="cases that are known to fail")
        role.add_argument("--json", help="a file for the table")
    arguments = parser.parse_args()
    factory = test_server(arguments) if arguments.role == "server" else test_client(arguments)
    sys.exit(0 if RESULTS.end(factory, arguments) else 1)


if __name__ == "__main__":
    main()
