from __future__ import annotations

import re
import string
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from data.taxonomy import read_taxonomy
from service.reports.tongue import CATALOGUES, LANGUAGES, Tongue

SERVICE = Path(__file__).parents[3] / "service"
TAXONOMY = read_taxonomy()
WRITTEN = {"python": [("python", "**.py")], "jinja2": [("jinja2", "templates/**.html")]}
KEYWORDS = {"say": None, "count": (1, 2)}


def said() -> set[str | tuple[str, ...]]:
    """Every sentence of the code and the templates."""
    kinds = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(SERVICE, kinds, {"templates/**.html": {"trim_blocks": "true"}}, keywords=KEYWORDS)
    return {each[2] if isinstance(each[2], str) else tuple(filter(None, each[2])) for each in found}


def slots(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_sentence_is_in_every_catalogue_and_no_other(language: str) -> None:
    with (CATALOGUES / language / "reports.po").open("rb") as file:
        catalogue = [each for each in read_po(file, locale=language, abort_invalid=True) if each.id]
    assert {each.id if isinstance(each.id, str) else tuple(each.id) for each in catalogue} == said()
    for each in catalogue:
        written = [each.string] if isinstance(each.string, str) else list(each.string or ())
        assert all(written), each.id
        assert not each.fuzzy, each.id
        known = slots(each.id) if isinstance(each.id, str) else slots(each.id[0]) | slots(each.id[1])
        assert all(slots(words) <= known for words in written), each.id


def test_sentences_plurals_and_labels_are_said_in_the_language() -> None:
    finnish, english = Tongue("fi", TAXONOMY), Tongue("en", TAXONOMY)
    assert english.say("Overview") == "Overview"
    assert finnish.say("Overview") not in ("", "Overview")
    assert english.count("One message in all.", "{n} messages in all.", 1) == "One message in all."
    assert english.count("One message in all.", "{n} messages in all.", 1200) == "1,200 messages in all."
    assert finnish.label("kind", "complaint") == "Valitus"
    assert finnish.label("kind", "unheard_of") == "unheard_of"


@pytest.mark.parametrize(
    ("language", "number", "share", "fine", "day", "month"),
    [
        ("fi", "12 345", "12 %", "12,3 %", "3.11.2026", "marraskuu 2026"),
        ("vi", "12.345", "12%", "12,3%", "3 thg 11, 2026", "tháng 11 năm 2026"),
        ("es", "12.345", "12 %", "12,3 %", "3 nov 2026", "noviembre de 2026"),
        ("en", "12,345", "12%", "12.3%", "Nov 3, 2026", "November 2026"),
    ],
)
def test_numbers_and_dates_are_written_as_in_the_language(
    language: str, number: str, share: str, fine: str, day: str, month: str
) -> None:
    tongue, when = Tongue(language, TAXONOMY), date(2026, 11, 3)
    written = (
        tongue.number(12_345), tongue.share(0.1234), tongue.share(0.1234, 1), tongue.day(when), tongue.month(when)
    )  # fmt: skip
    assert tuple(re.sub(r"\s", " ", each) for each in written) == (number, share, fine, day, month)
