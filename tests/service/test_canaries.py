from __future__ import annotations

import pytest

from service.canaries import Canary
from service.interface import read_interface
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_versions import ask

LATE = ask(DummyEngine(), "The parcel is late, and I was charged twice")


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
def test_an_answer_is_held_against_the_known_labels(labels: dict[str, str], problem: str | None) -> None:
    assert Canary("", labels).problem(LATE) == problem


def test_silence_is_no_right_answer() -> None:
    assert Canary("", {"kind": "complaint"}).problem(ask(DummyEngine(), "…")) == "got kind none instead of complaint"


def test_only_labels_that_a_taxonomy_has_are_asked_for() -> None:
    taxonomy = DummyEngine().taxonomy
    without_themes = taxonomy.model_copy(update={"groups": [taxonomy.groups[0]]})
    canaries = read_interface().canaries(["fi", "vi", "es", "en"], without_themes)
    assert {language: dict(canary.labels) for language, canary in canaries.items()} == {
        language: {"kind": "complaint"} for language in ("fi", "vi", "es", "en")
    }
