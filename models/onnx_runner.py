"""A network in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.cpu import VNNI, cpu_class


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Set how everything of ours is computed: each call on `threads` threads, which sleep while there is nothing to do.

    `x64quantprecision` keeps 8-bit products from overflowing on processors without VNNI, which compute them in 16 bits
    otherwise. Where there is VNNI it changes no figure and costs up to 43% of the speed (docs/lab-log.md).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "0" if VNNI & cpu_class() else "1")
    return options


def open_session(model: Path | bytes, threads: int) -> onnxruntime.InferenceSession:
    """Open an ONNX file, or what would stand in one; one session serves calls from several threads."""
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, session_options(threads), providers=["CPUExecutionProvider"])


class OnnxRunner:
    """See `models.runner.Runner`."""

    def __init__(self, name: str, path: Path, threads: int = 1) -> None:
        self.name = name
        self.session = open_session(path, threads)

    def run(self, ids: NDArray[np.int64], *, shares: bool) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        row = ids[np.newaxis]
        wanted = ["scores", "shares"] if shares else ["scores"]
        scores, *share = self.session.run(wanted, {"ids": row, "mask": np.ones_like(row)})
        return scores[0], share[0][0] if share else None
