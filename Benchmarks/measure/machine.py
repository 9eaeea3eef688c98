"""The machine and the versions, needed to interpret the figures."""
import json
import os
import platform
import re
import subprocess
from pathlib import Path

from .libraries import BENCHMARKS


def machine() -> dict[str, str]:
    return {
        "processor": _processor(), "cores": str(os.cpu_count()), "system": f"{_system()}, Linux {platform.release()}"}


def versions() -> dict[str, str]:
    return {
        "Swift": _first(["swift", "--version"], r"Swift version (\S+)"),
        "grpc-swift-2": _resolved("grpc-swift-2"),
        "grpc-swift-nio-transport": _resolved("grpc-swift-nio-transport"),
        "SwiftNIO": _resolved("swift-nio"),
        "SwiftProtobuf": _resolved("swift-protobuf"),
        "gRPC C++": _package("libgrpc++-dev"),
        "gRPC Go": _package("golang-google-grpc-dev"),
        "Go": _package("golang-go"),
        "Boost": _package("libboost1.74-dev"),
        "libwebsockets": _package("libwebsockets-dev"),
        "nghttp2": _package("libnghttp2-14"),
        "OpenSSL": _package("libssl3"),
    }


def _processor() -> str:
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return names[0] if names else platform.machine()


def _system() -> str:
    names = re.findall(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(), re.MULTILINE)
    return names[0] if names else platform.system()


def _first(command: list[str], pattern: str) -> str:
    try:
        found = re.search(pattern, subprocess.run(command, text=True, capture_output=True).stdout)
    except FileNotFoundError:
        return "–"
    return found[1] if found else "–"


def _package(name: str) -> str:
    return _first(["dpkg-query", "--show", "--showformat=${Version}", name], r"(?:\d+:)?([\d.]+)")


def _resolved(identity: str) -> str:
    """The version resolved by SwiftPM."""
    file = BENCHMARKS / "Package.resolved"
    pins = json.loads(file.read_text())["pins"] if file.exists() else []
    return next((pin["state"].get("version", "–") for pin in pins if pin["identity"] == identity), "–")
