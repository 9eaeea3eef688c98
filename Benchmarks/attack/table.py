"""The tables, as Markdown."""
from measure.table import markdown, number

from .neighbours import Latency
from .play import Row
from .round_trip import Throughput

_HEAD = [
    "attack", "before, ms", "during, ms", "after, ms", "CPU, ns/byte", "RSS before", "peak", "after, MiB", "result"]


def table(rows: list[Row]) -> str:
    return markdown(_HEAD, [cells(row) for row in rows], ends_with_text=True)


def cells(row: Row) -> list[str]:
    before, after = row.memory_before, row.memory_after
    return [
        row.attack.title, _latency(row.before), _latency(row.during), _latency(row.after), _number(row.nanoseconds_for_byte),
        _number(before and before.resident), _number(after and after.resident_peak), _number(after and after.resident),
        "; ".join(filter(None, [row.failure and f"**{row.failure}**", row.outcome]))]


def line(row: Row) -> str:
    """Shown as soon as an attack is over."""
    *figures, outcome = cells(row)
    return " | ".join(figures) + f"\n    {outcome}"


def throughput_table(rows: list[Throughput]) -> str:
    return markdown(
        ["one stream", "round trip, ms", "MB/s"],
        [[row.title, _number(row.round_trip_milliseconds), _number(row.megabytes_a_second)] for row in rows])


def _latency(latency: Latency | None) -> str:
    """Median and maximum."""
    if latency is None or latency.p50 is None:
        return "–"
    failed = f", {latency.failed} failed" if latency.failed else ""
    return f"{number(latency.p50)} / {number(latency.most)}{failed}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return number(value) if value else "0"
