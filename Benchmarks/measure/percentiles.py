"""Shares of sorted values."""


def percentile(ordered: list[int], share: int) -> float:
    """The value that `share` of a hundred do not exceed."""
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)]
