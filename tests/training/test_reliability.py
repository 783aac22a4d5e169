from __future__ import annotations

import numpy as np
import pytest

from training.reliability import calibration_error


def test_honest_confidences_have_no_error_and_boasts_have_theirs() -> None:
    dice = np.random.default_rng(1)
    sure = dice.uniform(0.2, 1.0, 20_000)
    honest = [(float(c), bool(dice.random() < c)) for c in sure]
    boasts = [(0.95, bool(dice.random() < 0.6)) for _ in range(20_000)]
    assert calibration_error(honest) < 0.01
    assert calibration_error(boasts) == pytest.approx(0.35, abs=0.02)


def test_nothing_claimed_is_no_error() -> None:
    assert calibration_error([]) == 0
