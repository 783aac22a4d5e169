"""Judged tickets as a table that `python -m training own` reads: the way from a ticket store to labels of one's own.

A row is a ticket's redacted text with the labels that people gave it, never the machine's. A table says of every row
all of its groups, so a ticket that people settled only in part of them is left out, and counted.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from data.store.records import Ticket
from data.store.standing import believed
from data.store.store import Store
from data.tables.cells import joined
from data.tables.table import TableError
from data.taxonomy import GROUP_IDS, SINGLE, GroupId
from data.taxonomy_history import TaxonomyHistory
from data.whole import writing_whole

COLUMNS: Final = ("source", "id", "language", "text")
"""Before the groups; the ticket's name is there for whoever has to take one out of the file again."""

Given = dict[GroupId, str | list[str]]


@dataclass
class Judged:
    """What was written, and what was left out and why, counted."""

    groups: Sequence[GroupId]
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    taxonomies: set[str] = field(default_factory=set)
    """That the labels were given by, where no taxonomy was asked for."""


def export_judged(
    store: Store, path: Path, groups: Sequence[GroupId] = (), history: TaxonomyHistory | None = None
) -> Judged:
    """Write `path`, CSV or JSONL by its ending, whole or not at all; it must not be there yet.

    Without `groups` these are all that people settled anywhere; with a history, labels are in its taxonomy's words.
    Raises `TableError`.
    """
    if (kind := path.suffix.lower()) not in (".csv", ".jsonl"):
        raise TableError(f"{path}: judged tickets are written as CSV or JSONL: end the name in .csv or .jsonl")
    if path.exists():
        raise TableError(f"{path} is there already: name another file")
    anywhere = {group for ticket in store.corrected() for group in _settled(ticket, history)}
    found = Judged([group for group in GROUP_IDS if group in (groups or anywhere)])
    if not anywhere:
        raise TableError("nobody has judged a ticket yet: there is nothing to write")
    # A label may begin like a formula and a text often does; as JSON, both stay as they are.
    with writing_whole(path, permissions=0o600) as file:
        write = _csv(file, found.groups) if kind == ".csv" else _jsonl(file)
        for ticket, labels in _rows(store, found, history):
            about = {"source": ticket.key.source, "id": ticket.key.id, "language": ticket.lang, "text": ticket.text}
            write({**about, **{str(group): value for group, value in labels.items()}})
            found.rows += 1
        if not found.rows:
            told = ", ".join(f"{count} {why}" for why, count in found.left_out.items())
            raise TableError(f"no ticket can be written: {told}; name fewer groups with --groups")
    return found


def _rows(store: Store, found: Judged, history: TaxonomyHistory | None) -> Iterator[tuple[Ticket, Given]]:
    alone = len(found.groups) == 1
    for ticket in store.corrected():
        settled = _settled(ticket, history)
        if missing := [group for group in found.groups if group not in settled]:
            found.left_out[f"without a person's word on {', '.join(missing)}"] += 1
        elif any((alone or group in SINGLE) and not settled[group] for group in found.groups):
            found.left_out["without any label where one is needed"] += 1
        elif not ticket.text.strip():
            found.left_out["without a text"] += 1
        else:
            if history is None:
                held = believed(ticket.corrections, ticket.revision)
                found.taxonomies |= {each.taxonomy_version for each in held}
            yield ticket, {group: settled[group] for group in found.groups}


def _settled(ticket: Ticket, history: TaxonomyHistory | None) -> Given:
    """Gather what people said, the last word on each group; what no longer has a word for it is left out."""
    labels: Given = {}
    for each in believed(ticket.corrections, ticket.revision):
        given: Any = each.labels
        if history:
            known = each.taxonomy_version in history.versions
            given = history.bring(each.labels, each.taxonomy_version).labels if known else {}
        for group in each.labels:
            labels.pop(group, None)
        labels.update({group: label for group, label in given.items() if group in each.labels})
    return labels


def _jsonl(file: IO[str]) -> Callable[[dict[str, Any]], object]:
    return lambda row: file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _csv(file: IO[str], groups: Sequence[GroupId]) -> Callable[[dict[str, Any]], object]:
    columns = [*COLUMNS, *groups]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return lambda row: writer.writerow([joined(row[column]) for column in columns])
