"""Which words mark some messages against others: log-odds ratios with an informative Dirichlet prior.

After Monroe, Colaresi and Quinn, "Fightin' Words" (Political Analysis 16(4), 2008, 372–403). A message counts a word
once, so that no writer makes a word by repeating it; and a word that few messages have is never told, for it might be
somebody's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log, sqrt
from typing import Final

from service.reports.psychology.typical import words_of

PRIOR: Final = 10.0
"""Messages that the prior is worth."""

CERTAIN: Final = 2.58
"""Standard errors that a word must be away from chance: of a hundred words without meaning one passes."""

COMMON: Final = 0.1
"""Share of the other messages from which on a word is a common one ("the"), which marks nothing that helps a reader."""

SHORTEST: Final = 2
"""Letters of a word."""

TOGETHER: Final = 0.7
"""Share of a word's messages from which on a pair stands for it; in Vietnamese most words are pairs of syllables."""


def marking(texts: Sequence[str], rest: Sequence[str], most: int, fewest: int) -> list[str]:
    """List the words and pairs of words that `texts` have more often than `rest`, the surest first.

    Only those that at least `fewest` of the texts have. All should be of one language.
    """
    here, there = _count(texts), _count(rest)
    if not here or not rest:
        return []
    scores: dict[str, float] = {}
    for term, number in here.items():
        if number < fewest or any(there[word] > COMMON * len(rest) or len(word) < SHORTEST for word in term.split()):
            continue
        expected = (number + there[term]) / (len(texts) + len(rest)) * PRIOR
        score = _log_odds(number, len(texts), expected) - _log_odds(there[term], len(rest), expected)
        scores[term] = score / sqrt(1 / (number + expected) + 1 / (there[term] + expected))
    marked = {term for term, score in scores.items() if score >= CERTAIN}
    marked -= {
        word
        for term in marked
        if marked.issuperset(words := term.split()) and len(words) > 1
        for word in words
        if here[term] >= TOGETHER * here[word]
    }
    found: list[str] = []
    for term in sorted(marked, key=lambda each: (-scores[each], each)):
        if len(found) == most:
            break
        if not any(_within(term, other) or _within(other, term) for other in found):
            found.append(term)
    return found


def _count(texts: Iterable[str]) -> Counter[str]:
    """Count the texts that have each word and each pair of words."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = words_of(text)
        counts.update({*words, *(" ".join(pair) for pair in pairwise(words))})
    return counts


def _log_odds(number: int, texts: int, prior: float) -> float:
    return log((number + prior) / (texts + PRIOR - number - prior + 1e-9))


def _within(some: str, other: str) -> bool:
    return f" {some} " in f" {other} "
