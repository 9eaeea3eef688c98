"""Percentiles."""


def percentile(ordered: list[int], share: int) -> float:
    """The value that `share` percent do not exceed."""
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)]
