"""What the peers' workers compute: Reclamo's own engine, so that only the serving differs.

The same windows, wide branch, evidence and decisions, and the same answer in JSON. Each app reads how it is set up from
the environment (`Setup`), so that one app runs a peer as it comes and as it is best.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine import Prepared
from models.onnx_engine import OnnxEngine
from models.onnx_runner import OnnxRunner
from models.registry import current_version
from models.runner import Floats


@dataclass(frozen=True)
class Setup:
    """How a peer is set up; each field is read from RACE_WORKERS, RACE_THREADS and so on."""

    workers: int = 1
    threads: int = 1
    """Of one inference. ONNX Runtime and torch take every core unless told otherwise."""
    batch: int = 1
    wait: int = 0
    """Milliseconds that the first of a batch waits for others."""
    quiet: int = 0
    """1: a request leaves no line in the log."""

    def environment(self) -> dict[str, str]:
        """Write what `read_setup` reads."""
        return {f"RACE_{name.upper()}": str(value) for name, value in vars(self).items()}


def read_setup() -> Setup:
    """Read the setup from the environment."""
    given = {each.name: os.environ.get(f"RACE_{each.name.upper()}") for each in fields(Setup)}
    return Setup(**{name: int(value) for name, value in given.items() if value})


def load(threads: int) -> OnnxEngine:
    """Load the classifier that ships; one inference computes on `threads` threads."""
    return OnnxEngine(current_version(), threads=threads)


def answers(engine: OnnxEngine, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Answer messages, as JSON."""
    prepared = [engine.encode_pre(text) for text in texts]
    scores = engine.encode_core(prepared)
    return [engine.encode_post(*both).model_dump(mode="json") for both in zip(prepared, scores, strict=True)]


class PaddedEngine(OnnxEngine):
    """The engine with what many servers do to a batch: pad all texts to the longest and compute them at once."""

    def encode_core(self, prepared: Sequence[Prepared]) -> list[Any]:
        """Score the messages in one padded computation; a single message as ever."""
        windows = [window for one in prepared for window in one.payload.windows]
        if len(prepared) == 1 or not windows:
            return super().encode_core(prepared)
        assert isinstance(self.runner, OnnxRunner)
        longest = max(len(window) for window in windows)
        ids = np.array([window + [0] * (longest - len(window)) for window in windows], dtype=np.int64)
        mask = np.array([[1] * len(window) + [0] * (longest - len(window)) for window in windows], dtype=np.int64)
        scores, shares = self.runner.session.run(["scores", "shares"], {"ids": ids, "mask": mask})
        replaying = copy.copy(self)
        replaying.runner = _Replay(iter(zip(scores, shares, strict=True)))
        return OnnxEngine.encode_core(replaying, prepared)


class _Replay:
    """Stands where the runner was, and hands out window by window what was computed at once."""

    name = "replay"

    def __init__(self, rows: Iterator[tuple[Floats, Floats]]) -> None:
        self._rows = rows

    def run(self, ids: NDArray[np.int64], *, shares: bool) -> tuple[Floats, Floats | None]:
        row, share = next(self._rows)
        return row, share[: len(ids)] if shares else None
