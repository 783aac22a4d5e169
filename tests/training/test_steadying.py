"""Names are exchanged and nothing else; what is told besides brings its labels."""

from __future__ import annotations

import random

import pytest

from data.message import Message
from data.taxonomy import read_taxonomy
from training.steadiness import read_contrast
from training.steadying import Exchange, Told, Words, read_told, read_words, tell_besides

TAXONOMY = read_taxonomy()


def message(number: int, text: str, **labels: object) -> Message:
    given = {"kind": "complaint", "themes": ["delivery"], "urgency": "low", "emotion": "neutral", **labels}
    return Message(id=str(number), text=text, lang="en", group=str(number), split="train", **given)  # type: ignore[arg-type]


NAMED = [
    message(0, "The courier left it in Leeds with Margaret Holloway."),
    message(1, "I asked Colin twice about the Bristol branch on Monday, by Wi-Fi."),
    message(2, "A reply from Brindlewood would be nice. The wi-fi is slow."),
]
LESSON = Told(
    kinds=["complaint"],
    add={"signals": ["repeat_contact"]},
    at_least={"urgency": "high"},
    open=["emotion"],
    sentences={"en": ["I rang four times."]},
)


def test_names_change_and_the_rest_stays() -> None:
    exchange, dice = Exchange(NAMED, {}), random.Random(1)
    seen = {exchange(NAMED[0].text, "en", dice) for _ in range(60)}
    assert len(seen) > 5
    for text in seen:
        assert text.startswith("The courier left it in ")
        assert " with " in text
        assert text.endswith(".")


def test_a_name_is_the_same_throughout() -> None:
    exchange = Exchange(NAMED, {})
    for seed in range(20):
        text = exchange("We asked Colin, and asked Colin again.", "en", random.Random(seed))
        first, second = text.removeprefix("We asked ").removesuffix(" again.").split(", and asked ")
        assert first == second


def test_days_and_what_is_also_written_small_are_no_names() -> None:
    texts = [Exchange(NAMED, {})(NAMED[1].text, "en", random.Random(seed)) for seed in range(20)]
    assert all(text.endswith("branch on Monday, by Wi-Fi.") for text in texts)


def test_genders_change_with_their_case() -> None:
    words = {"en": Words(genders=[("wife", "husband"), ("she", "he")])}
    exchange = Exchange(NAMED, words)
    seen = {exchange("She said my wife must wait.", "en", random.Random(seed)) for seed in range(20)}
    assert seen == {"She said my wife must wait.", "He said my husband must wait."}


def test_a_text_in_an_unknown_language_stays() -> None:
    assert Exchange(NAMED, {})("Ik vroeg het aan Colin.", "nl", random.Random(1)) == "Ik vroeg het aan Colin."


def test_what_is_told_brings_its_labels() -> None:
    rows = [message(0, "It is late."), message(1, "A gas leak!", urgency="critical", signals=["harm"])]
    told = list(tell_besides(rows, TAXONOMY, [LESSON], 10.0, seed=1))
    assert len(told) == 20
    assert len({row.id for row in told}) == 20
    for row in told:
        assert "I rang four times." in row.text
        assert row.emotion is None
        assert row.themes == ["delivery"]
        if "gas" in row.text:
            assert (row.urgency, row.signals) == ("critical", ["harm", "repeat_contact"])
        else:
            assert (row.urgency, row.signals) == ("high", ["repeat_contact"])


@pytest.mark.parametrize("kinds", [["praise"], []])
def test_nothing_is_told_where_it_does_not_fit(kinds: list[str]) -> None:
    lesson = LESSON.model_copy(update={"kinds": kinds})
    assert list(tell_besides(NAMED, TAXONOMY, [lesson], 1.0, seed=1)) == []


def test_labels_that_a_taxonomy_lacks_are_left_out() -> None:
    lesson = LESSON.model_copy(update={"add": {"signals": ["unheard_of"]}, "at_least": {}})
    assert list(tell_besides(NAMED, TAXONOMY, [lesson], 1.0, seed=1)) == []


def test_the_written_lessons_fit_the_taxonomy_and_share_nothing_with_the_contrast_sets() -> None:
    lessons, contrast = read_told(), read_contrast()
    assert lessons
    for lesson in lessons:
        assert set(lesson.kinds) <= set(TAXONOMY.ids("kind"))
        for group, labels in lesson.add.items():
            assert set(labels) <= set(TAXONOMY.ids(group))
        assert set(lesson.sentences) == set(contrast)
        for language, sentences in lesson.sentences.items():
            assert len(set(sentences)) == len(sentences)
            assert not set(sentences) & set(contrast[language].repeated)
    for words in read_words().values():
        assert all("{}" in frame for frame in [*words.before, *words.after])
