"""A text as words with what stands between them, and runs of words that can be a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.redaction.addresses.parts import is_place
from data.redaction.names.lists import Lists, _bare, is_stop, lists, words_of
from data.redaction.names.sets import word_set
from data.words import LANGUAGES_OF

_WORD = re.compile(r"[^\W\d_ªº]+(?:['-][^\W\d_ªº]+)*")
_INITIAL = re.compile(r"\. ?|\.?ª\.? ?")
"""Between an initial and the rest of a name: J. Smith, M.ª Ángeles."""
_ABBREVIATIONS = frozenset(
    ["yt", "br", "kr", "ps", "nb", "dr", "sr", "st", "no", "cc", "av", "pl", "tp", "tx", "q", "p", "bs"]
)
_PARTICLES = frozenset(
    [
        "de",
        "del",
        "la",
        "las",
        "los",
        "y",
        "e",
        "i",
        "van",
        "von",
        "der",
        "den",
        "da",
        "das",
        "do",
        "dos",
        "di",
        "du",
        "le",
        "bin",
        "bint",
        "ibn",
        "al",
        "el",
        "af",
        "ní",
        "ni",
        "ó",
        "ui",
        "mac",
        "mc",
        "st",
        "san",
        "santa",
        "d'",
        "ap",
        "ferch",
    ]
)
_OTHER_CASES = ("n", "sta", "stä", "lta", "ltä", "ssa", "ssä", "lla", "llä", "lle")
_CAPITAL_EN = word_set("capital_en")
_COMPOUNDS = word_set("compounds")
MOST = 5
"""Words of one name."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word at characters `start` to `end` of a text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Run:
    """Words `first` to `last` (exclusive) of a text, which can be a name; `start` and `end` count characters."""

    first: int
    last: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.last - self.first


