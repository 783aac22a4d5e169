from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.taxonomy_map import TaxonomyMapError, check_map, read_map
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE, changes, taxonomy

MAP = """
from: "1"
to: "2"
renamed: {themes: {staff: conduct}}
merged: {emotion: {upset: [sadness, gloom]}}
split: {themes: {delivery: [delivery, tracking]}}
added: {signals: [leaving]}
removed: {themes: [weather], signals: [noise]}
"""


def test_a_map_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(MAP, encoding="utf-8")
    assert read_map(path) == ONE_TO_TWO


def test_every_label_is_accounted_for() -> None:
    check_map(ONE_TO_TWO, FIRST, SECOND)
    check_map(TWO_TO_THREE, SECOND, THIRD)


def test_what_is_not_named_is_unchanged() -> None:
    assert ONE_TO_TWO.fate("themes", "price") == {"price"}
    assert ONE_TO_TWO.fate("themes", "staff") == {"conduct"}
    assert ONE_TO_TWO.fate("emotion", "gloom") == {"upset"}
    assert ONE_TO_TWO.fate("themes", "delivery") == {"delivery", "tracking"}
    assert ONE_TO_TWO.fate("signals", "noise") == {None}


OLD = taxonomy("1", themes=["a", "b", "c"])


@pytest.mark.parametrize(
    ("after", "change", "told"),
    [
        (["a", "b"], {}, "c is not in 2: say whether it was renamed, merged, split or removed"),
        (["a", "b", "c", "d"], {}, "d is not in 1: say that it was added, or which labels it comes from"),
        (["a", "b", "c"], {"removed": ["c"]}, "c is still in 2: if it means something else now"),
        (["a", "b"], {"renamed": {"c": "b"}}, "b was in 1 already: to join others to it, merge them with it"),
        (["a", "b"], {"merged": {"b": ["a", "c"]}}, "b was in 1 already"),
        (["a", "b", "d"], {"renamed": {"c": "d"}, "removed": ["c"]}, "c has more than one fate"),
        (["a", "d"], {"renamed": {"b": "d", "c": "d"}}, "d comes about more than once"),
        (["a", "b", "d"], {"renamed": {"x": "d"}, "removed": ["c"]}, "x is no label of 1"),
        (["a", "b"], {"renamed": {"c": "x"}}, "x is no label of 2"),
        (["a", "b", "d"], {"split": {"c": ["d", "x"]}}, "x is no label of 2"),
        (["a", "b", "d"], {"split": {"c": ["d"]}}, "c is split into d: name two or more"),
        (["a", "b", "d"], {"merged": {"d": ["c", "c"]}}, "d is merged from c, c: name two or more, each once"),
        (["a", "b", "c"], {"added": ["a"]}, "a was in 1 already"),
    ],
)
def test_a_map_that_leaves_something_open_is_refused(after: list[str], change: dict[str, Any], told: str) -> None:
    map_ = changes("1", "2", **{name: {"themes": value} for name, value in change.items()})
    with pytest.raises(TaxonomyMapError, match=f"themes: {told}"):
        check_map(map_, OLD, taxonomy("2", themes=after))


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (["a", "b", "c"], {"removed": ["c"], "added": ["c"]}),  # the same id for something else
        (["b", "a", "c"], {"renamed": {"a": "b", "b": "a"}}),
        (["a", "b"], {"merged": {"b": ["b", "c"]}}),
        (["a", "b", "d"], {"split": {"c": ["a", "d"]}}),  # a part of it joins another
        (["a", "b", "c", "d"], {"split": {"c": ["c", "d"]}}),
    ],
)
def test_labels_may_trade_ids_and_parts(after: list[str], change: dict[str, Any]) -> None:
    map_ = changes("1", "2", **{name: {"themes": value} for name, value in change.items()})
    check_map(map_, OLD, taxonomy("2", themes=after))


def test_a_whole_group_may_come_and_go() -> None:
    with_signals = taxonomy("2", themes=["a", "b", "c"], signals=["harm", "leaving"])
    check_map(changes("1", "2", added={"signals": ["harm", "leaving"]}), OLD, with_signals)
    check_map(changes("2", "1", removed={"signals": ["harm", "leaving"]}), with_signals, OLD)
    with pytest.raises(TaxonomyMapError, match="signals: harm is not in 1"):
        check_map(changes("2", "1"), with_signals, OLD)


def test_a_map_between_other_versions_is_refused() -> None:
    with pytest.raises(TaxonomyMapError, match="leads from taxonomy '1', not '2'; it leads to taxonomy '2', not '3'"):
        check_map(ONE_TO_TWO, SECOND, THIRD)
    with pytest.raises(TaxonomyMapError, match="to itself"):
        check_map(changes("1", "1"), OLD, OLD)


def test_of_very_many_problems_some_are_told_and_all_are_counted() -> None:
    many = taxonomy("2", themes=[f"t{number}" for number in range(50)])
    with pytest.raises(TaxonomyMapError, match=r"and 45 more"):
        check_map(changes("1", "2"), OLD, many)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", "at the whole file"),
        (b"- a", "at the whole file"),
        (b"from: 2026.1\nto: '2'", "at from: Input should be a valid string; write versions in quotes"),
        (b"from: '1'\nto: '2'\nsplitt: {}", "at splitt"),
        (b"from: '1'\nto: '2'\nrenamed: {moods: {a: b}}", r"at renamed\.moods"),
        (b"from: '1'\nto: '2'\nsplit: {themes: {a: b}}", r"at split\.themes\.a"),
        (b"from: [", "not a readable YAML"),
        (b"from: '\x00'", "not a readable YAML"),
        (b"\xff\xfe\x00\x01\x02", "not a readable YAML"),
        (b"[" * 100_000, "not a readable YAML"),
    ],
)
def test_a_file_that_is_no_map_is_refused_with_the_place(tmp_path: Path, written: bytes, told: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_bytes(written)
    with pytest.raises(TaxonomyMapError, match=told):
        read_map(path)


def test_a_missing_map_is_told(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyMapError, match="there is no taxonomy map"):
        read_map(tmp_path / "none.yaml")
    with pytest.raises(TaxonomyMapError, match="not a readable"):
        read_map(tmp_path)
