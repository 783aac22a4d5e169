from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from models.answer import Reason
from service.interface import CATALOGUE, Interface, read_interface
from tests.service.dummy_engine import DummyEngine

INTERFACE = read_interface()
TAXONOMY = DummyEngine().taxonomy


def test_the_words_are_there_in_all_four_languages() -> None:
    assert list(INTERFACE.languages) == ["fi", "vi", "es", "en"]


def test_every_reason_has_plain_words() -> None:
    assert set(INTERFACE.reasons) == {reason.value for reason in Reason}


def test_a_missing_phrase_is_named(tmp_path: Path) -> None:
    written = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    del written["phrases"]["submit"]["vi"]
    with pytest.raises(ValidationError, match="'submit' is missing in vi"):
        Interface.model_validate(written)


def test_placeholders_are_the_same_in_every_language() -> None:
    for name, words in INTERFACE.phrases.items():
        for placeholder in ("{time}", "{percent}", "{language}"):
            assert len({placeholder in phrase for phrase in words.values()}) == 1, (name, placeholder)


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen"),
    [
        ("vi", "fi", "vi"),
        (None, "fi-FI,fi;q=0.9,en;q=0.8", "fi"),
        (None, "de, en;q=0.5, es-MX;q=0.7", "es"),
        (None, "vi;q=0, es;q=0.1", "es"),
        (None, "de", "en"),
        (None, None, "en"),
        ("xx", "", "en"),
        ("<script>", ";q=,;;,q=1,*;q=x", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_most_wanted(
    wanted: str | None, accepted: str | None, chosen: str
) -> None:
    assert INTERFACE.choose(wanted, accepted) == chosen


def test_names_come_from_the_taxonomy() -> None:
    groups = INTERFACE.for_page("fi", TAXONOMY)["groups"]
    assert [group["id"] for group in groups] == [group.id for group in TAXONOMY.groups]
    billing = groups[1]["labels"]["billing"]
    assert billing == {"name": "Laskutus", "definition": "Laskut, veloitukset ja hinnat"}


def test_examples_are_in_the_languages_of_the_model() -> None:
    assert list(INTERFACE.examples_for(["sv", "es"], "en")) == ["es"]
