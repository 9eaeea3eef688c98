"""echo.v1.Echo as served by gRPC for Python: a peer for the tests of our client.

Prints {"port": N} when it listens, then one line of JSON for each thing that happened to a call:
    {"event": "started",   "id": …, "method": "Expand", "metadata": [[key, value], …], "timeout_ms": …, "peer": …}
    {"event": "received",  "id": …, "method": "Collect", "text": …}       only with x-report-messages
    {"event": "cancelled", "id": …, "method": "Expand"}                   reset, deadline or connection lost
    {"event": "ended",     "id": …, "method": "Expand", "code": "OK", "received": 1, "sent": 3}
`id` is the call's x-call-id, so that tests may share a server. Ends when its standard input ends, or on SIGTERM.

What a call's metadata asks for:
    x-echo-initial: v          comes back as initial metadata
    x-echo-trailing-bin: v     comes back as trailing metadata
    x-fail-code: NOT_FOUND     aborts with this code (a name or a number), and
    x-fail-message[-bin]: m    this message (-bin: any UTF-8), after
    x-fail-after: n            n answers (default: before the first)
    x-fail-details: 1          with a google.rpc.Status whose details are a BadRequest and a RetryInfo
    x-delay-ms: n              waits before the first answer, unless the call is cancelled
    x-endless: 1               Expand repeats its words until it is cancelled
    x-send-bytes: n            Expand's words are padded to n bytes
    x-compression: gzip        the answers are compressed
    x-report-messages: 1       prints each message received
"""

import argparse
import signal
import sys
import threading
from concurrent import futures

import grpc

import peer


class Call:
    """One call: reads the switches in its metadata, and reports its start and its end."""

    def __init__(self, method, context):
        self.method, self.context = method, context
        metadata = context.invocation_metadata()
        self.switches = {key: value for key, value in metadata}
        self.id = self.switches.get("x-call-id")
        self.received, self.sent = 0, 0
        self.status = None  # set by the handler; while None, an end is a cancellation
        self.gone = threading.Event()
        remaining = context.time_remaining()
        # A call without a deadline has none or one that is centuries away, depending on grpcio's version.
        timeout_ms = None if remaining is None or remaining > 1e9 else round(remaining * 1000)
        self.say("started", metadata=peer.metadata_to_json(metadata), timeout_ms=timeout_ms, peer=context.peer())
        if not context.add_callback(self._end):
            self._end()
        self._prepare()

    def say(self, event, **more):
        peer.say({"event": event, "id": self.id, "method": self.method, **more})

    def _prepare(self):
        if "x-compression" in self.switches:
            self.context.set_compression(grpc.Compression[self.switches["x-compression"].capitalize()])
        if "x-echo-initial" in self.switches:
            self.context.send_initial_metadata([("x-echo-initial", self.switches["x-echo-initial"])])
        if "x-echo-trailing-bin" in self.switches:
            self.context.set_trailing_metadata([("x-echo-trailing-bin", self.switches["x-echo-trailing-bin"])])

    def _end(self):
        self.gone.set()
        # To a handler, a reset looks like the end of the requests, so it may assume success. grpcio
        # knows, but only internally; requirements.txt pins the version.
        reset = self.status == "OK" and self.context._state.client == "cancelled"
        cancelled = self.status is None or reset
        if cancelled:
            self.say("cancelled")
        code = "CANCELLED" if cancelled else self.status
        self.say("ended", code=code, received=self.received, sent=self.sent)

    def read(self, requests):
        for request in requests:
            self.count(request)
            yield request

    def count(self, request):
        self.received += 1
        if "x-report-messages" in self.switches:
            self.say("received", text=request.text)

    def before_answering(self):
        """Waits and fails as requested by metadata. Called before each answer and once at the end."""
        if self.sent == 0 and "x-delay-ms" in self.switches:
            self.gone.wait(int(self.switches["x-delay-ms"]) / 1000)
        if "x-fail-code" in self.switches and self.sent >= int(self.switches.get("x-fail-after", 0)):
            message = self.switches.get("x-fail-message-bin", b"").decode() or self.switches.get("x-fail-message", "")
            code = peer.code_of(self.switches["x-fail-code"])
            self.status = code.name
            if "x-fail-details" in self.switches:
                self.context.abort_with_status(peer.rich_status(code, message))
            self.context.abort(code, message)

    def answer(self, message):
        self.before_answering()
        if self.context.is_active():
            self.sent += 1
        return message

    def finish(self):
        """The handler is done; later events of the call are not a cancellation."""
        if self.context.is_active():
            self.status = "OK"


def service(messages, services):
    Message = messages.Message

    class Echo(services.EchoServicer):
        def Get(self, request, context):
            call = Call("Get", context)
            call.count(request)
            answer = call.answer(request)
            call.finish()
            return answer

        def Expand(self, request, context):
            call = Call("Expand", context)
            call.count(request)
            length = int(call.switches.get("x-send-bytes", 0))
            words = request.text.split() or [""]
            while True:
                for word in words:
                    if call.gone.is_set():
                        return
                    yield call.answer(Message(text=word.ljust(length, ".")))
                if "x-endless" not in call.switches:
                    break
            call.before_answering()
            call.finish()

        def Collect(self, requests, context):
            call = Call("Collect", context)
            answer = call.answer(Message(text=" ".join(request.text for request in call.read(requests))))
            call.finish()
            return answer

        def Update(self, requests, context):
            call = Call("Update", context)
            for request in call.read(requests):
                yield call.answer(Message(text=f"python says: {request.text}"))
            call.before_answering()
            call.finish()

    return Echo()


def listen(server, arguments):
    """Binds according to the flags. Returns the value for the first line of output."""
    if arguments.unix:
        server.add_insecure_port(f"unix:{arguments.unix}")
        return {"unix": arguments.unix}
    address = f"{arguments.host}:{arguments.port}"
    if not arguments.tls_cert:
        return {"port": server.add_insecure_port(address)}
    credentials = grpc.ssl_server_credentials(
        [(peer.read(arguments.tls_key), peer.read(arguments.tls_cert))],
        root_certificates=peer.read(arguments.client_ca),
        require_client_auth=bool(arguments.client_ca),
    )
    return {"port": server.add_secure_port(address, credentials)}


def main():
    parser = argparse.ArgumentParser(description="echo.v1.Echo served by gRPC for Python")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unix", metavar="PATH", help="listen on a Unix socket instead")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="private key, PEM")
    parser.add_argument("--client-ca", metavar="FILE", help="demand client certificates that this CA signed")
    peer.add_shared_flags(parser)
    arguments = parser.parse_args()

    messages, services = peer.load_echo(arguments)
    # One thread per running call, enough for the tests; further calls wait.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    services.add_EchoServicer_to_server(service(messages, services), server)
    where = listen(server, arguments)
    server.start()
    peer.say(where)

    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    over.wait()
    server.stop(grace=0.5).wait()


if __name__ == "__main__":
    main()
