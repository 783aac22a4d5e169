"""Make an engine of a classifier on disk."""

from __future__ import annotations

from pathlib import Path

from models.onnx_engine import OnnxEngine
from models.registry import SHIPPED, current_version


def load_engine(path: Path | None = None) -> OnnxEngine:
    """Load the classifier in `path` (an artifact, or a home of versions), by default the shipped one.

    Raises `models.artifact.ArtifactError` with the reason if it cannot be trusted.
    """
    return OnnxEngine(current_version(path or SHIPPED))
