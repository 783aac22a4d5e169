"""Which column of a table holds the text."""

from __future__ import annotations

import re
from typing import Any, Final

from data.tables.table import SAMPLE, Table, TableError

USUAL: Final = ("text", "message")
"""Names that are taken without asking, the first before the second."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_WORDS: Final = 3
"""Words that a cell has to have to be like a text: more than a name, a date or a label mostly has."""
_LONGEST_NAME: Final = 60
_SHOWN: Final = 30


def choose_text(table: Table[Any], wanted: str | None = None) -> int:
    """Find the column of the text: `wanted`, else `text` or `message`, else the only one that is like text.

    Raises `TableError` that lists the columns.
    """
    first = next(table.chunks(SAMPLE), None)
    cells = [first.cells(place) if first else [] for place in range(len(table.columns))]
    column = _usual(table) if wanted is None else find_column(table, wanted)
    if column is None:
        column = _like_text(table, cells)
    told = [cell for cell in cells[column] if cell is not None]
    if told and not any(isinstance(cell, str) for cell in told):
        raise TableError(
            f"column {table.columns[column]!r} of {table.name} holds no text but {type(told[0]).__name__}: "
            f"name another one{_listed(table)}"
        )
    return column


def find_column(table: Table[Any], name: str) -> int:
    """Find a column by its name, or by its name in other cases; raises `TableError` if there is not one such."""
    for same in (str, lambda each: each.strip().casefold()):
        found = [place for place, each in enumerate(table.columns) if same(each) == same(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise TableError(f"{table.name} has {len(found)} columns {name!r}: rename all but one")
    raise TableError(f"{table.name} has no column {name!r}{_listed(table)}")


def _usual(table: Table[Any]) -> int | None:
    names = [each.strip().casefold() for each in table.columns]
    return next((find_column(table, name) for name in USUAL if name in names), None)


def _like_text(table: Table[Any], cells: list[list[Any]]) -> int:
    found = [place for place, column in enumerate(cells) if _reads_like_text(column)]
    if len(table.columns) == 1:
        found = [0]
    if len(found) != 1:
        told = "no column" if not found else f"{len(found)} columns"
        raise TableError(f"{told} of {table.name} may be the text: say which with --column{_listed(table)}")
    name = table.columns[found[0]]
    if len(name) > _LONGEST_NAME or any(each.strip().isdigit() for each in table.columns):
        raise TableError(
            f"the first line of {table.name} looks like a row, not like a header: add a line of names above it; if it "
            "is the header, say with --column which is the text"
        )
    return found[0]


def _reads_like_text(cells: list[Any]) -> bool:
    told = [cell for cell in cells if cell is not None and cell != ""]
    like = [isinstance(cell, str) and len(_LETTERS.findall(cell)) >= _WORDS for cell in told]
    return bool(told) and sum(like) * 2 >= len(told)


def _listed(table: Table[Any]) -> str:
    """List the columns; not more of a name than tells it, since without a header it is a cell of a row."""
    names = [repr(each if len(each) <= 40 else f"{each[:40]}…") for each in table.columns[:_SHOWN]]
    more = len(table.columns) - len(names)
    return f"; its columns are {', '.join(names)}{f' and {more} more' if more else ''}"
