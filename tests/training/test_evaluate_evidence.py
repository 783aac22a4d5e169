from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.answer import Span
from training.evaluate_evidence import read_marks, token_f1

TEXT = "the invoice was wrong and nobody answers"


def test_words_shared_with_the_marks_are_counted() -> None:
    exact, half = [Span(start=4, end=11)], [Span(start=4, end=21)]
    assert token_f1(TEXT, exact, ["invoice"]) == 1
    assert token_f1(TEXT, half, ["invoice"]) == pytest.approx(2 * 1 / (3 + 1))
    assert token_f1(TEXT, exact, ["nobody answers"]) == 0
    assert token_f1(TEXT, exact, ["not in the text"]) == 0


def test_marks_are_read_by_message_group_and_label(tmp_path: Path) -> None:
    row = {"id": "en-1", "group": "themes", "label": "billing", "passages": ["invoice"]}
    (tmp_path / "en.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read_marks(tmp_path) == {("en-1", "themes", "billing"): ["invoice"]}
    assert read_marks(tmp_path / "nowhere") == {}
