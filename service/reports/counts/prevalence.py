"""How many messages truly have a label, estimated from what the classifier said and how it errs.

A classifier that finds four complaints of five and cries wolf once in fifty is wrong in a different way in every
language and at every true share, so its counts may not be compared as they are. Each model's errors were counted on
frozen gold (`models.confusion`); here they are taken out again (`correcting`), language by language and
model by model, and what cannot be known becomes the width of the interval.

What is corrected is what the machine said of all tickets, those that a person judged included. People judge what was
doubtful or went wrong, so their corrections are a biased sample: to put them in the place of the machine's answers and
to correct only the rest by gold's errors would take the same errors out twice.

A ticket of which the machine said nothing at all, in a language that the model was not made for, is among the tickets
of its cell and has no label: nothing is guessed about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from weakref import ReferenceType, ref

import numpy as np
import numpy.typing as npt

from data.taxonomy import GroupId
from models.confusion import Confusion
from service.reports.counts.correcting import (
    DRAWS,
    dice_of,
    draw_many,
    draw_rates,
    draw_single,
    many_counts,
    matrices_of,
    single_counts,
    usual_mix,
)
from service.reports.figure import Interval
from service.reports.ledger import Bools, Floats, Ints, Ledger

ENDS: Final = (50.0, 2.5, 97.5)
"""Percentiles of the draws: the middle and the ends of an interval."""
Places = npt.NDArray[np.integer]
_PLACES: Final = np.array(ENDS) / 100
AT_ONCE: Final = 400_000
"""Draws that are made at a time: what fits into a processor's cache is twice as fast, and it bounds the memory."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Tickets by label (L) and cell (C): as they were counted, and S draws of what the truth may be, drawn jointly.

    Sums, differences and shares of counts are made draw by draw, so that their intervals are right as well. A draw is
    of these very tickets; whether other tickets would have been alike is not in it (`service.reports.compare`).
    """

    names: tuple[str, ...]
    """The labels that the models know, in the taxonomy's order, and those that tickets have beside."""
    counted: Ints
    """L × C."""
    draws: Floats
    """L × C × S."""
    tickets: Ints
    """C: all tickets of a cell, whatever their labels."""
    corrected: bool
    """Whether the errors of every model that spoke here are known; else what it said is taken as it is."""

    def interval(self, label: str, cell: int = 0) -> Interval:
        """Estimate the tickets with a label in a cell; 0 of a label that nothing has."""
        return self._interval(label, cell, 1.0)

    def share(self, label: str, cell: int = 0) -> Interval:
        """Estimate its share of the cell's tickets, 0 to 1; 0 where there are none."""
        return self._interval(label, cell, float(max(self.tickets[cell], 1)))

    def of(self, label: str) -> Floats:
        """Give the draws of a label (C × S); raises `ValueError` for one that nothing has."""
        found: Floats = self.draws[self.names.index(label)]
        return found

    def _interval(self, label: str, cell: int, whole: float) -> Interval:
        if label not in self.names:
            return Interval(0.0, 0.0, 0.0, 0.0)
        place = self.names.index(label)
        return interval(self.draws[place, cell].astype(np.float64) / whole, float(self.counted[place, cell]) / whole)


def interval(draws: npt.NDArray[np.floating], counted: float | None = None) -> Interval:
    """Sum draws (S) up: the middle, and the range that holds 95 of 100."""
    # What `np.percentile` does, at a tenth of the time: pages have hundreds of intervals.
    drawn = np.sort(draws.astype(np.float64))
    at = _PLACES * (len(drawn) - 1)
    below = at.astype(np.int64)
    under, over = drawn[below], drawn[np.minimum(below + 1, len(drawn) - 1)]
    mid, low, high = under + (over - under) * (at - below)
    return Interval(float(mid), float(low), float(high), None if counted is None else float(counted))


