"""HTTP/2 frames, header blocks and gRPC messages, written by hand, since no library would send what an attacker sends."""
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
HEAD_BYTES = 9
FRAME_BYTES = 16_384  # every peer takes frames of this size (RFC 9113 §4.2)
INITIAL_WINDOW = 65_535
LARGEST_WINDOW = 2**31 - 1
SETTING_INITIAL_WINDOW = 4
CANCEL = struct.pack("!I", 8)

_CODES = [
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"]


def code_name(code: int) -> str:
    return _CODES[code] if code < len(_CODES) else f"code {code}"


def frame(kind: int, flags: int, stream: int, payload: bytes | memoryview = b"") -> bytes:
    head = struct.pack("!BHBBI", len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream)
    return head + payload


def settings(stream_window: int = INITIAL_WINDOW) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack("!HI", SETTING_INITIAL_WINDOW, stream_window))


def window_update(stream: int, more: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!I", more))


class Fields:
    """The header block of a call: `first` puts its fields into HPACK's table, `again` refers to them there.

    So every call after a connection's first costs the attacker a few bytes.
    """

    def __init__(self, path: str, *more: tuple[str, str]) -> None:
        own = [
            _named(0x44, path),                                  # :path
            _named(0x41, "attacker.test"),                       # :authority
            _named(0x5F, "application/grpc"),                    # content-type
            *(_literal(0x40, name, value) for name, value in [("te", "trailers"), *more])]
        fixed = b"\x83\x86"                                      # :method POST, :scheme http
        newest = 62                                              # the first index after HPACK's static table
        self.first = fixed + b"".join(own)
        self.again = fixed + bytes(0x80 | newest + len(own) - 1 - place for place in range(len(own)))


def _named(start: int, value: str) -> bytes:
    return bytes([start]) + string(value)


def _literal(start: int, name: str, value: str) -> bytes:
    return bytes([start]) + string(name) + string(value)


def string(text: str) -> bytes:
    """Shorter than 127 bytes, not Huffman-encoded."""
    return bytes([len(text)]) + text.encode()


def message(payload: bytes, compressed: bool = False) -> bytes:
    """A gRPC message: five bytes, then the payload."""
    return struct.pack("!BI", compressed, len(payload)) + payload


def text_field(text: bytes) -> bytes:
    """`echo.v1.Message` with its text."""
    return _length_delimited(1, text)


def unknown_field(value: bytes) -> bytes:
    """`echo.v1.Message` without a text, but with a field that its schema does not have."""
    return _length_delimited(15, value)


def _length_delimited(number: int, value: bytes) -> bytes:
    head = bytearray([number << 3 | 2])
    count = len(value)
    while count > 0x7F:
        head.append(count & 0x7F | 0x80)
        count >>= 7
    head.append(count)
    return bytes(head) + value
