"""Calls the echo server by freshet.js, in JSON and in protobuf, all four kinds of call. Rows of web_fetch.py, which has the engines."""

import functools
import itertools
import pathlib
import re
import subprocess

from web_rows import expect, row

JAVASCRIPT = pathlib.Path(__file__).parents[3] / "JavaScript"
numbers = itertools.count(1)


def result(engine, base, case, **argument):
    seen = engine.run(case, base=base, **argument)
    if "thrown" in seen:
        raise AssertionError(f"{seen}")
    return seen["result"]


def rows(engine, carrier, base):
    run = functools.partial(result, engine, base)

    def new_id():
        return f"freshet-{next(numbers)}"

    for content in ("JSON", "protobuf"):
        call = functools.partial(run, isBinary=content == "protobuf")

        def add(case, body):
            # What it speaks depends on the kind of call; the table of all peers has one column for it.
            row(engine.name, "Connect", carrier, f"{case}, {content}", body)

        def unary(call=call):
            for text in ("hello ü", "", "x" * 300_000):
                expect(call("unary", text=text), text)

        def metadata(call=call):
            seen = call("metadata")
            for kind, heads in seen.items():
                expect(heads, {"early": "early", "late": "AAEC"}, kind)

        def errors(call=call):
            types = ["google.rpc.BadRequest", "google.rpc.RetryInfo"]
            seen = call("errors")
            for kind, error in seen.items():
                lengths = error.pop("bytes")
                expect(error, {"code": "NOT_FOUND", "number": 5, "message": "none %", "types": types}, kind)
                expect(lengths, seen["unary"].get("bytes", lengths), kind)

        def later(call=call):
            expect(call("later"), {"fetch": ["a", "b"], "socket": ["a", "b"], "codes": ["ABORTED", "ABORTED"]})

        def noticed(kind, handler):
            # A handler off the loop may see its socket's end before its task is cancelled.
            if kind == "bidi" and handler == "its task went on":
                return handler
            expect(handler, "cancelled")

        def abort(kind, call=call):
            seen = call("abort", id=new_id(), kind=kind)
            expect(seen["code"], "CANCELLED")
            return noticed(kind, seen["handler"])

        def in_step(call=call):
            seen = call("inStep", id=new_id())
            noticed("bidi", seen["handler"])
            # One is permitted when the loop takes one; a handler off the loop makes up to 64 KiB more, which wait.
            expect([count for number, count in enumerate(seen["sent"], 1) if count > number + 8], [], f"{seen['sent']}:")

        add("unary", unary)
        add("server stream", lambda call=call: expect(call("serverStream", text="a b c"), ["a", "b", "c"]))
        add("client stream", lambda call=call: expect(call("clientStream", texts=["a", "b", "c"]), "a b c"))
        add("client stream, empty", lambda call=call: expect(call("clientStream", texts=[]), ""))
        add("bidirectional stream in step", lambda call=call: expect(
            call("pingPong", texts=["a", "ü"]), ["swift says: a", "swift says: ü", True]))
        add("bidirectional stream, 2000 requests", lambda call=call: expect(call("many", count=2000), 2000))
        add("other kinds by stream", lambda call=call: expect(call("overSocket"), {"stream": ["a", "b", "c"], "unary": "d"}))
        add("a stream by credits", in_step)
        add("metadata both ways", metadata)
        add("error with details", errors)
        add("error after messages", later)
        add("deadline", lambda call=call: expect(set(call("deadline").values()), {"DEADLINE_EXCEEDED"}))
        add("2 MiB", lambda call=call: expect(call("large"), True))
        for kind in ("unary", "serverStream", "bidi"):
            add(f"abort, {kind}", functools.partial(abort, kind))
        for kind in ("serverStream", "bidi"):
            add(f"break, {kind}", lambda kind=kind, call=call, noticed=noticed: noticed(kind, call("leave", id=new_id(), kind=kind)))


def refused_row(engine, carrier, base):
    """Of this a browser's console tells."""
    row(engine.name, "Connect", carrier, "refused", lambda: expect(
        result(engine, base, "refused"),
        {"method": "UNIMPLEMENTED", "socket": "UNAVAILABLE", "server": ["UNAVAILABLE"] * 2}))


def check(node):
    """The module's own tests, against a server that they play."""

    def tests():
        done = subprocess.run(
            [node, "--experimental-websocket", str(JAVASCRIPT / "freshet.test.mjs")], capture_output=True, text=True, timeout=110)
        failed = re.findall(r"^not ok \d+ - (.*)$", done.stdout, re.M)
        if done.returncode or failed:
            raise AssertionError(f"{failed} {done.stdout[-300:]} {done.stderr[-300:]}")
        return f"{len(re.findall(r'^ok ', done.stdout, re.M))} tests"

    row("freshet.js (node)", "plain HTTP", "HTTP/1.1", "its own tests", tests)
