"""BentoML: `bentoml serve benchmarks.race.peers.bentoml_app:Classify --port PORT`."""

from __future__ import annotations

from typing import Any

import bentoml

from benchmarks.race.shared_model import answers, load, read_setup

SETUP = read_setup()


@bentoml.service(workers=SETUP.workers)
class Classify:
    """One message in, one answer out; and the same behind its adaptive batching."""

    def __init__(self) -> None:
        self.engine = load(SETUP.threads)

    @bentoml.api
    def classify(self, text: str) -> dict[str, Any]:
        return answers(self.engine, [text])[0]

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=2000)
    def classify_batched(self, texts: list[str]) -> list[dict[str, Any]]:
        return answers(self.engine, texts)
