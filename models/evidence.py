"""Which words speak for a label: the pieces' shares of its score, gathered into words and runs of words."""

from __future__ import annotations

import re
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
_WORD = re.compile(r"\S+")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def evidence_spans(text: str, pieces: Sequence[tuple[int, int]], shares: NDArray[np.float32]) -> list[Span]:
    """Find the spans of `text` that carry a label's score.

    `pieces` are the character offsets of the pieces (empty for special ones) and `shares` (pieces,) what each adds to
    the score. Spans begin and end at word boundaries and come in the order of the text.
    """
    words = _words(text)
    if not words or not len(shares):
        return []
    start, end = np.array(pieces).T
    real = end > start
    word = np.searchsorted([first for first, _ in words], start[real], side="right") - 1
    weight = np.bincount(word.clip(min=0), weights=shares[real], minlength=len(words)).tolist()
    if max(weight) <= 0:
        return []
    least = SHARE * max(weight)
    held = [i for i, share in enumerate(weight) if share >= least]
    runs: list[list[int]] = []
    for i in held:
        if runs and i - runs[-1][-1] <= GAP + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    runs.sort(key=lambda run: -sum(weight[i] for i in run))
    return sorted((Span(start=words[r[0]][0], end=words[r[-1]][1]) for r in runs[:MOST]), key=lambda s: s.start)


def _words(text: str) -> list[tuple[int, int]]:
    return [word.span() for word in _WORD.finditer(text) if _LETTER_OR_DIGIT.search(word[0])]
