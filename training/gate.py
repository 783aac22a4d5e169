"""May a challenger take the champion's place? Both answered the same messages; a paired bootstrap says what is chance.

A cell is one figure on one set of messages in one language (or in all). A challenger is stopped where it lost more than
the cell's margin. Margins are simultaneous: each is `critical` standard errors of the cell's own difference, and
`critical` is what the largest of all cells' differences stays below in 1 − `NOMINAL` of the resamples
(Romano & Wolf 2005, doi 10.1111/j.1468-0262.2005.00615.x). So an unchanged challenger passes all cells together in 95%
of draws, however many cells there are, where 24 tests at 95% each would stop 71% of them. Whole situations are drawn,
not messages, since variants of one situation are right or wrong together.

How little it overlooks depends on how many messages there are, and on how many the models differ: 5 points lost in one
language and group are stopped in 93% of cases with gold and 2,000 corrections where the models differ on 5% of the
messages, and in 37% with gold alone (`python -m benchmarks.gate`). Each report says what its own gate would notice.

One figure chance excuses nothing of: how many of the most pressing messages are found. On each set, over all languages
together, a challenger may miss `MISSED` more of them than the champion and no further. So strict a rule stops an
equally good challenger too: of gold's 340 such messages, 20% of those that differ from the champion on one in a
hundred, 36% of those that do on five. The report says when it did, and a person may activate the version all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Measure = Literal["ratio", "kappa", "calibration"]

RESAMPLES = 2_000
CHANCE = 0.05
"""Of stopping an unchanged challenger, over all cells together, at the most."""
NOMINAL = 0.03
"""The same as the resamples see it. Resamples of a few hundred messages are too sure of themselves: at a nominal 5%,
simulation stopped 5 to 7.5% of unchanged challengers (`python -m benchmarks.gate`)."""
TOLERANCE = 0.01
"""A loss up to here stops nobody, however certain: three messages of a language's 265 in gold. It matters only where
both models answer nearly alike, and a margin would be narrower."""
FEWEST = 25
"""Messages in a cell below which it is shown and not judged."""
FEWEST_PRESSING = 10
"""The same for the recall of the most pressing label, which few messages have."""
MISSED = 1
"""Messages of the most pressing label that a challenger may miss beyond the champion, in all languages of a set."""
FINE = 0.05
"""Calibration error that stops nobody, whatever the champion's is."""
POWER = 1.2816
"""Standard errors beyond the margin at which a loss is noticed nine times in ten."""
ALL, BOTH, MEAN = "all", "both", "mean"
_AT_ONCE = 100
"""Resamples that are held in memory at once."""


@dataclass(frozen=True)
class Question:
    """What both models were asked of every message, as numbers that add up over messages (messages × parts).

    `ratio`: a numerator and a denominator. `kappa`: squared distance, true rank, given rank, their squares, and 1.
    `calibration`: confidence minus right answers in each bin, then the number of labels given. Messages without a
    true label of the group have zeros throughout. `counted` (messages,) says how much each adds to a cell's size.
    """

    name: str
    measure: Measure
    champion: Numbers
    challenger: Numbers
    counted: Numbers
    fewest: int = FEWEST
    headline: bool = True
    """Whether it is part of a language's mean figure."""
    guarded: bool = False
    """Whether it must not fall in all languages together, by no more than `MISSED` messages, and every fall is told."""


@dataclass(frozen=True)
class Asked:
    """The messages that both models answered: set, language and situation of each, and the questions."""

    sets: NDArray[np.str_]
    languages: NDArray[np.str_]
    situations: NDArray[np.str_]
    questions: Sequence[Question]


@dataclass(frozen=True)
class Cell:
    """One figure of both models. `loss` is what the challenger lost (of calibration error: what it gained)."""

    set: str
    language: str
    name: str
    size: int
    champion: float
    challenger: float
    loss: float
    margin: float
    noticed: float
    """The loss that would be noticed nine times in ten."""
    judged: bool
    stopped: bool
    guarded: bool = False
    """Whether every fall of it is told."""
    strict: bool = False
    """Whether its margin is a number of messages, not chance."""


@dataclass(frozen=True)
class Verdict:
    """What the gate says: the cells, how many standard errors a margin is, and which test messages were failed."""

    cells: Sequence[Cell]
    critical: float
    resamples: int
    failures: Sequence[str] = ()
    """In words: the champion's test messages that the challenger answers wrongly. One is enough to stop it."""
    unlike: str = ""
    """In words: what could not be compared, since the champion has another taxonomy."""

    @property
    def stopped(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.stopped]

    @property
    def passed(self) -> bool:
        """Whether nothing stops the challenger, and there was something to judge it by."""
        return not self.stopped and not self.failures and any(cell.judged for cell in self.cells)


@dataclass(frozen=True)
class _Place:
    set: str
    language: str
    name: str
    question: Question
    strict: bool


