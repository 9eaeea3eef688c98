"""The measured libraries and the command lines of their programs."""
from dataclasses import dataclass
import os
from pathlib import Path
import shutil

from .workspace import Workspace

BENCHMARKS = Path(__file__).resolve().parent.parent
SWIFT_PROGRAMS = BENCHMARKS / ".build" / "release"
OTHER_PROGRAMS = BENCHMARKS.parent / ".build-peers" / "bench"
WEBSOCKET_PROGRAMS = OTHER_PROGRAMS / "websocket"


@dataclass(frozen=True)
class Library:
    """A program with the benchmark's command line: `X server PORT [CERT KEY]`, `X client PORT MODE X Y …`."""

    name: str
    title: str
    program: Path
    # The server's default limit of concurrent calls per connection; one more closes the connection.
    calls_per_connection: int = 1_000_000
    has_client: bool = True
    server_options: tuple[str, ...] = ()

    def server(self, space: Workspace, port: int, tls: bool) -> list[str]:
        files = [str(space.certificate), str(space.key)] if tls else []
        return [str(self.program), "server", str(port), *files, *self.server_options]

    def client(self, port: int, mode: str, x: int, y: float, options: list[str]) -> list[str]:
        return [str(self.program), "client", str(port), mode, str(x), f"{y:g}", *options]

    def why_not(self) -> str | None:
        """Why it cannot run on this machine, or None if it can."""
        return None if self.program.is_file() else f"{self.program} is not there; `make bench` builds it"


@dataclass(frozen=True)
class Nghttpd(Library):
    """The baseline: HTTP/2 without RPC, sending a file as long as the response. It does not print its port."""

    def server(self, space: Workspace, port: int, tls: bool) -> list[str]:
        # Its 100 streams per connection are only a setting.
        options = ["-a", "127.0.0.1", "-d", str(space.site), "-m", "1000000"]
        if tls:
            return [str(self.program), *options, str(port), str(space.key), str(space.certificate)]
        return [str(self.program), *options, "--no-tls", str(port)]


@dataclass(frozen=True)
class Nginx(Library):
    """HTTP/1.1 without RPC, sending a file as long as the response, as one process. It does not print its port."""

    @staticmethod
    def found() -> "Nginx":
        # The tests' own, which is unpacked and not installed: that would start it.
        unpacked = BENCHMARKS.parent / ".build-peers" / "software" / "usr" / "sbin"
        path = os.pathsep.join([str(unpacked), _SEARCH_PATH])
        return Nginx("nginx", "nginx", Path(shutil.which("nginx", path=path) or "nginx"), has_client=False)

    def server(self, space: Workspace, port: int, tls: bool) -> list[str]:
        settings = space.folder / "nginx.conf"
        settings.write_text(f"""
            daemon off; master_process off; pid {space.folder}/nginx.pid; error_log {space.folder}/nginx.log;
            events {{ worker_connections 4096; }}
            http {{
              access_log off; keepalive_requests 100000000;
              client_body_temp_path {space.folder}; proxy_temp_path {space.folder}; fastcgi_temp_path {space.folder};
              uwsgi_temp_path {space.folder}; scgi_temp_path {space.folder};
              server {{ listen 127.0.0.1:{port}; root {space.site}; }}
            }}""")
        return [str(self.program), "-p", str(space.folder), "-c", str(settings)]


@dataclass(frozen=True)
class Floor(Library):
    """What SwiftNIO needs by itself for a WebSocket."""

    def server(self, space: Workspace, port: int, tls: bool) -> list[str]:
        return [str(self.program), "floor", str(port)]


@dataclass(frozen=True)
class PythonServer(Library):
    """A server of WebSockets in Python."""

    def server(self, space: Workspace, port: int, tls: bool) -> list[str]:
        script = BENCHMARKS / "Peers" / "websocket" / "server.py"
        return [str(self.program), str(script), self.name, "server", str(port)]


# Debian installs servers outside of a user's PATH.
_SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])

FRESHET = Library("freshet", "Freshet", SWIFT_PROGRAMS / "freshet-bench")
NGHTTPD = Nghttpd(
    "nghttpd", "nghttpd", Path(shutil.which("nghttpd", path=_SEARCH_PATH) or "nghttpd"), has_client=False)
CPP = Library("cpp", "gRPC C++", OTHER_PROGRAMS / "grpc-cpp" / "grpc-cpp-bench")
GO = Library("go", "gRPC Go", OTHER_PROGRAMS / "grpc-go" / "grpc-go-bench")
SWIFT = Library("swift", "grpc-swift-2", SWIFT_PROGRAMS / "grpc-swift-bench", calls_per_connection=100)
BEAST = Library("beast", "Boost.Beast", WEBSOCKET_PROGRAMS / "beast", has_client=False)
LWS = Library("lws", "libwebsockets", WEBSOCKET_PROGRAMS / "lws", has_client=False)
FLOOR = Floor("floor", "bare NIO", SWIFT_PROGRAMS / "freshet-bench", has_client=False)
_PYTHON = WEBSOCKET_PROGRAMS / "venv" / "bin" / "python"
WEBSOCKETS = PythonServer("websockets", "websockets", _PYTHON, has_client=False)
AIOHTTP = PythonServer("aiohttp", "aiohttp", _PYTHON, has_client=False)
# An earlier build of Freshet's program to compare with, whose path is in $BENCH_BEFORE.
_BEFORE = os.environ.get("BENCH_BEFORE")
BEFORES = (Library("before", "Freshet before", Path(_BEFORE)),) if _BEFORE else ()
RPC_LIBRARIES = (FRESHET, *BEFORES, NGHTTPD, CPP, GO, SWIFT)
WEBSOCKET_LIBRARIES = (FRESHET, LWS, BEAST, WEBSOCKETS, AIOHTTP, FLOOR)
LIBRARIES = list(dict.fromkeys(RPC_LIBRARIES + WEBSOCKET_LIBRARIES))


def chosen(names: list[str]) -> list[Library]:
    """The libraries with these names, except those that cannot run, whose reasons are printed."""
    unknown = [name for name in names if name not in {library.name for library in LIBRARIES}]
    if unknown:
        raise SystemExit(f"no library is called {unknown[0]}; there are {', '.join(l.name for l in LIBRARIES)}")
    runnable = []
    for library in LIBRARIES:
        if library.name not in names:
            continue
        if reason := library.why_not():
            print(f"{library.title} is left out: {reason}")
        else:
            runnable.append(library)
    return runnable
