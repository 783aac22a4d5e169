"""What a report says, in the reader's language: words by gettext, dates and numbers by locale, labels by the taxonomy.

The words of the code and the templates are English message ids; `locale/{language}/reports.po` holds them in the other
languages. A language without a catalogue, and a word that a catalogue lacks, is English.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_decimal_symbol

from data.taxonomy import GroupId, Taxonomy

LANGUAGES: Final = ("fi", "vi", "es", "en")
CATALOGUES: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Tongue:
    """Speaks one language. `language` is one of `LANGUAGES`."""

    language: str
    taxonomy: Taxonomy
    locale: Locale = field(init=False)
    catalogue: gettext.NullTranslations = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "locale", Locale.parse(self.language))
        object.__setattr__(self, "catalogue", read_catalogue(self.language))

    def say(self, words: str, **values: object) -> str:
        """Say `words`, an English sentence with `{names}` of values in it."""
        said = self.catalogue.gettext(words)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, n: float, **values: object) -> str:
        """Say how many: `one` or `many` by the language's rules, with `{n}` written as a number."""
        said = self.catalogue.ngettext(one, many, round(n))
        return said.format(n=self.number(n), **values)

    @property
    def decimal(self) -> str:
        """The sign between a number and its fraction."""
        return str(get_decimal_symbol(self.locale))

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with as many digits after the point."""
        return str(
            format_decimal(
                round(value, digits), format="#,##0" + ("." + "0" * digits if digits else ""), locale=self.locale
            )
        )

    def share(self, value: float, digits: int = 0) -> str:
        """Write a share of 1 as a percentage, as the language does: Finnish and Spanish put a space before the sign."""
        pattern = self.locale.percent_formats[None].pattern
        if digits:
            pattern = pattern.replace("##0", "##0." + "0" * digits)
        return str(format_percent(value, format=pattern, locale=self.locale))

    def day(self, when: date) -> str:
        """Write a date with its year."""
        return str(format_date(when, format="medium", locale=self.locale))

    def month(self, when: date) -> str:
        """Write a month with its year."""
        return str(format_skeleton("yMMMM", when, locale=self.locale))

    def label(self, group: GroupId, label: str) -> str:
        """Name a label as the taxonomy does; one that it does not know by its id."""
        names: Mapping[str, str] = {}
        for each in self.taxonomy.groups:
            if each.id == group:
                names = next((found.name for found in each.labels if found.id == label), {})
        return names.get(self.language) or names.get("en") or label

    def tongue_name(self, language: str) -> str:
        """Name a language in this one."""
        return str(self.locale.languages.get(language, language))


@cache
def read_catalogue(language: str) -> gettext.NullTranslations:
    """Read the words of a language; raises `babel.messages.pofile.PoFileError` where its file is broken."""
    file = CATALOGUES / language / "reports.po"
    if not file.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
