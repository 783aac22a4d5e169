"""Which labels of a ticket hold: people's for the groups that they settled, the machine's for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.store.records import GivenCorrection, GivenReading, StoredLabels
from data.taxonomy import GROUP_IDS, GroupId, as_list

PERSON, MACHINE = "person", "machine"

Labels = Mapping[GroupId, str | list[str]]


@dataclass(frozen=True)
class Standing:
    """What holds of a ticket's newest text, and who said so."""

    labels: StoredLabels
    settled: frozenset[GroupId]
    """Groups that a person settled."""
    hours: float | None
    certainty: float
    needs_review: bool
    agreed: bool
    """Whether the newest reading of a challenger, if there is one, does not differ from the answer that was given."""
    model_version: str

    @property
    def judged(self) -> bool:
        return bool(self.settled)

    @property
    def waiting(self) -> bool:
        """Whether a person should look, for the ticket's sake or because it would teach most."""
        return not self.judged and (self.needs_review or not self.agreed)


def standing(readings: Sequence[GivenReading], corrections: Sequence[GivenCorrection], revision: int) -> Standing:
    """Work it out from all that was said, oldest first."""
    given = [each for each in readings if not each.shadow and each.revision == revision]
    machine = given[-1] if given else None
    challenge = next((each for each in reversed(readings) if each.shadow and each.revision == revision), None)
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
        agreed=machine is None or challenge is None or not differing(machine.labels, challenge.labels),
        model_version=machine.model_version if machine else "",
    )


def differing(some: Labels, others: Labels) -> list[GroupId]:
    """Name the groups that are labelled differently; order does not count, and a missing group is an empty one."""
    return [group for group in GROUP_IDS if sorted(as_list(some.get(group))) != sorted(as_list(others.get(group)))]


def believed(corrections: Sequence[GivenCorrection], revision: int) -> list[GivenCorrection]:
    """Keep the corrections of the newest text that were neither taken back nor quarantined."""
    undone = {each.undoes for each in corrections}
    return [
        each
        for each in corrections
        if each.revision == revision and each.undoes is None and each.id not in undone and not each.quarantined
    ]
