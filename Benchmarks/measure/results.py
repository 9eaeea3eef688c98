"""All results: samples by figure and library, and reasons for missing ones."""
from dataclasses import dataclass, field

from .figure import Figure, Samples
from .libraries import Library


@dataclass
class Results:
    libraries: list[Library]
    figures: list[Figure] = field(default_factory=list)
    samples: dict[tuple[str, str], Samples] = field(default_factory=dict)
    # Reasons, by figure and library.
    missing: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, figure: Figure, library: Library, number: int, value: float) -> None:
        """Adds a value to the round with this number."""
        self._know(figure)
        self.samples.setdefault((figure.key, library.name), Samples()).by_round[number] = value

    def add_missing(self, figure: Figure, library: Library, reason: str) -> None:
        self._know(figure)
        self.missing[figure.key, library.name] = reason

    def of(self, key: str, library: str) -> Samples | None:
        return self.samples.get((key, library))

    def median(self, key: str, library: str) -> float | None:
        samples = self.of(key, library)
        return samples.median if samples else None

    def ratio(self, key: str, library: str, other: str) -> float | None:
        """The ratio of the two."""
        one, two = self.of(key, library), self.of(key, other)
        return one.ratio_to(two) if one and two else None

    def participants(self, figure: Figure) -> list[Library]:
        """Those for which it was measured, or could not be."""
        return [library for library in self.libraries
                if (figure.key, library.name) in self.samples or (figure.key, library.name) in self.missing]

    def _know(self, figure: Figure) -> None:
        if figure not in self.figures:
            self.figures.append(figure)
