"""Tickets that people judged, as messages to learn from: in the words of today's taxonomy, or left out and said so.

Only what people settled counts. A group that they left as the machine had it stays open: who learnt from it, or was
examined with it, would learn its own guesses and be found right by them.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from data.cleaning import clean
from data.message import Message
from data.store.records import GivenCorrection, Ticket, TicketKey
from data.store.standing import believed
from data.taxonomy import GROUP_IDS, SINGLE, GroupId, Labels, Taxonomy, as_list
from data.taxonomy_history import TaxonomyHistory


class CorrectedMessage(Message):
    """A ticket's text with the labels that people gave. Groups in `open` nobody settled: nothing is learnt of them."""

    open: list[GroupId] = Field(default=[])

    @property
    def labels(self) -> Labels:
        """The labels by group, without the open ones."""
        return {group: value for group, value in super().labels.items() if group not in self.open}


class Row(BaseModel):
    """One line of a snapshot: a ticket as it was learnt from, or held back to examine with (`newest`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: TicketKey
    revision: int
    stored_at: AwareDatetime
    judged_at: AwareDatetime
    """When the newest of its corrections that hold was made."""
    author: str
    given: tuple[int, ...] = ()
    """Ids of the corrections that its labels rest on; snapshots of earlier versions do not tell."""
    fresh: bool
    """Whether it was judged, perhaps again, since the champion learnt."""
    seen: bool = False
    """Whether somebody had judged it by then: the champion may know it."""
    use: Literal["learn", "newest"] = "learn"
    message: CorrectedMessage


@dataclass
class Gathered:
    """The rows, and what was left out of them and why, counted."""

    rows: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Tickets by reason."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Groups of labels by what does not fit the taxonomy; the rest of their tickets is learnt from."""


def gather(
    tickets: Iterable[Ticket],
    history: TaxonomyHistory,
    since: datetime | None,
    alias: Callable[[TicketKey], str],
    *,
    known: datetime | None = None,
    looked_over: frozenset[int] | None = None,
) -> Gathered:
    """Turn judged tickets into rows, in the words of today's taxonomy.

    What was judged after `since` is fresh, what was judged up to `known` the champion may have seen; `alias` is
    `Store.alias`. Tickets with corrections whose ids are not among those `looked_over` are left out.
    """
    found = Gathered()
    for ticket in tickets:
        held = believed(ticket.corrections, ticket.revision)
        if not held:
            continue
        if looked_over is not None and not looked_over.issuperset(each.id for each in held):
            found.left_out["with corrections that were not looked over: of long ago, or made meanwhile"] += 1
        elif row := _row(ticket, row_id(alias(ticket.key)), held, history, since, known, found):
            found.rows.append(row)
    found.rows.sort(key=lambda row: (row.judged_at, row.message.id))
    return found


def row_id(alias: str) -> str:
    """Name a ticket without telling which (`Store.alias`): the name stands in lists that outlive the run."""
    return f"ticket-{alias[:20]}"


def _row(
    ticket: Ticket,
    name: str,
    held: list[GivenCorrection],
    history: TaxonomyHistory,
    since: datetime | None,
    known: datetime | None,
    found: Gathered,
) -> Row | None:
    whole = ticket.text.encode("utf-8", "replace").decode()  # half a character could not be written down
    text = unicodedata.normalize("NFC", clean(whole).text).strip()
    if not text:
        found.left_out["no text"] += 1
        return None
    if ticket.lang not in history.current.languages:
        found.left_out["in a language that the taxonomy does not have"] += 1
        return None
    labels = _fitting(_settled(held, history, found.dropped), history.current, found.dropped)
    if not labels:
        found.left_out["no group of labels fits the taxonomy"] += 1
        return None
    given: dict[str, Any] = dict(labels.items())
    judged_at = max(each.at for each in held)
    return Row(
        key=ticket.key,
        revision=ticket.revision,
        stored_at=ticket.stored_at,
        judged_at=judged_at,
        author=held[-1].author,
        given=tuple(each.id for each in held),
        fresh=since is None or judged_at > since,
        seen=known is not None and any(each.at <= known for each in ticket.corrections),
        message=CorrectedMessage(
            id=name,
            text=text,
            lang=ticket.lang,
            group=name,
            split="train",
            channel=ticket.about.channel,
            open=[group for group in GROUP_IDS if group not in labels],
            **given,
        ),
    )


def _settled(held: Iterable[GivenCorrection], history: TaxonomyHistory, dropped: Counter[str]) -> Labels:
    """Gather what people said, the last word on each group, in the words of today.

    Where no map leads from a correction's taxonomy it stays as given. What a split left open the machine's new reading
    does not fill in here, as it does for reports: it would be its own guess.
    """
    labels: dict[str, str | list[str]] = {}
    again: set[str] = set()
    for each in held:
        given, unclear = dict(each.labels), set[str]()
        if each.taxonomy_version != history.current.version and each.taxonomy_version in history.versions:
            mapped = history.bring(each.labels, each.taxonomy_version)
            given, unclear = mapped.labels, {*mapped.unclear}
        for group in each.labels:
            labels.pop(group, None)
            again.discard(group)
        labels.update(given.items())
        again |= unclear
    dropped.update(f"{group}: to be judged again since the taxonomy changed" for group in again)
    return labels


def _fitting(labels: Labels, taxonomy: Taxonomy, dropped: Counter[str]) -> dict[GroupId, str | list[str]]:
    """Keep the groups that fit the taxonomy, whole or not at all: a set without its old label would be a lie."""
    kept: dict[GroupId, str | list[str]] = {}
    for id_ in GROUP_IDS:
        if id_ not in labels:
            continue
        chosen, known = as_list(labels[id_]), taxonomy.ids(id_)
        if not known:
            dropped[f"{id_}: no group of this taxonomy"] += 1
        elif unknown := [label for label in chosen if label not in known]:
            dropped[f"{id_}: no label {unknown[0]!r}"] += 1
        elif (id_ in SINGLE) != isinstance(labels[id_], str) or (id_ in SINGLE and len(chosen) != 1):
            dropped[f"{id_}: not {'one label' if id_ in SINGLE else 'a list'}"] += 1
        else:
            kept[id_] = chosen[0] if id_ in SINGLE else list(dict.fromkeys(chosen))
    for rule in taxonomy.rules:
        if not {*as_list(kept.get(rule.group))} & {*rule.labels}:
            continue
        for other in (*rule.needed, *rule.empty):
            if other in kept and bool(as_list(kept[other])) == (other in rule.empty):
                dropped[f"{other}: against the rule of {rule.group} {'/'.join(rule.labels)}"] += 1
                del kept[other]
    return kept
