"""Made-up variations: words exchanged in English, and on both sides of a pair."""

from __future__ import annotations

import random

import pytest

from training.parallel import Pair
from training.recipe import VariationRecipe
from training.variation import plain_words, swap_terms, vary_english

PLAN = VariationRecipe(english=10, swapped={"vi": 10}, word_share=0.5, swap_share=1.0, longest=12, weight=0.5)
PAIRS = [
    Pair("The bus to the airport is late again.", "Xe buýt đi sân bay lại trễ nữa rồi.", 1.0),
    Pair("We drank coffee behind the station.", "Chúng tôi uống cà phê sau nhà ga.", 1.0),
]
TERMS = [Pair("airport", "sân bay", 0.5), Pair("coffee", "cà phê", 0.5), Pair("hospital", "bệnh viện", 0.5)]


def test_longer_english_words_are_exchanged_and_short_ones_stay() -> None:
    sentences = [pair.english for pair in PAIRS]
    varied = list(vary_english(sentences, ["volcano"], PLAN, random.Random(1)))
    assert varied
    for pair in varied:
        assert pair.english == pair.other
        assert "volcano" in pair.english
        assert pair.english.split()[0] in ("The", "We")
        assert pair.weight == 0.5


def test_a_swap_changes_both_sides_alike() -> None:
    known = {term.english: term.other for term in TERMS}
    swapped = list(swap_terms(PAIRS, TERMS, 10, PLAN, random.Random(2)))
    assert swapped
    for pair in swapped:
        held = [english for english in known if english in pair.english]
        assert held
        assert all(known[english] in pair.other for english in held)


def test_no_more_pairs_are_made_than_asked_for() -> None:
    assert len(list(swap_terms(PAIRS * 20, TERMS, 3, PLAN, random.Random(3)))) <= 3


@pytest.mark.parametrize("terms", [[], [Pair("a lamp that shines at night", "đèn ngủ", 0.5)]])
def test_without_usable_terms_nothing_is_swapped(terms: list[Pair]) -> None:
    assert list(swap_terms(PAIRS, terms, 10, PLAN, random.Random(4))) == []


def test_only_whole_plain_words_are_taken_from_a_vocabulary() -> None:
    vocabulary = {"volcano": 1, "##ing": 2, "[CLS]": 3, "the": 4, "été": 5, "2024": 6, "station": 7}
    assert plain_words(vocabulary) == ["station", "volcano"]
