from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.store.facts import Fact
from data.taxonomy import GroupId, read_taxonomy
from service.reports.figure import Interval
from service.reports.filters import Filter
from service.reports.psychology.counsels import MOST, MOST_OF_THEME, Advice
from service.reports.psychology.page import psychology
from service.reports.psychology.playbook import FILE, PlaybookError, open_playbook, read_playbook, usual_playbook
from service.settings import SettingsError
from tests.service.reports.test_psychology import many
from tests.service.reports.toy_ledger import fact
from tests.service.reports.toy_site import view

TAXONOMY = read_taxonomy()
PAIRS = [(theme, motive) for theme in TAXONOMY.ids("themes") for motive in TAXONOMY.ids("motives")]
LANGUAGES = ("fi", "vi", "es", "en")
LONGEST_IN_ENGLISH = 45

OWN = """
sources: {house: Our own rule}
counsels:
  billing:
    redress: {sources: [house, smith1999], text: {en: Ask Anna.}}
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_counsel_is_missing(language: str) -> None:
    found = usual_playbook()
    for theme, motive in PAIRS:
        counsel = found.counsel(theme, motive)
        assert counsel is not None, f"{theme} × {motive}"
        assert counsel.told(language)[1] == language, f"{theme} × {motive}"
        assert counsel.sources
    assert set(found.counsels) == set(TAXONOMY.ids("themes"))


def test_counsels_are_short_and_each_is_said_once() -> None:
    found = usual_playbook()
    for language in LANGUAGES:
        texts = [found.counsels[theme][motive].text[language] for theme, motive in PAIRS]
        assert len(set(texts)) == len(texts)
    for theme, motive in PAIRS:
        assert len(found.counsels[theme][motive].text["en"].split()) <= LONGEST_IN_ENGLISH, f"{theme} × {motive}"


def test_every_source_is_used() -> None:
    found = usual_playbook()
    named = {source for entries in found.counsels.values() for each in entries.values() for source in each.sources}
    assert named == set(found.sources)


def test_a_company_puts_its_own_counsels_in_the_place_of_single_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    found = read_playbook(own, TAXONOMY)
    counsel = found.counsel("billing", "redress")
    assert counsel is not None
    assert counsel.told("fi") == ("Ask Anna.", "en"), "a language that is missing is told in English"
    assert found.sources["house"] == "Our own rule"
    assert found.counsel("billing", "fix") == usual_playbook().counsel("billing", "fix")
    assert open_playbook(None, TAXONOMY) is None


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("counsels: {biling: {redress: {text: {en: x}}}}", r"counsels\.biling: the taxonomy's themes have no 'biling'"),
        ("counsels: {billing: {refund: {text: {en: x}}}}", r"counsels\.billing\.refund.*no 'refund'; it has redress"),
        ("counsels: {billing: {redress: {text: {}}}}", r"counsels\.billing\.redress\.text"),
        ("counsels: {billing: {redress: {text: {en: ''}}}}", r"redress\.text\.en"),
        ("counsels: {billing: {redress: {texts: {en: x}}}}", r"redress\.texts?"),
        ("counsels: {billing: {redress: {sources: [me], text: {en: x}}}}", "names the source 'me'"),
        ("counsels: [1]", "counsels"),
        ("- 1", "the whole file"),
        ("a: [", "not a readable YAML file"),
    ],
)
def test_what_is_wrong_with_a_playbook_is_told_with_its_place(tmp_path: Path, written: str, told: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(written)
    with pytest.raises(PlaybookError, match=told) as raised:
        read_playbook(own, TAXONOMY)
    assert str(own) in str(raised.value)
    with pytest.raises(SettingsError, match="RECLAMO_PLAYBOOK"):
        open_playbook(own, TAXONOMY)


def test_a_missing_playbook_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="cannot be read: No such file"):
        read_playbook(tmp_path / "none.yaml")


def advice(*facts: Fact, **more: Any) -> list[Advice]:
    found: list[Advice] = list(psychology(view(*facts, **{"known": False, **more})).extra["advice"])
    return found


def of(theme: str, motive: str, number: int, urgency: str = "normal", ago: int = 0) -> list[Fact]:
    labels: dict[GroupId, list[str]] = {"themes": [theme], "motives": [motive], "urgency": [urgency]}
    return [fact(day=-(ago + place % 20), labels=labels) for place in range(number)]


def test_the_largest_matters_call_for_counsels_and_urgent_ones_weigh_more() -> None:
    found = advice(
        *of("delivery", "fix", 50), *of("billing", "redress", 30, "critical"), *of("policy", "voice", 10),
        *of("returns", "redress", 4),
    )  # fmt: skip
    assert [(each.theme, each.motive) for each in found] == [
        ("billing", "redress"), ("delivery", "fix"), ("policy", "voice"),
    ]  # fmt: skip
    first = found[0]
    assert (first.messages.mid, first.messages.counted, first.urgent) == (30, 30, Interval(30, 30, 30))
    assert first.told == "Messages: 30. Urgent: 30.", "without ranges where there are none"
    assert "theme=billing" in first.link
    assert "motive=redress" in first.link
    assert first.text == usual_playbook().counsels["billing"]["redress"].text["en"]
    assert any("Bolton" in source for source in first.sources)


def test_what_was_over_weeks_ago_calls_for_nothing_this_week() -> None:
    facts = [*of("delivery", "fix", 60, ago=40), *of("billing", "redress", 10)]
    made = psychology(view(*facts, known=False)).extra
    assert [each.theme for each in made["advice"]] == ["billing"]
    assert "from=2026-02-03&to=2026-03-02" in made["advice"][0].link
    assert "from Feb 3, 2026 to Mar 2, 2026" in made["advice_chosen"]
    quiet = psychology(view(*facts, *of("policy", "voice", 1), asked=Filter(theme="delivery"), known=False)).extra
    assert [each.theme for each in quiet["advice"]] == ["delivery"], "where the last weeks say nothing, all days do"
    assert "from Dec 2, 2025" in quiet["advice_chosen"]


def test_urgent_messages_of_counsels_are_corrected_with_ranges() -> None:
    (first,) = advice(*of("delivery", "fix", 25, "critical"), *of("delivery", "fix", 40), known=True)
    assert first.urgent is not None
    assert first.urgent.low < first.urgent.mid < first.urgent.high
    assert "Urgent: 25 (between " in first.told


def test_counsels_are_few_and_not_all_of_one_theme() -> None:
    motives = TAXONOMY.ids("motives")
    found = advice(
        *(each for place, motive in enumerate(motives) for each in of("delivery", motive, 60 - place)),
        *(each for theme in ("billing", "policy", "returns", "premises") for each in of(theme, "fix", 10)),
    )
    assert len(found) == MOST
    assert [each.theme for each in found].count("delivery") == MOST_OF_THEME


def test_counsels_are_told_in_the_readers_language_and_numbers_corrected() -> None:
    facts = [*of("delivery", "fix", 60), *of("billing", "redress", 60)]
    told = advice(*facts, language="vi", known=True, asked=Filter())
    assert {each.lang for each in told} == {"vi"}
    assert all(each.messages.low < each.messages.high for each in told)
    assert told[0].text in FILE.read_text(encoding="utf-8").replace("\n          ", " ")


def test_without_anything_to_count_there_is_no_counsel() -> None:
    assert advice(*of("delivery", "fix", 4)) == []
    assert advice(*many(30)) == []
