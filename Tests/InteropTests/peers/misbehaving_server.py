"""A server over hyper-h2 that breaks off, resets, pads or pings on purpose: gRPC's negative HTTP/2 cases for clients.

Every request is answered with a SimpleResponse whose payload has --size bytes, unless the case says otherwise. Writes
lines of JSON: {"port": N} when it listens; then an "event" for each connection, request, and what the case counts. Ends
with its standard input.
"""

import argparse
import json
import os
import socket
import struct
import sys
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

CASES = [
    "goaway",
    "rst_after_header",
    "rst_during_data",
    "rst_after_data",
    "ping",
    "max_streams",
    "data_frame_padding",
]


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def response(size):
    """SimpleResponse{payload (1): Payload{body (2)}} as a length-prefixed message."""
    body = b"\x12" + varint(size) + bytes(size)
    message = b"\x0a" + varint(len(body)) + body
    return struct.pack(">BI", 0, len(message)) + message


class Connection:
    def __init__(self, number, accepted, case, size):
        self.number, self.socket, self.case = number, accepted, case
        self.message = response(size)
        self.waiting = {}  # stream → bytes waiting for its window
        self.open, self.most_open = set(), 0
        self.pings, self.acks = 0, 0
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.session = h2.connection.H2Connection(config)
        if case == "max_streams":
            self.session.local_settings = h2.settings.Settings(
                client=False, initial_values={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1}
            )

    def serve(self):
        say(event="connection", connection=self.number)
        self.session.initiate_connection()
        try:
            while True:
                self.socket.sendall(self.session.data_to_send())
                data = self.socket.recv(65536)
                if not data:
                    break
                for event in self.session.receive_data(data):
                    self.handle(event)
        except OSError:
            pass  # the client is gone
        self.socket.close()

    def handle(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.open.add(event.stream_id)
            self.most_open = max(self.most_open, len(self.open))
            say(event="request", connection=self.number, stream=event.stream_id, most_open=self.most_open)
        elif isinstance(event, h2.events.DataReceived):
            self.session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.ping()
        elif isinstance(event, h2.events.StreamEnded):
            self.answer(event.stream_id)
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for stream in list(self.waiting):
                self.go_on(stream)
        elif isinstance(event, h2.events.PingAckReceived):
            self.acks += 1
            self.tell_pings()

    def answer(self, stream):
        self.session.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
        if self.case == "rst_after_header":
            return self.reset(stream)
        data = self.message[: len(self.message) // 2] if self.case == "rst_during_data" else self.message
        self.waiting[stream] = data
        self.go_on(stream)

    def go_on(self, stream):
        data = self.waiting[stream]
        part, padding = (5, 255) if self.case == "data_frame_padding" else (16384, None)
        overhead = 0 if padding is None else padding + 1
        sent = 0
        while sent < len(data):
            room = self.session.local_flow_control_window(stream) - overhead
            if room <= 0:
                break
            count = min(part, room, len(data) - sent)
            self.session.send_data(stream, data[sent : sent + count], pad_length=padding)
            self.ping()
            sent += count
        self.waiting[stream] = data[sent:]
        if sent == len(data):
            del self.waiting[stream]
            self.end(stream)

    def end(self, stream):
        if self.case in ("rst_during_data", "rst_after_data"):
            return self.reset(stream)
        self.session.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        self.open.discard(stream)
        if self.case == "goaway":
            self.session.close_connection(last_stream_id=stream)
        self.tell_pings()

    def reset(self, stream):
        self.session.reset_stream(stream, h2.errors.ErrorCodes.NO_ERROR)
        self.open.discard(stream)

    def ping(self):
        if self.case == "ping":
            self.session.ping(self.pings.to_bytes(8, "big"))
            self.pings += 1

    def tell_pings(self):
        if self.case == "ping" and not self.open and self.acks == self.pings:
            say(event="pings", connection=self.number, pings=self.pings)


def accept(listener, case, size):
    number = 0
    while True:
        accepted, _ = listener.accept()
        number += 1
        threading.Thread(target=Connection(number, accepted, case, size).serve, daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, required=True)
    parser.add_argument("--size", type=int, default=314159)
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, arguments.case, arguments.size), daemon=True).start()
    say(port=listener.getsockname()[1])
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
