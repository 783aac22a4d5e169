"""Names in small letters, as people write in chats: "asked mehmet", "priya's the only one", "fix pls -jayden"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import is_place
from data.redaction.folding import without_marks
from data.redaction.names.finnish import nominatives
from data.redaction.names.sets import word_set
from data.redaction.names.words import Run, Words

_NOT_AFTER = word_set("not_after")
_NOT_BEFORE = word_set("not_before")
_TOWARDS = word_set("towards")
_DOES = word_set("does")
_FEWEST = 4
"""Letters of a name in small letters that needs nothing else."""
_ENDS = re.compile(r"(?:[ .!x:;)\n]|[^\w\s])*\Z")
_DASH = re.compile(r"(?:.*[\s.!?])?[-~] ?", re.DOTALL)
_STOPS = re.compile(r"[ \n]*[.,!?\n]+[ \n]*|.*[)\ue000-\ue006] ?[.,]? ?", re.DOTALL)


def in_small_letters(words: Words) -> Iterator[Run]:
    """Give the runs of names in small letters: listed ones that are no words, and what signs the message."""
    for number, word in enumerate(words.all):
        if word.capital or len(word.text) < 3:
            continue
        if _is_name(words, number):
            yield _with_surname(words, number)
    signed = _signed(words)
    if signed:
        yield signed


def _is_name(words: Words, number: int) -> bool:
    word = words.all[number]
    finnish = words.language in ("fi", None) and len(word.text) > 5 and _finnish(words, word.text)
    if not finnish and (not words.lists.is_given(word.text) or not words.is_listed(word.text)):
        parts = word.text.split("-")
        if len(parts) == 1 or not all(words.lists.is_given(part) for part in parts):
            return False
    if words.is_plain(word.text) or is_place(word.text) or words.language == "vi":
        return False
    before = words.all[number - 1].lower if number and words.gap(number) == " " else ""
    after = words.all[number + 1].lower if number + 1 < len(words.all) and words.gap(number + 1) == " " else ""
    if before in _NOT_AFTER or after in _NOT_BEFORE:
        return False
    beside = words.text[word.start - 1 : word.start] + words.text[word.end : word.end + 1]
    if any(mark in "_@#/\\&" or mark.isdigit() for mark in beside):
        return False
    return (
        len(word.text) >= _FEWEST or (beside[:1] == "(" and beside[-1:] in ")?") or before in _TOWARDS or after in _DOES
    )


def _finnish(words: Words, word: str) -> bool:
    """Tell whether a word in small letters is a given name in another case, or a surname: marjatalle, korhonen."""
    if word.endswith("nen"):
        return without_marks(word) in words.lists.surnames and not word.endswith(("lainen", "läinen", "itkänen"))
    return words.lists.is_inflected(word) and words.is_listed(word) and not any(map(is_place, nominatives(word)))


def _with_surname(words: Words, number: int) -> Run:
    """Take a listed surname in small letters in that follows: marcus bellweather's first word alone says nothing."""
    word = words.all[number]
    last = number + 1
    while last < len(words.all) and last - number < 3 and words.gap(last) == " ":
        following = words.all[last]
        bare = without_marks(following.lower)
        if words.is_plain(bare) or not (bare in words.lists.surnames or words.lists.is_given(bare)):
            break
        last += 1
    end = words.all[last - 1].end
    return Run(number, last, word.start, end - 2 if words.text[:end].lower().endswith("'s") else end)


def _signed(words: Words) -> Run | None:
    """Read the last word of a message after a dash, or a listed name after a full stop or what else was found."""
    for length in (1, 2):
        number = len(words.all) - length
        if number < 2 or words.all[number].capital or (length == 2 and words.gap(number + 1) != " "):
            continue
        run = words.all[number:]
        if not _ENDS.match(words.text, run[-1].end) or any(
            words.is_plain(one.text) or len(one.text) < 3 or is_place(one.text) for one in run
        ):
            continue
        gap = words.gap(number)
        known = words.lists.is_given(run[0].text) and words.is_listed(run[0].text)
        known = known or (words.lists.is_doubtful(run[0].text) and "," not in gap)
        if (_DASH.fullmatch(gap) and gap[-1] != " " and gap[:1].isspace() and not words.is_stop(run[0].text)) or (
            known and _STOPS.fullmatch(gap) and words.language != "vi"
        ):
            return Run(number, len(words.all), run[0].start, run[-1].end)
    return None
