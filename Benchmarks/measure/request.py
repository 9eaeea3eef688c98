"""The request of the unary call: a `Req` whose body has sixteen bytes, in each protocol."""
import base64
from dataclasses import dataclass

METHOD = "/bench.v1.Bench/Unary"
BIDI = "/bench.v1.Bench/Bidi"
_REQ_BODY, _PAYLOAD_BODY = 0x1A, 0x0A  # fields 3 and 1, length-delimited
_BODY = bytes(16)


def _framed(message: bytes) -> bytes:
    """The compression flag (0), the length in four bytes, the message."""
    return bytes([0]) + len(message).to_bytes(4, "big") + message


_MESSAGE = bytes([_REQ_BODY, len(_BODY)]) + _BODY
UNARY_REQUEST = _framed(_MESSAGE)
UNARY_RESPONSE = _framed(bytes([_PAYLOAD_BODY, len(_BODY)]) + _BODY)


@dataclass(frozen=True)
class Protocol:
    """How a unary call is written."""

    name: str
    headers: tuple[str, ...]
    request: bytes | None


GRPC = Protocol("grpc", ("content-type: application/grpc", "te: trailers"), UNARY_REQUEST)
GRPC_WEB = Protocol("grpc-web", ("content-type: application/grpc-web+proto",), UNARY_REQUEST)
CONNECT = Protocol("connect", ("content-type: application/proto", "connect-protocol-version: 1"), _MESSAGE)
CONNECT_JSON = Protocol(
    "connect-json", ("content-type: application/json", "connect-protocol-version: 1"),
    b'{"body":"%s"}' % base64.b64encode(_BODY))
# GRPC's codec apart from its protocol.
GRPC_JSON = Protocol(
    "grpc-json", ("content-type: application/grpc+json", "te: trailers"), _framed(CONNECT_JSON.request))
# Just the file of a web server.
FILE = Protocol("file", (), None)
PROTOCOLS = {protocol.name: protocol for protocol in (GRPC, GRPC_WEB, CONNECT, CONNECT_JSON, GRPC_JSON)}
