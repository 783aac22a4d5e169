from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from data.taxonomy import GroupId, read_taxonomy
from models.artifact import read_manifest
from models.canary import Canary, canaries_for
from models.onnx_engine import OnnxEngine
from models.registry import current_version
from tests.models.tiny import TAXONOMY_FILE, table, write_artifact
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import ask

LATE = ask(DummyEngine(), "The parcel is late, and I was charged twice")
TAXONOMY = read_taxonomy(TAXONOMY_FILE)
CHARGED = Canary(text="I was charged twice", labels={"kind": "complaint", "themes": "billing"})


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ({}, None),
        ({"kind": "complaint", "themes": "billing"}, None),
        ({"themes": "delivery", "urgency": "normal", "emotion": "neutral"}, None),
        ({"kind": "other"}, "got kind complaint instead of other"),
        ({"kind": "complaint", "themes": "staff"}, "got themes billing, delivery instead of staff"),
        ({"signals": "harm"}, "got signals none instead of harm"),
    ],
)
def test_an_answer_is_held_against_the_known_labels(labels: dict[GroupId, str], problem: str | None) -> None:
    assert Canary(text="a", labels=labels).problem(LATE) == problem


def test_silence_is_no_right_answer() -> None:
    silence = ask(DummyEngine(), "…")
    assert Canary(text="a", labels={"kind": "complaint"}).problem(silence) == "got kind none instead of complaint"


def test_every_label_that_is_missed_is_told() -> None:
    labels: dict[GroupId, str] = {"kind": "other", "themes": "billing", "signals": "harm"}
    assert Canary(text="a", labels=labels).missed(LATE) == {"kind": "other", "signals": "harm"}


def test_only_labels_that_a_taxonomy_has_are_asked_for() -> None:
    without_themes = TAXONOMY.model_copy(update={"groups": [TAXONOMY.groups[0]]})
    assert CHARGED.within(TAXONOMY) == CHARGED
    assert CHARGED.within(without_themes) == Canary(text=CHARGED.text, labels={"kind": "complaint"})


def test_every_language_has_a_message_and_those_without_one_of_their_own_ask_for_nothing() -> None:
    canaries = canaries_for(["en", "fi", "sv"], TAXONOMY, {"en": [CHARGED], "fi": [], "de": [CHARGED]})
    assert canaries["en"] == [CHARGED]
    assert canaries["fi"] == [Canary(text="Valitus")]
    assert canaries["sv"] == [Canary(text="complaint")]
    assert list(canaries) == ["en", "fi", "sv"]


def test_an_example_of_the_taxonomy_is_better_than_a_name() -> None:
    taxonomy = read_taxonomy()
    assert canaries_for(["en"], taxonomy, {})["en"][0].text == taxonomy.groups[0].labels[0].example["en"]


def test_an_artifact_brings_its_own_and_an_older_one_without_any_still_loads(tmp_path: Path) -> None:
    rows = {"onnxruntime-fp32": table()}
    older = OnnxEngine(write_artifact(tmp_path / "1", rows))
    assert {language: len(each) for language, each in older.canaries.items()} == dict.fromkeys(older.languages, 1)
    assert all(not each.labels for listed in older.canaries.values() for each in listed)
    newer = OnnxEngine(write_artifact(tmp_path / "2", rows, {"en": [CHARGED]}))
    assert newer.canaries["en"] == [CHARGED]
    assert newer.canaries["fi"] == older.canaries["fi"]


@pytest.mark.parametrize("labels", [{"mood": "bad"}, {"kind": ["complaint"]}])
def test_labels_are_one_for_each_group_that_there_is(labels: object) -> None:
    with pytest.raises(ValidationError):
        Canary.model_validate({"text": "a", "labels": labels})


def test_the_shipped_artifact_is_tested_in_every_language_on_more_than_one_kind() -> None:
    manifest = read_manifest(current_version())
    kinds = {language: {each.labels.get("kind") for each in listed} for language, listed in manifest.canaries.items()}
    assert set(kinds) == set(manifest.languages)
    assert all(len(each) > 1 for each in kinds.values())
