"""Messages told twice in two languages: no translation of a gold message may stand among those learnt from.

`python -m data check` finds near-duplicates within a language by their words; across languages only meaning can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.message import Message

LEAST = 0.9
"""Cosine from which two messages of two languages may be translations; own translations have a mean of 0.65–0.85."""
FEWEST_WORDS = 5
"""Shorter messages ("thanks a lot") mean the same in all languages without being told twice."""
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Twin:
    """A message kept apart and the likeliest translation of it among those learnt from."""

    kept: str
    learnt: str
    cosine: float


def translated_twins(messages: Sequence[Message], vectors: NDArray[np.float32], least: float = LEAST) -> Iterator[Twin]:
    """Yield messages outside `train` with their nearest training message of another language, from `least` on.

    `vectors` (messages × dimensions) are unit vectors.
    """
    long = np.array([len(message.text.split()) >= FEWEST_WORDS for message in messages])
    train = np.array([message.split == "train" for message in messages])
    spoken = np.array([message.lang for message in messages])
    learnt, kept = np.flatnonzero(train & long), np.flatnonzero(~train & long)
    for start in range(0, len(kept), _BLOCK):
        block = kept[start : start + _BLOCK]
        cosine = vectors[block] @ vectors[learnt].T
        cosine[spoken[block][:, None] == spoken[learnt][None]] = -1
        for row, at in enumerate(cosine.argmax(axis=1)):
            if cosine[row, at] >= least:
                found = round(float(cosine[row, at]), 3)
                yield Twin(messages[int(block[row])].id, messages[int(learnt[at])].id, found)
