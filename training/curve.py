"""The validation curve of a distillation: read back, and drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

CURVE = "curve.jsonl"

Point = dict[str, float]


def read_curve(path: Path) -> list[Point]:
    """Read the points in order of steps; of a step measured twice (a cut run) the last counts."""
    points: dict[float, Point] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        point: Point = json.loads(line)
        points[point["step"]] = point
    return [points[step] for step in sorted(points)]


def plot_curve(points: Sequence[Point], languages: Sequence[str], path: Path) -> None:
    """Draw retrieval and cosine over steps, a line per language."""
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axis, measure, title in zip(axes, ("r1", "cos"), ("retrieval R@1", "cosine to the teacher"), strict=True):
        for language in languages:
            steps = [point["step"] for point in points]
            axis.plot(steps, [point[f"{language}_{measure}"] for point in points], marker="o", label=language)
        axis.set(title=title, xlabel="step")
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
