"""All tickets as columns: what every figure of a report is counted from.

A `Ledger` is never changed: a page counts all its figures from one state of the store. It holds no text, no name and
no id of a ticket system; `ids` are the store's own, by which examples are read. A million tickets take about 120 MB
with the default taxonomy, and most counts over them some milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from data.store.facts import EARLIEST, Fact, Facts, LabelSets, gather
from data.taxonomy import GROUP_IDS, GroupId

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

FEATURES: Final = ("source", "lang", "channel", "branch", "model")
"""What a ticket has exactly one of, beside its labels."""

MOST_NAMES: Final = 4_000
"""Values of a feature that are told apart, the most frequent."""

OTHERS: Final = "…"
"""Stands for all other values of a feature: somebody may send an order's number as the branch."""

_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, eq=False)
class Feature:
    """One value a ticket: `names[codes[i]]`."""

    names: tuple[str, ...]
    codes: npt.NDArray[np.int32]

    def is_(self, name: str) -> Bools:
        """Tickets (n) that have this value; none where nobody has."""
        if name not in self.names:
            return np.zeros(len(self.codes), np.bool_)
        found: Bools = self.codes == self.names.index(name)
        return found

    def counts(self) -> dict[str, int]:
        """Tickets by value, every name included."""
        found = np.bincount(self.codes, minlength=len(self.names))
        return dict(zip(self.names, found.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of one group: `held[j, i]` says whether ticket i has `names[j]`."""

    names: tuple[str, ...]
    held: Bools

    def of(self, name: str) -> Bools:
        """Tickets (n) that have this label; none where nobody has."""
        if name not in self.names:
            return np.zeros(self.held.shape[1], np.bool_)
        found: Bools = self.held[self.names.index(name)]
        return found

    def any_of(self, names: Iterable[str]) -> Bools:
        """Tickets (n) that have at least one of these labels."""
        found = np.zeros(self.held.shape[1], np.bool_)
        for name in names:
            found |= self.of(name)
        return found

    def counts(self) -> dict[str, int]:
        """Tickets by label."""
        return dict(zip(self.names, self.held.sum(axis=1).tolist(), strict=True))

    @property
    def any(self) -> Bools:
        """Tickets (n) that have some label of the group."""
        return np.asarray(self.held.any(axis=0))


@dataclass(frozen=True, eq=False)
class Ledger:
    """n tickets, in no order. Times are hours; what is not known is NaN, and 0 for `contact`."""

    ids: Ints
    days: npt.NDArray[np.int32]
    """Days of receipt in the reports' time zone, counted from 1970-01-01 (`day_of`, `date_of`)."""
    received_hours: npt.NDArray[np.float64]
    """Moments of receipt, in hours since 1970-01-01 UTC (`hours_of`)."""
    features: Mapping[str, Feature]
    """By `FEATURES`."""
    labels: Mapping[GroupId, Labels]
    """Those that hold, every group of the taxonomy's six included."""
    said: Mapping[GroupId, Labels]
    """What the machine said, for counting its errors; the same arrays as `labels` in groups that nobody corrected."""
    answered: Floats
    """Hours from receipt to the first answer."""
    closed: Floats
    """Hours from receipt to the end."""
    due: Floats
    """Hours within which a person must act."""
    contact: npt.NDArray[np.int16]
    certainty: Floats
    judged: Bools
    needs_review: Bools
    zone: tzinfo = UTC
    """Whose `days` they are."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Bools | Ints | slice) -> Ledger:
        """Keep some tickets: those where a mask (n) is true, or those at some places."""
        places = np.arange(len(self))[rows]
        if len(places) == len(self) and np.asarray(rows).dtype == np.bool_:
            return self
        features = {name: Feature(each.names, each.codes.take(places)) for name, each in self.features.items()}
        plain = {field.name: getattr(self, field.name).take(places) for field in fields(self) if field.name in _PLAIN}
        labels = _Picked(self.labels, places)
        return replace(self, **plain, features=features, labels=labels, said=_Picked(self.said, places, labels))

    def feature(self, name: str) -> Feature:
        """One of `FEATURES`; raises `KeyError`."""
        return self.features[name]

    @property
    def today(self) -> date:
        """The day that it is now."""
        return datetime.now(self.zone).date()

    @property
    def first_day(self) -> date | None:
        """The earliest day of receipt that can be true; None where there is none."""
        found = self._true_days()
        return date_of(int(found.min())) if len(found) else None

    @property
    def last_day(self) -> date | None:
        """The latest day of receipt that can be true, not after today; None where there is none."""
        found = self._true_days()
        return date_of(int(found.max())) if len(found) else None

    def _true_days(self) -> npt.NDArray[np.int32]:
        return self.days[(self.days >= day_of(EARLIEST.date())) & (self.days <= day_of(self.today))]


class _Picked(Mapping[GroupId, Labels]):
    """The labels of some tickets. A group's are picked when they are first asked for: most figures need one or two."""

    def __init__(self, whole: Mapping[GroupId, Labels], places: Ints, same: _Picked | None = None) -> None:
        """Pick at `places`; `same` has picked from another mapping, and groups that were the same there stay so."""
        self._whole, self._places, self._same = whole, places, same
        self._picked: dict[GroupId, Labels] = {}

    def __getitem__(self, group: GroupId) -> Labels:
        # Two threads may both pick a group, but what either got first is what both have.
        return self._picked.get(group) or self._picked.setdefault(group, self._pick(group))

    def __iter__(self) -> Iterator[GroupId]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def _pick(self, group: GroupId) -> Labels:
        labels = self._whole[group]
        if self._same is not None and labels is self._same._whole[group]:
            return self._same[group]
        return Labels(labels.names, labels.held.take(self._places, axis=1))


_PLAIN: Final = (
    "ids", "days", "received_hours", "answered", "closed", "due", "contact", "certainty", "judged", "needs_review",
)  # fmt: skip


def make_ledger(facts: Facts | Iterable[Fact], zone: ZoneInfo | None = None) -> Ledger:
    """Write tickets into columns. Days are those of `zone`, by default UTC."""
    if not isinstance(facts, Facts):
        facts = gather(list(facts))
    said = [held if own is None else own for own, held in zip(facts.said, facts.labels, strict=True)]
    labels = _all_labels(facts.labels, GROUP_IDS)
    changed = _changed(facts)
    received = facts.received_at
    return Ledger(
        ids=np.array(facts.id, np.int64),
        days=days_of(received, zone),
        received_hours=received / 3_600,
        features={name: _feature(getattr(facts, name)) for name in FEATURES},
        labels=labels,
        said=labels | _all_labels(said, changed) if changed else labels,
        answered=((facts.first_answered_at - received) / 3_600).astype(np.float32),
        closed=((facts.closed_at - received) / 3_600).astype(np.float32),
        due=np.array(facts.hours, np.float32),
        contact=np.nan_to_num(np.array(facts.contact, np.float32)).astype(np.int16),
        certainty=np.array(facts.certainty, np.float32),
        judged=np.array(facts.judged, np.bool_),
        needs_review=np.array(facts.needs_review, np.bool_),
        zone=zone or UTC,
    )


def join_ledgers(parts: Sequence[Ledger]) -> Ledger:
    """Put ledgers together; what they call their values and labels may differ. A ticket should be in one of them.

    All should be of one zone. Values of a feature beyond `MOST_NAMES` become `OTHERS`, once and for all: what comes up
    later counts there until all are read anew.
    """
    if not parts:
        return make_ledger(())
    labels = {group: _join_labels([part.labels[group] for part in parts]) for group in GROUP_IDS}
    said = {
        group: labels[group]
        if all(part.said[group] is part.labels[group] for part in parts)
        else _join_labels([part.said[group] for part in parts])
        for group in GROUP_IDS
    }
    plain: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _PLAIN}
    features = {name: _join_features([part.features[name] for part in parts]) for name in FEATURES}
    return Ledger(**plain, features=features, labels=labels, said=said, zone=parts[0].zone)


def day_of(when: date) -> int:
    """Count a date as `Ledger.days` does."""
    return when.toordinal() - _EPOCH


def hours_of(when: datetime) -> float:
    """Count a moment as `Ledger.received_hours` does."""
    return when.timestamp() / 3_600


def date_of(day: int) -> date:
    """Read a day of `Ledger.days`."""
    return date.fromordinal(day + _EPOCH)


def days_of(seconds: Ints, zone: ZoneInfo | None) -> npt.NDArray[np.int32]:
    """Days in a zone of moments, given in seconds since 1970-01-01 UTC."""
    if zone is None or not len(seconds):
        return (seconds // 86_400).astype(np.int32)
    # Offsets change on quarters of an hour at the most often, so each quarter is looked up once.
    quarters, places = np.unique(seconds // 900, return_inverse=True)
    offsets = [_offset(int(quarter) * 900, zone) for quarter in quarters]
    return ((seconds + np.array(offsets, np.int64)[places]) // 86_400).astype(np.int32)


def _offset(second: int, zone: ZoneInfo) -> int:
    try:
        offset = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    except (OverflowError, ValueError, OSError):  # the years 1 and 9999
        return 0
    return int(offset.total_seconds()) if offset else 0


def _feature(values: Sequence[str]) -> Feature:
    names = tuple(sorted(set(values)))
    place = {name: code for code, name in enumerate(names)}
    return Feature(names, np.array([place[value] for value in values], np.int32))


def _changed(facts: Facts) -> list[GroupId]:
    """Name the groups in which a person changed what the machine said of some ticket."""
    pairs = [(own, held) for own, held in zip(facts.said, facts.labels, strict=True) if own is not None]
    return [
        group for group in GROUP_IDS if any(set(own.get(group, ())) != set(held.get(group, ())) for own, held in pairs)
    ]


def _all_labels(rows: Sequence[LabelSets], groups: Iterable[GroupId]) -> dict[GroupId, Labels]:
    """Write labels into columns. Each mapping is looked at once, however many tickets share it."""
    different = {id(row): row for row in rows}
    place = {id_: code for code, id_ in enumerate(different)}
    codes = np.array([place[id(row)] for row in rows], np.int64)
    return {group: _labels(list(different.values()), codes, group) for group in groups}


def _labels(different: Sequence[LabelSets], codes: Ints, group: GroupId) -> Labels:
    names = tuple(sorted({label for row in different for label in row.get(group, ())}))
    place = {name: code for code, name in enumerate(names)}
    held = np.zeros((len(names), len(different)), np.bool_)
    pairs = [(place[label], i) for i, row in enumerate(different) for label in row.get(group, ())]
    if pairs:
        held[tuple(np.array(pairs).T)] = True
    return Labels(names, held[:, codes])


def _join_features(parts: Sequence[Feature]) -> Feature:
    tickets: Counter[str] = Counter()
    for part in parts:
        tickets.update(part.counts())
    named = Counter({name: n for name, n in tickets.items() if n and name != OTHERS})
    kept = {name for name, _ in named.most_common(MOST_NAMES)}
    names = tuple(sorted(kept | {OTHERS} if tickets[OTHERS] or len(named) > len(kept) else kept))
    place = {name: code for code, name in enumerate(names)}
    rest = place.get(OTHERS, 0)
    codes = [np.array([place.get(name, rest) for name in part.names] or [0], np.int32)[part.codes] for part in parts]
    return Feature(names, np.concatenate(codes))


def _join_labels(parts: Sequence[Labels]) -> Labels:
    names = tuple(sorted({name for part in parts for name in part.names}))
    held = np.zeros((len(names), sum(part.held.shape[1] for part in parts)), np.bool_)
    start = 0
    for part in parts:
        end = start + part.held.shape[1]
        for name, row in zip(part.names, part.held, strict=True):
            held[names.index(name), start:end] = row
        start = end
    return Labels(names, held)
