"""Short sentences of every form that the rules know, marked as the measured set is: nothing marked may stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.redaction import redact
from data.redaction.measuring import Marked

FIXTURES = Path(__file__).parent / "fixtures"
LANGUAGES = ("en", "es", "fi", "vi")


def sentences(language: str) -> list[Marked]:
    lines = (FIXTURES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [
        Marked(id=f"{language}-{number}", lang=language, split="dev", marked=line.replace("\\n", "\n"))
        for number, line in enumerate(lines, 1)
    ]


ALL = [sentence for language in LANGUAGES for sentence in sentences(language)]


@pytest.mark.parametrize("sentence", ALL, ids=lambda sentence: sentence.id)
def test_what_is_marked_goes_and_the_rest_stays(sentence: Marked) -> None:
    text, items = sentence.read()
    found = redact(text, sentence.lang).found
    covered = {place for one in found for place in range(one.start, one.end)}
    wanted = {place for one in items for place in range(one.start, one.end)}
    left = [place for place in wanted - covered if text[place].isalnum()]
    assert not left
    assert all(any(place in wanted for place in range(one.start, one.end)) for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sentences_with_and_without_personal_data(language: str) -> None:
    own = [sentence.read()[1] for sentence in sentences(language)]
    assert len(own) >= 130
    assert sum(not items for items in own) >= 30


def test_without_a_language_nearly_all_is_found_as_well() -> None:
    wanted = missed = 0
    for sentence in ALL:
        text, items = sentence.read()
        covered = {place for one in redact(text).found for place in range(one.start, one.end)}
        wanted += len(items)
        missed += sum(item.start not in covered for item in items)
    assert missed <= wanted * 0.03
