"""How people type in a hurry: without diacritics, with slips of the finger. Used to train for it and to measure it."""

from __future__ import annotations

import random
import unicodedata

_KEEP = {"đ": "d", "Đ": "D", "ø": "o", "Ø": "O"}
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {letter: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i, letter in enumerate(row)}


def strip_diacritics(text: str) -> str:
    """Return the text as someone types it on a keyboard without marks: `chờ đợi` → `cho doi`."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(_KEEP.get(c, c) for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)


def add_typos(text: str, random_source: random.Random, words_per_typo: int = 10) -> str:
    """Return the text with about one slip in every `words_per_typo` words: swap, drop, double or neighbouring key."""
    words = text.split(" ")
    for i, word in enumerate(words):
        if len(word) > 3 and random_source.random() < 1 / words_per_typo:
            words[i] = _slip(word, random_source)
    return " ".join(words)


def _slip(word: str, random_source: random.Random) -> str:
    at = random_source.randrange(1, len(word) - 1)
    kind = random_source.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    near = _NEIGHBOURS.get(word[at].lower(), "")
    return word[:at] + (random_source.choice(near) if near else word[at]) + word[at + 1 :]
