"""A network in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open an ONNX file; one session serves calls from several threads, each computing on `threads` threads.

    `x64quantprecision` keeps 8-bit products from overflowing on processors without VNNI, where they are computed in 16
    bits otherwise: there it costs some speed, elsewhere it changes nothing (docs/lab-log.md).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


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
