from __future__ import annotations

import json

from models.answer import Answer, Language, Plausible, Reason, Review
from service.bulk_columns import COLUMNS, EVIDENCE, NOTE, PREFIX, added_columns, answered, is_answered, unanswered
from tests.service.dummy_engine import DummyEngine


def answer(text: str) -> Answer:
    engine = DummyEngine()
    prepared = engine.encode_pre(text, "en")
    return engine.encode_post(prepared, engine.encode_core([prepared])[0])


def named(values: list[object], *, evidence: bool = False) -> dict[str, object]:
    names = [each.name.removeprefix(PREFIX) for each in added_columns(evidence=evidence)]
    return dict(zip(names, values, strict=True))


def test_every_part_of_an_answer_has_its_column() -> None:
    told = answer("The parcel was charged twice, I smell gas!")
    told = told.model_copy(update={"plausible": Plausible(error_rate=0.1, themes=["billing"], urgency=["critical"])})
    assert named(answered(told, None, evidence=False)) == {
        "kind": "complaint",
        "kind_confidence": 0.9,
        "themes": ["billing", "delivery"],
        "themes_confidence": [0.88, 0.88],
        "urgency": "critical",
        "urgency_confidence": 0.93,
        "respond_within_hours": 1.0,
        "signals": ["harm"],
        "signals_confidence": [0.88],
        "motives": ["redress"],
        "motives_confidence": [0.55],
        "emotion": "anger",
        "emotion_confidence": 0.8,
        "language": "en",
        "language_confidence": 0.99,
        "language_supported": True,
        "review": False,
        "review_reasons": [],
        "plausible_themes": ["billing"],
        "plausible_urgency": ["critical"],
        "model_version": "dummy-1",
        "taxonomy_version": told.taxonomy_version,
        "note": None,
    }


def test_evidence_names_the_label_of_each_place() -> None:
    values = named(answered(answer("I was charged twice."), None, evidence=True), evidence=True)
    assert values["themes_evidence"] == [{"label": "billing", "start": 6, "end": 13}]
    assert values["signals_evidence"] == []


def test_an_abstention_is_an_answer_without_labels_and_a_refusal_is_none() -> None:
    language = Language(label="de", confidence=1.0, supported=False)
    review = Review(needed=True, reasons=[Reason.unsupported_language])
    told = answer("x").model_copy(
        update={"kind": None, "urgency": None, "emotion": None, "language": language, "review": review}
    )
    values = answered(told, "line 3 is short", evidence=False)
    assert is_answered(values)
    assert named(values)["review_reasons"] == ["unsupported_language"]
    assert (named(values)["kind"], named(values)["respond_within_hours"]) == (None, None)
    assert named(values)[NOTE] == "line 3 is short"
    refused = unanswered("the text is empty", evidence=True)
    assert not is_answered(refused)
    assert {name: value for name, value in named(refused, evidence=True).items() if value is not None} == {
        NOTE: "the text is empty"
    }


def test_values_are_the_same_after_json() -> None:
    values = answered(answer("The parcel was charged twice!"), None, evidence=True)
    assert json.loads(json.dumps(values)) == values
    assert len(values) == len(COLUMNS) + len(EVIDENCE)