class Prevalence:
    """Knows how each model errs."""

    def __init__(self, confusions: Mapping[str, Confusion]) -> None:
        self.confusions = confusions
        """By version of the model."""
        self._rates: dict[tuple[str, GroupId, str], Floats] = {}
        self._matrices: dict[tuple[str, GroupId, str, bool], tuple[Floats, Floats]] = {}
        self._divided: tuple[ReferenceType[Ledger], ReferenceType[Places], _Division] | None = None

    def counts(self, ledger: Ledger, group: GroupId, cells: Places | None = None, size: int = 1) -> Counts:
        """Count a group's labels in `size` cells.

        `cells` (n) says which one each ticket is in, by default all in one; below 0 it is in none. The same tickets
        give the same draws again. Cells that were chosen by what the machine said in this very group cannot be
        corrected: they hold no ticket in which it missed the label, and their false alarms look like hits.
        """
        division = self._divide(ledger, cells, size)
        names = self._names(ledger, group)
        counted = np.zeros((len(names), size), np.int64)
        draws = np.zeros((len(names), size, DRAWS), np.float32)
        corrected = True
        for part in _parts(ledger, group, names, division):
            counted += part.said
            confusion = self.confusions.get(part.model)
            known = _known(confusion, group)
            rows = np.array([names.index(label) for label in known], np.int64)
            strange = np.setdiff1d(np.arange(len(names)), rows)
            draws[strange] += part.said[strange, :, None]
            corrected &= bool(len(rows)) and not part.said[strange].any()
            if confusion is not None and len(rows):
                for some, truth in self._truth(confusion, group, part, rows):
                    draws[np.ix_(rows, some)] += truth
        return Counts(names, counted, draws, division.tickets, bool(corrected))

    def _divide(self, ledger: Ledger, cells: Places | None, size: int) -> _Division:
        """Divide tickets once for all groups that are counted in the same cells one after the other."""
        last = self._divided
        if cells is not None and last and last[0]() is ledger and last[1]() is cells and last[2].size == size:
            return last[2]
        places = np.zeros(len(ledger), np.int64) if cells is None else np.asarray(cells, np.int64)
        found = _division(ledger, places, self.read(ledger), size)
        if cells is not None:
            self._divided = ref(ledger), ref(cells), found
        return found

    def _names(self, ledger: Ledger, group: GroupId) -> tuple[str, ...]:
        spoke = [name for name, found in ledger.feature("model").counts().items() if found]
        known = [label for model in spoke for label in _known(self.confusions.get(model), group)]
        return tuple(dict.fromkeys([*known, *ledger.said[group].names, *ledger.labels[group].names]))

    def read(self, ledger: Ledger) -> Bools:
        """Find the tickets (n) that were read: in a language that the model was measured in, or given some label."""
        models, languages = ledger.feature("model"), ledger.feature("lang")
        rows = [_languages(self.confusions.get(model)) for model in models.names]
        measured = np.array([[not row or name in row for name in languages.names] for row in rows], np.bool_)
        read: Bools = measured.reshape(len(rows), len(languages.names))[models.codes, languages.codes]
        doubtful = np.flatnonzero(~read)
        if len(doubtful):
            read[doubtful] = np.any([each.held[:, doubtful].any(axis=0) for each in ledger.said.values()], axis=0)
        return read

    def _truth(self, confusion: Confusion, group: GroupId, part: _Part, rows: Ints) -> Iterator[tuple[Ints, Floats]]:
        """Draw what labels (`rows`) a part's tickets truly have, some cells at a time; yields those and the draws."""
        rates = self._rates_of(confusion, group, part)
        many, said = group in confusion.many, part.said[rows]
        answers = np.stack([said, part.tickets - said]) if many else np.vstack([said, part.tickets - part.said.sum(0)])
        usual = usual_mix(answers)
        silent = not many and bool(answers[-1].any())
        if not many and not silent:
            answers, usual = answers[:-1], usual[:-1]
        for some in _portions(part.tickets, len(rows)):
            dice = dice_of(part.model, group, part.language, answers[..., some])
            if many:
                yield some, draw_many(answers[..., some], usual, rates, dice)
            else:
                matrices = self._matrices_of((part.model, group, part.language), rates, silent)
                yield some, draw_single(answers[..., some], usual, matrices, dice)

    def _matrices_of(self, key: tuple[str, GroupId, str], rates: Floats, silent: bool) -> tuple[Floats, Floats]:
        if (*key, silent) not in self._matrices:
            self._matrices[*key, silent] = matrices_of(rates, silent=silent)
        return self._matrices[*key, silent]

    def _rates_of(self, confusion: Confusion, group: GroupId, part: _Part) -> Floats:
        key = (part.model, group, part.language)
        if key not in self._rates:
            many = group in confusion.many
            counts = many_counts(confusion, group) if many else single_counts(confusion, group)
            dice = dice_of(group, part.language, *(counts[language] for language in sorted(counts)))
            self._rates[key] = draw_rates(counts, part.language, dice)
        return self._rates[key]