class Words:
    """The words of a folded and masked text."""

    def __init__(self, text: str, language: str | None) -> None:
        self.text = text
        self.language = language
        self.lists: Lists = lists()
        self.all: Sequence[Word] = [Word(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
        self.shouted = (
            text.isupper()
            or sum(word.text.isupper() and len(word.text) > 3 for word in self.all) * 2 > len(self.all) > 6
        )
        self._kinds: dict[str, tuple[bool, bool]] = {}

    def gap(self, number: int) -> str:
        """Give what stands between word `number` - 1 and word `number`; the text's ends count as such."""
        begins = self.all[number - 1].end if number else 0
        ends = self.all[number].start if number < len(self.all) else len(self.text)
        return self.text[begins:ends]

    def begins_sentence(self, number: int) -> bool:
        """Tell whether word `number` has its capital perhaps from its place only."""
        gap = self.gap(number)
        return number == 0 or any(mark in gap for mark in '.!?\n:•*"“¿¡-—') or gap.strip(" ,;()'/<") != ""

    def is_plain(self, word: str) -> bool:
        """Tell whether a word is a most frequent one of the text's language (of any of the four where it is not known).

        English counts in every language; Finnish words count in Finnish only.
        """
        languages = LANGUAGES_OF.get(word.lower(), ())
        if self.language:
            return self.language in languages or "en" in languages
        return any(language in languages for language in ("fi", "vi", "es", "en"))

    def is_stop(self, word: str) -> bool:
        """Tell whether a word is no part of a name, however it is written."""
        return self._look(word)[0]

    def is_listed(self, word: str) -> bool:
        """Tell whether a word is a listed given name or surname of any language, or a Vietnamese syllable."""
        return self._look(word)[1]

    def _look(self, word: str) -> tuple[bool, bool]:
        if word not in self._kinds:
            known = self.lists
            listed = known.is_listed(word) or (self.language in ("fi", None) and known.is_inflected(word))
            plain = self.is_plain(word)
            stop = plain or (is_place(word) and not listed) or (is_stop(known.stop, word) and not known.is_given(word))
            short = self.language == "en" and word[0].isupper() and word.lower() in _CAPITAL_EN
            if _bare(word) in words_of(self.language) and not short:
                listed = False
            self._kinds[word] = (stop, listed)
        return self._kinds[word]

    def is_syllable(self, word: str) -> bool:
        """Tell whether a word can be part of a Vietnamese name, with marks or (where it has none) without."""
        lower = word.lower()
        if lower in self.lists.syllables:
            return True
        return lower.isascii() and lower in self.lists.bare_syllables

    def run(self, number: int, *, any_case: bool = False, most: int = MOST) -> Run | None:
        """Read the words from `number` on that can be one name: with capitals, or in any case where a label says so."""
        words = self.all
        last = number
        vietnamese = False
        while last < len(words) and last - number < most:
            word = words[last]
            if last > number and not self._joined(last):
                break
            if last > number and word.lower in _PARTICLES and self._goes_on(last, any_case):
                last += 1
                continue
            if not (word.capital or any_case):
                break
            if last == number:
                vietnamese = self.is_syllable(word.text)
            fits = vietnamese and word.capital and self.is_syllable(word.text) and not self._compound(last)
            greets = last == number and self.language == "fi" and word.lower == "t"
            fits = fits or (len(word.text) <= 2 and word.capital and not greets and self._initial(last))
            if greets:
                break
            fits = fits or (last > number and self._surname_too(last))
            if not fits and (self.is_stop(word.text) or self._compound(last)):
                break
            if last > number and self._case_of_another(last):
                break
            if last == number and self.language == "fi" and word.capital and self._elsewhere(word.text):
                break
            if (
                any_case
                and not word.capital
                and last > number
                and not (
                    self.is_listed(word.text)
                    or self.is_syllable(word.text)
                    or (
                        words[number].capital is False
                        and last - number < 3
                        and not self.is_plain(word.text)
                        and len(word.text) > 2
                        and self.language != "vi"
                    )
                )
            ):
                break
            if word.text.isupper() and len(word.text) > 4 and last > number and not words[last - 1].text.isupper():
                break
            last += 1
        while last > number and words[last - 1].lower in _PARTICLES and last - 1 > number:
            last -= 1
        if last == number or (self.shouted and not self._plausible_shout(number, last)):
            return None
        end = words[last - 1].end
        if len(words[last - 1].text) == 1 and self.text[end : end + 1] == ".":
            end += 1
        if words[last - 1].text.lower().endswith("'s"):
            end -= 2
        return Run(number, last, words[number].start, end)

    def _plausible_shout(self, number: int, last: int) -> bool:
        """Tell whether words in a text of capitals can be a name: a listed name is among them."""
        run = self.all[number:last]
        if not all(word.text.isupper() for word in run):
            return True
        return any(self.is_listed(word.text) for word in run) or run[0].lower in self.lists.family

    def _initial(self, number: int) -> bool:
        """Tell whether word `number` is an initial: a full stop, and another word with a capital."""
        following = number + 1
        return (
            following < len(self.all)
            and _INITIAL.fullmatch(self.gap(following)) is not None
            and self.all[following].capital
        )

    def _compound(self, number: int) -> bool:
        """Tell whether word `number` begins a Vietnamese word of two syllables that is no name: Ngân hàng."""
        if number + 1 >= len(self.all) or self.gap(number + 1) != " ":
            return False
        return f"{self.all[number].lower} {self.all[number + 1].lower}" in _COMPOUNDS

    def _surname_too(self, number: int) -> bool:
        """Tell whether a listed place after a given name is a surname: Pertti Kokkola."""
        before, word = self.all[number - 1], self.all[number]
        return (
            word.capital and is_place(word.text) and self.lists.is_given(before.text) and not self.is_plain(word.text)
        )

    def _elsewhere(self, word: str) -> bool:
        """Tell whether a Finnish word in a local case is no name that we know: Phuketissa."""
        return (
            word.lower().endswith(("ssa", "ssä", "sta", "stä", "lta", "ltä"))
            and len(word) > 5
            and not self.is_listed(word)
        )

    def _case_of_another(self, number: int) -> bool:
        """Tell whether a word after a Finnish given name is of what follows: Mirva Jumbon myymälästä."""
        if self.language not in ("fi", None) or not self.lists.is_finnish(self.all[number - 1].text):
            return False
        lower = self.all[number].lower
        if lower.endswith(_OTHER_CASES) and not lower.endswith("nen") and lower not in self.lists.surnames:
            stems = (lower.removesuffix(case) for case in _OTHER_CASES)
            return any(is_place(stem) or is_place(stem.removesuffix("e") + "i") for stem in stems if stem != lower)
        return False

    def _joined(self, number: int) -> bool:
        """Tell whether word `number` can belong to one name with the word before it."""
        gap = self.gap(number)
        if gap in (" ", "  "):
            return True
        before = self.all[number - 1].text
        return (
            len(before) <= 2
            and before[0].isupper()
            and before.lower() not in _ABBREVIATIONS
            and _INITIAL.fullmatch(gap) is not None
        )

    def _goes_on(self, number: int, any_case: bool) -> bool:
        """Tell whether a word of a name follows the particle `number` ("de la", "Ní")."""
        for following in range(number + 1, min(number + 3, len(self.all))):
            word = self.all[following]
            if not self._joined(following):
                return False
            if word.lower in _PARTICLES:
                continue
            return (word.capital or (any_case and self.is_listed(word.text))) and not self.is_stop(word.text)
        return False
