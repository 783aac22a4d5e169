"""Made-up variations of pairs, so that the student meets more words than its text holds.

Measured on unseen news, the student's weakness was words that its parallel text never uses. The teacher can say what
any English means, sensible or not, so words are exchanged for others: in English for any word of the teacher's
vocabulary, in a pair for another pair of words that translate each other.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence

from training.parallel import Pair
from training.recipe import VariationRecipe

_PLAIN = re.compile(r"[a-z]{4,}")
_TERM = re.compile(r"[^\W\d_]+( [^\W\d_]+){0,2}")
_WORDS = re.compile(r"\w+|[^\w\s]")


def vary_english(
    sentences: Sequence[str], words: Sequence[str], recipe: VariationRecipe, dice: random.Random
) -> Iterator[Pair]:
    """Yield English sentences in which a share of the longer words is exchanged for any of `words`."""
    usable = [sentence for sentence in sentences if 5 <= len(sentence.split()) <= recipe.longest]
    for sentence in dice.sample(usable, min(recipe.english, len(usable))):
        varied = _PLAIN.sub(
            lambda found: dice.choice(words) if dice.random() < recipe.word_share else found.group(), sentence
        )
        if varied != sentence:
            yield Pair(varied, varied, recipe.weight)


def swap_terms(
    pairs: Sequence[Pair], terms: Sequence[Pair], count: int, recipe: VariationRecipe, dice: random.Random
) -> Iterator[Pair]:
    """Yield pairs in which words that translate each other are exchanged, on both sides, for another such two."""
    known = [
        (term.english.lower(), term.other.lower())
        for term in terms
        if len(term.other) > 2 and _TERM.fullmatch(term.english) and _TERM.fullmatch(term.other)
    ]
    by_word: dict[str, list[tuple[str, str]]] = {}
    for english, other in known:
        by_word.setdefault(english.split()[0], []).append((english, other))
    made = 0
    for pair in dice.sample(list(pairs), len(pairs)) if known else []:
        if made == count:
            return
        if not 4 <= len(pair.english.split()) <= recipe.longest:
            continue
        sides = _spaced(pair.english), _spaced(pair.other)
        for word in sorted(set(sides[0].split()) & by_word.keys()):
            for old in by_word[word]:
                if f" {old[0]} " in sides[0] and f" {old[1]} " in sides[1] and dice.random() < recipe.swap_share:
                    new = dice.choice(known)
                    sides = tuple(  # type: ignore[assignment]
                        text.replace(f" {was} ", f" {is_now} ", 1)
                        for text, was, is_now in zip(sides, old, new, strict=True)
                    )
        if sides != (_spaced(pair.english), _spaced(pair.other)):
            made += 1
            yield Pair(sides[0].strip(), sides[1].strip(), recipe.weight, ours=True)


def plain_words(vocabulary: Mapping[str, int]) -> list[str]:
    """List the whole words of a WordPiece vocabulary that are written with plain letters."""
    return sorted(word for word in vocabulary if _PLAIN.fullmatch(word))


def _spaced(text: str) -> str:
    return f" {' '.join(_WORDS.findall(text.lower()))} "
