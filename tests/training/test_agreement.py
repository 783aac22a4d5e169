from __future__ import annotations

from pathlib import Path

import pytest

from data.corpus import read_corpus
from data.taxonomy import read_taxonomy
from training.agreement import agreement, read_readings


def test_the_readings_are_of_the_corpus_and_agree_well() -> None:
    table = agreement(read_readings(), read_taxonomy())
    assert set(table) == {"fi", "vi", "es", "en"}
    for language, figures in table.items():
        assert figures["kind_macro_f1"] > 0.9, language
        assert figures["themes_micro_f1"] > 0.75, language
    assert sum(len(rows) for rows in read_readings().values()) > 0.8 * len(read_corpus())


def test_only_the_messages_asked_for_are_scored() -> None:
    gold = {message.id for message in read_corpus() if message.split == "gold"}
    some = read_readings(only=gold)
    assert 1_000 < sum(len(rows) for rows in some.values()) <= len(gold)


def test_without_readings_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no second readings"):
        read_readings(tmp_path)
