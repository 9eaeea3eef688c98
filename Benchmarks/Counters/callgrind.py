"""Reads callgrind's files: the self cost of each function.

A file's lines that matter here (names are given once, as `(7) name`, and later as `(7)`):

    ob=(1) /usr/lib/x86_64-linux-gnu/libc.so.6      the object of what follows
    fn=(7) malloc                                   the function
    +3 12                                           at some line of it: 12 instructions
    calls=2 0                                       it calls another, and the next line says
    +1 400                                          how many instructions that took: not its own
"""
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"^(ob|fn)=(\(\d+\))(?: (.*))?$")
_CALLED_NAME = re.compile(r"^(cob|cfn)=(\(\d+\))(?: (.*))?$")


@dataclass
class Profile:
    """Instructions by object and function."""

    instructions: Counter[tuple[str, str]]

    @property
    def total(self) -> float:
        return sum(self.instructions.values())

    def by_function(self) -> Counter[tuple[str, str]]:
        return self.instructions

    def by_object(self) -> Counter[str]:
        sums: Counter[str] = Counter()
        for (name, _), number in self.instructions.items():
            sums[name] += number
        return sums

    def __sub__(self, other: "Profile") -> "Profile":
        difference = Counter(self.instructions)
        difference.subtract(other.instructions)
        return Profile(difference)

    def __truediv__(self, number: int) -> "Profile":
        return Profile(Counter({key: value / number for key, value in self.instructions.items()}))


def read_profile(path: Path) -> Profile:
    """Sums the parts: forks and threads may write several."""
    instructions: Counter[tuple[str, str]] = Counter()
    names: dict[tuple[str, str], str] = {}
    current = {"ob": "", "fn": ""}
    is_inclusive = False
    with path.open(errors="replace") as file:
        for line in file:
            first = line[:1]
            if first.isdigit() or first in "+-*":
                if not is_inclusive:
                    instructions[current["ob"], current["fn"]] += int(line.rsplit(maxsplit=1)[1])
                is_inclusive = False
            elif line.startswith("calls="):
                is_inclusive = True
            elif match := _NAME.match(line):
                kind, number, name = match.groups()
                if name is not None:
                    names[kind, number] = name
                current[kind] = names[kind, number]
            elif match := _CALLED_NAME.match(line):
                kind, number, name = match.groups()
                if name is not None:
                    names[kind[1:], number] = name
    return Profile(instructions)


def demangled(names: list[str], simplified: bool = True) -> list[str]:
    """Demangles Swift's names if a compiler is available; simplified ones are without their modules."""
    plain = [re.sub(r"'\d+$", "", name) for name in names]
    command = ["swift", "demangle", "--compact", *(["--simplified"] if simplified else [])]
    try:
        ended = subprocess.run(command, input="\n".join(plain), text=True, capture_output=True)
    except FileNotFoundError:
        return plain
    lines = ended.stdout.splitlines()
    return lines if len(lines) == len(plain) else plain