def judge(asked: Asked, *, seed: int, resamples: int = RESAMPLES) -> Verdict:
    """Judge every cell. The same seed gives the same verdict."""
    dice = np.random.default_rng(seed)
    names = sorted({*zip(asked.sets.tolist(), asked.languages.tolist(), strict=True)})
    rows = [np.flatnonzero((asked.sets == set_) & (asked.languages == language)) for set_, language in names]
    parts = np.hstack([np.hstack([q.champion, q.challenger]) for q in asked.questions])
    drawn = [_resampled(parts[own], asked.situations[own], resamples, dice) for own in rows]
    found = []
    alone = len({spoken for _, spoken in names}) == 1
    for set_, language, own in _places(names):
        sums = np.sum([drawn[i] for i in own], axis=0)
        figures = _figures(sums, asked.questions)
        chosen = np.concatenate([rows[i] for i in own])
        held = {question.name: float(question.counted[chosen].sum()) for question in asked.questions}
        whole = language == ALL or alone
        for name, members in _names(asked.questions, held, whole):
            champion, challenger = (np.mean([figures[q.name][side] for q in members], axis=0) for side in (0, 1))
            strict = members[0].guarded and whole and set_ != BOTH
            place = _Place(set_, language, name, members[0], strict)
            found.append((place, champion, challenger, max(held[question.name] for question in members)))
    worse = [1.0 if place.question.measure == "calibration" else -1.0 for place, *_ in found]
    losses = np.stack([(b - a) * w for (_, a, b, _), w in zip(found, worse, strict=True)])  # first column: as observed
    sizes = np.array([size for *_, size in found])
    # As if one more message had changed sides: where next to none did, the resamples know too little.
    errors = np.sqrt(losses[:, 1:].var(axis=1) + 1 / np.maximum(sizes, 1) ** 2)
    judged = np.array([size >= place.question.fewest for place, *_, size in found])
    apart = (losses[:, 1:] - losses[:, 1:].mean(axis=1, keepdims=True)) / errors[:, None]
    chancy = judged & ~np.array([place.strict for place, *_ in found])
    critical = float(np.quantile(apart[chancy].max(axis=0), 1 - NOMINAL)) if chancy.any() else 0.0
    cells = [
        _cell(place, float(a[0]), float(b[0]), size, float(loss), critical, float(error), bool(ask))
        for (place, a, b, size), loss, error, ask in zip(found, losses[:, 0], errors, judged, strict=True)
    ]
    return Verdict(cells, critical, resamples)


def _cell(
    place: _Place,
    champion: float,
    challenger: float,
    size: float,
    loss: float,
    critical: float,
    error: float,
    ask: bool,
) -> Cell:
    margin = (MISSED + 1e-6) / max(size, 1) if place.strict else max(critical * error, TOLERANCE)
    fine = place.question.measure == "calibration" and challenger <= FINE
    return Cell(
        set=place.set, language=place.language, name=place.name, size=round(size), champion=champion,
        challenger=challenger, loss=loss, margin=margin, noticed=margin + POWER * error, judged=ask,
        stopped=ask and loss > margin and not fine, guarded=place.question.guarded, strict=place.strict,
    )  # fmt: skip


def _places(strata: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, list[int]]]:
    """List set, language and strata of the cells: each set and both together, each language and all together."""
    sets = sorted({set_ for set_, _ in strata})
    languages = sorted({language for _, language in strata})
    for set_ in [*sets, BOTH] if len(sets) > 1 else sets:
        held = sets if set_ == BOTH else [set_]
        for language in [*languages, ALL] if len(languages) > 1 else languages:
            own = [i for i, (each, spoken) in enumerate(strata) if each in held and language in (spoken, ALL)]
            if own:
                yield set_, language, own


def _names(
    questions: Sequence[Question], held: Mapping[str, float], calibrated: bool
) -> Iterator[tuple[str, list[Question]]]:
    """List the figures of a place: each question, and the mean of the headline ones.

    The mean is of those with enough labels (`held`) there, or where none has, of those with any: what nobody labelled
    is right by nature, and would hide what is lost in the rest.
    """
    for question in questions:
        if calibrated or question.measure != "calibration":
            yield question.name, [question]
    heads = [question for question in questions if question.headline]
    enough = [question for question in heads if held[question.name] >= question.fewest]
    if len(heads) > 1:
        yield MEAN, enough or [question for question in heads if held[question.name]] or heads


def _resampled(parts: Numbers, situations: NDArray[np.str_], resamples: int, dice: np.random.Generator) -> Numbers:
    """Add up the messages (1 + resamples × parts): as they are, then with situations drawn with replacement."""
    which = np.unique(situations, return_inverse=True)[1]
    count = int(which.max()) + 1
    grouped = np.zeros((count, parts.shape[1]))
    np.add.at(grouped, which, parts)
    found = [grouped.sum(axis=0, keepdims=True)]
    for start in range(0, resamples, _AT_ONCE):
        many = min(_AT_ONCE, resamples - start)
        drawn = dice.integers(0, count, (many, count)) + count * np.arange(many)[:, None]
        times = np.bincount(drawn.ravel(), minlength=many * count).reshape(many, count)
        found.append(times @ grouped)
    return np.vstack(found)


def _figures(sums: Numbers, questions: Sequence[Question]) -> dict[str, tuple[Numbers, Numbers]]:
    """Figures of champion and challenger in each resample, by question."""
    found, start = {}, 0
    for question in questions:
        width = question.champion.shape[1]
        one, other = sums[:, start : start + width], sums[:, start + width : start + 2 * width]
        found[question.name] = _figure(one, question.measure), _figure(other, question.measure)
        start += 2 * width
    return found


def _figure(sums: Numbers, measure: Measure) -> Numbers:
    if measure == "ratio":
        return np.where(sums[:, 1] > 0, sums[:, 0] / np.maximum(sums[:, 1], 1e-9), 1.0)
    if measure == "calibration":
        return np.asarray(np.abs(sums[:, :-1]).sum(axis=1) / np.maximum(sums[:, -1], 1))
    distance, true, given, true_squared, given_squared, _ = sums.T / np.maximum(sums[:, -1], 1)
    by_chance = true_squared + given_squared - 2 * true * given
    return np.where(by_chance > 1e-9, 1 - distance / np.maximum(by_chance, 1e-9), 1.0)
