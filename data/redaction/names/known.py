"""Names by themselves: listed given names with what follows, Vietnamese surnames with their syllables."""

from __future__ import annotations

from collections.abc import Iterator

from data.redaction.addresses.parts import is_place
from data.redaction.folding import without_marks
from data.redaction.names.finnish import nominatives
from data.redaction.names.lists import is_stop
from data.redaction.names.sets import word_set
from data.redaction.names.words import Run, Words

_NOT_AFTER = word_set("not_after")
_NOT_BEFORE = word_set("not_before")
_STREET_BEFORE = word_set("street_before")
_CAPITAL_EN = word_set("capital_en")
_FIRMS = word_set("firms")
_FAMOUS = word_set("famous")
_FAMOUS_BARE = frozenset(map(without_marks, _FAMOUS))


def by_list(words: Words) -> Iterator[Run]:
    """Give the runs that begin with a listed name."""
    number = 0
    while number < len(words.all):
        run = _european(words, number) or _vietnamese(words, number)
        if run:
            yield run
            number = run.last
        else:
            number += 1


def _european(words: Words, number: int) -> Run | None:
    word = words.all[number]
    if not word.capital or len(word.text) < 3:
        return None
    if word.text.isupper() and (len(word.text) < 5 or not words.shouted) and not _shouted_pair(words, number):
        return None
    known = words.lists
    if known.is_given(word.text) and _named_in_full(words, number):
        return words.run(number) or Run(number, number + 2, word.start, words.all[number + 1].end)
    given = (known.is_given(word.text) and words.is_listed(word.text)) or (
        words.language in ("fi", None)
        and len(word.text) > 4
        and known.is_inflected(word.text)
        and words.is_listed(word.text)
        and not any(map(is_place, nominatives(word.text)))
    )
    if not given and known.is_given(word.text) and not is_stop(known.stop, word.text):
        own = words.language in ("fi", "es") or (words.language == "en" and word.lower in _CAPITAL_EN)
        given = own and not words.begins_sentence(number) and not words.shouted  # a capital says enough there
    if not given and "-" in word.text:
        given = all(known.is_given(part) for part in word.text.split("-"))
    doubtful = known.is_doubtful(word.text)
    if (not given and not doubtful) or words.is_plain(word.text) or _company(words, number):
        surname = number + 1 < len(words.all) and words.gap(number + 1) == " " and _surname_follows(words, number)
        return words.run(number) if surname and not _company(words, number) else None
    run = words.run(number)
    if run is None:
        return None
    if words.language == "vi" and len(run) == 1 and words.begins_sentence(number):
        return None
    if given and not is_place(word.text):
        return run
    if len(run) > 1 and not is_place(words.text[run.start : run.end]):
        second = words.all[number + 1].text
        sure = without_marks(second.lower()) in known.surnames or second.lower().endswith(("nen", "son", "ez"))
        return run if sure else None
    return None


def _named_in_full(words: Words, number: int) -> bool:
    """Tell whether a listed surname stands behind a given name that is a frequent word as well: Mika Suvanto."""
    if number + 1 >= len(words.all) or words.gap(number + 1) != " " or _company(words, number):
        return False
    first, second = words.all[number], words.all[number + 1]
    if first.text.isupper() or second.text.isupper() or not second.capital or words.is_plain(second.text):
        return False
    bare = without_marks(second.lower)
    return len(first.text) > 2 and bare in words.lists.surnames and not is_place(f"{first.text} {second.text}")


def _shouted_pair(words: Words, number: int) -> bool:
    following = words.all[number + 1].text if number + 1 < len(words.all) else ""
    return (
        len(words.all[number].text) > 3 and following.isupper() and len(following) > 3 and words.gap(number + 1) == " "
    )


def _surname_follows(words: Words, number: int) -> bool:
    """Tell whether an unlisted word with a capital and a listed surname after it are a name."""
    first, second = words.all[number], words.all[number + 1]
    if (
        not first.capital
        or not second.capital
        or words.is_stop(first.text)
        or words.is_stop(second.text)
        or len(first.text) < 3
    ):
        return False
    if first.text.isupper() or second.text.isupper() or is_place(first.text) or words.begins_sentence(number):
        return False
    surname = without_marks(second.lower) in words.lists.surnames and second.lower not in words.lists.family
    return surname or (second.lower.endswith("nen") and len(second.text) > 5)


def _company(words: Words, number: int) -> bool:
    """Tell whether the words around say that a name is a place's, a street's or a firm's."""
    before = words.all[number - 1].lower if number and not words.gap(number).strip(" '\"") else ""
    if before.endswith("'s") and words.all[number - 1].capital:
        return True
    after = (
        words.all[number + 1].lower if number + 1 < len(words.all) and words.gap(number + 1).strip(" ") == "" else ""
    )
    return before in _NOT_AFTER or after in _NOT_BEFORE


def _vietnamese(words: Words, number: int) -> Run | None:
    word = words.all[number]
    if not word.capital or words.language not in ("vi", None, "en"):
        return None
    family = word.lower in words.lists.family
    bare = not family and word.text.isascii() and word.lower in words.lists.bare_family
    if not family and not bare:
        return None
    last = number + 1
    while (
        last < len(words.all)
        and last - number < 5
        and words.gap(last) == " "
        and words.all[last].capital
        and (
            words.is_syllable(words.all[last].text)
            or (family and last - number > 1 and not words.is_stop(words.all[last].text))
        )
    ):
        last += 1
    if last - number < (2 if family and words.language == "vi" else 3):
        return None
    text = words.text[word.start : words.all[last - 1].end]
    before = words.all[number - 1].lower if number and words.gap(number).strip(" .") == "" else ""
    lower = text.lower()
    earlier = words.all[number - 2].lower if number > 1 and before else ""
    person = (before == "viên" and earlier not in ("công", "bệnh", "học", "thư")) or before in ("trưởng", "phó")
    street = (before in _STREET_BEFORE or earlier in _FIRMS) and not person
    if street or is_place(text) or lower in _FAMOUS or lower in _FAMOUS_BARE:
        return None
    if any(is_place(" ".join(part.text for part in words.all[number:end])) for end in range(number + 2, last + 1)):
        return None
    if last - number == 2 and (not family or text.isascii()):
        return None
    return Run(number, last, word.start, words.all[last - 1].end)
