"""The server of gRPC's interoperability tests by gRPC for Python: a peer for interop-client.

Prints where it listens, and ends when its standard input ends.
"""

import argparse
import sys
import threading
import time
from concurrent import futures

import grpc

import peer

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
LOAD_REPORT = "endpoint-load-metrics-bin"


def code_of(number):
    return next((code for code in grpc.StatusCode if code.value[0] == number), grpc.StatusCode.UNKNOWN)


def echo_metadata(context, also=()):
    received = context.invocation_metadata()
    context.send_initial_metadata([(key, value) for key, value in received if key == INITIAL] + list(also))
    context.set_trailing_metadata([(key, value) for key, value in received if key == TRAILING])


class Load:
    """The load for out-of-band reports."""

    def __init__(self, OrcaLoadReport):
        self.OrcaLoadReport = OrcaLoadReport
        self.latest = OrcaLoadReport()

    def report(self, made_up):
        return self.OrcaLoadReport(
            cpu_utilization=made_up.cpu_utilization,
            mem_utilization=made_up.memory_utilization,
            request_cost=made_up.request_cost,
            utilization=made_up.utilization,
        )


def test_service(messages, empty, services, load):
    class TestService(services.TestServiceServicer):
        def EmptyCall(self, request, context):
            echo_metadata(context)
            return empty.Empty()

        def UnaryCall(self, request, context):
            if request.HasField("response_compressed"):
                wanted = grpc.Compression.Gzip if request.response_compressed.value else grpc.Compression.NoCompression
                context.set_compression(wanted)
            echo_metadata(context)
            if request.HasField("orca_per_query_report"):
                report = load.report(request.orca_per_query_report)
                context.set_trailing_metadata([(LOAD_REPORT, report.SerializeToString())])
            if request.response_status.code:
                context.abort(code_of(request.response_status.code), request.response_status.message)
            return messages.SimpleResponse(payload=messages.Payload(body=bytes(request.response_size)))

        def CacheableUnaryCall(self, request, context):
            echo_metadata(context, also=[("cache-control", "max-age=60, public")])
            return messages.SimpleResponse(payload=messages.Payload(body=str(time.time_ns()).encode()))

        def StreamingOutputCall(self, request, context):
            self._announce(request, context)
            yield from self._answers(request, context)

        def StreamingInputCall(self, requests, context):
            echo_metadata(context)
            size = sum(len(request.payload.body) for request in requests)
            return messages.StreamingInputCallResponse(aggregated_payload_size=size)

        def FullDuplexCall(self, requests, context):
            first = True
            for request in requests:
                if first:
                    self._announce(request, context)
                first = False
                yield from self._answers(request, context)

        def HalfDuplexCall(self, requests, context):
            for request in list(requests):
                yield from self._answers(request, context)

        def _announce(self, request, context):
            """What the headers contain: metadata, and the compression of later answers."""
            if any(parameters.compressed.value for parameters in request.response_parameters):
                context.set_compression(grpc.Compression.Gzip)
            echo_metadata(context)

        def _answers(self, request, context):
            if request.HasField("orca_oob_report"):
                load.latest = load.report(request.orca_oob_report)
            if request.response_status.code:
                context.abort(code_of(request.response_status.code), request.response_status.message)
            for parameters in request.response_parameters:
                time.sleep(parameters.interval_us / 1e6)
                if not parameters.compressed.value:
                    context.disable_next_message_compression()
                body = bytes(parameters.size)
                yield messages.StreamingOutputCallResponse(payload=messages.Payload(body=body))

    return TestService()


def load_report_service(services, load):
    class OpenRcaService(services.OpenRcaServiceServicer):
        def StreamCoreMetrics(self, request, context):
            gone = threading.Event()
            if not context.add_callback(gone.set):
                return
            interval = request.report_interval.seconds + request.report_interval.nanos / 1e9
            while not gone.is_set():
                yield load.latest
                gone.wait(min(max(interval, 0.1), 10))

    return OpenRcaService()


def main():
    parser = argparse.ArgumentParser(description="grpc.testing.TestService served by gRPC for Python")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--use_tls", nargs="?", const="true", default="false")
    parser.add_argument("--tls_cert_file", metavar="FILE")
    parser.add_argument("--tls_key_file", metavar="FILE")
    peer.add_shared_flags(parser)
    arguments = parser.parse_args()

    peer.load_interop(arguments)
    from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc
    from xds.data.orca.v3 import orca_load_report_pb2
    from xds.service.orca.v3 import orca_pb2_grpc

    load = Load(orca_load_report_pb2.OrcaLoadReport)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    service = test_service(messages_pb2, empty_pb2, test_pb2_grpc, load)
    test_pb2_grpc.add_TestServiceServicer_to_server(service, server)
    orca_pb2_grpc.add_OpenRcaServiceServicer_to_server(load_report_service(orca_pb2_grpc, load), server)
    address = f"127.0.0.1:{arguments.port}"
    if arguments.use_tls == "true":
        pair = (peer.read(arguments.tls_key_file), peer.read(arguments.tls_cert_file))
        port = server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    else:
        port = server.add_insecure_port(address)
    server.start()
    print(f"gRPC for Python {grpc.__version__}: listening on 127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(grace=0.5).wait()


if __name__ == "__main__":
    main()
