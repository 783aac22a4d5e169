"""What is wrong with a table of labelled messages, in words that name the rows and the mend, never a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 10
"""Findings of one sort that are shown before the rest is only counted."""
_ROWS: Final = 8
_LONGEST: Final = 40


class OwnTableError(ValueError):
    """A table of labelled messages cannot be learnt from as it is; the message says why, row by row, and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: of which sort, in which rows (counted from 1 under the header), and what it is."""

    sort: str
    rows: tuple[int, ...]
    what: str

    def __str__(self) -> str:
        return f"{rows_told(self.rows)}: {self.what}"


MENDS: Final = {
    "form": "mend the row: mostly a separator or a quote within a cell",
    "empty text": "write the message or remove the row",
    "empty label": "label the row or remove it",
    "several labels": "leave one label in the cell",
    "unknown label": "mend the spelling, or add the label to the taxonomy",
    "contradiction": "decide which label is right, and give it to all of them",
    "language": "leave these rows out, or name their language with --languages",
    "few rows": "label more messages, or join the label with another one",
}
"""What to do about each sort."""


def told(findings: Sequence[Finding], where: str) -> str:
    """Write the findings for a person, sort by sort, with what mends each."""
    lines = [f"{where} cannot be learnt from as it is:"]
    for sort, mend in MENDS.items():
        own = [finding for finding in findings if finding.sort == sort]
        if own:
            lines.append(f"  {sort} ({len(own)}): {mend}")
            lines += [f"    {finding}" for finding in own[:SHOWN]]
            lines += [f"    … and {len(own) - SHOWN} more"] if len(own) > SHOWN else []
    lines.append("With --skip, rows and labels that are listed here are left out. Rows are counted under the header.")
    return "\n".join(lines)


def rows_told(rows: Sequence[int]) -> str:
    """Name rows: `row 3`, or `rows 3, 8, 9 and 4 more`."""
    shown = ", ".join(str(row) for row in rows[:_ROWS])
    more = f" and {len(rows) - _ROWS} more" if len(rows) > _ROWS else ""
    return f"row{'s' * (len(rows) > 1)} {shown}{more}"


def quoted(label: str) -> str:
    """Quote a label, but not what is too long for one: it may be a message in the wrong column."""
    return repr(label) if len(label) <= _LONGEST else f"something of {len(label)} characters"
