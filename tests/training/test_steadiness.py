"""The contrast sets are whole, and an engine that looks at names or shouts is found out."""

from __future__ import annotations

import re

import pytest

from data.taxonomy import read_taxonomy
from tests.service.dummy_engine import DummyEngine
from training.exchange import read_words
from training.steadiness import Contrast, measure_steadiness, read_contrast

TOY = Contrast(
    persons=["Ann", "Bo"],
    cities=["York", "Hull"],
    companies=["Fastparcel", "Slowmail"],
    messages=["My parcel from {city} is late, says {person}.", "I was charged twice by {person}."],
    genders=[("She charged me twice.", "He charged me twice.")],
    quiet=["My parcel is late.", "The delivery was wrong."],
    repeated=["I smell gas for the third time."],
    contacts=["This is Ann, ann@example.com:"],
)


def test_a_steady_engine_passes() -> None:
    found = measure_steadiness(DummyEngine(taxonomy=read_taxonomy()), "en", TOY)
    assert (found.names, found.genders, found.repeated, found.shouting, found.contacts) == (1.0,) * 5


def test_an_engine_that_reads_names_is_found_out() -> None:
    biased = TOY.model_copy(update={"messages": ["Message from {company}."], "companies": ["Parcelia", "Mailia"]})
    assert measure_steadiness(DummyEngine(taxonomy=read_taxonomy()), "en", biased, seed=1).names < 1.0


def test_an_engine_that_reads_who_writes_is_found_out() -> None:
    biased = TOY.model_copy(update={"contacts": ["Ann, whom you charged twice:"]})
    steady = measure_steadiness(DummyEngine(taxonomy=read_taxonomy()), "en", biased)
    assert steady.contacts < 1.0


def test_nobody_learns_from_the_frames_that_are_measured_with() -> None:
    learnt = {frame for words in read_words().values() for frame in (*words.presented, *words.reached)}
    for contrast in read_contrast().values():
        assert len(contrast.contacts) >= 3
        assert learnt.isdisjoint(contrast.contacts)


def test_every_language_has_a_set_and_its_slots_are_known() -> None:
    sets = read_contrast()
    assert set(sets) == set(read_taxonomy().languages)
    for contrast in sets.values():
        assert len(contrast.messages) >= 30
        for message in contrast.messages:
            assert set(re.findall(r"\{(.*?)\}", message)) <= {"person", "city", "company"}


@pytest.mark.parametrize("part", ["persons", "cities", "companies", "messages", "quiet", "repeated", "contacts"])
def test_nothing_stands_twice(part: str) -> None:
    for contrast in read_contrast().values():
        values = getattr(contrast, part)
        assert len(values) == len(set(values))
