"""Look over what people corrected, report it, and quarantine what was given blindly, where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from data.message import Message
from data.store.records import Ticket
from data.store.standing import believed
from data.store.store import Store
from data.taxonomy import Labels, Taxonomy
from training.poisoning import CHANCE, LEAST, LEAST_OTHERS, Standing, look
from training.poisoning_evidence import Lesson, Verdict, prepare

MOST_VERDICTS: Final = 4_000
"""Corrections that are looked at, the newest ones."""
MOST_LESSONS: Final = 1_500
"""Messages of the corpus that are learnt from besides; so many are drawn from the `train` split."""
WHY: Final = "a burst of corrections by this author is likelier blind than read"


def verdicts(tickets: Iterable[Ticket]) -> list[Verdict]:
    """List the corrections that hold or were overruled by others; not those taken back or quarantined."""
    found = []
    for ticket in tickets:
        for each in believed(ticket.corrections, ticket.revision):
            name = f"{ticket.key.source}/{ticket.key.id}"
            labels: Labels = {str(group): value for group, value in each.labels.items()}
            found.append(Verdict(each.id, each.author, each.at, name, ticket.text, ticket.lang, labels))
    return sorted(found, key=lambda verdict: (verdict.at, verdict.id))[-MOST_VERDICTS:]


def lessons(messages: Sequence[Message], seed: int = 1) -> list[Lesson]:
    """Draw messages to learn from."""
    learn = [message for message in messages if message.split == "train"]
    order = np.random.default_rng(seed).permutation(len(learn))[:MOST_LESSONS]
    return [Lesson(learn[i].text, learn[i].labels) for i in order]


def audit_corrections(
    store: Store, messages: Sequence[Message], taxonomy: Taxonomy, *, since: datetime | None, quarantine: bool
) -> tuple[str, list[Standing]]:
    """Judge the authors; returns the report, as Markdown, and how each of them stands."""
    found = verdicts(store.corrected(since))
    standings = look(prepare(found, lessons(messages), taxonomy)) if found else []
    suspected = [standing for standing in standings if standing.suspected]
    if quarantine:
        for standing in suspected:
            told = f"{WHY} (since {standing.since:%Y-%m-%d %H:%M} UTC, evidence {standing.evidence:.1f})"
            store.quarantine(standing.ids, told)
    return "\n".join(_lines(found, standings, quarantine)) + "\n", standings


def _lines(found: Sequence[Verdict], standings: Sequence[Standing], quarantined: bool) -> Iterator[str]:
    suspected = [standing for standing in standings if standing.suspected]
    yield f"# Audit of {len(found):,} corrections by {len(standings)} authors\n"
    if not suspected:
        yield "**Nobody is suspected** of giving labels without reading.\n"
    groups = {verdict.id: tuple(verdict.labels) for verdict in found}
    for standing in suspected:
        settled = Counter(group for id_ in standing.ids for group in groups[id_]).most_common(3)
        pace = f", {standing.pace:.1f} times the pace of before" if standing.pace else ""
        done = "quarantined" if quarantined else "suspected; add --quarantine to stop believing them"
        yield (
            f"- **{standing.author}**: {len(standing.ids)} corrections since {standing.since:%Y-%m-%d %H:%M} UTC are "
            f"{done}. {standing.wrong} of them are likelier blind than read (mostly "
            f"{', '.join(f'{group} {count}' for group, count in settled)}){pace}. "
            "Speak with the author; what was right can be given again."
        )
    if suspected:
        yield ""
    yield (
        "Evidence is the logarithm of odds that labels were given blindly, at their worst stretch; `chance` is how "
        "often other people's corrections would give as much. A suspicion needs both far beyond chance "
        f"({CHANCE:.1%} over all authors). Authors with fewer than {LEAST} corrections, or fewer than {LEAST_OTHERS} "
        "by others to compare with, are not judged.\n"
    )
    yield "| author | corrections | evidence | chance | judged | suspected |\n|---|---|---|---|---|---|"
    for standing in standings:
        marks = [("yes" if mark else "no") for mark in (standing.judged, standing.suspected)]
        figures = f"{standing.evidence:.1f} | {standing.chance:.2g}"
        yield f"| {standing.author} | {standing.corrections} | {figures} | {' | '.join(marks)} |"
