"""The listed names, and capitalised words that are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from data.redaction.folding import without_marks
from data.redaction.names.sets import word_set

_FINNISH_CASES = (
    "lla", "llä", "lle", "lta", "ltä", "ssa", "ssä", "sta", "stä", "ksi", "kin", "n", "a", "ä", "ia", "iä", "ta", "tä",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lists:
    """Names in lower case without marks: `given` are names by themselves, `doubtful` are words or places as well."""

    given: frozenset[str]
    doubtful: frozenset[str]
    finnish: frozenset[str]
    surnames: frozenset[str]
    family: frozenset[str]
    """Vietnamese surnames, which stand first, with their marks (lower case)."""
    syllables: frozenset[str]
    """Syllables of Vietnamese given names, with their marks (lower case)."""
    bare_family: frozenset[str]
    bare_syllables: frozenset[str]
    stop: frozenset[str]

    def is_given(self, word: str) -> bool:
        return _bare(word) in self.given

    def is_finnish(self, word: str) -> bool:
        return _bare(word) in self.finnish

    def is_doubtful(self, word: str) -> bool:
        return _bare(word) in self.doubtful

    def is_listed(self, word: str) -> bool:
        """Tell whether a word is any listed name, or two of them with a hyphen between."""
        bare = _bare(word)
        return any(
            part in self.given or part in self.doubtful or part in self.surnames for part in (bare, *bare.split("-"))
        )

    def _foreign(self, stem: str, strong: str) -> bool:
        """Tell whether a stem is a given name from elsewhere: Bettinalle, Johnille."""
        stems = (stem, strong, *([stem[:-1]] if stem[-1] == "i" and len(stem) > 4 else []))
        return any(one in self.given and one not in words_of("fi") and one not in self.stop for one in stems)

    def is_inflected(self, word: str) -> bool:
        """Tell whether a word is a Finnish given name in another case than the nominative: Jarkolle, Susannan."""
        lower = _bare(word)
        for case in _FINNISH_CASES:
            bare_case = without_marks(case)
            stem = lower[: -len(bare_case)]
            if len(stem) >= 3 and lower.endswith(bare_case):
                strong = stem[:-1] + stem[-2] + stem[-1] if stem[-2] in "kpt" else stem
                if (
                    stem in self.finnish
                    or strong in self.finnish
                    or (stem[-1] in "eia" and stem[:-1] in self.finnish and len(stem) > 4)
                    or (len(stem) > 4 and len(bare_case) > 2 and self._foreign(stem, strong))
                ):
                    return True
        return False


_OWN_LETTERS = re.compile("[\u1e00-\u1eff\u0300-\u036făâđêôơưäöåñøæ]")
"""Letters that are no accent upon another: "Bên" is no "Ben", "käy" no "Kay", "niña" no "Nina"."""
_VIETNAMESE = re.compile("[\u1e00-\u1eff\u0300-\u036făâđêôơư]")
_LANGUAGES = ("fi", "es", "en", "vi")


def _bare(word: str) -> str:
    lower = word.lower().removesuffix("'s")
    return lower if _OWN_LETTERS.search(lower) else without_marks(lower)


@cache
def words_of(language: str | None) -> frozenset[str]:
    """Give the listed names that are ordinary words of a language; of all of them where it is not known."""
    chosen = [language] if language in _LANGUAGES else [] if language else list(_LANGUAGES)
    return frozenset(word for one in chosen for word in word_set(f"words_of_{one}"))


def is_stop(stop: frozenset[str], word: str) -> bool:
    """Tell whether a word is listed as no name; Vietnamese words count with their marks, others without."""
    lower = word.lower().removesuffix("'s")
    return lower in stop or (not _VIETNAMESE.search(lower) and without_marks(lower) in stop)


def _spellings(word: str) -> set[str]:
    """Give a listed name as it is written, and without its marks (but for ä and ö, which nobody leaves out)."""
    lower = word.lower()
    bare = without_marks(lower)
    return {lower, bare, _bare(word)} if not re.search("[äöåñ]", lower) else {lower}


def _read(name: str) -> list[str]:
    text = files("data.redaction.names").joinpath(f"listed/{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def lists() -> Lists:
    """Read the lists of the package, once."""
    given: set[str] = set()
    doubtful: set[str] = set()
    by_language = {}
    for language in ("fi", "es", "en", "world"):
        words = " ".join(_read(language)).split()
        by_language[language] = {spelling for word in words if not word.endswith("?") for spelling in _spellings(word)}
        given |= by_language[language]
        doubtful |= {spelling for word in words if word.endswith("?") for spelling in _spellings(word[:-1])}
    family = {word.lower() for line in _read("surnames") if line.startswith("vi:") for word in line[3:].split()}
    syllables = {word.lower() for word in " ".join(_read("vi")).split()}
    stop = files("data.redaction.names").joinpath("stop.txt").read_text(encoding="utf-8")
    return Lists(
        given=frozenset(given - doubtful),
        doubtful=frozenset(doubtful),
        finnish=frozenset(by_language["fi"] - doubtful),
        surnames=frozenset(
            _bare(word) for line in _read("surnames") if not line.startswith("vi:") for word in line[3:].split()
        ),
        family=frozenset(family),
        syllables=frozenset(syllables | family),
        bare_family=frozenset(map(without_marks, family)),
        bare_syllables=frozenset(map(without_marks, syllables | family)),
        stop=frozenset(word for line in stop.splitlines() if not line.startswith("#") for word in line.lower().split()),
    )
