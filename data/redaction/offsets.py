"""A redacted text and the way to it from the text as it was given."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

from data.redaction.kinds import Found


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders for personal data; `found` is sorted, does not overlap and counts in the original."""

    text: str
    found: list[Found]
    length: int
    """Characters of the original."""
    _starts: list[int] = field(init=False, repr=False, compare=False)
    _shifts: list[int] = field(init=False, repr=False, compare=False)
    _places: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        grown = [len(item.kind.placeholder) - (item.end - item.start) for item in self.found]
        object.__setattr__(self, "_starts", [item.start for item in self.found])
        shifts = [0, *accumulate(grown)]
        object.__setattr__(self, "_shifts", shifts)
        object.__setattr__(
            self, "_places", [item.start + shift for item, shift in zip(self.found, shifts, strict=False)]
        )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map characters `start` to `end` of the original to the redacted text.

        What begins or ends inside a replaced part takes the whole placeholder in. A span beyond the text is cut to it;
        the answer always lies in the redacted text, and grows as the span grows.
        """
        start = min(max(start, 0), self.length)
        end = min(max(end, start), self.length)
        first = bisect_right(self._starts, start) - 1
        if first >= 0 and start < self.found[first].end:
            begins = self.found[first].start + self._shifts[first]
        else:
            begins = start + self._shifts[first + 1]
        last = bisect_left(self._starts, end) - 1
        ends = (max(end, self.found[last].end) if last >= 0 else end) + self._shifts[last + 1]
        return begins, max(begins, ends)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map characters `start` to `end` of the redacted text back; a placeholder touched is taken in whole."""
        first = bisect_right(self._places, start) - 1
        begins = start - self._shifts[first + 1]
        if first >= 0 and start < self.found[first].end + self._shifts[first + 1]:
            begins = self.found[first].start
        last = bisect_left(self._places, end) - 1
        ends = end - self._shifts[last + 1]
        if last >= 0:
            ends = max(ends, self.found[last].end)
        return begins, max(begins, ends)


def replace(text: str, found: list[Found]) -> Redacted:
    """Put the placeholders in. `found` is sorted and does not overlap."""
    pieces: list[str] = []
    place = 0
    for item in found:
        pieces += [text[place : item.start], item.kind.placeholder]
        place = item.end
    return Redacted("".join([*pieces, text[place:]]), found, len(text))
