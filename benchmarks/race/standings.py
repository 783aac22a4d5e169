"""The results of one race, by row and round, and what is worked out of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from benchmarks.race.results import Result

Figure = Callable[[Result], float]


def rate(result: Result) -> float:
    """Texts a second at full load."""
    return result.phases["full"].rate


def alone(result: Result) -> float:
    """Median milliseconds of one request at a time."""
    return result.phases["single"].p50


def alone_tail(result: Result) -> float:
    """Milliseconds of the slowest hundredth, one request at a time."""
    return result.phases["single"].p99


def loaded(result: Result) -> float:
    """Median milliseconds in an open loop."""
    return result.phases["open"].p50


def loaded_tail(result: Result) -> float:
    """Milliseconds of the slowest hundredth in an open loop."""
    return result.phases["open"].p99


def processor(result: Result) -> float:
    """Milliseconds of processor time for a text at full load."""
    return result.processor or 0.0


class Standings:
    """The results of one race."""

    def __init__(self, results: Sequence[Result]) -> None:
        self.results = results
        self._timed = {(each.row, each.round): each for each in results if not each.refused}

    def of(self, row: str) -> list[Result]:
        """List the rounds in which a row was timed."""
        return [result for (name, _), result in sorted(self._timed.items()) if name == row]

    def values(self, row: str, figure: Figure) -> list[float]:
        """List a figure over the rounds."""
        return [figure(result) for result in self.of(row)]

    def median(self, row: str, figure: Figure) -> float:
        """Take the median of a figure over the rounds."""
        return statistics.median(self.values(row, figure))

    def ratios(self, row: str, beside: str, figure: Figure) -> list[float]:
        """Divide a row's figure by another row's in the same round, for every round that has both."""
        pairs = [(each, self._timed.get((beside, each.round))) for each in self.of(row)]
        return [figure(each) / figure(other) for each, other in pairs if other]

    def failed(self, row: str) -> int:
        """Count the requests that were not answered, over all rounds."""
        return sum(phase.failed for each in self.of(row) for phase in each.phases.values())

    def same(self, row: str) -> float:
        """Return the share of answers under full load that have the reference's labels, over all rounds."""
        return statistics.mean(each.same or 0.0 for each in self.of(row))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Write the median, and the range where there is more than one value."""
    if not values:
        return ""
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"
