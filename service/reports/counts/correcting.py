"""Draw what the truth may be behind what a classifier said: the arithmetic of `service.reports.counts.prevalence`.

Draws have S as their last axis. The s-th draw of the error rates is the same in every cell, so that what is wrong in
the same way everywhere cancels out of differences between cells, and adds up in their sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from models.confusion import Confusion
from service.reports.ledger import Floats, Ints

DRAWS: Final = 400
"""S: an end of a 95 % interval is then off by about a tenth of the interval's half."""
CARRIED: Final = 0.08
"""What a gold message counts. Customers do not write as gold does and have another mix of themes, so the error rates
lie further from gold's than chance alone explains, however much gold there is: at a quarter, intervals that promise 95
in 100 held the truth of messages apart from gold in as few as 79, so in 91 and more (`benchmarks/prevalence.py`). It is
the power prior of Ibrahim and Chen (2000); a model whose gold is smaller gets wider intervals than it needs."""
BORROWED: Final = 10.0
"""So many messages of the other languages stand beside a language's own."""
UNSEEN: Final = 0.5
"""Of a message, shared among all answers, so that what gold did not happen to show is not impossible."""
BLUNT: Final = 0.05
"""A label that is said so little more often where it holds than where it does not tells next to nothing."""
LENT: Final = 10.0
"""Tickets of all cells' mix that stand beside a cell's own: of one ticket alone, no share can be told."""
FEW: Final = 20
"""Below as many tickets, chances are drawn by the binomial's own law: the normal one's tail would be cut off at nought,
and what is cut off adds up over many small cells."""
STEPS: Final = 12
"""Of expectation maximisation, from the inverse of the matrix."""


def dice_of(*content: str | npt.NDArray[np.generic]) -> np.random.Generator:
    """Make dice that fall the same way for the same content, so that a page shows the same figures again."""
    mixed = hashlib.blake2b(digest_size=16)
    for part in content:
        mixed.update(part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes())
        mixed.update(b"\0")
    return np.random.Generator(np.random.SFC64(int.from_bytes(mixed.digest())))


def many_counts(confusion: Confusion, group: str) -> dict[str, Floats]:
    """Gold messages of a `many` group by language (L × 2 × 2): has the label or not × said so or not."""
    return {
        language: np.array([[[hit.tp, hit.fn], [hit.fp, hit.tn]] for hit in hits.values()], np.float32)
        for language, hits in confusion.many[group].items()
    }


def single_counts(confusion: Confusion, group: str) -> dict[str, Floats]:
    """Gold messages of a single group by language (1 × K × K + 1): true label × what was said, nothing last."""
    return {language: np.array([rows], np.float32) for language, rows in confusion.single[group].items()}


def draw_rates(counts: Mapping[str, Floats], language: str, dice: np.random.Generator) -> Floats:
    """Draw how often each thing is said of each true case (… × cases × said × S), by Dirichlet posteriors.

    A language without counts is as likely to be like one of the others as like another.
    """
    if language not in counts:
        each = [draw_rates(counts, known, dice) for known in sorted(counts)]
        which = dice.integers(len(each), size=DRAWS)
        mixed: Floats = np.stack(each)[which, ..., np.arange(DRAWS)]
        return np.moveaxis(mixed, 0, -1)
    own = counts[language]
    unseen = UNSEEN / own.shape[-1]
    others = sum((part for name, part in counts.items() if name != language), np.zeros_like(own)) + unseen
    shape = CARRIED * own + unseen + BORROWED * others / others.sum(axis=-1, keepdims=True)
    drawn = dice.standard_gamma(shape[..., None], (*shape.shape, DRAWS), np.float32) + np.float32(1e-30)
    rates: Floats = drawn / drawn.sum(axis=-2, keepdims=True)
    return rates


def usual_mix(said: Ints) -> Floats:
    """Say what stands beside each cell's own counts of answers, in tickets, from the counts (… × C) in all cells.

    A single cell gets Jeffreys' prior or little more.
    """
    cells = max(1, int(np.count_nonzero(said.sum(axis=tuple(range(said.ndim - 1))))))
    total = said.sum(axis=-1) + 0.5
    weight = 1 + LENT * (1 - 1 / cells)
    mix: Floats = np.maximum(weight * total / total.sum(axis=0), 0.5 / cells).astype(np.float32)
    return mix


