"""How far counts stray from week to week beyond chance: customers write in waves, not as dice fall.

Where messages came independently, the variance of a count would be its mean (Poisson). What it is more is estimated
from whole weeks, by Pearson's statistic, and never less than that: few weeks may look steadier than they are. The
alarms learn the same from day to day (`service.reports.alarms.baseline`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from service.reports.counts.differences import Real
from service.reports.ledger import Ints

FEWEST: Final = 6
"""Weeks, beside one for each mean, below which nothing is estimated."""

CAP: Final = 9.0
"""Squared deviations count up to so many variances: an outbreak of the past should not hide the next one."""


def straying(numbers: Ints, stretches: Ints) -> Real:
    """Estimate how much larger variances are than those of chance (L, 1 at least), from counts (L × weeks).

    The first counts are of all messages: what they do together their labels do as well, in proportion. Each stretch of
    time (weeks) has a mean of its own, so that what changed between them is not taken for straying.
    """
    found, free = np.zeros(len(numbers)), 0
    for stretch in np.unique(stretches):
        part = numbers[:, stretches == stretch].astype(np.float64)
        mean = part.mean(axis=1, keepdims=True)
        found += (np.minimum((part - mean) ** 2, CAP * mean) / np.maximum(mean, 1e-9)).sum(axis=1)
        free += part.shape[1] - 1
    if free < FEWEST:
        return np.ones(len(numbers))
    own = found / free
    together = 1 + (own[0] - 1) * numbers.sum(axis=1) / max(int(numbers[0].sum()), 1)
    strays: Real = np.maximum(np.maximum(own, together), 1.0)
    return strays
