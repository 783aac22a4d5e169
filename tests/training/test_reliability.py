from __future__ import annotations

import numpy as np
import pytest

from training.reliability import calibration_error, error_by_chance


def test_honest_confidences_have_no_error_and_boasts_have_theirs() -> None:
    dice = np.random.default_rng(1)
    sure = dice.uniform(0.2, 1.0, 20_000)
    honest = [(float(c), bool(dice.random() < c)) for c in sure]
    boasts = [(0.95, bool(dice.random() < 0.6)) for _ in range(20_000)]
    assert calibration_error(honest) < 0.01
    assert calibration_error(boasts) == pytest.approx(0.35, abs=0.02)


def test_nothing_claimed_is_no_error() -> None:
    assert calibration_error([]) == 0


def test_chance_alone_makes_an_error_that_shrinks_with_the_labels() -> None:
    dice = np.random.default_rng(2)
    few, many = ([(float(c), bool(dice.random() < c)) for c in dice.uniform(0.3, 0.9, n)] for n in (200, 5_000))
    assert 0.03 < error_by_chance(few) < 0.12
    assert error_by_chance(many) < error_by_chance(few) / 3
    assert abs(calibration_error(many) - error_by_chance(many)) < 0.01
    assert error_by_chance([]) == 0
