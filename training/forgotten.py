"""What a network learnt from, and what of it must not be known any more: one begun from it would carry it on.

RUNS/NAME/learnt.jsonl names the tickets that a run's network knows, without their texts: those that it learnt from, and
where it began from the champion's network, those that the champion knew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from data.store.copies import LEARNT, Learnt, as_lines, writing
from data.store.records import TicketKey
from data.store.standing import believed
from data.store.store import Store
from training.champion import Champion
from training.corrections import Row
from training.runs import write_private


def write_learnt(folder: Path, rows: Iterable[Row], inherited: Iterable[Learnt]) -> None:
    """Note what a run's network knows: the rows that it learns from, and what it has from the champion."""
    known: defaultdict[TicketKey, set[int]] = defaultdict(set)
    own = (Learnt(key=row.key, given=row.given) for row in rows if row.use == "learn")
    for each in (*inherited, *own):
        if each.key:
            known[each.key].update(each.given)
    lines = (Learnt(key=key, given=tuple(sorted(given))) for key, given in known.items())
    write_private(folder / LEARNT, as_lines(lines))


def read_learnt(folder: Path) -> list[Learnt] | None:
    """Read what a run's network knows; None where that is not told. A damaged line counts as an erased ticket."""
    path = folder / LEARNT
    if not path.is_file():
        return None
    with writing(folder.parent):
        lines = path.read_bytes().split(b"\n")
    return [_learnt(line) for line in lines if line.strip()]


def _learnt(line: bytes) -> Learnt:
    try:
        return Learnt.model_validate_json(line)
    except ValidationError:
        return Learnt()


def believed_ids(store: Store) -> set[int]:
    """Gather the ids of all corrections that hold."""
    return {each.id for ticket in store.corrected() for each in believed(ticket.corrections, ticket.revision)}


def find_forgotten(champion: Champion, runs: Path, held: set[int], store: Store) -> list[Learnt] | None:
    """Find the tickets that the champion knows and that were erased, or whose corrections were found wrong.

    Those were taken back or quarantined. What people said of an earlier text was right of that, and what was purged by
    its age nobody took back: neither counts. `held` are corrections that hold, and need not be looked up. None where
    what the champion learnt from is not told, so that nobody can say.
    """
    if not champion.learnt:
        return []
    known = read_learnt(runs / champion.version)
    if known is None:
        return None
    return [
        each
        for each in known
        if not each.key or not (held.issuperset(each.given) or _right(store, each.key, each.given))
    ]


def _right(store: Store, key: TicketKey, given: Iterable[int]) -> bool:
    ticket = store.get(key)
    if ticket is None:
        return not store.erased(key)
    wrong = {each.id for each in ticket.corrections}
    for revision in {each.revision for each in ticket.corrections}:
        wrong.difference_update(each.id for each in believed(ticket.corrections, revision))
    return wrong.isdisjoint(given)
