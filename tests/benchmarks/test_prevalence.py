"""By known error rates: intervals hold the truth when shares shift, and corrected counts are nearer to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import prevalence
from benchmarks.prevalence import Outcome, read_answers, synthetic, table, weights
from data.message import Message
from models.answer import Answer, Language, Review


@pytest.fixture(scope="module")
def found() -> Sequence[Outcome]:
    return synthetic(worlds=6, gold=265, sizes=(200, 2_000), repeats=1, messages=5_000)


@pytest.mark.parametrize("language", ["fi", "vi", "es", "en"])
def test_intervals_hold_the_truth_in_every_language(found: Sequence[Outcome], language: str) -> None:
    own = [each.held for each in found if each.language == language]
    assert np.mean(own) >= 0.9
    assert len(own) == 6 * 2 * (4 + 3 * 4 * 3)


@pytest.mark.parametrize("many", [True, False])
def test_corrected_counts_are_nearer_to_the_truth_than_plain_ones(found: Sequence[Outcome], many: bool) -> None:
    own = [each for each in found if each.many == many and each.size == 2_000]
    assert np.mean([each.error for each in own]) < 0.8 * np.mean([each.counted_error for each in own])
    assert np.mean([each.width for each in own]) < 0.3, "they hold the truth without holding everything"


def test_a_shift_makes_a_label_so_much_more_frequent() -> None:
    true = np.array([True] * 10 + [False] * 90)
    assert weights(true, 4.0)[true].sum() == pytest.approx(0.4)
    assert weights(true, 0.25)[true].sum() == pytest.approx(0.025)
    assert weights(~true, 4.0)[~true].sum() == pytest.approx(prevalence.MOST)


def test_the_table_has_a_line_for_each_size_and_language(found: Sequence[Outcome]) -> None:
    lines = table(found).splitlines()
    assert len(lines) == 2 + 3 * 2 * 4
    assert lines[2].startswith("| yes or no, shifted | 200 | en | ")


def test_answers_are_kept_and_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Engine:
        def __init__(self, folder: Path) -> None: ...

        def encode_pre(self, text: str, *, evidence: bool) -> str:
            return text

        def encode_core(self, prepared: Sequence[str]) -> list[str]:
            return list(prepared)

        def encode_post(self, prepared: str, scores: str) -> Answer:
            asked.append(prepared)
            return Answer(
                kind=None, themes=[], urgency=None, signals=[], motives=[], emotion=None, review=Review(needed=False),
                language=Language(label=prepared, confidence=1, supported=True), model_version="1",
                taxonomy_version="1",
            )  # fmt: skip

    monkeypatch.setattr(prevalence, "OnnxEngine", Engine)
    messages = [Message(id=text, text=text, lang="fi", group=text, split="gold") for text in ("fi", "es")]
    first = read_answers(messages[:1], Path("v1"), tmp_path)
    assert read_answers(messages, Path("v1"), tmp_path)["fi"] == first["fi"]
    assert asked == ["fi", "es"]
    read_answers(messages, Path("v2"), tmp_path)
    assert asked == ["fi", "es", "fi", "es"]