def draw_many(answers: Ints, usual: Floats, rates: Floats, dice: np.random.Generator) -> Floats:
    """Draw how many tickets have each label (L × C × S).

    `answers` (2 × L × C) are those that were given it and those that were not; `usual` (2 × L) stands beside them;
    `rates` are L × 2 × 2 × S. After Rogan and Gladen (1978): the share that is said is shared out over both rates;
    then each ticket that was given the label, and each that was not, has it with the chance that Bayes' rule says.
    """
    given, rest = answers.astype(np.float32)[..., None]
    yes, no = (
        dice.standard_gamma(part + own[:, None, None], (*part.shape[:2], DRAWS), np.float32) + np.float32(1e-20)
        for part, own in zip((given, rest), usual, strict=True)
    )
    hit, false = rates[:, None, 0, 0], rates[:, None, 1, 0]
    share = np.clip((yes / (yes + no) - false) / np.maximum(hit - false, BLUNT), 0, 1)
    true_yes, true_no = hit * share, (1 - hit) * share
    right = true_yes / np.maximum(true_yes + false * (1 - share), 1e-20)
    missed = true_no / np.maximum(true_no + (1 - false) * (1 - share), 1e-20)
    spread = np.sqrt(given * right * (1 - right) + rest * missed * (1 - missed))
    found = given * right + rest * missed + spread * dice.standard_normal(spread.shape, np.float32)
    few = np.minimum(*answers) < FEW
    found[few] = sum(
        dice.binomial(part[few][:, None], np.clip(chance[few], 0, 1))
        for part, chance in zip(answers, (right, missed), strict=True)
    )
    held: Floats = np.clip(found, 0, given + rest)
    return held


def matrices_of(rates: Floats, *, silent: bool) -> tuple[Floats, Floats]:
    """Write the rates of a single group (1 × K × K + 1 × S) as matrices (S × K × Y), and their inverses (S × Y × K).

    Y is K, and one more where nothing may have been said (`silent`).
    """
    matrix: Floats = np.ascontiguousarray(np.moveaxis(rates[0] if silent else rates[0, :, :-1], -1, 0))
    return matrix, np.linalg.pinv(matrix).astype(np.float32)


def draw_single(said: Ints, usual: Floats, matrices: tuple[Floats, Floats], dice: np.random.Generator) -> Floats:
    """Draw how many tickets have each label of a single group (K × C × S); they add up to the tickets.

    `said` (Y × C), nothing last where it may be; `usual` (Y) stands beside it; `matrices_of` makes the matrices. The
    likeliest mix of true labels behind each draw of what is said is found by expectation maximisation (the
    maximum-likelihood quantifier of Saerens et al. 2002, on a matrix); then each answer's tickets are shared out among
    the true labels by Bayes' rule.
    """
    matrix, inverse = matrices
    shares = dice.standard_gamma(said.T + usual, (DRAWS, *said.T.shape), np.float32) + np.float32(1e-20)
    shares /= shares.sum(axis=-1, keepdims=True)  # S × C × Y
    mix = np.maximum(shares @ inverse, 1e-3)
    mix /= mix.sum(axis=-1, keepdims=True)
    turned = np.swapaxes(matrix, 1, 2)
    for _ in range(STEPS):
        mix *= (shares / np.maximum(mix @ matrix, 1e-20)) @ turned
        mix /= mix.sum(axis=-1, keepdims=True)
    found = np.zeros(mix.shape, np.float32)
    for answer, counted in enumerate(said):
        chance = mix * matrix[:, None, :, answer]
        chance /= np.maximum(chance.sum(axis=-1, keepdims=True), 1e-20)
        found += _shared_out(counted, chance, dice)
    found = np.maximum(found, 0)
    found *= (said.sum(axis=0) / np.maximum(found.sum(axis=-1), 1e-20)).astype(np.float32)[..., None]
    return np.moveaxis(found, 0, -1).swapaxes(0, 1)


def _shared_out(counted: Ints, chance: Floats, dice: np.random.Generator) -> Floats:
    """Share tickets (C) out by chances (S × C × K), as the multinomial's law does."""
    expected = counted.astype(np.float32)[:, None] * chance
    noise = np.sqrt(expected) * dice.standard_normal(chance.shape, np.float32)
    found: Floats = expected + noise - chance * noise.sum(axis=-1, keepdims=True)
    few = (counted > 0) & (counted < FEW)
    exact = chance[:, few].astype(np.float64)
    found[:, few] = dice.multinomial(counted[few], exact / np.maximum(exact.sum(axis=-1, keepdims=True), 1e-20))
    return found
