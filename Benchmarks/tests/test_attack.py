"""What an attacker sends is what it means to send, and what its neighbours felt is counted right."""
import socket
import struct
import time
import unittest

from attack import http2
from attack.attacks import ATTACKS
from attack.calls import Calls, upload
from attack.connection import Connection, Ended
from attack.neighbours import Call, Latency


class FrameTests(unittest.TestCase):
    def test_frame_has_length_kind_flags_and_stream(self) -> None:
        self.assertEqual(http2.frame(http2.DATA, http2.END_STREAM, 5, b"abc"), bytes.fromhex("000003 00 01 00000005") + b"abc")
        self.assertEqual(http2.frame(http2.DATA, 0, 1, bytes(0x1_02_03))[:3], b"\x01\x02\x03")

    def test_later_blocks_refer_to_the_fields_of_the_first(self) -> None:
        fields = http2.Fields("/a.B/C", ("x", "y"))
        self.assertTrue(fields.first.startswith(b"\x83\x86\x44\x06/a.B/C\x41"))
        self.assertTrue(fields.first.endswith(b"\x40\x02te\x08trailers\x40\x01x\x01y"))
        # Five fields; the oldest, :path, has the highest index.
        self.assertEqual(fields.again, b"\x83\x86" + bytes([0x80 | 66, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]))

    def test_message_has_flag_and_length_and_protobuf_field(self) -> None:
        self.assertEqual(http2.message(http2.text_field(b"hi"), compressed=True), b"\x01\x00\x00\x00\x04\x0a\x02hi")
        self.assertTrue(http2.text_field(bytes(300)).startswith(b"\x0a\xac\x02\x00"))

    def test_calls_differ_in_their_streams_alone(self) -> None:
        fields = http2.Fields("/a.B/C")
        calls = Calls(fields, b"xy", first_stream=7, count=3)
        expected = b"".join(
            http2.frame(http2.HEADERS, http2.END_HEADERS, stream, fields.again)
            + http2.frame(http2.DATA, http2.END_STREAM, stream, b"xy") for stream in (7, 9, 11))
        self.assertEqual(bytes(calls.bytes), expected)
        self.assertEqual(bytes(calls.some(1, 1)), expected[calls.call_bytes:2 * calls.call_bytes])


class ConnectionTests(unittest.TestCase):
    def setUp(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        self.connection = Connection.to(listener.getsockname()[1])
        self.addCleanup(self.connection.close)
        self.peer = listener.accept()[0]
        self.addCleanup(self.peer.close)

    def test_settings_and_pings_are_answered(self) -> None:
        self.peer.sendall(http2.settings(100) + http2.frame(http2.PING, 0, 0, b"12345678"))
        self.connection.turn_while(lambda: not self.connection.is_settled, 10)
        self.connection.send(b"")
        self.assertEqual(self.connection.stream_credit(1), 100)
        answer = http2.frame(http2.SETTINGS, http2.ACK, 0) + http2.frame(http2.PING, http2.ACK, 0, b"12345678")
        self.assertTrue(self._received(self.connection.sent_bytes).endswith(answer))

    def test_goaway_ends_it_with_its_code(self) -> None:
        self.peer.sendall(http2.frame(http2.GOAWAY, 0, 0, struct.pack("!II", 0, 11)))
        with self.assertRaisesRegex(Ended, "GOAWAY ENHANCE_YOUR_CALM"):
            self.connection.turn_while(lambda: True, 10)

    def test_upload_spends_no_more_than_the_windows(self) -> None:
        self.peer.sendall(http2.settings(100))
        self.connection.turn_while(lambda: not self.connection.is_settled, 10)
        self.assertFalse(upload(self.connection, [1], bytes(150), ends=True, until=0))
        self.assertEqual(self.connection.stream_credit(1), 0)
        self.assertEqual(self.connection.credit, http2.INITIAL_WINDOW - 100)

    def test_streams_that_the_server_ends_are_uploaded_no_further(self) -> None:
        self.peer.sendall(http2.settings(0) + http2.frame(http2.RST_STREAM, 0, 1, http2.CANCEL))
        self.connection.turn_while(lambda: not self.connection.ended, 10)
        self.assertTrue(upload(self.connection, [1], bytes(150), ends=True, until=time.monotonic() + 10))
        self.assertEqual(self.connection.credit, http2.INITIAL_WINDOW)

    def _received(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.peer.recv(count - len(data))
        return data


class LatencyTests(unittest.TestCase):
    def test_calls_that_a_slow_one_delays_count(self) -> None:
        latency = Latency.of([Call(0, 0, 1, True), Call(0, 1, 21, True), Call(0, 2, 1, False)])
        # 1, 21, 16, 11, 6, 1, 1
        self.assertEqual((latency.p50, latency.most, latency.failed), (6, 21, 1))

    def test_no_calls_have_no_latency(self) -> None:
        self.assertEqual(Latency.of([]), Latency(None, None, 0))


class AttackTests(unittest.TestCase):
    def test_names_are_unique(self) -> None:
        names = [attack.name for attack in ATTACKS]
        self.assertEqual(len(set(names)), len(names))


if __name__ == "__main__":
    unittest.main()
