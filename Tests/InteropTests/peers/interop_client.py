"""One case of gRPC's interoperability tests with gRPC for Python: a peer for interop-server.

Exits with 0 if the server did what it should, else says what was expected and what came.
"""

import argparse
import os
import queue
import sys
import time

import grpc

import peer

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


class Unexpected(Exception):
    pass


def expect(what, came, expected):
    if came != expected:
        raise Unexpected(f"{what}: expected {expected!r}, but {came!r} came")


def expect_status(what, code, message, make_call):
    """Makes a call that must fail."""
    try:
        make_call()
    except grpc.RpcError as error:
        came = f"{error.code().name} ({error.details()})"
        if error.code() != code:
            raise Unexpected(f"{what}: expected {code.name}, but {came} came") from None
        if message is not None:
            expect(f"the status message of {what}", error.details(), message)
        return
    raise Unexpected(f"{what}: expected {code.name}, but OK came")


def values(metadata, key):
    return [value for name, value in metadata or () if name == key]


class Requests:
    """Requests sent one by one."""

    def __init__(self):
        self.queue = queue.SimpleQueue()

    def send(self, request):
        self.queue.put(request)

    def finish(self):
        self.queue.put(None)

    def __iter__(self):
        return iter(self.queue.get, None)


class Session:
    def __init__(self, arguments):
        from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc
        from xds.data.orca.v3 import orca_load_report_pb2
        from xds.service.orca.v3 import orca_pb2, orca_pb2_grpc

        self.arguments, self.messages, self.empty = arguments, messages_pb2, empty_pb2
        self.services, self.orca, self.orca_services = test_pb2_grpc, orca_pb2, orca_pb2_grpc
        self.OrcaLoadReport = orca_load_report_pb2.OrcaLoadReport
        self.channel = self.connect()
        self.stub = test_pb2_grpc.TestServiceStub(self.channel)

    def connect(self):
        arguments = self.arguments
        target = f"{arguments.server_host}:{arguments.server_port}"
        # Channels with equal arguments share a connection; a new channel needs a new one.
        options = [("grpc.use_local_subchannel_pool", 1)]
        if arguments.use_tls != "true":
            return grpc.insecure_channel(target, options)
        if arguments.server_host_override:
            options.append(("grpc.ssl_target_name_override", arguments.server_host_override))
        roots = peer.read(arguments.ca_file) if arguments.use_test_ca == "true" else None
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)

    # Parts of requests

    def payload(self, size):
        return self.messages.Payload(body=bytes(size))

    def simple(self, up=271828, down=314159, **fields):
        return self.messages.SimpleRequest(response_size=down, payload=self.payload(up), **fields)

    def answered(self, up, *down):
        parameters = [self.messages.ResponseParameters(size=size) for size in down]
        return self.messages.StreamingOutputCallRequest(response_parameters=parameters, payload=self.payload(up))

    # The cases

    def empty_unary(self):
        expect("the response", self.stub.EmptyCall(self.empty.Empty()), self.empty.Empty())

    def large_unary(self):
        expect("the size of the response", len(self.stub.UnaryCall(self.simple()).payload.body), 314159)

    def cacheable_unary(self):
        request = self.messages.SimpleRequest(payload=self.messages.Payload(body=str(time.time_ns()).encode()))
        # A server answers with its time: equal answers come from a cache, which may not exist.
        for _ in range(2):
            answer, call = self.stub.CacheableUnaryCall.with_call(request, metadata=[("x-user-ip", "1.2.3.4")])
            control = ",".join(values(call.initial_metadata(), "cache-control"))
            expect(f"whether “{control}” allows caches", "max-age=" in control, True)
            expect("whether the response is empty", answer.payload.body == b"", False)

    def client_compressed_unary(self):
        compressed = self.simple(expect_compressed=self.messages.BoolValue(value=True))
        plain = self.simple(expect_compressed=self.messages.BoolValue(value=False))
        self.expect_server_looks(lambda: self.stub.UnaryCall(compressed))
        for request, compression in [(compressed, grpc.Compression.Gzip), (plain, None)]:
            response = self.stub.UnaryCall(request, compression=compression)
            expect("the size of the response", len(response.payload.body), 314159)

    def client_streaming(self):
        Request = self.messages.StreamingInputCallRequest
        requests = [Request(payload=self.payload(size)) for size in (27182, 8, 1828, 45904)]
        expect("the size of all requests", self.stub.StreamingInputCall(iter(requests)).aggregated_payload_size, 74922)

    def server_streaming(self):
        sizes = [31415, 9, 2653, 58979]
        responses = self.stub.StreamingOutputCall(self.answered(0, *sizes))
        expect("the sizes of the responses", [len(response.payload.body) for response in responses], sizes)

    def ping_pong(self):
        requests = Requests()
        responses = self.stub.FullDuplexCall(iter(requests))
        for up, down in [(27182, 31415), (8, 9), (1828, 2653), (45904, 58979)]:
            requests.send(self.answered(up, down))
            expect(f"the size of the response to {up} bytes", len(next(responses).payload.body), down)
        requests.finish()
        expect("what follows the last response", list(responses), [])

    def empty_stream(self):
        expect("the responses to no request", list(self.stub.FullDuplexCall(iter([]))), [])

    def custom_metadata(self):
        metadata = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
        _, call = self.stub.UnaryCall.with_call(self.simple(), metadata=metadata)
        self.expect_echo("the unary call", call)
        responses = self.stub.FullDuplexCall(iter([self.answered(271828, 314159)]), metadata=metadata)
        expect("the sizes of the responses", [len(response.payload.body) for response in responses], [314159])
        self.expect_echo("the bidirectional call", responses)

    def status_code_and_message(self):
        wanted = self.messages.EchoStatus(code=2, message="test status message")
        unary = self.messages.SimpleRequest(response_status=wanted)
        streaming = self.messages.StreamingOutputCallRequest(response_status=wanted)
        UNKNOWN = grpc.StatusCode.UNKNOWN
        expect_status("the unary call", UNKNOWN, wanted.message, lambda: self.stub.UnaryCall(unary))
        expect_status(
            "the bidirectional call", UNKNOWN, wanted.message, lambda: list(self.stub.FullDuplexCall(iter([streaming])))
        )

    def special_status_message(self):
        message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        request = self.messages.SimpleRequest(response_status=self.messages.EchoStatus(code=2, message=message))
        expect_status("the call", grpc.StatusCode.UNKNOWN, message, lambda: self.stub.UnaryCall(request))

    def unimplemented_method(self):
        call = self.stub.UnimplementedCall
        expect_status("the call", grpc.StatusCode.UNIMPLEMENTED, None, lambda: call(self.empty.Empty()))

    def unimplemented_service(self):
        call = self.services.UnimplementedServiceStub(self.channel).UnimplementedCall
        expect_status("the call", grpc.StatusCode.UNIMPLEMENTED, None, lambda: call(self.empty.Empty()))

    def cancel_after_begin(self):
        requests = Requests()
        call = self.stub.StreamingInputCall.future(iter(requests))
        call.cancel()
        requests.finish()
        expect("whether the call is cancelled", call.cancelled(), True)
        expect("the code", call.code(), grpc.StatusCode.CANCELLED)

    def cancel_after_first_response(self):
        requests = Requests()
        responses = self.stub.FullDuplexCall(iter(requests))
        requests.send(self.answered(27182, 31415))
        expect("the size of the response", len(next(responses).payload.body), 31415)
        responses.cancel()
        requests.finish()
        expect_status("the call", grpc.StatusCode.CANCELLED, None, lambda: next(responses))

    def timeout_on_sleeping_server(self):
        requests = Requests()
        requests.send(self.answered(27182))
        responses = self.stub.FullDuplexCall(iter(requests), timeout=0.001)
        expect_status("the call", grpc.StatusCode.DEADLINE_EXCEEDED, None, lambda: list(responses))
        requests.finish()

    def rpc_soak(self):
        self.soak(self.large_call(self.stub))

    def channel_soak(self):
        def call(timeout):
            with self.connect() as channel:
                self.large_call(self.services.TestServiceStub(channel))(timeout)

        self.soak(call)

    def orca_oob(self):
        interval = self.orca.OrcaLoadReportRequest()
        interval.report_interval.nanos = 100_000_000
        reports = self.orca_services.OpenRcaServiceStub(self.channel).StreamCoreMetrics(interval, timeout=60)
        requests = Requests()
        responses = self.stub.FullDuplexCall(iter(requests))
        try:
            for cpu, memory, util in [(0.8210, 0.5847, 0.30499), (0.29309, 0.2, 0.2039)]:
                made_up = self.messages.TestOrcaReport(
                    cpu_utilization=cpu, memory_utilization=memory, utilization={"util": util}
                )
                request = self.answered(0, 1)
                request.orca_oob_report.CopyFrom(made_up)
                requests.send(request)
                expect("the size of the response", len(next(responses).payload.body), 1)
                wanted = self.report(made_up)
                next(report for report in reports if report == wanted)  # fails at its deadline
        finally:
            requests.finish()
            reports.cancel()
        expect("what follows the last response", list(responses), [])

    # Shared by cases

    def report(self, made_up):
        return self.OrcaLoadReport(
            cpu_utilization=made_up.cpu_utilization,
            mem_utilization=made_up.memory_utilization,
            request_cost=made_up.request_cost,
            utilization=made_up.utilization,
        )

    def expect_server_looks(self, make_call):
        what = "a request that says it is compressed and is not"
        expect_status(what, grpc.StatusCode.INVALID_ARGUMENT, None, make_call)

    def expect_echo(self, what, call):
        initial, trailing = values(call.initial_metadata(), INITIAL), values(call.trailing_metadata(), TRAILING)
        expect(f"the initial metadata of {what}", initial, ["test_initial_metadata_value"])
        expect(f"the trailing metadata of {what}", trailing, [b"\xab\xab\xab"])

    def large_call(self, stub):
        up, down = self.arguments.soak_request_size, self.arguments.soak_response_size

        def call(timeout):
            response = stub.UnaryCall(self.simple(up, down), timeout=timeout)
            expect("the size of the response", len(response.payload.body), down)

        return call

    def soak(self, call):
        arguments, failures = self.arguments, 0
        latency = arguments.soak_per_iteration_max_acceptable_latency_ms / 1000
        end = time.monotonic() + (arguments.soak_overall_timeout_seconds or latency * arguments.soak_iterations)
        for iteration in range(arguments.soak_iterations):
            start = time.monotonic()
            expect("whether there is time for all calls", start < end, True)
            try:
                call(end - start)
                expect("whether the call was soon enough", time.monotonic() - start <= latency, True)
            except (grpc.RpcError, Unexpected) as error:
                print(f"iteration {iteration}: {error}", file=sys.stderr)
                failures += 1
            time.sleep(max(0, start + arguments.soak_min_time_ms_between_rpcs / 1000 - time.monotonic()))
        expect("whether few enough calls failed", failures <= arguments.soak_max_failures, True)


