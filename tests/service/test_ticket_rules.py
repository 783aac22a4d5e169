"""A correction leaves labels that go together, a list reads older taxonomies, and a misread language can be mended."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.taxonomy import Taxonomy, read_taxonomy
from models.answer import Answer, Language
from models.engine import Prepared
from tests.service.dummy_engine import DummyEngine
from tests.service.toy_tickets import URL, Desk, correct, desk, folder, problem, put
from tests.service.toy_versions import TAXONOMY

__all__ = ["desk", "folder"]

RULES = [
    {"group": "kind", "labels": ["complaint"], "needed": ["themes"]},
    {"group": "kind", "labels": ["other"], "empty": ["themes", "motives"]},
]


def ruled(**changes: Any) -> Taxonomy:
    plain = read_taxonomy(TAXONOMY).model_dump()
    return Taxonomy.model_validate({**plain, "rules": RULES, **changes})


def test_what_a_rule_leaves_empty_is_emptied_with_the_correction(desk: Desk) -> None:
    client = desk(DummyEngine(taxonomy=ruled()))
    put(client, "my parcel")
    ticket = correct(client, {"kind": "other"}).json()
    assert [ticket["labels"][group] for group in ("kind", "themes", "motives")] == ["other", [], []]
    assert ticket["corrections"][0]["labels"] == {"kind": "other", "themes": [], "motives": []}
    assert client.get("/v1/tickets?theme=delivery").json()["tickets"] == []
    undone = client.post(f"{URL}/labels/undo").json()
    assert (undone["labels"]["kind"], undone["labels"]["themes"]) == ("complaint", ["delivery"])


@pytest.mark.parametrize(
    ("text", "labels", "field", "mend"),
    [
        ("nothing", {"themes": ["delivery"]}, "labels.themes", "leave it empty, or send kind with it"),
        ("nothing", {"kind": "complaint"}, "labels.themes", "name at least one"),
        ("my parcel", {"themes": []}, "labels.themes", "name at least one, or send kind with it"),
    ],
)
def test_what_contradicts_a_label_that_holds_is_refused(
    desk: Desk, text: str, labels: dict[str, Any], field: str, mend: str
) -> None:
    client = desk(DummyEngine(taxonomy=ruled()))
    put(client, text)
    before = client.get(URL).json()
    refused = correct(client, labels)
    assert problem(refused) == (422, "invalid-fields")
    assert [(each["field"], each["mend"]) for each in refused.json()["errors"]] == [(field, mend)]
    assert client.get(URL).json() == before
    assert correct(client, {"kind": "complaint", "themes": ["billing"], "motives": []}).status_code == 200


def test_what_goes_together_with_what_holds_is_taken(desk: Desk) -> None:
    client = desk(DummyEngine(taxonomy=ruled()))
    put(client, "my parcel")
    assert correct(client, {"urgency": "low"}).json()["corrections"][0]["labels"] == {"urgency": "low"}
    assert correct(client, {"themes": ["billing"]}).json()["labels"]["themes"] == ["billing"]
    put(client, "😀")
    assert correct(client, {"kind": "complaint"}).status_code == 200, "of the other groups nobody has said anything"


def test_an_older_correction_is_found_by_the_name_that_its_label_has_now(desk: Desk, tmp_path: Path) -> None:
    first = desk()
    put(first, "nothing")
    correct(first, {"themes": ["delivery"]})
    first.__exit__(None, None, None)
    older = tmp_path / "taxonomies"
    older.mkdir()
    shutil.copyfile(TAXONOMY, older / "first.yaml")
    told = {"from": "test-1", "to": "test-2", "renamed": {"themes": {"delivery": "shipping"}}}
    (older / "map.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    written = TAXONOMY.read_text(encoding="utf-8").replace("test-1", "test-2").replace("id: delivery", "id: shipping")
    (tmp_path / "now.yaml").write_text(written, encoding="utf-8")
    engine = DummyEngine(taxonomy=read_taxonomy(tmp_path / "now.yaml"))
    engine.canaries = {}
    now = desk(engine, taxonomies=older, rescore=False)
    for theme, found in (("shipping", 1), ("delivery", 1), ("billing", 0)):
        assert len(now.get(f"/v1/tickets?theme={theme}").json()["tickets"]) == found, theme
    first.__enter__()


class Linguist(DummyEngine):
    """Takes every text for English unless it is told otherwise, and what says so for English whatever it is told."""

    def encode_post(self, prepared: Prepared, scores: object) -> Answer:
        answer = super().encode_post(prepared, scores)
        plainly = Language(label="en", confidence=0.99, supported=True)
        return answer.model_copy(update={"language": plainly}) if "English" in prepared.text else answer


def test_a_misread_language_is_mended_and_what_people_said_holds(desk: Desk) -> None:
    client = desk(Linguist())
    assert put(client, "parcel ok").json()["ticket"]["lang"] == "en"
    correct(client, {"emotion": "anger"})
    mended = put(client, "parcel ok", language="fi").json()
    ticket = mended["ticket"]
    assert (mended["outcome"], ticket["lang"], ticket["revision"]) == ("changed", "fi", 1)
    assert [each["answer"]["language"]["label"] for each in ticket["readings"]] == ["en", "fi"]
    assert (ticket["judged"], ticket["labels"]["emotion"]) == (True, "anger")
    assert [each["key"]["id"] for each in client.get("/v1/tickets?lang=fi").json()["tickets"]] == ["4711"]
    for again in ({}, {"language": "fi"}):
        repeated = put(client, "parcel ok", **again).json()
        assert (repeated["outcome"], repeated["ticket"]) == ("unchanged", ticket)


def test_a_text_that_is_plainly_in_another_language_stays_as_it_was(desk: Desk) -> None:
    client = desk(Linguist())
    before = put(client, "English parcel").json()["ticket"]
    again = put(client, "English parcel", language="fi").json()
    assert (again["outcome"], again["ticket"]) == ("unchanged", before)
    told = put(client, "English parcel", language="fi", channel="email").json()
    assert (told["outcome"], told["ticket"]["lang"], len(told["ticket"]["readings"])) == ("changed", "en", 1)
