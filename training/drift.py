"""Compare the tickets of a period with those of a reference period, and say whether a retrain is due."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from data.corpus import read_corpus
from data.redaction import redact
from data.store.records import Query, Ticket
from data.store.store import MOST, Store
from data.taxonomy import DEFAULT, GROUP_IDS, Labels, read_taxonomy
from models.answer import Answer, Choice, Reason
from models.load import load_engine
from training.drift_compare import Comparison, Unrest, compare, learn_unrest
from training.drift_rows import UNTIMED, Hasher, Measured, Rows, columns_of, flags_of, gather, load_rows, save_rows

MOST_RECENT: Final = 5_000
"""Messages of the period that are compared; of more, so many are drawn."""
MOST_KEPT: Final = 20_000
"""Messages of the reference, likewise."""
LEAST_KEPT: Final = 200
SEED: Final = 1


@dataclass(frozen=True)
class Reference:
    """What later periods are held against."""

    rows: Rows
    unrest: Unrest
    since: str
    until: str
    model: str
    key: str
    """Fingerprint of the key that words were hashed with."""


@dataclass(frozen=True)
class Drift:
    """What was found. `comparison` is None where there were too few messages to compare; `notes` say what was not."""

    since: str
    until: str
    messages: int
    reference: Reference
    comparison: Comparison | None
    notes: list[str]

    @property
    def due(self) -> bool:
        """Whether a retrain is due."""
        return self.comparison is not None and bool(self.comparison.alarms)


def hasher_of(store: Store) -> Hasher:
    """Make the hasher of a store: its key follows from the store's secret."""
    return Hasher(store.mark("\0drift").encode())


def measure(tickets: Iterable[Ticket], hasher: Hasher, since: datetime) -> Iterator[Measured]:
    """Measure what the model in use said of tickets; those that it has not read are left out."""
    for ticket in tickets:
        reading = ticket.reading
        if reading is None:
            continue
        when = ticket.about.received_at or ticket.stored_at
        model = f"{reading.model_version}, {reading.taxonomy_version}"
        labels: Labels = {str(group): said for group, said in reading.labels.items()}
        flags = flags_of(labels, reading.review, reading.certainty)
        week = (when - since) // timedelta(days=7)
        yield Measured(ticket.lang, week, model, flags, reading.certainty, hasher(ticket.text, ticket.lang))


def received(store: Store, since: datetime, until: datetime) -> Iterator[Ticket]:
    """Go through the tickets that were received in a period."""
    query, after = Query(received_from=since, received_to=until), None
    while True:
        page = store.list(query, MOST, after)
        yield from page.tickets
        after = page.next
        if after is None:
            return


def renew(store: Store, path: Path, *, until: datetime, days: int, taxonomy: Path = DEFAULT) -> Reference:
    """Make the reference of the period's tickets and save it; raises `ValueError` if they are too few.

    Only what the newest model said is kept.
    """
    since, hasher = until - timedelta(days=days), hasher_of(store)
    found = _draw(measure(received(store, since, until), hasher, since), MOST_KEPT)
    newest = next((t.reading for t in received(store, since, until) if t.reading), None)
    model = f"{newest.model_version}, {newest.taxonomy_version}" if newest else ""
    kept = [one for one in found if one.model == model]
    if len(kept) < LEAST_KEPT:
        told = f"the newest model ({model or 'none'}) read {len(kept)} messages in these {days} days"
        raise ValueError(f"{told}: a reference needs {LEAST_KEPT}; wait, or take more --reference-days or --corpus")
    return _save(path, gather(kept, columns_of(read_taxonomy(taxonomy))), since, until, model, hasher)


