"""Shared by all peers: stubs generated at start, JSON lines on output, conversion of metadata to and from JSON."""

import base64
import hashlib
import importlib
import importlib.resources
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

PROTOS = pathlib.Path(__file__).resolve().parents[3] / "Protos"
STUBS = PROTOS.parent / ".build-peers" / "stubs"
ECHO = ["echo/v1/echo.proto"]
INTEROP = [
    "grpc/testing/empty.proto",
    "grpc/testing/messages.proto",
    "grpc/testing/test.proto",
    "xds/data/orca/v3/orca_load_report.proto",
    "xds/service/orca/v3/orca.proto",
]

_output = threading.Lock()


def say(line):
    """Writes a value as a line of JSON, unbuffered and atomically. Thread-safe."""
    with _output:
        print(json.dumps(line, ensure_ascii=False), flush=True)


def add_shared_flags(parser):
    parser.add_argument(
        "--stubs", metavar="FOLDER", default=STUBS, type=pathlib.Path,
        help="keeps the Python stubs here, one subfolder per text of the schemas",
    )
    parser.add_argument("--protos", metavar="FOLDER", default=PROTOS, type=pathlib.Path, help="where schema files are")


def load_echo(arguments):
    """The modules of echo.proto: (messages, services)."""
    _add_stubs(arguments, ECHO)
    return importlib.import_module("echo.v1.echo_pb2"), importlib.import_module("echo.v1.echo_pb2_grpc")


def load_interop(arguments):
    """Makes grpc.testing and xds, gRPC's schemas for interoperability tests, importable."""
    folder = _add_stubs(arguments, INTEROP)
    # grpcio's own package has the same name as the schemas' package and would hide it.
    grpc.__path__.append(str(folder / "grpc"))


def _add_stubs(arguments, schemas):
    """Generates the stubs of these schemas unless the folder has them, and makes them importable."""
    kept = arguments.stubs / _fingerprint(arguments.protos, schemas)
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(prefix="freshet-stubs-") as made:
            _make_stubs(arguments.protos, schemas, made)
            _keep(made, kept)
    sys.path.insert(0, str(kept))
    return kept


def _make_stubs(protos, schemas, folder):
    from grpc_tools import protoc  # imported here, since most runs have stubs already

    known = importlib.resources.files("grpc_tools") / "_proto"
    flags = [f"-I{protos}", f"-I{known}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    failed = protoc.main(["protoc", *flags, *schemas])
    if failed:
        sys.exit(f"no stubs for {schemas} in {protos}: protoc ended with {failed}")


def _keep(made, kept):
    """Copies atomically: peers start at the same time, each with a copy, and the first to rename it wins."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy = tempfile.mkdtemp(dir=kept.parent)
    shutil.copytree(made, copy, dirs_exist_ok=True)
    try:
        os.rename(copy, kept)
    except OSError:
        shutil.rmtree(copy)
        if not kept.is_dir():
            raise


def _fingerprint(protos, schemas):
    texts = b"".join((protos / schema).read_bytes() for schema in schemas)
    return hashlib.sha256(texts + grpc.__version__.encode()).hexdigest()[:16]


def metadata_to_json(metadata):
    def text(value):
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    return [[key, text(value)] for key, value in metadata or ()]


def metadata_from_json(pairs):
    return [(key, base64.b64decode(value) if key.endswith("-bin") else value) for key, value in pairs or ()]


def code_of(name):
    """A status code by its name or number."""
    if name.isdigit():
        return next(code for code in grpc.StatusCode if code.value[0] == int(name))
    return grpc.StatusCode[name]


def rich_status(code, message):
    """A status with the details for x-fail-details, equal for both peers and both languages."""
    violation = error_details_pb2.BadRequest.FieldViolation(field="text", description="is no “word”", reason="NO_WORD")
    details = [
        error_details_pb2.BadRequest(field_violations=[violation]),
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=3, nanos=500_000_000)),
    ]
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return rpc_status.to_status(status)


def read(path):
    return pathlib.Path(path).read_bytes() if path else None
