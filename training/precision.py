"""Which weights are served, the smallest that lose next to nothing in any language, and what is lost by them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from data.message import Message
from data.taxonomy import Taxonomy
from models.calibration import Calibration
from models.cpu import cpu_class
from training.calibrate import calibrate
from training.export import ENGINES, FULL, MIXED, SMALL
from training.fit import plain_labels
from training.metrics import by_language, mean_headline

_log = logging.getLogger("training")

PRECISION = "precision.json"
"""Beside a network: which of its weights are served, and why."""
MOST_LOST = 0.005
"""Quantised weights are used only if no language loses more than this of its mean headline figure on calibration."""
IN_WORDS = {
    SMALL: "8-bit products and embeddings",
    MIXED: "8-bit products and embeddings, the second product of each feed-forward block in full precision",
    FULL: "full precision",
}

Matrix = NDArray[np.float32]
Scores = Callable[[str], Matrix]
"""Computes the scores of some messages by the weights in a file."""
Lost = dict[str, float]
"""By language, how much better the mean headline figure is in full precision; below 0: worse."""


class Precision(BaseModel):
    """The weights that are served, and what each kind loses against full precision, by thresholds of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str
    lost_on_calibration: dict[str, Lost]
    """By file; on what the thresholds were set on. They were chosen by this."""
    lost_on_gold: Lost = {}
    """By the weights that are served. Nothing was chosen by this."""
    processor: list[str]
    """Classes of the processor that it was measured on (`models.cpu`)."""

    @property
    def engine(self) -> str:
        """The run-time engine that the weights are for."""
        return ENGINES[self.weights]

    def table(self) -> str:
        """Say it in a card: which weights these are, and what they lose in points of a hundred."""
        said = f"`{self.weights}`: {IN_WORDS[self.weights]}, for the engine `{self.engine}`."
        languages = sorted({each for lost in (*self.lost_on_calibration.values(), self.lost_on_gold) for each in lost})
        rows = [
            ("the calibration split" + (", by which they were chosen" if name == self.weights else ""), name, lost)
            for name, lost in self.lost_on_calibration.items()
        ]
        rows += [("gold, by which nothing was chosen", self.weights, self.lost_on_gold)] if self.lost_on_gold else []
        lines = [
            f"| `{name}` | {where} | {' | '.join(_points(lost.get(each)) for each in languages)} |"
            for where, name, lost in rows
        ]
        processor = ", ".join(self.processor) or "none of vnni, avx512_bf16 and amx"
        return "\n".join(
            [
                f"{said} The smallest are served",
                f"that lose no language more than {100 * MOST_LOST:g} points of its mean headline figure against full "
                "precision, each kind",
                "with thresholds of its own. Points lost (below 0: gained):\n",
                f"| weights | on | {' | '.join(languages)} |",
                f"|---|---|{'---|' * len(languages)}",
                *lines,
                f"\nMeasured on a processor with {processor}. Those without VNNI come to the same 8-bit products on a "
                "slower way\n(`session.x64quantprecision`).",
            ]
        )


def choose(
    check: Sequence[Message], scores: Mapping[str, Matrix], taxonomy: Taxonomy
) -> tuple[Precision, Mapping[str, Calibration]]:
    """Choose among the weights by their scores of `check`; with what was calibrated on each."""
    fitted = {name: calibrate(each, check, taxonomy) for name, each in scores.items()}
    means = {name: _means(check, each, taxonomy, fitted[name]) for name, each in scores.items()}
    lost = {name: _lost(means[FULL], own) for name, own in means.items() if name != FULL}
    for name, each in lost.items():
        most = max(each.values(), default=0.0)
        _log.info("%s loses at most %.4f of a language's mean figure (limit %.3f)", name, most, MOST_LOST)
    fit = (name for name in ENGINES if name in lost and max(lost[name].values(), default=0.0) <= MOST_LOST)
    return Precision(weights=next(fit, FULL), lost_on_calibration=lost, processor=sorted(cpu_class())), fitted


def tell_on_gold(
    chosen: Precision, gold: Sequence[Message], scores: Scores, taxonomy: Taxonomy, fitted: Mapping[str, Calibration]
) -> Precision:
    """Measure on gold as well what the chosen weights lose; the choice is made by then."""
    if chosen.weights == FULL or not gold:
        return chosen
    means = {name: _means(gold, scores(name), taxonomy, fitted[name]) for name in (FULL, chosen.weights)}
    return chosen.model_copy(update={"lost_on_gold": _lost(means[FULL], means[chosen.weights])})


def read_precision(build: Path) -> Precision:
    """Read which weights were chosen for the network in `build`; raises `OSError`."""
    return Precision.model_validate_json((build / PRECISION).read_bytes())


def _means(messages: Sequence[Message], scores: Matrix, taxonomy: Taxonomy, fitted: Calibration) -> dict[str, float]:
    said = [plain_labels(row, taxonomy, fitted) for row in scores]
    table = by_language([m.labels for m in messages], said, [m.lang for m in messages], taxonomy)
    return {language: mean_headline(values, taxonomy) for language, values in table.items()}


def _lost(full: Mapping[str, float], own: Mapping[str, float]) -> Lost:
    return {language: round(full[language] - own[language], 6) for language in own}


def _points(lost: float | None) -> str:
    return "–" if lost is None else f"{100 * lost:+.2f}"
