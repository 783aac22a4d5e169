"""What the right answer is: the labels that the engine itself gives, one text at a time."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.race.client import Report
from benchmarks.race.forms import Labels, labels
from benchmarks.race.network import Network
from benchmarks.race.rows import FULL, SHIPPED, SMALL, Row
from data.taxonomy import Taxonomy
from models.onnx_engine import OnnxEngine
from models.registry import current_version


class Reference:
    """The engines that the servers run, each loaded when it is first asked."""

    def __init__(self, network: Network) -> None:
        self._folders = {SHIPPED: current_version(), FULL: network.full, SMALL: network.small}
        self._engines: dict[str, OnnxEngine] = {}
        self._known: dict[tuple[str, str], Labels] = {}

    @property
    def model_version(self) -> str:
        return self._engine(SHIPPED).model_version

    @property
    def taxonomy(self) -> Taxonomy:
        return self._engine(SHIPPED).taxonomy

    def labels(self, computes: str, text: str) -> Labels:
        """Answer one text."""
        if (computes, text) not in self._known:
            engine = self._engine(computes)
            prepared = engine.encode_pre(text, evidence=computes == SHIPPED)
            answer = engine.encode_post(prepared, engine.encode_core([prepared])[0])
            self._known[computes, text] = labels(answer.model_dump(mode="json"))
        return self._known[computes, text]

    def agreement(self, row: Row, report: Report, asked: Sequence[Sequence[str]]) -> float:
        """Return the share of the texts whose labels are right in the answers kept; `asked` holds a request's texts."""
        right = []
        for line, answer in report.answers.items():
            told = row.form.read(answer.encode(), self.taxonomy)
            right += [got == self.labels(row.computes, text) for got, text in zip(told, asked[line], strict=True)]
        return sum(right) / len(right) if right else 0.0

    def _engine(self, computes: str) -> OnnxEngine:
        if computes not in self._engines:
            self._engines[computes] = OnnxEngine(self._folders[computes])
        return self._engines[computes]
