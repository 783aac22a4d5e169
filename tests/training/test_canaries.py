from __future__ import annotations

import logging
from pathlib import Path

import pytest

from data.taxonomy import read_taxonomy
from models.canary import Canary
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import ToyEngine
from training.canaries import CANARIES, CanaryError, answered, canary_table, failures, read_canaries

TAXONOMY = DummyEngine().taxonomy
CHARGED = Canary(text="I was charged twice", labels={"kind": "complaint", "themes": "billing"})
PARCEL = Canary(text="My parcel | where?", labels={"themes": "delivery"})


def test_each_language_of_the_default_taxonomy_is_tried_on_two_kinds_and_two_themes() -> None:
    taxonomy = read_taxonomy()
    canaries = read_canaries(CANARIES, taxonomy)
    assert list(canaries) == taxonomy.languages
    for listed in canaries.values():
        assert len({each.labels["kind"] for each in listed}) == len({each.labels["themes"] for each in listed}) == 2
        assert len({each.text for each in listed}) == len(listed)


def test_messages_without_a_label_of_the_taxonomy_are_left_out() -> None:
    canaries = read_canaries(CANARIES, TAXONOMY.model_copy(update={"groups": [TAXONOMY.groups[0]]}))
    assert [each.labels for each in canaries["en"]] == [{"kind": "complaint"}]
    assert read_canaries(CANARIES, TAXONOMY.model_copy(update={"groups": [TAXONOMY.groups[2]]})) == {}


def test_what_the_model_gets_right_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    assert answered(DummyEngine(), {"en": [CHARGED, PARCEL]}) == {"en": [CHARGED, PARCEL]}
    assert caplog.text == ""


def test_what_the_model_misses_is_warned_of_by_name_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    other = Canary(text="nothing of the kind", labels={"kind": "complaint"})
    kept = answered(ToyEngine("toy", TAXONOMY, {"kind": "other"}), {"en": [CHARGED, PARCEL, other], "fi": [other]})
    assert kept == {"en": [Canary(text=CHARGED.text, labels={"themes": "billing"}), PARCEL]}
    assert "does not give kind complaint to the test message in en that begins “I was charged twice”" in caplog.text
    assert len(caplog.records) == 3


def test_what_the_model_fails_is_told_and_labels_that_it_lacks_are_not_asked_for() -> None:
    other = Canary(text=CHARGED.text, labels={"kind": "complaint", "signals": "unheard_of"})
    assert failures(DummyEngine(), {"en": [CHARGED, PARCEL, other]}) == []
    found = failures(ToyEngine("toy", TAXONOMY, {"kind": "other"}), {"en": [CHARGED], "fi": [PARCEL]})
    assert found == ["the test message in en got kind other instead of complaint"]


def test_the_card_lists_what_is_tested() -> None:
    table = canary_table({"en": [CHARGED, PARCEL]})
    assert "| en | I was charged twice | kind: complaint, themes: billing |" in table
    assert r"| en | My parcel \| where? | themes: delivery |" in table
    assert "No message" in canary_table({})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a: {labels: {mood: x}, text: {en: b}}", r"at a\.labels\.mood"),
        ("a: {text: {en: b}}", r"at a\.labels"),
        ("a: {labels: {kind: complaint}, text: {en: ''}}", "at text"),
        ("- a", "at the whole file"),
        ("a: [", "not a readable YAML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "canaries.yaml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(CanaryError, match=told):
        read_canaries(path, TAXONOMY)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CanaryError, match="--canaries"):
        read_canaries(tmp_path / "none.yaml", TAXONOMY)
