"""Alarms that follow each other are told in one line, and each by what its own past lets expect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.taxonomy import read_taxonomy
from service.reports.alarms.daily import Place
from service.reports.alarms.episodes import episodes, told_episode
from service.reports.alarms.notices import letter
from service.reports.alarms.rising import Rise
from service.reports.ledger import date_of
from service.reports.tongue import Tongue

TAXONOMY = read_taxonomy()
ENGLISH = Tongue("en", TAXONOMY)
APPS, BILLING = TAXONOMY.ids("themes")[:2]
DAY = 20_600
TURKU = Place("branch", "Turku")
FIRST = Rise(APPS, "alarm", DAY, 1, 12, 0.4, 1e-6)
SECOND = replace(FIRST, day=DAY + 1, days=2, count=33, expected=0.8, known=13.2, further=1)
THIRD = replace(FIRST, day=DAY + 9, count=40, expected=6.0, where=((TURKU, 40, 6.0),), place=TURKU, further=2)


def days(*alarms: Rise) -> list[str]:
    return [ENGLISH.day(date_of(alarm.day)) for alarm in alarms]


def test_alarms_that_follow_each_other_are_one_matter_each_theme_for_itself() -> None:
    other, later = replace(FIRST, theme=BILLING, day=DAY + 2), replace(FIRST, day=DAY + 60)
    assert episodes([later, THIRD, other, SECOND, FIRST]) == [[later], [FIRST, SECOND, THIRD], [other]]
    assert episodes([SECOND]) == [[SECOND]], "the first may lie before what is looked at"
    assert episodes([]) == []


def test_a_matter_is_told_by_its_largest_alarm_of_all_places_and_names_all_days() -> None:
    told = told_episode([FIRST, SECOND, THIRD], ENGLISH)
    first, second, third = days(FIRST, SECOND, THIRD)
    assert f"33 messages in the 2 days up to {second}, where about 0.8 were to be expected." in told
    assert told.endswith(f" 3 alarms in all: {first}; {second}; {third} (Turku).")
    assert "alarms" not in told_episode([FIRST], ENGLISH)


def test_what_was_told_before_is_no_part_of_what_is_to_be_expected() -> None:
    text = letter(SECOND, ENGLISH, None).text
    assert "where about 0.8 were to be expected.\nEarlier alarms explain about 13 of them.\n" in text
    assert "Earlier" not in letter(FIRST, ENGLISH, None).text
    assert told_episode([SECOND], ENGLISH).endswith("Earlier alarms explain about 13 of them.")


@pytest.mark.parametrize("language", ["fi", "vi", "es"])
def test_it_is_told_in_every_language(language: str) -> None:
    tongue = Tongue(language, TAXONOMY)
    told = told_episode([FIRST, SECOND], tongue) + letter(SECOND, tongue, None).text
    assert "alarms" not in told
    assert "13" in told
