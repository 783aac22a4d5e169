from __future__ import annotations

import random

import pytest

from data.variety import nearest_overlaps, variety


def test_twins_are_found_and_strangers_are_not() -> None:
    texts = ["one two three four five six", "one two three four five seven", "all other words stand in this text here"]
    overlaps = nearest_overlaps(texts)
    assert overlaps[0] == overlaps[1] == pytest.approx(1 / 3)
    assert overlaps[2] == 0


def test_a_template_is_told_from_free_writing() -> None:
    dice = random.Random(2)
    words = [f"word{i}" for i in range(3000)]
    free = [" ".join(dice.choices(words, k=12)) for _ in range(60)]
    made = [f"dear sir or madam my {dice.choice(words)} is broken please send a new one soon" for _ in range(60)]
    assert variety(free).nearest < 0.05 < 0.3 < variety(made).nearest
    assert variety(free).worn == 0
    assert variety(made).worn == 1
    assert variety(made).compressed < variety(free).compressed


def test_nothing_has_no_variety() -> None:
    assert variety([]).texts == 0
