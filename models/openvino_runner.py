"""A network in OpenVINO, an extra: for full-precision weights on processors that compute bfloat16."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from queue import Empty, SimpleQueue
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUCKET = 16
"""Lengths are rounded up to this many pieces: every new shape costs OpenVINO some 50 ms of planning."""


class OpenvinoRunner:
    """See `models.runner.Runner`. Pieces that fill up a bucket are masked and take no part in the scores."""

    def __init__(self, name: str, path: Path, precision: str, window: int, threads: int = 1) -> None:
        """Compile the ONNX file at `path` for `precision` (bf16 or f32); no more than `window` pieces will come."""
        self.name = name
        self._window = window
        # A request computes on one stream and a stream on `threads` threads; OpenVINO itself stops at the usable cores.
        streams = max(1, (os.cpu_count() or 1) // threads)
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": streams * threads,
            "ENABLE_CPU_PINNING": False,
        }
        self._network = _openvino().Core().compile_model(str(path), "CPU", settings)
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def run(self, ids: NDArray[np.int64], *, shares: bool) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        width = min(-(-len(ids) // BUCKET) * BUCKET, self._window)
        padded, mask = np.zeros((2, 1, width), np.int64)
        padded[0, : len(ids)], mask[0, : len(ids)] = ids, 1
        try:
            request = self._idle.get_nowait()
        except Empty:  # as many as calls were ever under way at once
            request = self._network.create_infer_request()
        try:
            found = request.infer({"ids": padded, "mask": mask}, share_outputs=True)
            scores: NDArray[np.float32] = found["scores"][0].copy()
            return scores, found["shares"][0, : len(ids)].copy() if shares else None
        finally:
            self._idle.put(request)


def _openvino() -> ModuleType:
    """Import OpenVINO without its telemetry, which reports each import to its makers."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    module: ModuleType = openvino
    return module
