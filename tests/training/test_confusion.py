from __future__ import annotations

from data.message import Message
from data.taxonomy import Taxonomy
from models.answer import Answer, Choice, Language, Mention, Review, Urgency
from models.confusion import Hits
from training.confusion import confusion


def message(lang: str, kind: str | None, themes: list[str]) -> Message:
    return Message(id="1", text="x", lang=lang, kind=kind, themes=themes, urgency="soon", group="1", split="gold")


def answer(lang: str, kind: str | None, themes: list[str], *, read: bool = True) -> Answer:
    return Answer(
        kind=Choice(label=kind, confidence=1) if kind else None,
        themes=[Mention(label=theme, confidence=1) for theme in themes],
        urgency=Urgency(label="now", confidence=1, respond_within_hours=1) if read else None,
        signals=[], motives=[], emotion=None, language=Language(label=lang, confidence=1, supported=read),
        review=Review(needed=False), model_version="1", taxonomy_version="1",
    )  # fmt: skip


def test_truth_is_counted_against_what_was_said(taxonomy: Taxonomy) -> None:
    pairs = [
        (message("es", "fault", ["lift"]), answer("es", "fault", ["lift", "roof"])),
        (message("es", "fault", ["roof"]), answer("es", "chat", [])),
        (message("es", "chat", []), answer("es", None, ["lift"])),
        (message("es", None, ["lift"]), answer("es", "chat", ["lift"])),
    ]
    found = confusion([pair[0] for pair in pairs], [pair[1] for pair in pairs], taxonomy)
    assert found.labels["themes"] == ["lift", "roof", "noise"]
    themes = found.many["themes"]["es"]
    assert themes["lift"] == Hits(tp=2, fp=1, fn=0, tn=1)
    assert themes["roof"] == Hits(tp=0, fp=1, fn=1, tn=2)
    assert themes["noise"] == Hits(tp=0, fp=0, fn=0, tn=4)
    assert found.single["kind"]["es"] == [[1, 1, 0], [0, 0, 1]], "who has no kind is not counted there"
    assert found.single["urgency"]["es"] == [[0, 0, 0, 0], [0, 0, 4, 0], [0, 0, 0, 0]]


def test_a_message_stands_under_the_language_that_its_ticket_will(taxonomy: Taxonomy) -> None:
    messages = [message("es", "chat", []), message("en", "chat", []), message("en", "chat", [])]
    answers = [answer("en", "chat", []), answer("en", "fault", []), answer("de", None, [], read=False)]
    found = confusion(messages, answers, taxonomy)
    assert found.single["kind"] == {"en": [[0, 0, 0], [1, 1, 0]]}
    assert found.unread == {"en": 1}
