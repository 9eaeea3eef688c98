"""What both peers share: stubs made from the schema when they start, JSON lines out, metadata as JSON and back."""

import base64
import hashlib
import importlib
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
from grpc_tools import protoc

PROTOS = pathlib.Path(__file__).resolve().parents[3] / "Protos"
ECHO = "echo/v1/echo.proto"

_output = threading.Lock()


def say(line):
    """Writes one value as one line of JSON, whole, at once, from any thread."""
    with _output:
        print(json.dumps(line, ensure_ascii=False), flush=True)


def add_shared_flags(parser):
    parser.add_argument("--stubs", metavar="FOLDER", help="keeps the Python stubs here, one subfolder per schema text")
    parser.add_argument("--protos", metavar="FOLDER", default=PROTOS, type=pathlib.Path, help="where schema files are")


def load_echo(arguments):
    """Makes the stubs of echo.proto, unless the folder has them, and imports them: (messages, services)."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="freshet-stubs-"))
    try:
        if not arguments.stubs:
            return _import_from(_make_stubs(arguments.protos, made))
        kept = pathlib.Path(arguments.stubs) / _fingerprint(arguments.protos / ECHO)
        if not kept.is_dir():
            _keep(_make_stubs(arguments.protos, made), kept)
        return _import_from(kept)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _make_stubs(protos, folder):
    failed = protoc.main(["protoc", f"-I{protos}", f"--python_out={folder}", f"--grpc_python_out={folder}", ECHO])
    if failed:
        sys.exit(f"no stubs for {ECHO} in {protos}: protoc ended with {failed}")
    return folder


def _keep(made, kept):
    """Copies whole or not at all: peers start at the same time, each with a copy, and the first to rename it wins."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy = tempfile.mkdtemp(dir=kept.parent)
    shutil.copytree(made, copy, dirs_exist_ok=True)
    try:
        os.rename(copy, kept)
    except OSError:
        shutil.rmtree(copy)
        if not kept.is_dir():
            raise


def _fingerprint(schema):
    return hashlib.sha256(schema.read_bytes() + grpc.__version__.encode()).hexdigest()[:16]


def _import_from(folder):
    sys.path.insert(0, str(folder))
    return importlib.import_module("echo.v1.echo_pb2"), importlib.import_module("echo.v1.echo_pb2_grpc")


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
    """A status with the details that x-fail-details asks for; both peers and both languages make the same."""
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
