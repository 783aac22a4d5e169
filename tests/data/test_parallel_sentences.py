"""Our own sentences in four languages: whole lines, and none that is measured on stands among those learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.near import near_duplicates

FOLDER = Path(__file__).parents[2] / "data" / "parallel"
LANGUAGES = ["en", "fi", "vi", "es"]


def sentences(split: str) -> list[list[str]]:
    rows = []
    for path in sorted(FOLDER.glob(f"{split}-*.tsv")):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        assert header.split("\t") == LANGUAGES
        rows += [line.split("\t") for line in lines]
    return rows


def test_every_line_has_four_sentences() -> None:
    rows = sentences("train") + sentences("check")
    assert all(len(row) == 4 and all(text == text.strip() != "" for text in row) for row in rows)


@pytest.mark.parametrize("column", range(4), ids=LANGUAGES)
def test_no_measured_sentence_is_learnt_from(column: int) -> None:
    learnt, measured = sentences("train"), sentences("check")
    texts = [row[column] for row in (*learnt, *measured)]
    twins = [pair for pair in near_duplicates(texts) if pair.first < len(learnt) <= pair.second]
    assert [texts[pair.second] for pair in twins] == []
