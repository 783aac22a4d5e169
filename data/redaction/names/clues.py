"""What can be seen of each word of a text that tells a person's name from another word, as numbers in buckets.

The tagger (`tagger`) adds up the weights of these buckets. A clue is the look of a word (`look`), that of its
neighbours, the signs between them, its place in line and text, the phrase before it, the words before and after the
capitals that it stands among, and pairs of these. Each counts once for all languages and once for its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.redaction.addresses.parts import is_place
from data.redaction.names.look import At, Codes, code, sets
from data.redaction.names.triggers import Trigger
from data.redaction.names.vocabulary import LANGUAGES
from data.redaction.names.words import Words

Counts = NDArray[np.int64]

BLOCK = 1024
"""Words whose clues are made at once: memory stays bounded on a text of any length."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STEPS = np.array([0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0x27D4EB2F165667C5], np.uint64)
_DIGITS = re.compile(r"\d+")
_AGAIN = re.compile(r"(.)\1+", re.DOTALL)
_WIDE = 2
"""Words on each side that are looked at."""


@lru_cache(maxsize=2048)
def _gap(gap: str) -> tuple[int, bool, bool]:
    """Give a number for the signs between two words, whether they break the line, and whether a name goes on."""
    short = _DIGITS.sub("9", gap if len(gap) < 60 else f"{gap[:8]}…{gap[-8:]}")
    short = _AGAIN.sub(r"\1", short)
    return code(f"gap {short[:5]} {short[-3:]}"), "\n" in gap, gap in (" ", ". ", ".")


def buckets(
    words: Words, triggers: Iterable[Trigger], read: Callable[[str, str | None], Codes], bits: int
) -> Iterable[Counts]:
    """Give the clues of a text's words in 2^bits buckets, block by block (words × clues).

    `triggers` are the phrases before names; `read` gives the look of a word.
    """
    if not words.all:
        return
    signs = _signs(words, triggers)
    language = words.language if words.language in LANGUAGES else None
    own = np.uint64(LANGUAGES.index(language) + 2 if language else 1)
    shift = np.uint64(64 - bits)
    total = len(words.all)
    for begin in range(0, total, BLOCK):
        end = min(begin + BLOCK, total)
        low, high = max(0, begin - BLOCK), min(total, end + BLOCK)
        looks = np.concatenate([read(word.text, language) for word in words.all[low:high]]).reshape(high - low, -1)
        codes = _codes(looks, signs[low : high + 1], begin - low, end - low, low)
        salted = codes + np.arange(1, codes.shape[1] + 1, dtype=np.uint64) * _STEPS[1]
        both = [(salted * _MIX) >> shift, ((salted + own * _STEPS[3]) * _STEPS[2]) >> shift]
        yield np.concatenate(both, axis=1).astype(np.int64)


_GAP, _OPENS, _BEFORE, _FIRST, _LAST, _START, _STOP, _LINE, _LINES, _PLACE, _SMALL, _NAMED, _CALM, _TWO = range(14)
"""The columns of `_signs`."""


def _signs(words: Words, triggers: Iterable[Trigger]) -> Counts:
    """Give for each word, and for the end of the text, what its place says."""
    total = len(words.all)
    signs = np.zeros((total + 1, 14), np.int64)
    gaps = [words.gap(number) for number in range(total + 1)]
    seen = [_gap(gap) for gap in gaps]
    signs[:, _GAP] = [one[0] for one in seen]
    signs[0, _GAP] += 1 << 33
    signs[-1, _GAP] += 1 << 34
    opens = [words.begins_sentence(number) for number in range(total)]
    signs[:-1, _OPENS] = opens
    for before, _, _, after in triggers:
        signs[after, _BEFORE] |= 1 << before.number
    capital = [word.capital for word in words.all]
    joined = [number > 0 and seen[number][2] and capital[number - 1] and capital[number] for number in range(total)]
    _fill(signs, (_FIRST, _LAST), [number for number in range(total) if not joined[number]], total)
    breaks = [number for number in range(total) if number == 0 or seen[number][1]]
    _fill(signs, (_START, _STOP), breaks, total)
    for line, (begin, end) in enumerate(pairwise([*breaks, total])):
        signs[begin:end, _LINE] = min(line, 2)
        signs[begin:end, _LINES] = min(len(breaks) - line, 5)
    signs[:-1, _PLACE] = _places(words, gaps, capital)
    lower = [word.lower for word in words.all]
    small = {lower[number] for number in range(total) if not capital[number]}
    named = {lower[number] for number in range(total) if capital[number] and not opens[number]}
    signs[:-1, _SMALL] = [word in small for word in lower]
    signs[:-1, _NAMED] = [word in named for word in lower]
    signs[:, _CALM] = 1 if words.shouted else 0 if any(capital) else 2
    pairs = sets()
    signs[2:, _TWO] = [
        pairs.get(f"{first} {second}", 0) if gap == " " else 0
        for first, second, gap in zip(lower, lower[1:], gaps[1:], strict=False)
    ]
    return signs


def _fill(signs: Counts, columns: tuple[int, int], starts: Sequence[int], total: int) -> None:
    """Write for every word where the part of the text that it belongs to begins and ends."""
    for begin, end in pairwise([*starts, total]):
        signs[begin:end, columns[0]] = begin
        signs[begin:end, columns[1]] = end


