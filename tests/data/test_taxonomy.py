from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data.taxonomy import DEFAULT, GROUP_IDS, TaxonomyError, read_taxonomy


def test_default_names_defines_and_exemplifies_every_label_in_every_language() -> None:
    taxonomy = read_taxonomy()
    assert [group.id for group in taxonomy.groups] == list(GROUP_IDS)
    for group in taxonomy.groups:
        for label in group.labels:
            for texts in (label.name, label.definition, label.example):
                assert sorted(texts) == sorted(taxonomy.languages), f"{group.id}.{label.id}"
                assert all(text.strip() for text in texts.values())


def test_default_urgency_runs_from_days_to_the_hour() -> None:
    group = read_taxonomy().group("urgency")
    assert group is not None
    hours = [label.respond_within_hours or 0 for label in group.labels]
    assert group.ids == ["low", "normal", "high", "critical"]
    assert hours == sorted(hours, reverse=True)
    assert hours[-1] == 1


def test_motives_say_which_justice_is_missing() -> None:
    group = read_taxonomy().group("motives")
    assert group is not None
    justice = {label.id: label.justice for label in group.labels}
    assert justice["redress"] == "outcome"
    assert justice["respect"] == "treatment"
    assert justice["fair_process"] == "process"
    assert justice["explanation"] == "information"


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"kind": "complaint", "themes": [], "urgency": "low", "emotion": "anger"}, "needs at least one of themes"),
        ({"kind": "other", "themes": ["billing"], "urgency": "low", "emotion": "neutral"}, "must have no themes"),
        ({"kind": "nonsense", "themes": [], "urgency": "low", "emotion": "neutral"}, "unknown label 'nonsense'"),
        ({"kind": "praise", "themes": [], "urgency": "", "emotion": "neutral"}, "urgency: needs exactly one label"),
        ({"kind": "other", "themes": ["x", "x"], "urgency": "low", "emotion": "neutral"}, "a label stands twice"),
    ],
)
def test_problems_are_told_in_words(labels: dict[str, str | list[str]], told: str) -> None:
    assert any(told in problem for problem in read_taxonomy().problems(labels))


def test_right_labels_have_no_problems() -> None:
    labels: dict[str, str | list[str]] = {
        "kind": "complaint",
        "themes": ["billing"],
        "urgency": "high",
        "signals": ["money_out"],
        "motives": ["redress"],
        "emotion": "anger",
    }
    assert read_taxonomy().problems(labels) == []


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="there is no taxonomy file"):
        read_taxonomy(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t["groups"][0]["labels"][0].update(name={"fi": "x"}), "has no name in"),
        (lambda t: t["groups"].append(t["groups"][0]), "stands twice"),
        (lambda t: t["groups"][2]["labels"][0].pop("respond_within_hours"), "respond_within_hours"),
        (lambda t: t["rules"][0].update(labels=["nothing"]), "which is no label"),
        (lambda t: t.update(surplus=1), "surplus"),
    ],
)
def test_an_inconsistent_file_is_refused_with_place_and_reason(tmp_path: Path, change: object, told: str) -> None:
    written = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    change(written)  # type: ignore[operator]
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=told):
        read_taxonomy(path)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.yaml"
    whole = DEFAULT.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TaxonomyError):
        read_taxonomy(path)
