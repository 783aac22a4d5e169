"""Rows of a table of labelled messages: one text and, by group, the labels as they are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from data.cleaning import clean
from data.own.columns import Columns
from data.tables.table import Table, TableError
from data.taxonomy import SINGLE, GroupId

MOST_ROWS: Final = 200_000
"""More than these take hours to learn on a few cores, and gain next to nothing."""
LONGEST: Final = 20_000
"""Characters of a text that are kept: a model reads the first few hundred words of it when it learns."""
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` counts the rows under the header from 1; `labels` are as written, each once.

    `flaw` says what is wrong with the form of the row, if anything is.
    """

    number: int
    text: str
    labels: Mapping[GroupId, tuple[str, ...]]
    flaw: str | None = None


def read_rows(table: Table[Any], columns: Columns, separator: str = ";") -> Iterator[Row]:
    """Read all rows, the texts cleaned as when serving. In groups that take several labels a cell may hold several.

    Raises `TableError` for a damaged table, a wrong encoding, and more than `MOST_ROWS` rows.
    """
    number = 0
    for chunk in table.chunks(_CHUNK):
        texts = chunk.cells(columns.text)
        cells = {group: chunk.cells(place) for group, place in columns.labels.items()}
        for place, text in enumerate(texts):
            number += 1
            if number > MOST_ROWS:
                raise TableError(f"{table.name} has more than {MOST_ROWS:,} rows: take a sample of so many")
            flaw = chunk.flaws.get(place)
            labels = {
                group: _labels(values[place], separator if group not in SINGLE else None)
                for group, values in cells.items()
            }
            yield Row(number, readable(text), labels, flaw.note if flaw else None)


def readable(cell: Any) -> str:  # noqa: ANN401
    """Give a cell as text that can be kept: no mail around it, NFC, no control characters or lone surrogates."""
    if cell is None:
        return ""
    plain = "".join(c if _is_text(c) else " " for c in str(cell)[:LONGEST])
    return unicodedata.normalize("NFC", clean(plain).text).strip()


def _is_text(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co")


def _labels(cell: Any, separator: str | None) -> tuple[str, ...]:  # noqa: ANN401
    if cell is None:
        return ()
    if isinstance(cell, list | tuple):
        parts = [_label(each) for each in cell if each is not None]
    else:
        written = _label(cell)
        parts = written.split(separator) if separator else [written]
    return tuple(dict.fromkeys(part for each in parts if (part := " ".join(each.split()))))


def _label(cell: Any) -> str:  # noqa: ANN401
    """Write a cell as a label: spreadsheets keep whole numbers as floats."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "".join(c if _is_text(c) else " " for c in unicodedata.normalize("NFC", str(cell)))
