"""A translation among the rows learnt from is found; the same language, short texts and other meanings are not."""

from __future__ import annotations

import numpy as np
import pytest

from data.message import Message
from training.leaks import Twin, translated_twins

LONG = "one two three four five six"


def message(id_: str, lang: str, split: str, text: str = LONG) -> Message:
    return Message.model_validate({"id": id_, "text": text, "lang": lang, "group": id_, "split": split})


@pytest.mark.parametrize(
    ("learnt", "vector", "found"),
    [
        (message("t", "es", "train"), [1.0, 0.0], [Twin("g", "t", 1.0)]),
        (message("t", "fi", "train"), [1.0, 0.0], []),
        (message("t", "es", "train", "too short"), [1.0, 0.0], []),
        (message("t", "es", "train"), [0.0, 1.0], []),
        (message("t", "es", "calibration"), [1.0, 0.0], []),
    ],
    ids=["translation", "same language", "short", "other meaning", "not learnt from"],
)
def test_only_translations_learnt_from_are_leaks(learnt: Message, vector: list[float], found: list[Twin]) -> None:
    rows = [message("g", "fi", "gold"), learnt, message("x", "es", "train")]
    vectors = np.array([[1.0, 0.0], vector, [0.0, 1.0]], np.float32)
    assert list(translated_twins(rows, vectors)) == found
