"""Names by where they stand: alone on a line, at the end of the message, beside a telephone number or an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import is_place
from data.redaction.kinds import CONTACT_MASK
from data.redaction.names.words import Run, Words

_LAST_LINES = 6
"""A signature stands in the last lines of a message that hold a word."""
_CONTACT = re.compile(
    rf"[ ,.;:|/(<\"-]{{0,3}}(?:\b(?:p|puh|tel|ph|mob|sđt|ĐT|đt|SĐT|hetu|DNI|NIE|NIF|CCCD|CMND|cccd"
    rf"|cmnd|dni|email|móvil|movil)\b[.: ]{{0,3}})?{CONTACT_MASK}"
)
_NEXT_CONTACT = re.compile(rf"[ ,.]{{0,2}}\n\s{{0,2}}(?:[^\W\d_]{{1,12}}[.:]{{0,2}} ){{0,2}}{CONTACT_MASK}")
_END = re.compile(r"[ .!\n)xX:;😊🙏❤]{0,40}\Z")
_BULLET = " \t-—*•~>"


def by_place(words: Words) -> Iterator[Run]:
    """Give the runs that are names by their place."""
    last_line = _last_lines(words.text)
    for number, word in enumerate(words.all):
        if not word.capital:
            continue
        gap = words.gap(number)
        opens = number == 0 or "\n" in gap or any(mark in gap for mark in ".!?:,;(—-)")
        if not opens:
            continue
        run = words.run(number)
        if run is None or is_place(words.text[run.start : run.end]):
            continue
        listed = any(words.is_listed(one.text) for one in words.all[run.first : run.last])
        syllables = (
            words.language == "vi"
            and len(run) > 1
            and all(words.is_syllable(one.text) for one in words.all[run.first : run.last])
        )
        known = listed or syllables
        clean = all(_clean(words, one.text, len(run)) for one in words.all[run.first : run.last])
        alone = ("\n" in gap and gap.rsplit("\n", 1)[1].strip(_BULLET) == "") or number == 0
        ends_line = re.match(
            r"[ .,!]{0,3}(?:\n|$)", words.text[run.end : run.end + 4] + ("" if run.end + 4 < len(words.text) else "\n")
        )
        if _CONTACT.match(words.text, run.end) and clean and (known or len(run) in (2, 3, 4)):
            yield run
        elif alone and ends_line and clean and number:
            late = word.start >= last_line
            if (
                (known and len(run) < 5)
                or (late and len(run) in (2, 3))
                or (late and _NEXT_CONTACT.match(words.text, run.end))
            ):
                yield run
        elif (
            (any(mark in gap for mark in ".!?—)") or gap.endswith((" - ", " -", "\n-", "\n- ")))
            and clean
            and _END.match(words.text, run.end)
            and len(run) < 5
            and (
                known or len(run) in (2, 3) or (words.language == "vi" and "-" in gap and words.is_syllable(word.text))
            )
        ):
            yield run


def _clean(words: Words, word: str, length: int) -> bool:
    if words.language == "vi" and words.is_syllable(word) and length > 1:
        return True
    initial = length > 1 and len(word) < 3
    return initial or not (words.is_stop(word) or (word.isupper() and len(word) < 4))


def _last_lines(text: str) -> int:
    """Where the last lines of a text begin, those without a word not counted."""
    place, seen = len(text), 0
    while place > 0 and seen < _LAST_LINES:
        start = text.rfind("\n", 0, place) + 1
        seen += bool(text[start:place].strip())
        place = start - 1
    return max(0, place + 1)
