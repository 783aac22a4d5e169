"""What is asked: messages of all four languages as the corpus has them, seeded, and never the same text twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count

from data.corpus import read_corpus


def draw_texts(seed: int) -> list[str]:
    """Shuffle all distinct messages of the corpus: lengths and languages stay as they are in it."""
    texts = sorted({message.text for message in read_corpus()})
    random.Random(seed).shuffle(texts)
    return texts


def from_round(texts: Sequence[str], number: int) -> list[str]:
    """Turn the list so that each round begins with other messages: every server is asked the same within a round."""
    start = number * len(texts) // 7 % len(texts)
    return [*texts[start:], *texts[:start]]


def endless(texts: Sequence[str]) -> Iterator[str]:
    """Go through the texts for ever, from the second turn on with a number behind each: a cache finds nothing."""
    for turn in count(1):
        for text in texts:
            yield text if turn == 1 else f"{text} ({turn})"
