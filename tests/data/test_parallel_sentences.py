"""Our own sentences and words in several languages: whole lines, none measured on among those learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.near import near_duplicates

FOLDER = Path(__file__).parents[2] / "data" / "parallel"
LANGUAGES = ["en", "fi", "vi", "es"]


def rows(split: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(FOLDER.glob(f"{split}-*.tsv")):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        columns = header.split("\t")
        assert columns[0] == "en", path.name
        assert set(columns) <= set(LANGUAGES), path.name
        found += [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    return found


@pytest.mark.parametrize("split", ["train", "terms", "check"])
def test_every_line_is_whole(split: str) -> None:
    found = rows(split)
    assert found
    assert all(text == text.strip() != "" for row in found for text in row.values())


def test_measured_sentences_stand_in_all_four_languages() -> None:
    assert all(list(row) == LANGUAGES for row in rows("check"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_measured_sentence_is_learnt_from(language: str) -> None:
    learnt = [row[language] for row in rows("train") if language in row]
    texts = learnt + [row[language] for row in rows("check")]
    twins = [pair for pair in near_duplicates(texts) if pair.first < len(learnt) <= pair.second]
    assert [texts[pair.second] for pair in twins] == []
