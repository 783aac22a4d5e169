"""Sets that hold the truth at a promised rate: split-conformal prediction (Vovk et al. 2005).

A label is plausible if it is no stranger than the limit; the limit for an error rate was set on the calibration split,
per language, so that of new messages like those at most that share have a true label outside their set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Limits = Mapping[str, Mapping[str, float]]
"""Largest strangeness that is still plausible, by language (`*` for any other) and error rate ("0.1")."""


def strangeness(chance: NDArray[np.float32], true: Sequence[int]) -> float:
    """Tell how strange the truth looked: 1 − the least chance of a true label; 0 where nothing was true."""
    return 1.0 - float(min(chance[i] for i in true)) if len(true) else 0.0


def plausible(
    chance: NDArray[np.float32], given: Sequence[int], limits: Limits, language: str, rate: float
) -> list[int]:
    """List the labels within the limit for an error rate of at most `rate`, those `given` among them."""
    limit = _limit(limits.get(language, limits.get("*", {})), rate)
    return [i for i in range(len(chance)) if i in given or 1.0 - float(chance[i]) <= limit]


def _limit(by_rate: Mapping[str, float], rate: float) -> float:
    """Look up the limit of the largest error rate up to `rate`; where there is none, everything is plausible."""
    known = [float(each) for each in by_rate if float(each) <= rate + 1e-9]
    return by_rate[f"{max(known):g}"] if known else 1.0
