"""The case orca_per_rpc of gRPC's interoperability tests over hyper-h2: a peer for interop-server.

gRPC's own implementations take endpoint-load-metrics-bin out of the trailers for load balancers, so that applications
do not see it. Exits with 0 if the server did what it should, else says what was expected and what came.
"""

import argparse
import base64
import importlib.metadata
import socket
import ssl
import struct
import sys

import h2.config
import h2.connection
import h2.events

import peer


def connect(arguments):
    plain = socket.create_connection((arguments.server_host, arguments.server_port), timeout=60)
    if arguments.use_tls != "true":
        return plain
    context = ssl.create_default_context(cafile=arguments.ca_file if arguments.use_test_ca == "true" else None)
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(plain, server_hostname=arguments.server_host_override or arguments.server_host)


def call(connection, path, scheme, authority, request):
    """One unary call. The result is the headers and the trailers."""
    session = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    session.initiate_connection()
    headers = [(":method", "POST"), (":scheme", scheme), (":path", path), (":authority", authority)]
    session.send_headers(1, headers + [("te", "trailers"), ("content-type", "application/grpc")])
    session.send_data(1, struct.pack(">BI", 0, len(request)) + request, end_stream=True)
    fields = []
    while True:
        connection.sendall(session.data_to_send())
        data = connection.recv(65536)
        if not data:
            sys.exit("orca_per_rpc: expected trailers, but the end of the connection came")
        for event in session.receive_data(data):
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                fields.append(dict(event.headers))
            elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                sys.exit(f"orca_per_rpc: expected trailers, but {event} came")
            elif isinstance(event, h2.events.DataReceived):
                session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                return fields[0], fields[-1]


def expect(what, came, expected):
    if came != expected:
        sys.exit(f"orca_per_rpc: {what}: expected {expected!r}, but {came!r} came")


def orca_per_rpc(arguments):
    from grpc.testing import messages_pb2
    from xds.data.orca.v3.orca_load_report_pb2 import OrcaLoadReport

    figures = {"cpu_utilization": 0.8210, "request_cost": {"cost": 3456.32}, "utilization": {"util": 0.30499}}
    made_up = messages_pb2.TestOrcaReport(memory_utilization=0.5847, **figures)
    request = messages_pb2.SimpleRequest(orca_per_query_report=made_up).SerializeToString()
    with connect(arguments) as connection:
        scheme = "https" if arguments.use_tls == "true" else "http"
        authority = f"{arguments.server_host_override or arguments.server_host}:{arguments.server_port}"
        path = "/grpc.testing.TestService/UnaryCall"
        headers, trailers = call(connection, path, scheme, authority, request)
    expect("the HTTP status", headers[":status"], "200")
    expect("the status", trailers["grpc-status"], "0")
    text = trailers.get("endpoint-load-metrics-bin", "")
    expect("whether there is a load report", text != "", True)
    report = OrcaLoadReport.FromString(base64.b64decode(text + "=" * (-len(text) % 4)))
    expect("the load report", report, OrcaLoadReport(mem_utilization=0.5847, **figures))


def main():
    parser = argparse.ArgumentParser(description="grpc.testing.TestService called by hyper-h2")
    parser.add_argument("--server_host", default="localhost")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--test_case", required=True, choices=["orca_per_rpc"])
    parser.add_argument("--use_tls", nargs="?", const="true", default="false")
    parser.add_argument("--use_test_ca", nargs="?", const="true", default="false")
    parser.add_argument("--ca_file", metavar="FILE")
    parser.add_argument("--server_host_override", metavar="NAME")
    peer.add_shared_flags(parser)
    arguments, _ = parser.parse_known_args()  # soak flags do not apply to this case

    peer.load_interop(arguments)
    orca_per_rpc(arguments)
    print(f"hyper-h2 {importlib.metadata.version('h2')}: {arguments.test_case} passed")


if __name__ == "__main__":
    main()