def _places(words: Words, gaps: Sequence[str], capital: Sequence[bool]) -> list[int]:
    """Give for every word how many words the listed place of two or three has that it is part of."""
    sizes = [0] * len(words.all)
    for number, word in enumerate(words.all[:-1]):
        if not capital[number] or gaps[number + 1] != " ":
            continue
        for size in (3, 2):
            last = number + size - 1
            if last < len(words.all) and gaps[last] == " " and is_place(words.text[word.start : words.all[last].end]):
                sizes[number : last + 1] = [max(size, before) for before in sizes[number : last + 1]]
                break
    return sizes


def _codes(looks: Codes, signs: Counts, begin: int, end: int, low: int) -> Codes:
    """Give the clues of words `begin` to `end` of a block whose first word is word `low` of the text."""
    size = len(looks)
    here = np.arange(begin, end)
    padded = np.zeros((size + 2 * _WIDE, looks.shape[1]), np.int64)
    padded[_WIDE:-_WIDE] = looks
    own, sign = padded[begin + _WIDE : end + _WIDE], signs[begin:end]
    last_word, next_word = padded[begin + 1 : end + 1], padded[begin + 3 : end + 3]
    first = np.clip(sign[:, _FIRST] - low, 0, size - 1)
    last = np.clip(sign[:, _LAST] - low, 1, size)
    ahead, behind = padded[first + _WIDE - 1], padded[last + _WIDE]
    column = {
        "": np.zeros(end - begin, np.int64),
        "kind": own[:, At.KIND],
        "bare": own[:, At.BARE],
        "case": own[:, At.CASE],
        "kind before": last_word[:, At.KIND],
        "kind after": next_word[:, At.KIND],
        "word before": last_word[:, At.BARE],
        "word after": next_word[:, At.BARE],
        "sets before": last_word[:, At.SETS],
        "sets after": next_word[:, At.SETS],
        "gap before": sign[:, _GAP],
        "gap after": signs[begin + 1 : end + 1, _GAP],
        "phrase": sign[:, _BEFORE],
        "earlier phrase": signs[np.maximum(here - 1, 0), _BEFORE],
        "opens": sign[:, _OPENS] + 2 * sign[:, _CALM],
        "again": sign[:, _SMALL] + 2 * sign[:, _NAMED],
        "in line": 16 * np.minimum(here + low - sign[:, _START], 2)
        + 4 * np.minimum(sign[:, _STOP] - here - low - 1, 2)
        + 64 * np.minimum(sign[:, _STOP] - sign[:, _START], 5),
        "line": sign[:, _LINES] + 8 * sign[:, _LINE],
        "place": np.maximum(sign[:, _PLACE], own[:, At.PLACE]),
        "ahead": ahead[:, At.BARE] ^ signs[first, _GAP],
        "two ahead": padded[first + _WIDE - 2, At.BARE] * 3 ^ ahead[:, At.BARE],
        "behind": behind[:, At.BARE] ^ signs[last, _GAP],
        "told": np.where(signs[first, _TWO] > 0, signs[first, _TWO], ahead[:, At.SETS]),
        "told behind": behind[:, At.SETS],
        "led": signs[first, _BEFORE],
        "leads": here == first,
        "long": np.minimum(last - first, 5),
        "in run": np.minimum(last - first, 5) * 8 + np.minimum(here - first, 4),
        "head": looks[first, At.BARE].astype(np.int64),
        "tail": looks[last - 1, At.BARE].astype(np.int64),
    }
    table = np.stack([column[name] for name in _COLUMNS], axis=1).astype(np.uint64)
    mixed = table[:, _CHOSEN[0]] * _STEPS[0]
    for chosen in _CHOSEN[1:]:
        mixed = (mixed ^ (table[:, chosen] + np.uint64(1)) * _STEPS[1]) * _MIX
        mixed ^= mixed >> np.uint64(29)
    beside = [padded[begin + step : end + step, : At.WORD].astype(np.uint64) for step in (0, 1, 3, 4)]
    return np.concatenate([own[:, : At.PLACE].astype(np.uint64), mixed, *beside], axis=1)


_CLUES: tuple[tuple[str, str, str], ...] = (
    ("gap before", "", ""),
    ("gap after", "", ""),
    ("gap before", "gap after", ""),
    ("phrase", "case", ""),
    ("earlier phrase", "", ""),
    ("in line", "line", ""),
    ("opens", "case", ""),
    ("again", "case", ""),
    ("", "", ""),
    ("ahead", "case", ""),
    ("two ahead", "case", ""),
    ("behind", "case", ""),
    ("told", "case", "leads"),
    ("told", "told behind", "case"),
    ("told", "in run", "case"),
    ("told", "long", "place"),
    ("told", "kind", ""),
    ("in run", "case", ""),
    ("place", "case", ""),
    ("led", "long", "case"),
    ("led", "leads", "place"),
    ("head", "case", ""),
    ("tail", "case", ""),
    ("sets before", "case", ""),
    ("sets after", "case", ""),
    ("sets before", "kind", ""),
    ("sets after", "kind", ""),
    ("kind", "gap before", ""),
    ("kind", "gap after", ""),
    ("kind", "gap before", "gap after"),
    ("kind", "phrase", ""),
    ("kind", "in line", ""),
    ("kind", "kind before", ""),
    ("kind", "kind after", ""),
    ("kind", "kind before", "kind after"),
    ("kind", "word before", ""),
    ("kind", "word after", ""),
    ("case", "word before", ""),
    ("case", "word after", ""),
    ("case", "word before", "gap before"),
    ("bare", "word before", ""),
)
"""What is looked at together, by the columns of `_codes`."""
_COLUMNS = tuple(dict.fromkeys(name for clue in _CLUES for name in clue))
_CHOSEN = [np.array([_COLUMNS.index(clue[part]) for clue in _CLUES]) for part in range(3)]
