"""How surprising a count is: normal scores of the negative binomial's upper tail, and how often chance reaches them.

A score of 3 is reached as rarely as a normal variable reaches three standard deviations. The tail is that of Lugannani
and Rice (1980) with the continuity correction of Daniels (1987): good to some percent far beyond what is asked here,
and fast on whole arrays without SciPy.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_SCORES: Final = np.linspace(-6.0, 8.0, 2_801)
_LOG_TAILS: Final = np.log([NormalDist().cdf(-score) for score in _SCORES])
_SMALLEST: Final = 1e-9


def surprise(counts: Numbers, expected: Numbers, spread: Numbers | float = 0.0) -> Numbers:
    """Score how rarely chance reaches `counts` where `expected` were to come.

    `spread` is the relative variance beyond Poisson's: the variance is expected + spread x expected squared.
    """
    mean = np.maximum(expected, _SMALLEST)
    size = 1.0 / np.maximum(spread, _SMALLEST)
    seen = np.maximum(counts - 0.5, 0.25)
    log_tilt = np.log(seen / mean)
    log_rest = np.log1p((seen - mean) / (mean + size))
    tilt = log_tilt - log_rest
    deviance = np.maximum(2.0 * (seen * log_tilt - (seen + size) * log_rest), 0.0)
    root = np.sign(tilt) * np.sqrt(deviance)
    width = 2.0 * np.sinh(tilt / 2.0) * np.sqrt(seen + seen * seen / size)
    near = np.abs(root) < 1e-3  # at the mean itself the formula is 0 / 0
    safe = np.where(near, 1.0, root)
    ratio = np.where(near, 1.0, width / safe)
    return np.asarray(np.where(near, 0.0, safe + np.log(np.maximum(ratio, _SMALLEST)) / safe), np.float64)


def tail(scores: Numbers) -> Numbers:
    """Say how often chance reaches such scores: 1 - Φ."""
    return np.exp(np.interp(scores, _SCORES, _LOG_TAILS))


def share_out(needed: Numbers, allowed: float, *, highest: float, lowest: float = 1.0) -> Numbers:
    """Give every series (..., n) a score that it must reach, so that chance reaches `allowed` of them on average.

    No series gets a lower one than it `needed`, and what it leaves over is for the others: a doubling of what comes
    often is plain to see, so nearly all that is allowed goes to what comes seldom.
    """
    wanted = np.minimum(needed, highest)
    low = np.full((*needed.shape[:-1], 1), lowest)
    high = np.full_like(low, highest)
    for _ in range(16):
        level = (low + high) / 2.0
        too_often = tail(np.maximum(wanted, level)).sum(axis=-1, keepdims=True) > allowed
        low, high = np.where(too_often, level, low), np.where(too_often, high, level)
    return np.asarray(np.maximum(wanted, high), np.float64)
