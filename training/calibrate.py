"""Fit what turns scores into honest chances and thresholds, on the calibration split alone.

Many-label and ordered scores get a straight line each (Platt 1999), pulled towards "as it is" so that a label with few
examples is not overfitted; one-label groups get a temperature (Guo et al. 2017, arXiv 1706.04599). Thresholds maximise
F1 per label; a language moves away from the threshold of all languages only as far as its own examples carry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import beta

from data.message import Message
from data.taxonomy import Taxonomy
from models.calibration import Calibration, ReviewLimits, Scale
from models.decision import chances
from models.layout import Columns, layout
from models.plausible import strangeness
from training.targets import UNLABELLED, targets

Matrix = NDArray[np.float32]

PULL = 4.0
"""Strength of the pull of a line towards slope 1 and offset 0, in examples."""
OWN = 3.0
"""How much more a language's own examples count than the other languages' when its threshold is chosen."""
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0)
"""How much of the wide branch may be added to the network's scores."""
ALARMING = 0.1
"""The least chance of the most pressing label that makes a calmer verdict a conflict."""
RATES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Error rates that plausible sets can be asked for."""
SURE = 0.95
"""Chance that the promise of the plausible sets holds, over the draw of the calibration split."""
PROMISED = ("themes", "urgency")
"""Groups with plausible sets."""
REVIEW_SHARE = 0.10
"""Share of the calibration messages that each limit sends to a person."""


def calibrate(scores: Matrix, messages: Sequence[Message], taxonomy: Taxonomy) -> Calibration:
    """Fit scales, thresholds and review limits from the scores (messages × columns) of the calibration split."""
    wanted = targets(messages, taxonomy)
    languages = np.array([message.lang for message in messages])
    scales: dict[str, dict[str, Scale]] = {}
    thresholds: dict[str, dict[str, dict[str, float]]] = {}
    for columns in layout(taxonomy):
        scales[columns.group] = _scales(scores, wanted, columns)
        chance = np.stack([chances(row, columns, scales[columns.group]) for row in scores])
        if columns.mode == "many":
            thresholds[columns.group] = {
                label: _thresholds(chance[:, i], wanted[:, columns.start + i], languages)
                for i, label in enumerate(columns.labels)
            }
        if columns.mode == "ordered":
            worst = wanted[:, columns.start : columns.stop].min(axis=1)
            thresholds[columns.group] = {columns.labels[-1]: {"*": _alarm(chance[:, -1], worst == 1)}}
    draft = Calibration(
        scales=scales, thresholds=thresholds, plausible=_plausible(scores, wanted, languages, scales, taxonomy)
    )
    return draft.model_copy(update={"review": _review(scores, draft, taxonomy)})


def choose_blend(scores: Matrix, wide: Matrix, messages: Sequence[Message], taxonomy: Taxonomy) -> dict[str, float]:
    """Choose per group how much of the wide branch's scores to add: what makes the truth of the split likeliest."""
    wanted = targets(messages, taxonomy)
    return {
        columns.group: min(BLENDS, key=lambda part: _surprise(scores + np.float32(part) * wide, wanted, columns))
        for columns in layout(taxonomy)
    }


def _surprise(scores: Matrix, wanted: Matrix, columns: Columns) -> float:
    """Mean −log chance of the true labels after scaling; of `many` groups summed over the labels."""
    known = wanted[:, columns.start] != UNLABELLED
    scales = _scales(scores, wanted, columns)
    chance = np.stack([chances(row, columns, scales) for row in scores[known]]).clip(1e-6, 1 - 1e-6)
    true = wanted[known, columns.start : columns.stop]
    if columns.mode == "many":
        return float(-(np.log(chance) * true + np.log(1 - chance) * (1 - true)).sum(axis=1).mean())
    which = true.argmax(axis=1) if columns.mode == "one" else true.sum(axis=1).astype(int)
    return float(-np.log(chance[np.arange(len(chance)), which]).mean())


def _scales(scores: Matrix, wanted: Matrix, columns: Columns) -> dict[str, Scale]:
    part = slice(columns.start, columns.stop)
    known = wanted[:, columns.start] != UNLABELLED
    own, true = scores[known, part].astype(np.float64), wanted[known, part]
    if columns.mode == "one":
        return {"*": Scale(slope=_temperature(own, true.argmax(1)))}
    names = columns.labels[1:] if columns.mode == "ordered" else columns.labels
    return {name: _line(own[:, i], true[:, i]) for i, name in enumerate(names)}


def _temperature(scores: NDArray[np.float64], true: NDArray[np.intp]) -> float:
    def cost(log_slope: float) -> float:
        raw = scores * np.exp(log_slope)
        raw = raw - raw.max(axis=1, keepdims=True)
        chance = raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))
        return float(-chance[np.arange(len(true)), true].mean())

    return float(np.exp(minimize_scalar(cost, bounds=(-2.5, 2.5), method="bounded").x))


