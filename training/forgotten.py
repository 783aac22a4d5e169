"""What the champion learnt from and must not know any more: a network begun from its own would carry it on."""

from __future__ import annotations

from pathlib import Path

from data.store.standing import believed
from data.store.store import Store
from training.champion import Champion
from training.snapshots import SNAPSHOT, read_rows


def believed_ids(store: Store) -> set[int]:
    """Gather the ids of all corrections that hold."""
    return {each.id for ticket in store.corrected() for each in believed(ticket.corrections, ticket.revision)}


def count_forgotten(champion: Champion, runs: Path, held: set[int]) -> int | None:
    """Count the tickets that the champion learnt from and that were erased, or judged by corrections not in `held`.

    These were taken back, quarantined, or given to an earlier text. None where the snapshot that the champion learnt
    from is not there any more, so that nobody can tell.
    """
    if not champion.learnt:
        return 0
    if not (snapshot := runs / champion.version / SNAPSHOT).is_file():
        return None
    learnt = [row for row in read_rows(snapshot) if row.use == "learn" and held.issuperset(row.given)]
    return champion.learnt - len(learnt)
