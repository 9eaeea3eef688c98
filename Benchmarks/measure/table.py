"""The tables, as Markdown: medians with their spread, and Freshet's ratios to the peers."""
from itertools import groupby

from .aims import AIMS, Verdict
from .figure import Figure, Samples
from .libraries import FRESHET, Library
from .results import Results


def number(value: float) -> str:
    """Three significant digits, and commas in large numbers."""
    if abs(value) >= 999.5:
        digits = 3 - len(str(round(abs(value))))
        return f"{round(value, digits):,.0f}"
    return f"{value:#.3g}".rstrip(".")


def tables(results: Results) -> str:
    """A table for all figures in which the same libraries take part."""
    parts = groupby(results.figures, results.participants)
    return "\n\n".join(_table(results, list(figures), libraries) for libraries, figures in parts)


def _table(results: Results, figures: list[Figure], libraries: list[Library]) -> str:
    peers = [library for library in libraries if library is not FRESHET]
    head = ["", *(library.title for library in libraries), *(f"÷ {peer.title}" for peer in peers)]
    rows = [[_title(figure), *(_cell(results.of(figure.key, library.name)) for library in libraries),
             *(_ratio(results.ratio(figure.key, FRESHET.name, peer.name)) for peer in peers)]
            for figure in figures]
    return markdown(head, rows)


def aims_table(results: Results) -> str:
    measured = [aim for aim in AIMS if aim.verdict(results) is not Verdict.UNKNOWN]
    titles = {figure.key: figure.title for figure in results.figures}
    rows = [[titles[aim.key], aim.text, number(aim.value(results)), aim.verdict(results).value] for aim in measured]
    return markdown(["aim", "bound", "measured", ""], rows)


def missing_lines(results: Results) -> list[str]:
    """The reasons for dashes in the table, once per library."""
    titles = {library.name: library.title for library in results.libraries}
    figures = {figure.key: figure.title for figure in results.figures}
    by_reason: dict[tuple[str, str], list[str]] = {}
    for (key, library), reason in results.missing.items():
        by_reason.setdefault((library, reason), []).append(figures[key])
    return [f"– {titles[library]}: {reason} ({rows[0]}{f' and {len(rows) - 1} more rows' if len(rows) > 1 else ''})"
            for (library, reason), rows in by_reason.items()]


def _title(figure: Figure) -> str:
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title


def _cell(samples: Samples | None) -> str:
    if samples is None:
        return "–"
    if len(samples.values) == 1:
        return number(samples.median)
    return f"{number(samples.median)} ({number(samples.least)}–{number(samples.most)})"


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else number(ratio)


def markdown(head: list[str], rows: list[list[str]], ends_with_text: bool = False) -> str:
    """With aligned columns, readable in a terminal as well. All but the first, and perhaps the last, are figures."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    texts = {0, len(head) - 1} if ends_with_text else {0}

    def text(line: list[str]) -> str:
        cells = (
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths)))
        return f"| {' | '.join(cells)} |"

    rule = "|".join("-" * (width + 1) + ("-" if column in texts else ":") for column, width in enumerate(widths))
    return "\n".join([text(head), f"|{rule}|", *(text(row) for row in rows)])
