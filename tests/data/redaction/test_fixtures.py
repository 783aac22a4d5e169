"""Short sentences of every form that the rules know, marked as the measured set is: nothing marked may stay."""

from __future__ import annotations

import numpy as np
import pytest

from data.redaction import redact
from data.redaction.measuring import SET, Marked
from data.redaction.names.tagger import OTHERS, Tagger, shipped

SENTENCES = SET / "sentences"
LANGUAGES = ("en", "es", "fi", "vi")


def sentences(language: str) -> list[Marked]:
    lines = (SENTENCES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [
        Marked(id=f"{language}-{number}", lang=language, split="dev", marked=line.replace("\\n", "\n"))
        for number, line in enumerate(lines, 1)
    ]


ALL = [sentence for language in LANGUAGES for sentence in sentences(language)]


RULES_ALONE = Tagger(np.zeros(2, np.float32), shipped().vocabulary, dict.fromkeys((*LANGUAGES, OTHERS), 1.0))
"""A tagger that finds nothing and speaks against nothing."""


def is_right(sentence: Marked, tagger: Tagger | None = None) -> bool:
    """Tell whether all that is marked goes, and nothing else."""
    text, items = sentence.read()
    found = redact(text, sentence.lang, tagger=tagger).found
    covered = {place for one in found for place in range(one.start, one.end)}
    wanted = {place for one in items for place in range(one.start, one.end)}
    gone = not any(text[place].isalnum() for place in wanted - covered)
    return gone and all(any(place in wanted for place in range(one.start, one.end)) for one in found)


@pytest.mark.parametrize("sentence", ALL, ids=lambda sentence: sentence.id)
def test_by_the_rules_what_is_marked_goes_and_the_rest_stays(sentence: Marked) -> None:
    assert is_right(sentence, RULES_ALONE)


def test_with_what_is_learnt_nearly_all_sentences_stay_right() -> None:
    assert sum(map(is_right, ALL)) >= 0.97 * len(ALL)


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