def renew_from_corpus(store: Store, path: Path, corpus: Path, home: Path | None = None) -> Reference:
    """Make the reference of the corpus: what the current model says of messages that it did not learn from."""
    engine, hasher = load_engine(home), hasher_of(store)
    measured = []
    for message in read_corpus(corpus):
        if message.split == "train":
            continue
        prepared = engine.encode_pre(message.text)
        answer = engine.encode_post(prepared, engine.encode_core([prepared])[0])
        measured.append(_asked(answer, redact(message.text, message.lang).text, hasher))
    if len(measured) < LEAST_KEPT:
        raise ValueError(f"{len(measured)} messages of {corpus} are not learnt from: a reference needs {LEAST_KEPT}")
    now = datetime.now(UTC)
    return _save(path, gather(measured, columns_of(engine.taxonomy)), now, now, measured[0].model, hasher)


def look(store: Store, path: Path, *, until: datetime, days: int) -> Drift:
    """Hold the days before `until` against the saved reference; raises as `load_rows` does."""
    rows, about = load_rows(path)
    try:
        unrest = Unrest(dict(about["unrest"]["by"]), int(about["unrest"]["weeks"]))
        reference = Reference(rows, unrest, *(str(about[name]) for name in ("since", "until", "model", "key")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not whole: make it anew with --renew") from error
    hasher = hasher_of(store)
    if reference.key != hasher.fingerprint:
        raise ValueError(f"{path} was made with another store's secret: make it anew with --renew")
    since = until - timedelta(days=days)
    found = _draw(measure(received(store, since, until), hasher, since), MOST_RECENT)
    recent = gather(found, rows.columns)
    notes = _notes(reference, recent, since)
    only_text = bool((recent.model != reference.model).any())
    try:
        comparison = compare(rows, recent, unrest, only_text=only_text)
    except ValueError as error:
        comparison, notes = None, [*notes, str(error)]
    return Drift(since.isoformat(), until.isoformat(), len(recent), reference, comparison, notes)


def _asked(answer: Answer, text: str, hasher: Hasher) -> Measured:
    """Measure an answer as the service keeps it."""
    choices = {group: value for group in GROUP_IDS if (value := getattr(answer, group))}
    labels: dict[str, str | list[str]] = {
        group: value.label if isinstance(value, Choice) else [each.label for each in value]
        for group, value in choices.items()
    }
    said = [c.confidence for value in choices.values() for c in ([value] if isinstance(value, Choice) else value)]
    abstained = {Reason.unsupported_language, Reason.unintelligible} & set(answer.review.reasons)
    certainty = 0.0 if abstained else min(said, default=0.0)
    review = [reason.value for reason in answer.review.reasons] if answer.review.needed else []
    model, lang = f"{answer.model_version}, {answer.taxonomy_version}", answer.language.label
    return Measured(lang, UNTIMED, model, flags_of(labels, review, certainty), certainty, hasher(text, lang))


def _notes(reference: Reference, recent: Rows, since: datetime) -> list[str]:
    notes = []
    if others := sorted({str(model) for model in recent.model} - {reference.model}):
        told = f"The reference was read by {reference.model}, and this period also by {', '.join(others)}"
        notes.append(f"{told}: labels, certainty and abstentions are not compared. Make a new reference (--renew).")
    if not reference.unrest.by:
        told = f"The reference has {reference.unrest.weeks} whole weeks"
        notes.append(f"{told}, too few to know how much weeks differ anyway: there may be more alarms than promised.")
    if since.isoformat() < reference.until and reference.since != reference.until:
        notes.append("The period and the reference overlap, which hides drift: renew the reference further back.")
    return notes


def _save(path: Path, rows: Rows, since: datetime, until: datetime, model: str, hasher: Hasher) -> Reference:
    found = Reference(rows, learn_unrest(rows), since.isoformat(), until.isoformat(), model, hasher.fingerprint)
    about: dict[str, Any] = {name: getattr(found, name) for name in ("since", "until", "model", "key")}
    save_rows(path, rows, {**about, "unrest": asdict(found.unrest)})
    return found


def _draw(measured: Iterable[Measured], most: int) -> list[Measured]:
    """Keep at most so many, each with the same chance, without holding more (reservoir sampling)."""
    dice, kept = random.Random(SEED), []
    for number, one in enumerate(measured):
        if number < most:
            kept.append(one)
        elif (place := dice.randrange(number + 1)) < most:
            kept[place] = one
    return kept
