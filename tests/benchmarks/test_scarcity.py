"""A learning curve counts every label that is learnt from in any way."""

from __future__ import annotations

from collections import Counter

from benchmarks.scarcity import first_rows
from data.corpus import read_corpus


def test_what_is_calibrated_on_counts_as_well_and_no_group_is_split() -> None:
    messages = read_corpus()
    rows = first_rows(messages, 100)
    labelled = [message for message in rows if message.split != "gold"]
    assert set(Counter(message.lang for message in labelled).values()) == {100}
    splits = {
        message.group: {other.split for other in labelled if other.group == message.group} for message in labelled
    }
    assert all(len(found) == 1 for found in splits.values())
    assert 40 < sum(message.split == "calibration" for message in labelled) < 130
    gold = {message.id for message in messages if message.split == "gold"}
    assert {message.id for message in rows if message.split == "gold"} == gold
