"""The message itself, out of what a mail or a form delivers, with the way back to every character.

Three passes, each of which may only drop or decode: HTML to text (`data.markup`), characters that nobody sees, and
lines that the writer did not write (`data.quotes`). Plain text comes out as it went in, and costs a few searches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.markup import looks_like_html, read_html
from data.quotes import own_lines
from data.unseen import BREAKS, UNSEEN

_UNSEEN = re.compile(f"[\x00{UNSEEN}]+")
_BREAK = re.compile(f"[{BREAKS}]")
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned text and where each of its characters comes from.

    `offsets[i]` is the index in the original of what became character `i`, `ends[i]` the index after it: one more for
    a character that was kept, the whole length of it for a decoded reference (`&amp;`) or a tag that became a newline.
    """

    text: str
    offsets: Sequence[int]
    ends: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Give the part of the original that characters `start` (inclusive) to `end` (exclusive) come from.

        An empty span gives an empty span. Raises `IndexError` for a span that does not lie in the cleaned text.
        """
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"span {start} to {end} does not lie in a text of {len(self.text)} characters")
        if start == end:
            place = self.offsets[start] if start < len(self.text) else (self.ends[-1] if self.text else 0)
            return place, place
        return self.offsets[start], self.ends[end - 1]

    def _keep(self, spans: Sequence[tuple[int, int]]) -> Cleaned:
        offsets: list[int] = []
        ends: list[int] = []
        for start, end in spans:
            offsets.extend(self.offsets[start:end])
            ends.extend(self.ends[start:end])
        return Cleaned("".join(self.text[start:end] for start, end in spans), offsets, ends)


def clean(text: str) -> Cleaned:
    """Take markup, unseen characters, quoted replies, signatures and mobile footers out of a message.

    Never drops everything: where nothing but quoted lines holds a word, they are kept. Linear in the text's length.
    """
    whole = Cleaned(_BREAK.sub("\n", text), range(len(text)), range(1, len(text) + 1))
    if looks_like_html(text):
        read = read_html(text)
        if _WORD.search(read.text):
            whole = _trimmed(Cleaned(read.text, read.starts, read.ends))
    whole = _without_unseen(whole)
    spans = own_lines(whole.text)
    if spans is None:
        return whole
    own = _trimmed(whole._keep(spans))
    return own if _WORD.search(own.text) else whole


def _without_unseen(whole: Cleaned) -> Cleaned:
    spans: list[tuple[int, int]] = []
    place = 0
    for unseen in _UNSEEN.finditer(whole.text):
        spans.append((place, unseen.start()))
        place = unseen.end()
    return whole._keep([*spans, (place, len(whole.text))]) if place else whole


def _trimmed(whole: Cleaned) -> Cleaned:
    start = len(whole.text) - len(whole.text.lstrip())
    end = len(whole.text.rstrip())
    return whole._keep([(start, max(start, end))])
