"""Header blocks just under the limit of 16 KiB, whose bytes are as expensive as possible."""
import struct

from .. import http2
from ..calls import first_call
from ..ground import Attack, Ground, pour

_LIMIT = 16 * 1024
_FIELD_OVERHEAD = 32  # RFC 9113 §6.5.2
_OWN_BYTES = 400  # of the list: what every call has
_FIELDS = http2.Fields("/echo.v1.Echo/Get")
_BODY = http2.message(http2.text_field(b"hello"))
_FRAMES = 64

# `a`, Huffman-encoded (00011 and three bits of padding), with an empty value: four bytes for 33 of the list.
_SHORT = b"\x00\x81\x1f\x00"
# 40 times `a`, as name and as value: 25 bytes each.
_LONG_TEXT = b"\x99" + bytes([0x18, 0xC6, 0x31, 0x8C, 0x63]) * 5
_LONG = b"\x00" + _LONG_TEXT * 2
# `accept-encoding: gzip, deflate`, from HPACK's static table: one byte for 60.
_INDEXED = b"\x90"


def _run(ground: Ground, field: bytes, list_bytes: int) -> str:
    connection = ground.connect()
    first_call(connection, _FIELDS, _BODY)
    block = _FIELDS.again + field * ((_LIMIT - _OWN_BYTES) // (list_bytes + _FIELD_OVERHEAD))
    one = http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, 0, block)

    def chunks():
        while connection.next_stream < 1 << 30:
            frames = bytearray(one * _FRAMES)
            for number in range(_FRAMES):
                struct.pack_into("!I", frames, number * len(one) + 5, connection.take_stream())
            yield frames

    ground.begin()
    return f"{pour(connection, chunks())}; {connection.ended_streams - 1:,} calls"


ATTACKS = [
    Attack("short-fields", "header lists of 16 KiB, short Huffman fields", lambda ground: _run(ground, _SHORT, 1)),
    Attack("long-fields", "header lists of 16 KiB, long Huffman fields", lambda ground: _run(ground, _LONG, 80)),
    Attack("indexed-fields", "header lists of 16 KiB, one byte a field", lambda ground: _run(ground, _INDEXED, 28))]
