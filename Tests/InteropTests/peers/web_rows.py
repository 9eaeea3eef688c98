"""What the peers of the web's protocols share: where the server is, rows of results, and the bytes of the protocols."""

import json
import pathlib
import struct
import sys

PLAIN, TLS = int(sys.argv[1]), int(sys.argv[2])
CA, PROTOS, FOLDER = sys.argv[3], sys.argv[4], pathlib.Path(sys.argv[5])
SOFTWARE = sys.argv[6] if len(sys.argv) > 6 else ""
BIN = pathlib.Path(sys.executable).parent
SERVICE = "/echo.v1.Echo/"


class Skipped(Exception):
    """A case that this machine or this peer cannot do."""


def row(peer, protocol, carrier, case, body):
    result = {"peer": peer, "protocol": protocol, "carrier": carrier, "case": case, "passed": False, "remark": None}
    try:
        result["remark"] = body()
        result["passed"] = True
    except Skipped as reason:
        result["passed"], result["remark"] = True, f"skipped: {reason}"
    except Exception as error:  # every failure is a row
        result["remark"] = f"{type(error).__name__}: {error}"[:600]
    print(json.dumps(result), flush=True)


def expect(actual, wanted, what=""):
    if actual != wanted:
        raise AssertionError(f"{what} {actual!r:.300} and not {wanted!r:.300}")


# ---- bytes of the protocols


def field(number, text):
    data = text.encode()
    length, prefix = len(data), b""
    while length >= 0x80:
        prefix, length = prefix + bytes([length & 0x7F | 0x80]), length >> 7
    return bytes([number << 3 | 2]) + prefix + bytes([length]) + data


def message(text):
    return field(1, text) if text else b""


def frame(payload, flag=0):
    return struct.pack(">BI", flag, len(payload)) + payload


def frames(body):
    found = []
    while body:
        flag, length = struct.unpack(">BI", body[:5])
        if len(body) < 5 + length:
            raise AssertionError("the body ends inside a frame")
        found.append((flag, body[5 : 5 + length]))
        body = body[5 + length :]
    return found
