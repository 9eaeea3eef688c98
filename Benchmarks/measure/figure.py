"""A measured figure: one number per library, measured in each round."""
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
    """The results of one library by round; rounds may be missing."""

    by_round: dict[int, float] = field(default_factory=dict)

    @property
    def values(self) -> list[float]:
        return list(self.by_round.values())

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)

    def ratio_to(self, other: "Samples") -> float | None:
        """The median of the rounds' ratios. What is compared was measured one directly after the other, on a machine whose
        speed may double from one minute to the next; the ratio of the medians would compare different minutes."""
        ratios = [value / other.by_round[number] for number, value in self.by_round.items() if other.by_round.get(number)]
        return median(ratios) if ratios else None
