"""Rows of cells under a header, as CSV and spreadsheets have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from data.tables.table import Flaw, Values

SEPARATOR = ";"
"""Between the items of a list in one cell."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a formula to begin with."""

Row = tuple[list[Any], Flaw | None]


@dataclass(frozen=True, slots=True)
class CellChunk:
    """Rows of at least `width` cells; what a row has beyond the header comes after them."""

    rows: Sequence[list[Any]]
    width: int
    flaws: Mapping[int, Flaw]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def size(self) -> int:
        return sum(len(cell) for row in self.rows for cell in row if isinstance(cell, str))

    def cells(self, column: int) -> list[Any]:
        return [row[column] for row in self.rows]

    def widened(self, values: Sequence[Values]) -> Iterator[list[Any]]:
        """Put each row's added values, lists joined, right after the header's columns."""
        for row, added in zip(self.rows, values, strict=True):
            yield [*row[: self.width], *map(joined, added), *row[self.width :]]


def cell_chunks(rows: Iterable[Row], width: int, most: int) -> Iterator[CellChunk]:
    """Gather rows into chunks of at most `most`, each row filled up to `width` by its reader."""
    left = iter(rows)
    while taken := list(islice(left, most)):
        flaws = {place: flaw for place, (_, flaw) in enumerate(taken) if flaw is not None}
        yield CellChunk([cells for cells, _ in taken], width, flaws)


def joined(value: Any) -> Any:  # noqa: ANN401
    """Put a value into one cell. None of ours reads as a formula, whatever a label or a version is called."""
    if isinstance(value, list):
        return joined(SEPARATOR.join(_item(item) for item in value))
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _item(item: Any) -> str:  # noqa: ANN401
    return f"{item['label']}:{item['start']}-{item['end']}" if isinstance(item, dict) else str(item)
