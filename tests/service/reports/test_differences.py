"""Differences are found where they are, and seldom where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from models.confusion import Confusion, Hits
from service.reports.counts.correcting import draw_many, draw_rates, many_counts, usual_mix
from service.reports.counts.differences import adjusted, chance, holds, tell_apart
from service.reports.ledger import Floats, Ints

GOOD = Confusion(
    labels={"themes": ["a"]}, many={"themes": {"en": {"a": Hits(tp=85, fn=15, fp=8, tn=392)}}}
)  # fmt: skip


def exact(counted: Ints) -> Floats:
    """Draws of what is known for sure."""
    return np.repeat(counted[..., None], 400, axis=-1).astype(np.float32)


def test_adjusting_is_that_of_benjamini_and_hochberg() -> None:
    chances = np.array([[0.01, 0.04], [0.03, 0.5]])
    assert adjusted(chances) == pytest.approx(np.array([[0.04, 0.16 / 3], [0.16 / 3, 0.5]]))
    assert chance(np.array([0.0, -1.959964, 3.290527])) == pytest.approx([1.0, 0.05, 0.001], rel=1e-4)


def test_a_side_that_differs_is_told_from_those_that_do_not() -> None:
    tickets = np.array([400, 400, 400])
    counted = np.array([[80, 40, 42], [20, 22, 19]])
    found = tell_apart(exact(counted), counted, tickets)
    assert holds(found.z)[0, 0]
    assert not holds(found.z)[1].any()
    assert found.z[0, 0] > 3
    assert found.z[0, 1] < 0
    assert abs(found.z[1]).max() < 1
    assert found.z == pytest.approx(found.counted_z, abs=0.35), "nothing was corrected"
    assert found.difference[0, 0].mean() == pytest.approx(0.2 - 82 / 800, abs=0.01)


def test_few_tickets_differ_by_chance() -> None:
    counted = np.array([[9, 4]])
    found = tell_apart(exact(counted), counted, np.array([30, 30]))
    assert not holds(found.z).any()


def test_a_share_near_all_hides_no_difference() -> None:
    counted = np.array([[41, 14], [20, 16]])
    draws = exact(counted)
    draws[0, 0] = np.linspace(44, 58, 400, dtype=np.float32)  # of 58, as the classifier misses some
    draws[0, 1] = np.random.default_rng(1).permutation(np.linspace(13, 25, 400, dtype=np.float32))
    found = tell_apart(draws, counted, np.array([58, 45]))
    assert found.z[0, 0] > 3, "the spread of log odds made it 1.5"
    assert found.z[0, 1] == pytest.approx(-found.z[0, 0], rel=0.05), "of two sides, one is the other's mirror"
    assert abs(found.z[1]).max() < 1.2


def test_what_is_no_difference_is_seldom_called_one() -> None:
    dice = np.random.default_rng(3)
    tickets = np.array([300, 300, 100, 40])
    rates = draw_rates(many_counts(GOOD, "themes"), "en", dice)
    pages, alarms = 60, 0
    for _ in range(pages):
        shares = dice.uniform(0.01, 0.3, 15)
        true = np.stack([dice.binomial(tickets, share) for share in shares])
        said = dice.binomial(true, 0.85) + dice.binomial(tickets - true, 0.02)
        answers = np.stack([said, tickets - said])
        draws = draw_many(answers, usual_mix(answers), np.repeat(rates, 15, axis=0), dice)
        alarms += int(holds(tell_apart(draws, said, tickets).z).any())
    assert alarms <= 8, "a page with nothing on it raises an alarm once in twenty at most, but for chance"


def test_what_nothing_has_is_no_difference() -> None:
    counted = np.zeros((2, 2), np.int64)
    found = tell_apart(exact(counted), counted, np.array([50, 5000]))
    assert np.isfinite(found.z).all()
    assert np.isfinite(found.counted_z).all()
    assert not holds(found.z).any()
