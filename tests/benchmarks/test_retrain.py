"""What becomes a ticket in the benchmark of retraining does not stay in the corpus."""

from __future__ import annotations

from benchmarks.retrain import held_out
from data.message import Message, Split


def test_whole_groups_become_tickets_and_nothing_is_in_both() -> None:
    splits: tuple[Split, ...] = ("train", "train", "train", "calibration", "gold")
    messages = [
        Message(id=str(i), text="a", lang="en", group=f"{splits[i % 5]}-{i // 10}", split=splits[i % 5])
        for i in range(100)
    ]
    rest, tickets = held_out(messages, 20)
    assert len(tickets) == 18
    assert {message.split for message in tickets} == {"train"}
    assert {message.group for message in tickets}.isdisjoint(message.group for message in rest)
    assert sorted(int(message.id) for message in [*rest, *tickets]) == list(range(100))
