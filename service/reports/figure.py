"""What a page of a report is made of: figures, each a table, most with a chart. Exports are made of the same.

A cell holds a value, not its writing: pages write it in the reader's language, CSV, XLSX and JSON as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

CellKind = Literal["text", "number", "share", "hours", "date", "month"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the range that holds the truth in 95 of 100 cases. `counted` is what was counted, uncorrected."""

    mid: float
    low: float
    high: float
    counted: float | None = None


Cell = str | int | float | date | Interval | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its id in exports, its title in the reader's language, and how its cells are written."""

    id: str
    title: str
    kind: CellKind = "number"


@dataclass(frozen=True)
class Table:
    """Rows of cells, one for each column; the first column names the row. `links` are addresses of rows, or None."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    links: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """A place in a series where figures before and after are not to be compared: the model or the taxonomy changed."""

    at: date
    why: str


@dataclass(frozen=True)
class Chart:
    """How a table is drawn.

    `bars`: one bar a row for the column `series[0]`, or groups of bars. `stack`: shares that make a whole. `lines`: the
    first column is a date, each of `series` a line, intervals as bands. `heat`: rows × `series`, darker is more.
    `quadrant`: `series` are x, y and size; each row a named point, with lines at the mean of all.
    """

    kind: Literal["bars", "stack", "lines", "heat", "quadrant"]
    series: Sequence[str]
    """Ids of columns."""
    breaks: Sequence[Break] = ()
    undrawn: Sequence[date] = ()
    """Rows of `lines` that only the table has: their week or month is not whole, and would look like a fall."""
    named_by: int = 1
    """Columns, from the first on, that name a row."""
    corners: Sequence[str] = ()
    """Names of a quadrant's corners: little of both, much of x alone, much of both, much of y alone."""


@dataclass(frozen=True)
class Figure:
    """A table with a title, what it tells in one sentence (`told`, for who sees no chart), and how to read it."""

    id: str
    title: str
    table: Table
    chart: Chart | None = None
    told: str = ""
    note: str = ""
