"""The request of the unary call: a `Req` whose body has sixteen bytes, framed as gRPC does."""

METHOD = "/bench.v1.Bench/Unary"
BIDI = "/bench.v1.Bench/Bidi"
_REQ_BODY, _PAYLOAD_BODY = 0x1A, 0x0A  # fields 3 and 1, length-delimited
_BODY = bytes(16)


def _framed(message: bytes) -> bytes:
    """The compression flag (0), the length in four bytes, the message."""
    return bytes([0]) + len(message).to_bytes(4, "big") + message


UNARY_REQUEST = _framed(bytes([_REQ_BODY, len(_BODY)]) + _BODY)
UNARY_RESPONSE = _framed(bytes([_PAYLOAD_BODY, len(_BODY)]) + _BODY)
HEADERS = ["content-type: application/grpc", "te: trailers"]