CASES = """
    empty_unary large_unary cacheable_unary client_compressed_unary client_streaming server_streaming ping_pong
    empty_stream custom_metadata status_code_and_message special_status_message unimplemented_method
    unimplemented_service cancel_after_begin cancel_after_first_response timeout_on_sleeping_server rpc_soak
    channel_soak orca_oob
    """.split()


def main():
    parser = argparse.ArgumentParser(description="grpc.testing.TestService called by gRPC for Python")
    parser.add_argument("--server_host", default="localhost")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--test_case", required=True, choices=CASES)
    parser.add_argument("--use_tls", nargs="?", const="true", default="false")
    parser.add_argument("--use_test_ca", nargs="?", const="true", default="false")
    parser.add_argument("--ca_file", metavar="FILE")
    parser.add_argument("--server_host_override", metavar="NAME")
    parser.add_argument("--soak_iterations", type=int, default=10)
    parser.add_argument("--soak_max_failures", type=int, default=0)
    parser.add_argument("--soak_per_iteration_max_acceptable_latency_ms", type=int, default=1000)
    parser.add_argument("--soak_overall_timeout_seconds", type=int)
    parser.add_argument("--soak_min_time_ms_between_rpcs", type=int, default=0)
    parser.add_argument("--soak_request_size", type=int, default=271828)
    parser.add_argument("--soak_response_size", type=int, default=314159)
    peer.add_shared_flags(parser)
    arguments = parser.parse_args()

    peer.load_interop(arguments)
    session = Session(arguments)
    try:
        getattr(session, arguments.test_case)()
    except (grpc.RpcError, Unexpected) as error:
        sys.exit(f"{arguments.test_case}: {error}")
    finally:
        session.channel.close()
    print(f"gRPC for Python {grpc.__version__}: {arguments.test_case} passed", flush=True)
    os._exit(0)  # gRPC's threads occasionally block a normal exit on a busy machine


if __name__ == "__main__":
    main()
