"""What computes a network's scores: one protocol, and the run-time engines by name.

An artifact names its weights after the engine that they were made for (`Manifest.weights`); the first is its own
engine, the one that its calibration was fitted on. Full-precision weights can be computed by OpenVINO as well, where it
is installed (`pip install -c constraints.txt -e '.[openvino]'`).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.artifact import Manifest, MissingEngine
from models.onnx_runner import OnnxRunner

Floats = NDArray[np.float32]

FULL: Final = "onnxruntime-fp32"
"""The engine of full-precision weights, which OpenVINO's engines read too."""
OPENVINO: Final = {"openvino-bf16": "bf16", "openvino-f32": "f32"}
"""OpenVINO's engines, and the precision that each computes in. Of 8-bit weights it makes something slower than any."""


class Runner(Protocol):
    """A network ready to compute. Safe to call from several threads at once; each call computes on its own thread."""

    name: str

    def run(self, ids: NDArray[np.int64], *, shares: bool) -> tuple[Floats, Floats | None]:
        """Compute one window: ids (pieces,) → scores (columns,), and shares (pieces, evidence columns) if asked for."""
        ...


def own_engine(manifest: Manifest) -> str:
    """Name the engine that an artifact was calibrated on."""
    return next(iter(manifest.weights))


def engines(manifest: Manifest) -> list[str]:
    """Name the engines that have weights in an artifact, its own first, whether installed or not."""
    return [*manifest.weights, *(OPENVINO if FULL in manifest.weights else ())]


def installed(engine: str) -> bool:
    """Say whether the library that an engine needs is there."""
    return engine not in OPENVINO or importlib.util.find_spec("openvino") is not None


def open_runner(engine: str, folder: Path, manifest: Manifest, threads: int = 1) -> Runner:
    """Open an artifact's weights in an engine; raises `MissingEngine` if it has none for it or a library is lacking."""
    if engine not in engines(manifest):
        told = f"{manifest.model_version} has no weights for the engine {engine!r}"
        raise MissingEngine(f"{told}; RECLAMO_ENGINE can be auto, {', '.join(engines(manifest))}")
    if not installed(engine):
        raise MissingEngine(f"the engine {engine} needs more software: pip install -c constraints.txt -e '.[openvino]'")
    if engine not in OPENVINO:
        return OnnxRunner(engine, folder / manifest.weights[engine], threads)
    from models.openvino_runner import OpenvinoRunner

    return OpenvinoRunner(engine, folder / manifest.weights[FULL], OPENVINO[engine], manifest.window, threads)
