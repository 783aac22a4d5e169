"""How a cell of a table is written for a reader; exports write values as they are (`exports.py`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from service.reports.figure import Cell, CellKind, Interval
from service.reports.tongue import Tongue

NOTHING: Final = "–"
SMALLEST: Final = 0.001
"""Shares below are written as such, and not as none."""


class Written(NamedTuple):
    """A cell in words: the value, the range that it lies in, and what was counted; "" where there is none."""

    value: str
    range: str = ""
    counted: str = ""


@dataclass(frozen=True)
class Pen:
    """Writes cells in one language."""

    tongue: Tongue

    def cell(self, cell: Cell, kind: CellKind) -> Written:
        """Write one cell."""
        if isinstance(cell, Interval):
            if not math.isfinite(cell.mid):
                return Written(NOTHING)
            mid, low, high = (self._estimated(value, kind) for value in (cell.mid, cell.low, cell.high))
            within = "" if low == high == mid else f"{low} – {high}" if cell.low < 0 else f"{low}–{high}"
            counted = "" if cell.counted is None else self._estimated(cell.counted, kind)
            return Written(mid, within, "" if counted == mid else counted)
        if kind == "share" and isinstance(cell, float) and 0 < cell < SMALLEST:
            return Written(f"< {self.plain(SMALLEST, kind)}")
        return Written(self.plain(cell, kind))

    def plain(self, value: str | int | float | date | None, kind: CellKind) -> str:
        """Write a value that is no interval."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return NOTHING
        if isinstance(value, str):
            return value
        if isinstance(value, date):
            return self.tongue.month(value) if kind == "month" else self.tongue.day(value)
        if kind == "share":
            return self.tongue.share(_even(value, 3), digits=1 if 0.0005 <= abs(value) < 0.0995 else 0)
        if kind == "hours":
            return self.tongue.number(_even(value, 1), digits=1 if abs(value) < 10 else 0)
        small = isinstance(value, float) and abs(value) < 10 and round(value, 1) != round(value)
        return self.tongue.number(_even(value, 1 if small else 0), digits=1 if small else 0)

    def _estimated(self, value: float, kind: CellKind) -> str:
        """Write a value of an estimate, where numbers are of messages: there are no parts of one."""
        return self.plain(round(value) if kind == "number" and math.isfinite(value) else value, kind)

    def line(self, cell: Cell, kind: CellKind) -> str:
        """Write a cell on one line: "120 (110–131)"."""
        written = self.cell(cell, kind)
        return f"{written.value} ({written.range})" if written.range else written.value


def _even(value: float, digits: int) -> float:
    """Round, to 0 without a sign where that is what is left."""
    return round(value, digits) + 0.0
