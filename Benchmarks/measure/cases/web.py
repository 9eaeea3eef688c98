"""What the web's protocols cost at Freshet's server, and HTTP/1.1 compared with nginx."""
from dataclasses import replace

from ..case import Bench, CannotRun, Case
from ..figure import Figure
from ..h2load import Load
from ..libraries import FRESHET, Library, Nginx
from ..request import CONNECT, CONNECT_JSON, FILE, GRPC, GRPC_JSON, GRPC_WEB, Protocol
from .server_load import cpu_per_call

_AT_ONCE = Load(1000, connections=10, at_once=100)
_HTTP1 = Load(1000, connections=100, http1=True)
_WEB = {"connect": CONNECT, "connect-json": CONNECT_JSON, "grpc-web": GRPC_WEB, "grpc-json": GRPC_JSON}


def _ratios(bench: Bench, library: Library) -> dict[str, float]:
    """gRPC's calls are measured on the same server, between those of the others."""
    _only_freshet(library)
    with bench.server(replace(library, server_options=("--web",))) as server:
        def cpu(protocol: Protocol) -> float:
            return cpu_per_call(bench, server, replace(_AT_ONCE, protocol=protocol))[0]

        values = {}
        for name, protocol in _WEB.items():
            before, value, after = cpu(GRPC), cpu(protocol), cpu(GRPC)
            values[f"web-{name}"] = 2 * value / (before + after)
        return values


def _http1(bench: Bench, library: Library) -> dict[str, float]:
    _only_freshet(library)
    with bench.server(replace(library, server_options=("--web",))) as ours, bench.server(_nginx()) as nginx:
        def cpu(server, protocol: Protocol) -> float:
            return cpu_per_call(bench, server, replace(_HTTP1, protocol=protocol))[0]

        before, value, after = cpu(nginx, FILE), cpu(ours, CONNECT), cpu(nginx, FILE)
        return {"web-http1": 2 * value / (before + after)}


def _nginx() -> Library:
    nginx = Nginx.found()
    if reason := nginx.why_not():
        raise CannotRun(reason)
    return nginx


def _only_freshet(library: Library) -> None:
    if library != FRESHET:
        raise CannotRun("it is asked for gRPC alone")


CASES = [
    Case("web", tuple(Figure(f"web-{name}", f"unary server, {title}: CPU ÷ gRPC's", "") for name, title in (
        ("connect", "Connect"), ("connect-json", "Connect in JSON"), ("grpc-web", "gRPC-Web"),
        ("grpc-json", "gRPC in JSON"))), _ratios),
    Case("web", (Figure("web-http1", "unary server, Connect over HTTP/1.1, 100 connections: CPU ÷ nginx's for a file", ""),),
         _http1),
]
