"""The three seams of an engine: text → pieces with their cost, pieces → scores, scores → an answer.

The service schedules by `cost`, runs `encode_core` on worker threads, and knows nothing else of a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from data.taxonomy import Taxonomy
from models.answer import Answer
from models.canary import Canary


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message made ready: `cost` is the number of pieces that the engine will read (0: nothing to compute)."""

    text: str
    cost: int
    payload: Any = field(default=None, repr=False)


class Engine(Protocol):
    """What the service needs of a classifier. All methods are safe to call from several threads at once."""

    model_version: str
    taxonomy: Taxonomy
    languages: Sequence[str]
    canaries: Mapping[str, Sequence[Canary]]
    """Test messages for every language; what it must answer rightly before it is sent any other."""

    @property
    def name(self) -> str:
        """What computes, such as onnxruntime-int8."""
        ...

    def encode_pre(self, text: str, language: str | None = None, *, evidence: bool = True) -> Prepared:
        """Clean, identify the language, cut into pieces and windows. Fast (well under a millisecond a text).

        Without `evidence` the answer points at no words.
        """
        ...

    def encode_core(self, prepared: Sequence[Prepared]) -> list[Any]:
        """Compute the scores of each message, in order. The slow part; releases the interpreter lock."""
        ...

    def encode_post(self, prepared: Prepared, scores: Any) -> Answer:  # noqa: ANN401
        """Decide: calibrated confidences, evidence, abstention."""
        ...
