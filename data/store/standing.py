"""Which labels of a ticket hold: people's for the groups that they settled, the machine's for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.store.records import GivenCorrection, GivenReading, StoredLabels
from data.taxonomy import GROUP_IDS, GroupId

PERSON, MACHINE = "person", "machine"


@dataclass(frozen=True)
class Standing:
    """What holds of a ticket's newest text, and who said so."""

    labels: StoredLabels
    settled: frozenset[GroupId]
    """Groups that a person settled."""
    hours: float | None
    certainty: float
    needs_review: bool
    model_version: str

    @property
    def judged(self) -> bool:
        return bool(self.settled)


def standing(
    readings: Sequence[GivenReading], corrections: Sequence[GivenCorrection], revision: int
) -> Standing:
    """Work it out from all that was said, oldest first."""
    given = [each for each in readings if not each.shadow and each.revision == revision]
    machine = given[-1] if given else None
    labels: StoredLabels = dict(machine.labels) if machine else {}
    hours = machine.hours if machine else None
    settled: set[GroupId] = set()
    for correction in believed(corrections, revision):
        labels.update(correction.labels)
        settled.update(correction.labels)
        if "urgency" in correction.labels:
            hours = correction.hours
    return Standing(
        labels={group: labels[group] for group in GROUP_IDS if group in labels},
        settled=frozenset(settled),
        hours=hours,
        certainty=machine.certainty if machine else 0.0,
        needs_review=not settled and (machine is None or bool(machine.review)),
        model_version=machine.model_version if machine else "",
    )


def believed(corrections: Sequence[GivenCorrection], revision: int) -> list[GivenCorrection]:
    """Keep the corrections of the newest text that were neither taken back nor quarantined."""
    undone = {each.undoes for each in corrections}
    return [
        each
        for each in corrections
        if each.revision == revision and each.undoes is None and each.id not in undone and not each.quarantined
    ]
