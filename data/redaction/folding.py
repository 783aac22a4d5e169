r"""One spelling for what looks alike, so that no rule need know eleven kinds of space, with the way back.

Composed letters (NFC), plain spaces, dashes, quotes and digits, nothing invisible. `\ue000` to `\uf8ff` (private use)
become U+FFFD: the rules use some of them to cover what was found already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_ALIKE: dict[int, str] = {
    **dict.fromkeys(
        map(ord, "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"), " "
    ),
    **dict.fromkeys(map(ord, "\u205f\u3000\t\x0b\x0c\x00"), " "),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'"),
    **dict.fromkeys(map(ord, "\u0085\u2028\u2029\r"), "\n"),
    0xFF20: "@",
    0xFE6B: "@",
    0xFF0E: ".",
    0xFF0B: "+",
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0x0660 + digit: str(digit) for digit in range(10)},
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys(range(0xE000, 0xF900), "\ufffd"),
}
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_MARKED = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
"""A letter with the marks that follow it as characters of their own, as macOS writes Vietnamese."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `starts[i]` and `ends[i]` are the span of the original that character `i` came from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Give the span of the original of a non-empty span of the folded text."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold a text; linear in its length, and most texts keep theirs."""
    if not _UNSEEN.search(text) and not _MARKED.search(text):
        return Folded(text.translate(_ALIKE), range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    while place < len(text):
        match = _MARKED.match(text, place)
        end = match.end() if match else place + 1
        piece = unicodedata.normalize("NFC", text[place:end]) if match else text[place]
        if not _UNSEEN.fullmatch(piece):
            pieces.append(piece)
            starts += [place] * len(piece)
            ends += [end] * len(piece)
        place = end
    return Folded("".join(pieces).translate(_ALIKE), starts, ends)


def without_marks(text: str) -> str:
    """Take the marks off Latin letters (also of đ and ø), character by character; the length stays."""
    return text if text.isascii() else text.translate(_BARE)


_BARE = {
    **{code: unicodedata.normalize("NFD", chr(code))[0] for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))},
    **{ord(letter): bare for letter, bare in zip("đĐøØłŁ", "dDoOlL", strict=True)},
}
