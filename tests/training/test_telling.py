"""What is told besides brings its labels."""

from __future__ import annotations

import pytest

from data.message import Message
from data.taxonomy import read_taxonomy
from training.steadiness import read_contrast
from training.telling import Told, read_told, tell_besides

TAXONOMY = read_taxonomy()


def message(number: int, text: str, **labels: object) -> Message:
    given = {"kind": "complaint", "themes": ["delivery"], "urgency": "low", "emotion": "neutral", **labels}
    return Message(id=str(number), text=text, lang="en", group=str(number), split="train", **given)  # type: ignore[arg-type]


ROWS = [message(0, "It is late."), message(1, "A gas leak!", urgency="critical", signals=["harm"])]
LESSON = Told(
    kinds=["complaint"],
    add={"signals": ["repeat_contact"]},
    at_least={"urgency": "high"},
    open=["emotion"],
    sentences={"en": ["I rang four times."]},
)


def test_what_is_told_brings_its_labels() -> None:
    told = list(tell_besides(ROWS, TAXONOMY, [LESSON], 10.0, seed=1))
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
    assert list(tell_besides(ROWS, TAXONOMY, [lesson], 1.0, seed=1)) == []


def test_labels_that_a_taxonomy_lacks_are_left_out() -> None:
    lesson = LESSON.model_copy(update={"add": {"signals": ["unheard_of"]}, "at_least": {}})
    assert list(tell_besides(ROWS, TAXONOMY, [lesson], 1.0, seed=1)) == []


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
