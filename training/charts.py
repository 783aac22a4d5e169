"""Two charts for the card: are confidences right, and what does keeping silent gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("svg")
from matplotlib import pyplot

from training.reliability import BINS

FEWEST = 10
"""Labels in a bin below which it is not drawn."""


def draw_reliability(claimed: Mapping[str, Sequence[tuple[float, bool]]], path: Path) -> None:
    """Draw, per group, the share of right labels over the confidence they were given with, in ten bins."""
    figure, axis = pyplot.subplots(figsize=(4.6, 4.2), layout="constrained")
    axis.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    for group, claims in claimed.items():
        if not claims:
            continue
        confidence, right = (np.array(side, float) for side in zip(*claims, strict=True))
        which = np.minimum((confidence * BINS).astype(int), BINS - 1)
        held = [i for i in range(BINS) if (which == i).sum() >= FEWEST]
        means = [[side[which == i].mean() for i in held] for side in (confidence, right)]
        axis.plot(*means, marker="o", markersize=3, label=f"{group} ({len(claims):,})")
    axis.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1), title="Reliability on gold")
    axis.legend(fontsize="small")
    axis.grid(alpha=0.3)
    _save(figure, path)


def draw_risk(curves: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw, per language, the share of messages with a wrong set of themes among the surest part of them."""
    figure, axis = pyplot.subplots(figsize=(4.6, 4.2), layout="constrained")
    for language, curve in curves.items():
        part = np.arange(1, len(curve) + 1) / len(curve)
        drawn = part >= min(0.1, part[-1])
        axis.plot(part[drawn], np.asarray(curve)[drawn], label=language)
    axis.set(xlabel="share answered, the surest first", ylabel="share with a wrong set of themes", xlim=(0, 1))
    axis.set(ylim=(0, None), title="Risk and coverage on gold")
    axis.legend(fontsize="small")
    axis.grid(alpha=0.3)
    _save(figure, path)


def _save(figure: pyplot.Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
