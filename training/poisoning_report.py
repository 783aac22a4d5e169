"""Look over what people corrected, report it, and quarantine what was given blindly, where that is asked for."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from tqdm import tqdm

from data.message import Message
from data.store.records import BELIEVED, Ticket
from data.store.standing import believed
from data.store.store import Store
from data.taxonomy import Labels, Taxonomy
from training.poisoning import CHANCE, LEAST, LEAST_OTHERS, Standing, look
from training.poisoning_evidence import Lesson, Verdict, prepare

WINDOW: Final = 4_000
"""Corrections that are looked at together: a burst is held against what others said about the same time."""
MOST: Final = 100_000
"""Corrections that are looked at, the newest ones; what is older is not learnt from. 250 MB of memory."""
BATCH: Final = 1_000
"""Corrections that are quarantined at once."""
MOST_LESSONS: Final = 1_500
"""Messages of the corpus that are learnt from besides; so many are drawn from the `train` split."""
WHY: Final = "a burst of corrections by this author is likelier blind than read"


@dataclass(frozen=True)
class Audit:
    """The report, as Markdown, how each author stands, and the ids of all corrections that were looked over."""

    text: str
    standings: list[Standing]
    looked_over: frozenset[int]


def verdicts(tickets: Iterable[Ticket]) -> list[Verdict]:
    """List the newest corrections that hold or were overruled by others; not those taken back or quarantined."""
    newest = heapq.nlargest(MOST, _verdicts(tickets), key=lambda verdict: (verdict.at, verdict.id))
    return newest[::-1]


def _verdicts(tickets: Iterable[Ticket]) -> Iterator[Verdict]:
    for ticket in tickets:
        for each in believed(ticket.corrections, ticket.revision):
            name = f"{ticket.key.source}/{ticket.key.id}"
            labels: Labels = {str(group): value for group, value in each.labels.items()}
            cleared = each.quarantined == BELIEVED
            yield Verdict(each.id, each.author, each.at, name, ticket.text, ticket.lang, labels, cleared)


def windows(found: Sequence[Verdict]) -> list[Sequence[Verdict]]:
    """Cut corrections, in the order of time, into windows that overlap by half, the newest one whole."""
    ends = range(len(found), min(WINDOW // 2, max(0, len(found) - 1)), -(WINDOW // 2))
    return [found[max(0, end - WINDOW) : end] for end in ends]


def lessons(messages: Sequence[Message], seed: int = 1) -> list[Lesson]:
    """Draw messages to learn from."""
    learn = [message for message in messages if message.split == "train"]
    order = np.random.default_rng(seed).permutation(len(learn))[:MOST_LESSONS]
    return [Lesson(learn[i].text, learn[i].labels) for i in order]


def audit_corrections(
    store: Store, messages: Sequence[Message], taxonomy: Taxonomy, *, since: datetime | None, quarantine: bool
) -> Audit:
    """Judge the authors, and quarantine the bursts of those suspected where that is asked for."""
    found = verdicts(store.corrected(since))
    besides, parts = lessons(messages), windows(found)
    judged = [look(prepare(part, besides, taxonomy), len(parts)) for part in tqdm(parts, desc="audit", disable=None)]
    standings = _together([standing for part in judged for standing in part], found)
    suspected = [standing for standing in standings if standing.suspected]
    if quarantine:
        for standing in suspected:
            told = f"{WHY} (since {standing.since:%Y-%m-%d %H:%M} UTC, evidence {standing.evidence:.1f})"
            for at in range(0, len(standing.ids), BATCH):
                store.quarantine(standing.ids[at : at + BATCH], told)
    text = "\n".join(_lines(found, standings, quarantine)) + "\n"
    return Audit(text, standings, frozenset(verdict.id for verdict in found))


def _together(judged: Sequence[Standing], found: Sequence[Verdict]) -> list[Standing]:
    """Join what was found of an author in several windows, at its worst and with all bursts; the most suspect first."""
    corrections = Counter(verdict.author for verdict in found)
    own: defaultdict[str, list[Standing]] = defaultdict(list)
    for standing in sorted(judged, key=_suspicion):
        own[standing.author].append(standing)
    joined = [
        replace(
            all_[0],
            corrections=corrections[author],
            judged=any(each.judged for each in all_),
            since=min((each.since for each in all_ if each.since), default=None),
            ids=tuple(sorted({id_ for each in all_ for id_ in each.ids})),
            wrong=tuple(sorted({id_ for each in all_ for id_ in each.wrong})),
        )
        for author, all_ in own.items()
    ]
    return sorted(joined, key=_suspicion)


def _suspicion(standing: Standing) -> tuple[bool, float, str]:
    return not standing.suspected, -standing.evidence, standing.author


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
            f"{done}. {len(standing.wrong)} of them are likelier blind than read (mostly "
            f"{', '.join(f'{group} {count}' for group, count in settled)}){pace}. "
            "Speak with the author; if they read them after all, --believe and their name take the quarantine back."
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
