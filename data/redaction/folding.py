r"""One spelling for what looks alike, so that no rule need know eleven kinds of space, with the way back.

Composed letters (NFC), plain spaces, dashes, quotes and digits, nothing invisible, `&#64;` as the sign it stands for.
`\ue000` to `\uf8ff` (private use) become U+FFFD: the rules use some of them to cover what was found already.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data.markup import read_html
from data.unseen import BREAKS, UNSEEN

_ALIKE: dict[int, str] = {
    **dict.fromkeys(
        map(ord, "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"), " "
    ),
    **dict.fromkeys(map(ord, "\u205f\u2800\u3000\t\x00"), " "),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'"),
    **dict.fromkeys(map(ord, BREAKS + "\r"), "\n"),
    0xFF20: "@",
    0xFE6B: "@",
    0xFF0E: ".",
    0xFF0B: "+",
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0x0660 + digit: str(digit) for digit in range(10)},
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys(range(0xE000, 0xF900), "\ufffd"),
}
_UNSEEN = re.compile(
    rf"\ufe0f?\u20e3[ \u00a0]{{1,2}}(?=\d\ufe0f?\u20e3)|[{UNSEEN}\u20d0-\u20f0\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
"""Also what only says how the character before it looks: a picture, in a ring, a key (with the space behind it)."""
_LONG_DASH = re.compile(r"[\u2014\u2015\ufe58](?<=\d.)(?=\d|[A-Za-z]\b)")
"""Inside a number; between words it parts them."""
_REFERENCE = re.compile(r"&(?:#\w{1,8}|\w{2,31});?")
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
    """Fold a text as it is written, tags of HTML and all; linear in its length, and most texts keep theirs."""
    written = Folded(text, range(len(text)), range(1, len(text) + 1))
    return _folded(_rewritten(written, _REFERENCE, html.unescape) if "&" in text else written)


def fold_shown(markup: str) -> Folded:
    """Fold what HTML shows: without the tags, which may part a number, and with lines where it has them."""
    shown = read_html(markup)
    return _folded(Folded(shown.text, shown.starts, shown.ends))


def _folded(read: Folded) -> Folded:
    read = _rewritten(read, _UNSEEN, lambda _: "")
    read = _rewritten(read, _MARKED, lambda letter: unicodedata.normalize("NFC", letter))
    read = _rewritten(read, _LONG_DASH, lambda _: "-")
    return Folded(read.text.translate(_ALIKE), read.starts, read.ends)


def _rewritten(read: Folded, pattern: re.Pattern[str], put: Callable[[str], str]) -> Folded:
    """Put something else in the place of every match; each of its characters comes from the whole match."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for match in pattern.finditer(read.text):
        first, end = match.span()
        piece = put(match.group())
        pieces += [read.text[place:first], piece]
        starts += [*read.starts[place:first], *[read.starts[first]] * len(piece)]
        ends += [*read.ends[place:first], *[read.ends[end - 1]] * len(piece)]
        place = end
    if not place:
        return read
    return Folded("".join([*pieces, read.text[place:]]), [*starts, *read.starts[place:]], [*ends, *read.ends[place:]])


def without_marks(text: str) -> str:
    """Take the marks off Latin letters (also of đ and ø), character by character; the length stays."""
    return text if text.isascii() else text.translate(_BARE)


_BARE = {
    **{code: unicodedata.normalize("NFD", chr(code))[0] for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))},
    **{ord(letter): bare for letter, bare in zip("đĐøØłŁ", "dDoOlL", strict=True)},
}
