"""Which words speak for a label: the pieces' shares of its score, gathered into words and runs of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.answer import Span

SHARE = 0.35
"""A word belongs to the evidence from this part of the strongest word's share."""
GAP = 1
"""Words that may stand between two evidence words without parting them."""
MOST = 3
"""Spans given for one label."""


def evidence_spans(text: str, pieces: Sequence[tuple[int, int]], shares: NDArray[np.float32]) -> list[Span]:
    """Find the spans of `text` that carry a label's score.

    `pieces` are the character offsets of the pieces (empty for special ones) and `shares` (pieces,) what each adds to
    the score. Spans begin and end at word boundaries and come in the order of the text.
    """
    words = _words(text)
    if not words or not len(shares):
        return []
    weight = np.zeros(len(words))
    starts = [start for start, _ in words]
    for (start, end), share in zip(pieces, shares, strict=True):
        if end > start:
            at = int(np.searchsorted(starts, start, side="right")) - 1
            weight[max(at, 0)] += share
    if weight.max() <= 0:
        return []
    held = [i for i in range(len(words)) if weight[i] >= SHARE * weight.max()]
    runs: list[list[int]] = []
    for i in held:
        if runs and i - runs[-1][-1] <= GAP + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    runs.sort(key=lambda run: -sum(weight[i] for i in run))
    return sorted((Span(start=words[r[0]][0], end=words[r[-1]][1]) for r in runs[:MOST]), key=lambda s: s.start)


def _words(text: str) -> list[tuple[int, int]]:
    words: list[tuple[int, int]] = []
    start: int | None = None
    for i, character in enumerate(text):
        if character.isspace():
            if start is not None:
                words.append((start, i))
            start = None
        elif start is None:
            start = i
    if start is not None:
        words.append((start, len(text)))
    return [word for word in words if any(c.isalnum() for c in text[word[0] : word[1]])]
