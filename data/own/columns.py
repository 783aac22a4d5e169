"""Which columns of a table hold the text and the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from data.tables.choose import choose_text, find_column
from data.tables.table import Table, TableError
from data.taxonomy import GROUP_IDS, GroupId

USUAL: Final = ("label", "labels", "theme", "topic", "topics", "category", "categories", "class", "intent")
"""Names of a column that is taken for the themes where no column is named and none bears a group's name."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the text and, by group, of the labels; `names` are as the table has them."""

    text: int
    labels: Mapping[GroupId, int]
    names: Mapping[GroupId, str]


def find_columns(table: Table[Any], text: str | None, wanted: Mapping[GroupId, str]) -> Columns:
    """Find the columns that are named, else those that bear the groups' names, else the only usual one.

    Raises `TableError` that lists the columns.
    """
    try:
        place = find_column(table, text) if text is not None else choose_text(table)
    except TableError as error:
        raise TableError(str(error).replace("--column", "--text")) from None
    labels = {group: find_column(table, name) for group, name in wanted.items()} or _guess(table, place)
    taken = [place, *labels.values()]
    twice = next((each for each in taken if taken.count(each) > 1), None)
    if twice is not None:
        raise TableError(f"column {table.columns[twice]!r} of {table.name} is named twice: text and labels are apart")
    return Columns(place, labels, {group: table.columns[each] for group, each in labels.items()})


def _guess(table: Table[Any], text: int) -> dict[GroupId, int]:
    names = {name.strip().casefold(): place for place, name in enumerate(table.columns) if place != text}
    if found := {group: names[group] for group in GROUP_IDS if group in names}:
        return found
    usual = [names[name] for name in USUAL if name in names]
    if len(usual) != 1:
        told = "no column" if not usual else "more than one column"
        listed = ", ".join(repr(name[:40]) for name in table.columns[:30])
        raise TableError(
            f"{told} of {table.name} may hold the labels: say which, such as --themes COLUMN or --kind COLUMN; "
            f"its columns are {listed}"
        )
    return {"themes": usual[0]}
