from __future__ import annotations

from typing import Any

import pytest

from data.taxonomy_chain import Chain, Mapped, Unclear
from data.taxonomy_map import TaxonomyMapError
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE, changes, taxonomy

STEP = Chain([FIRST, SECOND], [ONE_TO_TWO])
WHOLE = Chain([FIRST, SECOND, THIRD], [ONE_TO_TWO, TWO_TO_THREE])


def apply(chain: Chain, labels: Any) -> Mapped:
    return chain.apply(labels)


def test_renamed_and_merged_labels_carry_over_exactly() -> None:
    mapped = apply(STEP, {"kind": "complaint", "themes": ["staff", "price"], "emotion": "gloom"})
    assert mapped.labels == {"kind": "complaint", "themes": ["conduct", "price"], "emotion": "upset"}
    assert (mapped.unclear, mapped.lost, mapped.unasked) == ({}, {}, {})


def test_labels_that_were_merged_stand_once() -> None:
    merged = Chain([SECOND, THIRD], [TWO_TO_THREE])
    assert apply(merged, {"themes": ["delivery", "conduct", "tracking"]}).labels == {"themes": ["arrival", "conduct"]}


def test_a_split_leaves_its_group_to_be_judged_again_and_no_other() -> None:
    mapped = apply(STEP, {"kind": "complaint", "themes": ["staff", "delivery"], "emotion": "anger"})
    assert mapped.labels == {"kind": "complaint", "emotion": "anger"}
    assert mapped.unclear == {"themes": Unclear(("conduct",), (frozenset({"delivery", "tracking"}),))}


def test_who_has_no_label_that_was_split_is_not_asked_again() -> None:
    assert apply(STEP, {"themes": ["price"]}).labels == {"themes": ["price"]}


@pytest.mark.parametrize(
    ("read", "settled"),
    [
        (["conduct", "delivery"], True),
        (["tracking", "conduct"], True),
        (["conduct", "delivery", "tracking"], True),
        (["delivery"], False),  # it misses what the person said for sure
        (["conduct"], False),  # neither part
        (["conduct", "delivery", "price"], False),  # more than the person said
        ([], False),
    ],
)
def test_a_split_is_settled_by_reading_again_where_that_goes_with_the_judgement(read: list[str], settled: bool) -> None:
    anew: dict[str, str | list[str]] = {"themes": read, "kind": "other"}
    mapped = apply(STEP, {"kind": "complaint", "themes": ["staff", "delivery"]}).reread(anew)
    assert mapped.labels.get("themes") == (read if settled else None)
    assert ("themes" in mapped.unclear) is not settled
    assert mapped.labels["kind"] == "complaint", "what was clear is not touched"


def test_what_was_split_and_merged_again_is_clear() -> None:
    mapped = apply(WHOLE, {"themes": ["delivery", "price"], "signals": ["harm"]})
    assert mapped.labels == {"themes": ["arrival", "billing"], "signals": ["danger"]}
    assert mapped.unclear == {}


def test_a_chain_says_the_same_as_its_steps_one_after_the_other() -> None:
    second = Chain([SECOND, THIRD], [TWO_TO_THREE])
    given: list[dict[str, str | list[str]]] = [
        {"themes": ["staff"], "emotion": "sadness"},
        {"signals": []},
        {"kind": "other", "themes": []},
    ]
    for labels in given:
        assert apply(WHOLE, labels).labels == apply(second, apply(STEP, labels).labels).labels


def test_removed_labels_are_lost_and_said_so() -> None:
    mapped = apply(STEP, {"themes": ["weather", "price"], "signals": ["noise"], "kind": "other"})
    assert mapped.labels == {"themes": ["price"], "signals": [], "kind": "other"}
    assert mapped.lost == {"themes": ("weather",), "signals": ("noise",)}


def test_a_complaint_that_lost_its_only_theme_must_be_judged_again() -> None:
    mapped = apply(STEP, {"kind": "complaint", "themes": ["weather"]})
    assert (mapped.labels, mapped.unclear) == ({"kind": "complaint"}, {"themes": Unclear()})
    assert apply(STEP, {"kind": "other", "themes": ["weather"]}).labels == {"kind": "other", "themes": []}


def test_a_removed_label_of_a_single_group_leaves_it_open() -> None:
    old, new = taxonomy("1", kind=["a", "b", "c"]), taxonomy("2", kind=["a", "b"])
    mapped = Chain([old, new], [changes("1", "2", removed={"kind": ["c"]})]).apply({"kind": "c"})
    assert (mapped.labels, mapped.unclear, mapped.lost) == ({}, {"kind": Unclear()}, {"kind": ("c",)})
    assert mapped.reread({"kind": "a"}) == mapped, "nobody said anything that this could go with"


def test_a_split_of_a_single_group() -> None:
    old, new = taxonomy("1", kind=["a", "b"]), taxonomy("2", kind=["a", "c", "d"])
    mapped = Chain([old, new], [changes("1", "2", split={"kind": {"b": ["c", "d"]}})]).apply({"kind": "b"})
    assert mapped.unclear == {"kind": Unclear((), (frozenset({"c", "d"}),))}
    assert mapped.reread({"kind": "d"}).labels == {"kind": "d"}
    assert mapped.reread({"kind": "a"}).labels == {}


def test_a_group_that_is_gone_is_left_out() -> None:
    old, new = taxonomy("1", kind=["a", "b"], themes=["x", "y"]), taxonomy("2", kind=["a", "b"])
    chain = Chain([old, new], [changes("1", "2", removed={"themes": ["x", "y"]})])
    mapped = apply(chain, {"kind": "a", "themes": ["x"]})
    assert (mapped.labels, mapped.unclear, mapped.lost) == ({"kind": "a"}, {}, {"themes": ("x",)})


def test_new_labels_were_not_asked_for() -> None:
    mapped = apply(WHOLE, {"themes": ["price"], "signals": []})
    assert mapped.unasked == {"themes": ("app",), "signals": ("leaving",)}


@pytest.mark.parametrize("labels", [{"themes": ["price", "unheard_of"]}, {"kind": "unheard_of"}])
def test_what_never_was_a_label_leaves_its_group_open(labels: dict[str, Any]) -> None:
    for chain in (STEP, Chain([FIRST], [])):
        mapped = chain.apply(labels)
        assert mapped.labels == {}
        assert set(mapped.unclear) == set(labels)


def test_without_maps_nothing_changes() -> None:
    labels: dict[str, str | list[str]] = {"kind": "other", "themes": ["weather"], "emotion": "gloom"}
    same = Chain([FIRST], [])
    assert same.apply(labels).labels == labels
    assert same.breaks() == []


def test_series_break_where_labels_begin_end_or_divide() -> None:
    assert [str(each) for each in STEP.breaks()] == [
        "themes.delivery has other borders since 2",
        "themes.tracking has other borders since 2",
        "themes.weather ends with 2",
        "signals.leaving begins with 2",
        "signals.noise ends with 2",
    ]


def test_over_a_chain_a_series_breaks_where_it_last_did() -> None:
    assert [str(each) for each in WHOLE.breaks()] == [
        "themes.app begins with 3",
        "themes.weather ends with 2",
        "signals.leaving begins with 2",
        "signals.noise ends with 2",
    ]


def test_a_gap_in_the_chain_is_refused() -> None:
    with pytest.raises(TaxonomyMapError, match="the map from 1 to 2: it leads to taxonomy '2', not '3'"):
        Chain([FIRST, THIRD], [ONE_TO_TWO])
