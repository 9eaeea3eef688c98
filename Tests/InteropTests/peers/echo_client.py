"""Calls echo.v1.Echo with gRPC for Python: a peer for the tests of our server.

Reads one command per line of standard input, and answers each with one line. Commands run at the same time; an `id`
in a command comes back in its answer. Ends when its standard input ends, after the running calls.

    {"call": "get" | "expand" | "collect" | "update",
     "text": "…"                      the request of get and expand
     "texts": ["…"]                   the requests of collect and update
     "repeat": n                      … sent n times over
     "ping_pong": true                update sends a text only when the text before it is answered
     "metadata": [[key, value], …]    values of keys in -bin are base64
     "timeout_ms": n
     "compression": "gzip"
     "cancel_after_messages": n       cancels after n answers; get and collect: after n requests
     "counts_only": true              answers "count" and "bytes" in place of "texts"
     "id": "…"}
    {"cancel": "id"}                  cancels the running call with that id, and has no answer of its own

    {"code": "OK", "message": "", "texts": ["…"], "initial": [[key, value], …], "trailing": [[key, value], …],
     "details": [{"@type": …, …}, …]} with a google.rpc.Status, its details as JSON
    {"event": "first", "id": "…"}     before the answer, for calls with an id: their first message has come
"""

import argparse
import json
import sys
import threading

import grpc
from google.protobuf import json_format
from grpc_status import rpc_status

import peer


class Call:
    """One command, as one call."""

    def __init__(self, command, stub, Message):
        self.command, self.stub, self.Message = command, stub, Message
        self.limit = command.get("cancel_after_messages")
        self.answered = threading.Semaphore(0)
        self.started = threading.Event()
        self.over = False
        self.call = None

    def start(self):
        """Starts the call, which can then be cancelled."""
        name = self.command["call"].capitalize()
        method = getattr(self.stub, name)
        timeout_ms = self.command.get("timeout_ms")
        compression = self.command.get("compression")
        options = dict(
            metadata=peer.metadata_from_json(self.command.get("metadata")),
            timeout=None if timeout_ms is None else timeout_ms / 1000,
            compression=compression and grpc.Compression[compression.capitalize()],
        )
        if name == "Get":
            self.call = method.future(self.Message(text=self.command.get("text", "")), **options)
        elif name == "Expand":
            self.call = method(self.Message(text=self.command.get("text", "")), **options)
        elif name == "Collect":
            self.call = method.future(self.requests(), **options)
        else:
            self.call = method(self.requests(), **options)
        self.started.set()
        if self.limit == 0:
            self.call.cancel()

    def requests(self):
        texts = self.command.get("texts", []) * self.command.get("repeat", 1)
        collect = self.command["call"] == "collect"
        for sent, text in enumerate(texts):
            if collect and sent == self.limit:
                self.started.wait()
                self.call.cancel()
            if self.command.get("ping_pong") and sent > 0:
                self.answered.acquire()
                if self.over:
                    return
            yield self.Message(text=text)
        if collect and len(texts) == self.limit:
            self.started.wait()
            self.call.cancel()

    def answers(self):
        if self.command["call"] in ("get", "collect"):
            yield self.call.result()
        else:
            yield from self.call

    def run(self):
        """Reads the call to its end and returns the command's answer."""
        texts, size, count = [], 0, 0
        counts_only = self.command.get("counts_only", False)
        try:
            for answer in self.answers():
                if count == 0 and "id" in self.command:
                    peer.say({"event": "first", "id": self.command["id"]})
                count += 1
                size += len(answer.text.encode())
                if not counts_only:
                    texts.append(answer.text)
                self.answered.release()
                if count == self.limit:
                    self.call.cancel()
        except (grpc.RpcError, grpc.FutureCancelledError):
            pass
        finally:
            self.over = True  # also ends a producer that waits for an answer
            self.answered.release()
        line = {"id": self.command["id"]} if "id" in self.command else {}
        line |= {"code": self.call.code().name, "message": self.call.details() or ""}
        line |= {"count": count, "bytes": size} if counts_only else {"texts": texts}
        if status := rpc_status.from_call(self.call):
            line["details"] = [json_format.MessageToDict(detail) for detail in status.details]
        line["initial"] = peer.metadata_to_json(self.call.initial_metadata())
        line["trailing"] = peer.metadata_to_json(self.call.trailing_metadata())
        return line


def connect(arguments):
    if not arguments.ca:
        return grpc.insecure_channel(arguments.target)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=peer.read(arguments.ca),
        private_key=peer.read(arguments.key),
        certificate_chain=peer.read(arguments.cert),
    )
    options = [("grpc.ssl_target_name_override", arguments.host_override)] if arguments.host_override else []
    return grpc.secure_channel(arguments.target, credentials, options=options)


def serve_commands(stub, Message):
    running, threads = {}, []
    for line in sys.stdin:
        command = json.loads(line)
        if "cancel" in command:
            running[command["cancel"]].call.cancel()
            continue
        call = Call(command, stub, Message)
        call.start()
        if "id" in command:
            running[command["id"]] = call
        thread = threading.Thread(target=lambda call=call: peer.say(call.run()))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def main():
    parser = argparse.ArgumentParser(description="echo.v1.Echo called by gRPC for Python")
    parser.add_argument("--target", required=True, help="host:port, or unix:PATH")
    parser.add_argument("--ca", metavar="FILE", help="use TLS, and trust this CA (PEM)")
    parser.add_argument("--cert", metavar="FILE", help="certificate chain of the client, PEM")
    parser.add_argument("--key", metavar="FILE", help="private key of the client, PEM")
    parser.add_argument("--host-override", metavar="NAME", help="the name that the server's certificate must have")
    peer.add_shared_flags(parser)
    arguments = parser.parse_args()

    messages, services = peer.load_echo(arguments)
    with connect(arguments) as channel:
        serve_commands(services.EchoStub(channel), messages.Message)


if __name__ == "__main__":
    main()
