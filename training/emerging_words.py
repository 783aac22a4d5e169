"""Words that a group has more often than other tickets of the same language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 8
"""Words of a language that are told."""

LEAST: Final = 1.96
"""Standard deviations from which a word is told."""

COMMON: Final = 0.08
"""Share of the other tickets from which on a word is a common one ("for"), which tells nothing of a group..."""

OFTENER: Final = 5
"""...that does not have it so many times as often."""

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_PLACEHOLDER: Final = re.compile(r"\[[a-z]+\]")


def words_of(text: str) -> frozenset[str]:
    """Collect the words of a redacted text; placeholders of personal data are none."""
    return frozenset(_WORD.findall(_PLACEHOLDER.sub(" ", text).casefold()))


def telling_words(
    texts: Sequence[str],
    langs: NDArray[Any],
    people: Sequence[object],
    groups: Sequence[NDArray[np.int64]],
    fewest: int,
) -> list[Mapping[str, list[tuple[str, int]]]]:
    """Find the words of each group (places in `texts`) by language, the most telling first, with how many people's.

    Log-odds against all other tickets of the language, with their frequencies as prior, in standard deviations (Monroe
    et al. 2008). Only words of at least `fewest` people of the group are told: they are nobody's own.
    """
    found: list[dict[str, list[tuple[str, int]]]] = [{} for _ in groups]
    for lang in np.unique(langs):
        own = np.flatnonzero(langs == lang)
        words = {int(row): words_of(texts[int(row)]) for row in own}
        everywhere = Counter(word for each in words.values() for word in each)
        for place, rows in enumerate(groups):
            of_it = [int(row) for row in rows if int(row) in words]
            here = Counter(word for row in of_it for word in words[row])
            users: dict[str, set[object]] = defaultdict(set)
            for row in of_it:
                for word in words[row]:
                    users[word].add(people[row])
            common = {word: count for word, count in here.items() if len(users[word]) >= fewest}
            if told := _telling(common, len(of_it), everywhere, len(own)):
                found[place][str(lang)] = [(word, len(users[word])) for word in told]
    return list(found)


def _telling(here: Mapping[str, int], group: int, everywhere: Mapping[str, int], size: int) -> list[str]:
    scores = {}
    for word, count in here.items():
        rest, others = everywhere[word] - count, size - group
        if rest > COMMON * others and count * others < OFTENER * rest * group:
            continue
        prior = everywhere[word] / size
        one = (count + prior) / (group - count + 1)
        other = (rest + prior) / (others - rest + 1)
        scores[word] = float(np.log(one / other) / np.sqrt(1 / (count + prior) + 1 / (rest + prior)))
    ranked = sorted(scores, key=lambda word: (-scores[word], word))
    return [word for word in ranked[:MOST] if scores[word] >= LEAST]
