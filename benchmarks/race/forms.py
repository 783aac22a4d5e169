"""How each server is asked and how its answer is read: bodies out, labels in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from data.taxonomy import Taxonomy
from models.answer import Language
from models.calibration import Calibration
from models.decision import Decider
from models.layout import layout

Labels = dict[str, Any]
PLAIN = Calibration(scales={}, thresholds={})
"""A calibration that changes nothing: even chances decide."""
_UNTOLD = Language(label="und", confidence=0, supported=True)


class Form(StrEnum):
    """What a server takes and gives."""

    text = "text"
    """A text, answered as Reclamo answers."""
    bare = "bare"
    """A text, answered as Reclamo answers without evidence."""
    batch = "batch"
    """Several texts, answered as Reclamo answers."""
    listed = "listed"
    """A list of one text, answered by a list of what Reclamo answers."""
    scores = "scores"
    """A text, answered by the score of every label."""
    infinity = "infinity"
    """The same in infinity's envelope."""

    def body(self, texts: Sequence[str]) -> dict[str, Any]:
        """Write the JSON that asks for `texts`, of which all forms but `batch` take one."""
        text = texts[0]
        bodies: dict[Form, dict[str, Any]] = {
            Form.text: {"text": text},
            Form.bare: {"text": text, "evidence": False},
            Form.batch: {"messages": [{"text": each} for each in texts]},
            Form.listed: {"texts": [text]},
            Form.scores: {"text": text},
            Form.infinity: {"model": "network", "input": [text]},
        }
        return bodies[self]

    def read(self, body: bytes, taxonomy: Taxonomy) -> list[Labels]:
        """Read the labels out of an answer, one for each text asked; where only scores came they are decided here."""
        value = json.loads(body)
        if self is Form.batch:
            return [labels(each) for each in value["results"]]
        if self in (Form.text, Form.bare):
            return [labels(value)]
        if self is Form.listed:
            return [labels(each) for each in value]
        return [_decided(value["data"][0] if self is Form.infinity else value, taxonomy)]


def labels(answer: dict[str, Any]) -> Labels:
    """Keep the labels of an answer, without confidences, evidence and versions."""
    single = {group: (answer[group] or {}).get("label") for group in ("kind", "urgency", "emotion")}
    many = {group: sorted(found["label"] for found in answer[group]) for group in ("themes", "signals", "motives")}
    return {**single, **many}


def column_names(taxonomy: Taxonomy) -> list[str]:
    """Name every column of scores: `themes/billing`, and `urgency>normal` for the step above `normal`."""
    return [
        f"{columns.group}{'>' if columns.mode == 'ordered' else '/'}{label}"
        for columns in layout(taxonomy)
        for label in columns.labels[: columns.size]
    ]


def _decided(scores: list[dict[str, Any]], taxonomy: Taxonomy) -> Labels:
    chance = {each["label"]: each["score"] for each in scores}
    given = np.array([chance[name] for name in column_names(taxonomy)]).clip(1e-12, 1 - 1e-12)
    raw = np.log(given / (1 - given)).astype(np.float32)
    answer = Decider(taxonomy, PLAIN, "race").decide(raw, _UNTOLD, lambda *_: [], [])
    return labels(answer.model_dump(mode="json"))
