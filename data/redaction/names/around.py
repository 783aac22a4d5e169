"""Names by the words on both sides: "the lad on the till, Kieran, said", "Rose in 14 was stuck", "asked Hollis".

A listed word that is also an ordinary one (Rose, Mark, Luz) and a surname alone are names where a person must stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import is_place
from data.redaction.folding import without_marks
from data.redaction.names.finnish import is_surname, looks_like_surname, nominatives
from data.redaction.names.lists import is_stop
from data.redaction.names.sets import word_set
from data.redaction.names.words import Run, Words

_ROLES = word_set("roles")
_NAMING = word_set("naming")
_TOWARDS = word_set("towards")
_DOES = word_set("does")
_VAGUE = word_set("vague")
_ARTICLES = frozenset(["the", "a", "an", "el", "la", "los", "las", "un", "una", "my", "mi", "this", "that", "your"])
_MONTHS = word_set("months")
_TOWARDS_VI = word_set("towards_vi")
_LETTERED = word_set("lettered")
_NOT_AFTER = word_set("not_after")
_NOT_BEFORE = word_set("not_before")
_APPOSED = re.compile(r" ?(?:,|\(|-|:|\"|') ?[\"']?")
_CLOSED = re.compile(r" ?[,.)!?;:\"'\n-]|$| (?:is|was|on|es|oli|on|là)\b")
_REACH = 5
"""Words between a role and the name set beside it: the lad on the front till, Kieran."""
_NAMING_REACH = 9
_SHAPED = re.compile(
    r"(?:sk[aiy]|cz|wicz|czyk|czak|cik|enko|chuk|[oe]va?|ić|vic|yan|shvili|poulos|akis|oglu|oğlu|sson|dóttir|q?vist"
    r"|quist|ström|strom|berg|stein|mann|meyer|gaard|escu|ópez|ález|ínez|ánchez|wala|ssen)(?:'s)?$"
)
"""Ends of surnames from elsewhere."""
_SHORTENED = frozenset(["Ng", "Th", "Tr", "Ph", "Fr", "Mª", "Chr", "Fco", "Jn"])
"""Short forms that stand like an initial: Ng. Hữu Thắng."""
_CLAUSE_END = re.compile(r" ?(?:[,.;!?)\n(-]|\Z|[\ue000-\ue006])| (?:nhé|nha|trước|ở|bên|nghe|giúp|giùm|ạ)\b")
_SPELLED = frozenset(["it's", "its", "is", "es", "on", "not", "no", "ei", "onkin", "spelt", "spelled", "là", "la"])


def by_neighbours(words: Words) -> Iterator[Run]:
    """Give the runs that the words around them say are names."""
    if words.shouted:
        return
    for number, word in enumerate(words.all):
        if not word.capital:
            continue
        if len(word.text) < 3:
            run = _initialled(words, number)
        elif words.is_plain(word.text) and (words.begins_sentence(number) or not words.lists.is_doubtful(word.text)):
            continue
        else:
            run = (
                _apposed(words, number)
                or _spelled(words, number)
                or _person(words, number)
                or (_finnish(words, number) if words.language in ("fi", None) else None)
            )
        if run is None and words.language in ("vi", None):
            run = _vietnamese(words, number)
        if run:
            yield run


def _apposed(words: Words, number: int) -> Run | None:
    """Read "the driver, Kieran," and "the physio (Mar)": a name set beside a role, listed or not."""
    if not number or not _APPOSED.fullmatch(words.gap(number)):
        return None
    since = number - 1
    while since > 0 and number - since < _REACH and not words.gap(since).strip(" '"):
        since -= 1
    if not any(word.lower in _ROLES for word in words.all[since:number]):
        return None
    run = words.run(number) or _doubtful(words, number)
    if run is None or is_place(words.text[run.start : run.end]) or _firm(words, run):
        return None
    listed = any(words.is_listed(one.text) for one in words.all[run.first : run.last])
    return run if listed or (len(run) < 4 and _CLOSED.match(words.text, run.end)) else None


def _spelled(words: Words, number: int) -> Run | None:
    """Read "my surname has a hyphen. It's Nakamura-Ellison, not Nakamuraellison": told how a name is written."""
    if not number or words.all[number - 1].lower not in _SPELLED or words.gap(number).strip(" :\"'"):
        return None
    if not any(word.lower in _NAMING for word in words.all[max(0, number - _NAMING_REACH) : number]):
        return None
    run = words.run(number)
    return None if run is None or is_place(words.text[run.start : run.end]) else run


def _person(words: Words, number: int) -> Run | None:
    """Read a doubtful given name or a surname where only a person can stand: before "said", after "asked"."""
    word = words.all[number]
    opens = words.begins_sentence(number)
    known = words.lists
    bare = without_marks(word.lower.removesuffix("'s"))
    surname = bare in known.surnames or (words.language in ("fi", None) and is_surname(word.text))
    if (word.text.isupper() and len(word.text) < 5) or (opens and not words.is_listed(word.text) and not surname):
        return None
    foreign = len(word.text) > 5 and _SHAPED.search(word.lower) is not None
    if not (known.is_given(word.text) or known.is_doubtful(word.text) or surname or foreign) or is_place(word.text):
        return None
    run = words.run(number) or _doubtful(words, number)
    if run is None or len(run) > 3 or _firm(words, run) or is_place(words.text[run.start : run.end]):
        return None
    before = words.all[number - 1].lower if number and not words.gap(number).strip(" ") else ""
    after = words.all[run.last].lower if run.last < len(words.all) and words.gap(run.last) == " " else ""
    month = word.lower in _MONTHS
    doubtful = not known.is_given(word.text)
    if (doubtful and before in _ARTICLES) or (doubtful and opens and after in _VAGUE):
        return None
    if number + 1 < len(words.all) and is_place(f"{word.text} {words.all[number + 1].text}"):
        return None
    if after in _DOES and not (month and after not in ("said", "told", "promised")) and not (opens and foreign):
        return run
    role = run.last + 1 < len(words.all) and words.all[run.last + 1].lower in _ROLES
    if role and after in ("el", "la"):
        return run
    towards = before in _TOWARDS or (before == "a" and words.language in ("es", None))
    return run if towards and not opens and not month else None


def _initialled(words: Words, number: int) -> Run | None:
    """Read J. Korhonen and P. V. Tuyến: initials and a word with a capital, unless the letter belongs to a "plan B"."""
    first = words.all[number].text
    if (
        (len(first) > 1 and first not in _SHORTENED)
        or number + 1 >= len(words.all)
        or not words.gap(number + 1).startswith(".")
    ):
        return None
    before = words.all[number - 1].lower if number and not words.gap(number).strip(" '\"") else ""
    run = words.run(number)
    if before in _LETTERED or run is None or len(run) < 2 or is_place(words.all[run.last - 1].text):
        return None
    last = words.all[run.last - 1]
    known = words.is_listed(last.text) or words.is_syllable(last.text) or _SHAPED.search(last.lower) is not None
    return (
        run
        if len(last.text) > 2 and (known or before in _TOWARDS or words.is_listed(words.all[run.first + 1].text))
        else None
    )


def _finnish(words: Words, number: int) -> Run | None:
    """Read a Finnish surname alone, in any case: Niemisen perhe, naapuri Heikkinenkin."""
    word = words.all[number]
    if is_place(word.text) or word.text.isupper():
        return None
    listed = is_surname(word.text) and looks_like_surname(word.text)
    if not listed and (words.begins_sentence(number) or not (looks_like_surname(word.text) or is_surname(word.text))):
        return None
    if any(is_place(form) for form in nominatives(word.text)) or words.is_stop(word.text):
        return None
    run = Run(number, number + 1, word.start, word.end)
    if _firm(words, run) or (number and words.all[number - 1].capital and not words.begins_sentence(number - 1)):
        return None
    return run


def _vietnamese(words: Words, number: int) -> Run | None:
    """Read a Vietnamese name without a surname behind "gặp", "cho", "gọi": two syllables, or one that ends a clause."""
    word = words.all[number]
    before = words.all[number - 1].lower if number and words.gap(number) == " " else ""
    if before not in _TOWARDS_VI or not words.is_syllable(word.text) or word.text.isupper():
        return None
    run = words.run(number)
    if run is None or is_place(words.text[run.start : run.end]) or len(run) > 4:
        return None
    if not all(words.is_syllable(one.text) for one in words.all[run.first : run.last]):
        return None
    marked = not word.text.isascii() or before in ("tên", "ten", "cho")
    return run if len(run) > 1 or (marked and _CLAUSE_END.match(words.text, run.end)) else None


def _doubtful(words: Words, number: int) -> Run | None:
    word = words.all[number]
    if not words.lists.is_doubtful(word.text) or is_stop(words.lists.stop, word.text):
        return None
    return Run(number, number + 1, word.start, word.end)


def _firm(words: Words, run: Run) -> bool:
    before = words.all[run.first - 1].lower if run.first and words.gap(run.first) == " " else ""
    after = words.all[run.last].lower if run.last < len(words.all) and words.gap(run.last) == " " else ""
    return before in _NOT_AFTER or after in _NOT_BEFORE
