"""Text out of HTML mail, with the place of every character in the markup.

The scanner is our own because `html.parser` of Python 3.11 takes time quadratic in hostile input (CVE-2025-6069) and
the well-kept parsers (lxml, selectolax) do not tell where a character of text stood. It reads mail, not pages: it keeps
no tree, and an attribute value that holds `<` or `>` leaves its tail as text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_BLOCK_NAMES = "p div tr li ul ol table h1 h2 h3 h4 h5 h6 hr pre section article header footer blockquote body dl dt dd"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SILENT = frozenset(["script", "style", "title", "template"])
"""Elements whose content is not for reading."""
_INLINE = "a abbr b big center code em font i img o:p s small span strong sub sup td th tbody thead u"
_NAMES = "|".join(sorted({*_BLOCKS, *_SILENT, *_INLINE.split(), "br", "html", "head", "meta", "link"}, key=len)[::-1])
_LOOKS = re.compile(
    rf"</(?:{_NAMES})\s{{0,9}}>|<(?:br|p|hr)\s{{0,9}}/?>|<!doctype\s{{1,9}}html|<(?:html|body|div|table|meta)[\s>]",
    re.I,
)
_TOKEN = re.compile(
    r"<!--|<[!?][^<>]*>|</?(?P<name>[a-zA-Z][a-zA-Z0-9:]{0,19})(?=[\s/>])[^<>]*>|&(?:#\w{1,8}|\w{2,31});?|\s{2,}|[^\S ]"
)
"""Comment, declaration, tag, character reference, white space. A tag ends before the next `<`, so that no character is
tried by more than one failing tag, and the whole runs in linear time."""


@dataclass(slots=True)
class Placed:
    """Characters, and for each the place in the original: `starts` (inclusive) and `ends` (exclusive)."""

    text: str
    starts: list[int]
    ends: list[int]


def looks_like_html(text: str) -> bool:
    """Say whether a tag of HTML stands in the text; "<3", "a < b" and "<name@example.com>" do not look so."""
    return "<" in text and _LOOKS.search(text) is not None


@dataclass(slots=True)
class _Sheet:
    chunks: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    quoted: int = 0
    """How many block quotes are open."""
    last: str = "\n"

    def copy(self, source: str, start: int, end: int) -> None:
        if start < end:
            self._line_begins(start)
            self.chunks.append(source[start:end])
            self.starts.extend(range(start, end))
            self.ends.extend(range(start + 1, end + 1))
            self.last = source[end - 1]

    def put(self, text: str, start: int, end: int) -> None:
        if text:
            if not text.isspace():
                self._line_begins(start)
            self.chunks.append(text)
            self.starts.extend([start] * len(text))
            self.ends.extend([end] * len(text))
            self.last = text[-1]

    def _line_begins(self, place: int) -> None:
        """Mark a line inside a block quote as plain mail marks it, so that one rule drops both."""
        if self.quoted and self.last == "\n":
            self.chunks.append("> ")
            self.starts.extend([place] * 2)
            self.ends.extend([place] * 2)


def read_html(source: str) -> Placed:
    """Give the text of HTML: tags, comments, scripts and styles gone, references decoded, blocks on their own lines.

    White space is one space, as a browser shows it; lines of a block quote begin with "> ". Runs in time linear in
    the source.
    """
    sheet = _Sheet()
    closings = {name: re.compile(rf"</{name}\b[^<>]*>", re.I) for name in _SILENT}
    hopeless: set[str] = set()  # what was sought to the end in vain is not sought again
    place = 0
    while token := _TOKEN.search(source, place):
        start, end = token.span()
        sheet.copy(source, place, start)
        place = end
        if token["name"]:
            name = token["name"].lower()
            closing = source.startswith("</", start)
            if name in _SILENT and not closing and name not in hopeless:
                if close := closings[name].search(source, end):
                    place = close.end()
                else:
                    hopeless.add(name)
            _break_line(sheet, name, closing, start, end)
        elif token[0] == "<!--":
            close_at = -1 if "-->" in hopeless else source.find("-->", end)
            if close_at >= 0:
                place = close_at + 3
            else:
                hopeless.add("-->")
        elif token[0][0] == "&":
            sheet.put(_decoded(token[0]), start, end)
        elif token[0][0] != "<" and not sheet.last.isspace():
            sheet.put(" ", start, end)
    sheet.copy(source, place, len(source))
    return Placed("".join(sheet.chunks), sheet.starts, sheet.ends)


def _break_line(sheet: _Sheet, name: str, closing: bool, start: int, end: int) -> None:
    if name == "br" or (name in _BLOCKS and sheet.last != "\n"):
        sheet.put("\n", start, end)
    elif name in ("td", "th") and not sheet.last.isspace():
        sheet.put(" ", start, end)
    if name == "blockquote":
        sheet.quoted = max(0, sheet.quoted + (-1 if closing else 1))


def _decoded(reference: str) -> str:
    """Decode one character reference; a no-break space becomes a space."""
    return html.unescape(reference).replace("\xa0", " ")
