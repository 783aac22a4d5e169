"""Make an engine of a classifier on disk."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from models.decision import ERROR_RATE
from models.onnx_engine import OnnxEngine
from models.registry import SHIPPED, current_version
from models.runner import engines
from models.selftest import choose, difference, trial_texts

log = logging.getLogger(__name__)

AUTO: Final = "auto"
"""Instead of an engine's name: the one that a self-test on this processor finds best."""

_chosen: dict[tuple[str, ...], str] = {}
"""What the self-test of this process found best, by the engines that there were to choose from."""


def load_engine(path: Path | None = None, error_rate: float = ERROR_RATE, engine: str | None = None) -> OnnxEngine:
    """Load the classifier in `path` (an artifact, or a home of versions), by default the shipped one.

    `error_rate` is the share of messages whose set of plausible labels may miss a true one; `engine` names the run-time
    engine or is `AUTO`, by default it is the one that the artifact was calibrated on.

    Raises `models.artifact.ArtifactError` with the reason if it cannot be trusted, or not be computed by `engine`.
    """
    folder = current_version(path or SHIPPED)
    loaded = OnnxEngine(folder, error_rate=error_rate, engine=None if engine == AUTO else engine)
    if engine == AUTO:
        return _best(loaded)
    if engine:
        log.info("engine %s: asked for by name", engine)
    return loaded


def _best(own: OnnxEngine) -> OnnxEngine:
    """Choose once in the life of a process; after that only see that the choice agrees with the new classifier."""
    offered = tuple(engines(own.manifest))
    if offered not in _chosen:
        best = choose(own)
        _chosen[offered] = best.name
        return best
    if _chosen[offered] == own.name:
        return own
    other = own.on(_chosen[offered])
    if problem := difference(own, other, trial_texts(own)):
        log.warning("engine %s: %s was chosen before, but for this model %s", own.name, other.name, problem)
        return own
    return other
