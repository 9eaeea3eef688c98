"""What is measured: a figure is one number for each library, taken again in each round."""
from dataclasses import dataclass, field
from enum import Enum
from statistics import median


class Better(Enum):
    LOWER = "less is better"
    HIGHER = "more is better"


@dataclass(frozen=True)
class Figure:
    key: str
    title: str
    unit: str
    better: Better = Better.LOWER


@dataclass
class Samples:
    """What the rounds gave for one library."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)
