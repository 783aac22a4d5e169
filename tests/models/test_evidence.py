from __future__ import annotations

import numpy as np

from models.answer import Span
from models.evidence import evidence_spans

TEXT = "the invoice was charged twice, kiitos"
PIECES = [(0, 0), (0, 3), (4, 8), (8, 11), (12, 15), (16, 23), (24, 29), (29, 30), (31, 37), (0, 0)]


def spans(*shares: float) -> list[str]:
    found = evidence_spans(TEXT, PIECES, np.array([0, *shares, 0], dtype=np.float32))
    return [TEXT[span.start : span.end] for span in found]


def test_pieces_are_gathered_into_whole_words() -> None:
    assert spans(0, 0.5, 0.5, 0, 0, 0, 0, 0) == ["invoice"]


def test_near_words_make_one_span_and_far_words_two() -> None:
    assert spans(0, 1, 0, 0, 1, 0, 0, 0) == ["invoice was charged"]
    assert spans(1, 0, 0, 0, 0, 1, 0, 0) == ["the", "twice,"]


def test_nothing_speaks_for_a_label_that_words_speak_against() -> None:
    assert spans(-1, -1, 0, 0, 0, 0, 0, 0) == []


def test_special_pieces_and_empty_texts_have_no_evidence() -> None:
    assert evidence_spans("", [(0, 0)], np.ones(1, dtype=np.float32)) == []
    assert evidence_spans("word", [(0, 0), (0, 4)], np.array([5, 1], dtype=np.float32)) == [Span(start=0, end=4)]
