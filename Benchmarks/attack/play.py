"""Plays one attack against a fresh server, and measures the server and its neighbours before, during and after."""
import time
from dataclasses import dataclass
from pathlib import Path

from measure.workspace import workspace

from .ground import Attack, Ended, Ground
from .neighbours import Latency, Neighbours, neighbours
from .server import Memory, Server, running

_QUIET_SECONDS = 1.5
_AFTER_SECONDS = 3.0
_CLOSING_SECONDS = 1.0  # of these: the attacker's connections are closing, so they do not count as after the attack
_PATIENCE_SECONDS = 60  # a neighbour that is not answered by then is lost
_LEAST_BYTES = 4_096  # an attack that sends less is not about its bytes


@dataclass(frozen=True)
class Row:
    attack: Attack
    outcome: str
    failure: str | None  # None if the server is alive and its neighbours are answered
    before: Latency | None = None
    during: Latency | None = None
    after: Latency | None = None
    nanoseconds_for_byte: float | None = None
    memory_before: Memory | None = None
    memory_after: Memory | None = None


def play(attack: Attack, program: Path, loops: int, library: Path | None) -> Row:
    if (available := available_gibibytes()) < attack.gibibytes:
        return Row(attack, f"left out: {attack.gibibytes} GiB of memory needed, {available:.1f} free", None)
    with workspace() as space, running(program, space, loops, attack.needs, library) as server:
        authority = space.authority if attack.needs.tls else None
        with neighbours(server.port, space.folder, authority) as others:
            return _play(attack, server, others)


def _play(attack: Attack, server: Server, others: Neighbours) -> Row:
    if not others.are_answered(time.monotonic(), _PATIENCE_SECONDS, server):
        return Row(attack, "", "the neighbours were not answered before the attack")
    quiet_start, quiet_cpu = time.monotonic(), server.cpu_seconds()
    time.sleep(_QUIET_SECONDS)
    before = others.between(quiet_start, time.monotonic())
    quiet_load = (server.cpu_seconds() - quiet_cpu) / (time.monotonic() - quiet_start)
    memory_before = server.memory()

    ground = Ground(server)
    ground.begin()
    try:
        outcome = attack.run(ground)
    except (Ended, OSError) as error:
        outcome = f"{type(error).__name__}: {error}"
    sent = ground.sent_bytes
    is_answered = others.are_answered(time.monotonic(), _PATIENCE_SECONDS, server)
    end = time.monotonic()
    during = others.between(ground.start, end)
    ground.close()
    if not server.is_alive:
        return Row(attack, outcome, server.death(), before, during, memory_before=memory_before)

    time.sleep(_AFTER_SECONDS)
    after = others.between(end + _CLOSING_SECONDS, time.monotonic())
    cpu = server.cpu_seconds() - ground.start_cpu - quiet_load * (time.monotonic() - ground.start)
    return Row(
        attack, outcome, None if is_answered else "a neighbour is no longer answered", before, during, after,
        max(0, cpu) / sent * 1e9 if sent >= _LEAST_BYTES else None, memory_before, server.memory())


def available_gibibytes() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / (1 << 20)
    return 0
