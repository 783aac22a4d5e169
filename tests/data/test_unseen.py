from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from data.cleaning import clean
from data.redaction import redact
from data.unseen import BREAKS, UNSEEN

ALL = [chr(code) for code in range(sys.maxunicode + 1) if re.match(f"[{UNSEEN}]", chr(code))]


def test_every_character_that_only_formats_is_unseen_and_none_that_has_ink_or_parts_words() -> None:
    formats = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"}
    assert formats <= set(ALL)
    assert {unicodedata.category(one) for one in ALL} <= {"Cf", "Cc", "Cs", "Cn", "Mn", "Lo"}
    assert not set(ALL) & set(BREAKS + "\t\n\r ")


@pytest.mark.parametrize("first", range(0, len(ALL), 256))
def test_what_cleaning_drops_hides_nothing_from_redaction(first: int) -> None:
    for unseen in ALL[first : first + 256 : 37]:
        text = f"mail mv1988@gma{unseen}il.com"
        assert clean(text).text == "mail mv1988@gmail.com"
        assert redact(text).text == "mail [email]"


@pytest.mark.parametrize("end", BREAKS)
def test_what_ends_a_line_ends_it_for_both(end: str) -> None:
    text = f"Rikki meni{end}Lähetetty iPhonesta"
    assert clean(text).text == "Rikki meni"
    assert redact(f"Thanks,{end}Jane{end}555-0142{end}", "en").text == f"Thanks,{end}[name]{end}[phone]{end}"
