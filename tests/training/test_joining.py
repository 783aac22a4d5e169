"""Joined messages hold what their parts hold, and never mix kinds or languages."""

from __future__ import annotations

import pytest

from data.message import Message
from data.taxonomy import read_taxonomy
from training.joining import join_messages

TAXONOMY = read_taxonomy()


def message(number: int, lang: str, kind: str, theme: str, urgency: str) -> Message:
    return Message(
        id=str(number), text=f"text {number}", lang=lang, kind=kind, themes=[theme], urgency=urgency, emotion="anger",
        signals=["harm"] if urgency == "critical" else [], group=str(number), split="train",
    )  # fmt: skip


ROWS = [message(i, ("fi", "es")[i % 2], "complaint", ("billing", "delivery")[i // 2 % 2], "low") for i in range(40)]
ROWS += [message(100 + i, "fi", "complaint", "premises", "critical") for i in range(10)]
ROWS += [message(200 + i, "fi", "praise", "staff_conduct", "low") for i in range(10)]


def test_labels_are_those_of_the_parts() -> None:
    by_text = {row.text: row for row in ROWS}
    joined = list(join_messages(ROWS, TAXONOMY, 1.0, seed=1))
    assert len(joined) == len(ROWS)
    for one in joined:
        parts = [by_text[text] for text in one.text.replace("\n", " ").replace(" text", "|text").split("|")]
        assert 2 <= len(parts) <= 3
        assert {part.lang for part in parts} == {one.lang}
        assert {part.kind for part in parts} == {one.kind}
        assert set(one.themes) == {theme for part in parts for theme in part.themes}
        assert one.urgency == ("critical" if any(part.urgency == "critical" for part in parts) else "low")
        assert one.emotion is None


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.1, 6)])
def test_as_many_as_asked_for(share: float, count: int) -> None:
    assert len(list(join_messages(ROWS, TAXONOMY, share, seed=2))) == count


def test_too_few_messages_of_a_kind_are_not_joined() -> None:
    assert list(join_messages(ROWS[:2], TAXONOMY, 1.0, seed=3)) == []