def _line(score: NDArray[np.float64], true: Matrix) -> Scale:
    def cost(line: NDArray[np.float64]) -> float:
        raw = np.exp(line[0]) * score + line[1]
        likelihood = np.logaddexp(0, raw) - true * raw
        return float(likelihood.sum() + PULL * (line[0] ** 2 + 0.25 * line[1] ** 2))

    best = minimize(cost, np.zeros(2), method="L-BFGS-B", bounds=[(-2.5, 2.0), (-6, 6)]).x
    return Scale(slope=float(np.exp(best[0])), offset=float(best[1]))


def _thresholds(chance: Matrix, true: Matrix, languages: NDArray[np.str_]) -> dict[str, float]:
    grid = np.round(np.arange(0.15, 0.81, 0.01), 2)
    given = chance[:, None] >= grid[None]
    positive = (true == 1)[:, None]

    def best(weight: Matrix) -> float:
        hits = (weight[:, None] * (given & positive)).sum(0)
        f1 = 2 * hits / np.maximum((weight[:, None] * (given.astype(float) + positive)).sum(0), 1e-9)
        smooth = np.convolve(np.pad(f1, 3, mode="edge"), np.ones(7) / 7, mode="valid")  # a plateau, not a spike
        return float(grid[int(smooth.argmax())])

    found = {"*": best(np.ones(len(chance), np.float32))}
    for language in sorted(set(languages.tolist())):
        found[language] = best(np.where(languages == language, OWN, 1.0).astype(np.float32))
    return found


def _alarm(chance: Matrix, true: NDArray[np.bool_]) -> float:
    """Choose the chance from which the most pressing label is given: the best F2, since a miss costs the most."""
    grid = np.round(np.arange(0.15, 0.51, 0.01), 2)
    given = chance[:, None] >= grid[None]
    hits = (given & true[:, None]).sum(axis=0)
    f2 = 5 * hits / np.maximum(given.sum(axis=0) + 4 * true.sum(), 1)
    smooth = np.convolve(np.pad(f2, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return float(grid[int(smooth.argmax())]) if true.any() else 0.5


def _plausible(
    scores: Matrix,
    wanted: Matrix,
    languages: NDArray[np.str_],
    scales: dict[str, dict[str, Scale]],
    taxonomy: Taxonomy,
) -> dict[str, dict[str, dict[str, float]]]:
    """Set the limits of the plausible sets, per language and for each error rate of `RATES`."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for columns in layout(taxonomy):
        known = wanted[:, columns.start] != UNLABELLED
        if columns.group not in PROMISED or not known.any():
            continue
        strange = []
        for row, true in zip(scores[known], wanted[known, columns.start : columns.stop], strict=True):
            which = [int(true.sum())] if columns.mode == "ordered" else np.flatnonzero(true == 1)
            strange.append(strangeness(chances(row, columns, scales[columns.group]), list(which)))
        each, spoken = np.array(strange), languages[known]
        parts = {"*": each} | {language: each[spoken == language] for language in sorted(set(spoken.tolist()))}
        found[columns.group] = {
            language: {f"{rate:g}": strange_limit(part, rate) for rate in RATES} for language, part in parts.items()
        }
    return found


def strange_limit(strange: NDArray[np.float64], rate: float) -> float:
    """Choose the least strangeness among the calibration messages that keeps the promise with a chance of `SURE`.

    The share of new messages below the k-th smallest of n is Beta(k, n + 1 − k) (Vovk 2012, arXiv 1209.2673), so the
    promise holds for this very calibration split, not only on average over all that might have been drawn.
    """
    n = len(strange)
    rank = np.arange(1, n + 1)
    enough = np.flatnonzero(beta.sf(1 - rate, rank, n + 1 - rank) >= SURE)
    return round(float(np.sort(strange)[enough[0]]), 4) if len(enough) else 1.0


def _review(scores: Matrix, draft: Calibration, taxonomy: Taxonomy) -> ReviewLimits:
    single: dict[str, float] = {}
    theme, urgent = 0.0, 1.0
    for columns in layout(taxonomy):
        chance = np.stack([chances(row, columns, draft.scales[columns.group]) for row in scores])
        if columns.mode == "many":
            if columns.group == "themes":
                surest = chance.max(axis=1)
                theme = float(np.quantile(surest[surest >= 0.15], REVIEW_SHARE)) if (surest >= 0.15).any() else 0.0
            continue
        if columns.group == "emotion":
            continue  # who is unsure of the feeling need not be asked
        best = chance.max(axis=1)
        single[columns.group] = float(np.quantile(best, REVIEW_SHARE))
        if columns.mode == "ordered":
            alarm = draft.threshold(columns.group, columns.labels[-1], "*")
            calm = chance[:, -1][chance[:, -1] < alarm]
            urgent = max(ALARMING, float(np.quantile(calm, 0.95))) if len(calm) else ALARMING
    return ReviewLimits(single=single, theme=theme, urgent=urgent, unlike=0.15)
