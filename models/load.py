"""Make an engine of a classifier on disk."""

from __future__ import annotations

from pathlib import Path

from models.decision import ERROR_RATE
from models.onnx_engine import OnnxEngine
from models.registry import SHIPPED, current_version


def load_engine(path: Path | None = None, error_rate: float = ERROR_RATE) -> OnnxEngine:
    """Load the classifier in `path` (an artifact, or a home of versions), by default the shipped one.

    `error_rate` is the share of messages whose set of plausible labels may miss a true one.

    Raises `models.artifact.ArtifactError` with the reason if it cannot be trusted.
    """
    return OnnxEngine(current_version(path or SHIPPED), error_rate=error_rate)