@dataclass(frozen=True, eq=False)
class _Part:
    """What one model said of the tickets in one language: how many it gave each label, by label and cell, and all."""

    model: str
    language: str
    said: Ints
    tickets: Ints


@dataclass(frozen=True, eq=False)
class _Division:
    """Tickets by cell, and those that were read by model and language too: `at` (n) counts pair by pair, cell by cell.

    At 0 are those in no cell, and those that were not read.
    """

    size: int
    pairs: list[tuple[str, str]]
    at: npt.NDArray[np.integer]
    read: Ints
    """Pairs × C."""
    tickets: Ints
    """C: read or not."""

    def count(self, held: Bools | None = None) -> Ints:
        """Count the tickets (pairs × C) that were read, or of them those that a mask (n) holds."""
        at = self.at if held is None else self.at[held]
        counts: Ints = np.bincount(at, minlength=len(self.pairs) * self.size + 1)[1:].reshape(-1, self.size)
        return counts


def _division(ledger: Ledger, places: Ints, read: Bools, size: int) -> _Division:
    models, languages = ledger.feature("model"), ledger.feature("lang")
    pairs = models.codes.astype(np.int32) * len(languages.names) + languages.codes
    kept = read & (places >= 0)
    found = np.flatnonzero(np.bincount(pairs[kept], minlength=len(models.names) * len(languages.names)))
    which = np.zeros(len(models.names) * len(languages.names), np.int64)
    which[found] = np.arange(len(found))
    at = np.where(kept, which[pairs] * size + places + 1, 0)
    # A million of them are gone through for every label.
    at = at.astype(np.int16 if len(found) * size < 2**15 - 1 else np.int32)
    named = [divmod(pair, len(languages.names)) for pair in found.tolist()]
    tickets = np.bincount(places[places >= 0], minlength=size)
    blank = _Division(
        size, [(models.names[a], languages.names[b]) for a, b in named], at, np.zeros(0, np.int64), tickets
    )
    return replace(blank, read=blank.count())


def _parts(ledger: Ledger, group: GroupId, names: tuple[str, ...], division: _Division) -> Iterator[_Part]:
    """Count what was said by model and language, of tickets in some cell."""
    said = np.zeros((len(names), *division.read.shape), np.int64)
    labels = ledger.said[group]
    for name, held in zip(labels.names, labels.held, strict=True):
        said[names.index(name)] = division.count(held)
    for i, (model, language) in enumerate(division.pairs):
        yield _Part(model, language, said[:, i], division.read[i])


def _known(confusion: Confusion | None, group: GroupId) -> list[str]:
    """Labels of a group whose errors were counted in some language."""
    if confusion is None or not (confusion.many.get(group) or confusion.single.get(group)):
        return []
    return list(confusion.labels[group])


def _languages(confusion: Confusion | None) -> set[str]:
    """Languages that a model's errors were counted in; none where they were not."""
    groups = [*confusion.many.values(), *confusion.single.values()] if confusion else []
    return {language for languages in groups for language in languages}


def _portions(tickets: Ints, labels: int) -> Iterator[Ints]:
    """Cells that have tickets, as many at a time as memory should hold draws of."""
    filled = np.flatnonzero(tickets)
    step = max(1, AT_ONCE // (labels * DRAWS))
    for start in range(0, len(filled), step):
        yield filled[start : start + step]
