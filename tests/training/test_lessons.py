"""What is learnt from: messages and what is made of them, with labels in dispute learnt as such."""

from __future__ import annotations

import numpy as np
import pytest

from data.message import Message
from data.taxonomy import Labels, read_taxonomy
from models.layout import layout
from training.lessons import doubtful, exchanged, first_readings
from training.targets import targets

TAXONOMY = read_taxonomy()
ROW = Message(
    id="a",
    text="It is late.",
    lang="en",
    kind="complaint",
    themes=["delivery"],
    urgency="low",
    group="a",
    split="train",
)
OTHER = ROW.model_copy(update={"id": "b"})


def column(group: str, label: str) -> int:
    own = next(columns for columns in layout(TAXONOMY) if columns.group == group)
    return own.start + own.labels.index(label)


def test_a_label_of_the_first_reader_alone_counts_a_little() -> None:
    wanted = targets([ROW, OTHER], TAXONOMY)
    first: dict[str, Labels] = {"a": {"kind": "request", "themes": ["delivery", "ordering"], "urgency": "normal"}}
    mixed = doubtful(wanted, [ROW, OTHER], first, TAXONOMY, 0.25)
    assert mixed[0, column("kind", "complaint")] == pytest.approx(0.75)
    assert mixed[0, column("kind", "request")] == pytest.approx(0.25)
    assert mixed[0, column("themes", "delivery")] == pytest.approx(1)
    assert mixed[0, column("themes", "ordering")] == pytest.approx(0.25)
    assert np.array_equal(mixed[1], wanted[1])
    assert wanted[0, column("kind", "complaint")] == 1


def test_what_is_left_open_stays_open() -> None:
    wanted = targets([ROW], TAXONOMY)
    mixed = doubtful(wanted, [ROW], {"a": {"emotion": "anger"}}, TAXONOMY, 0.25)
    emotion = next(columns for columns in layout(TAXONOMY) if columns.group == "emotion")
    assert (mixed[0, emotion.start : emotion.stop] == -1).all()


def test_no_doubt_changes_nothing() -> None:
    wanted = targets([ROW], TAXONOMY)
    assert doubtful(wanted, [ROW], {"a": {"kind": "request"}}, TAXONOMY, 0.0) is wanted


def test_the_first_readings_are_of_the_corpus() -> None:
    assert len(first_readings()) > 10_000


def test_a_share_of_the_messages_gets_other_names() -> None:
    rows = [
        ROW.model_copy(update={"id": str(n), "text": f"I asked {name} about it."})
        for n, name in enumerate(["Colin", "Agnieszka", "Rahul", "Chloe"])
    ]
    assert exchanged(rows, 0.0, seed=1) == rows
    assert [row.id for row in exchanged(rows, 1.0, seed=1)] == [row.id for row in rows]
    assert exchanged(rows, 1.0, seed=1) != rows
