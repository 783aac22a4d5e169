from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.store.records import About, GivenCorrection, GivenReading, Ticket, TicketKey
from data.taxonomy import DEFAULT, Taxonomy, TaxonomyError
from data.taxonomy_history import TaxonomyHistory, UnknownTaxonomy
from data.taxonomy_map import TaxonomyMap, TaxonomyMapError
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE, changes

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HISTORY = TaxonomyHistory(THIRD, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, SECOND])


def reading(taxonomy: str, revision: int = 1, shadow: bool = False, **labels: Any) -> GivenReading:
    said = {"model_version": f"model-{taxonomy}", "taxonomy_version": taxonomy, "labels": labels, "certainty": 0.5}
    return GivenReading.model_validate(
        {**said, "id": 1, "at": NOW, "revision": revision, "answer": {}, "shadow": shadow}
    )


def correction(
    taxonomy: str, id_: int = 1, revision: int = 1, undoes: int | None = None, **labels: Any
) -> GivenCorrection:
    said = {"author": "aino", "taxonomy_version": taxonomy, "labels": labels, "undoes": undoes}
    return GivenCorrection.model_validate({**said, "id": id_, "at": NOW, "revision": revision})


def ticket(readings: list[GivenReading], corrections: list[GivenCorrection], revision: int = 1) -> Ticket:
    return Ticket(
        key=TicketKey(source="desk", id="1"), revision=revision, version=1, text="…", lang="en", about=About(),
        stored_at=NOW, changed_at=NOW, labels={}, judged=bool(corrections), needs_review=False, readings=readings,
        corrections=corrections,
    )  # fmt: skip


def write(path: Path, what: Taxonomy | TaxonomyMap) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(what.model_dump(by_alias=True, exclude_none=True)), encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A company's taxonomy in its third version, and what led there in a folder beside it."""
    write(tmp_path / "ours.yaml", THIRD)
    for name, what in (("1", FIRST), ("2", SECOND), ("1-to-2", ONE_TO_TWO), ("2-to-3", TWO_TO_THREE)):
        write(tmp_path / "taxonomies" / f"{name}.yaml", what)
    return tmp_path / "ours.yaml"


def test_three_versions_are_read_from_the_folder_beside(file: Path) -> None:
    history = TaxonomyHistory.beside(file)
    assert history.versions == ["1", "2", "3"]
    assert history.bring({"themes": ["staff", "delivery"]}, "1").labels == {"themes": ["conduct", "arrival"]}
    assert history.bring({"themes": ["delivery"]}, "2").labels == {"themes": ["arrival"]}
    assert history.bring({"themes": ["arrival"]}, "3").labels == {"themes": ["arrival"]}
    assert [str(each) for each in history.breaks("2")] == ["themes.app begins with 3"]


def test_the_default_taxonomy_has_a_history_that_can_be_read() -> None:
    history = TaxonomyHistory.beside(DEFAULT)
    assert history.current.version in history.versions


def test_judgements_of_every_age_stand_side_by_side() -> None:
    old = ticket(
        [reading("1", kind="complaint", themes=["staff"], signals=["noise"], emotion="sadness")],
        [
            correction("1", 1, themes=["price", "delivery"]),
            correction("2", 2, emotion="anger"),
            correction("3", 3, signals=["leaving"]),
        ],
    )
    brought = HISTORY.ticket(old)
    assert brought.labels == {
        "kind": "complaint", "themes": ["billing", "arrival"], "signals": ["leaving"], "emotion": "anger",
    }  # fmt: skip
    assert brought.settled == {"themes", "signals", "emotion"}
    assert (brought.unclear, brought.to_judge, brought.unknown) == ({}, frozenset(), frozenset())
    assert brought.unasked == {"themes": ("app",)}, "whoever said leaving knew of it"


HALFWAY = TaxonomyHistory(SECOND, [ONE_TO_TWO], [FIRST])


def test_a_judgement_that_a_split_left_open_must_be_made_again() -> None:
    brought = HALFWAY.ticket(
        ticket([reading("1", kind="other", themes=["price"])], [correction("1", themes=["delivery"])])
    )
    assert brought.labels == {"kind": "other"}, "not what the machine said of it either"
    assert set(brought.unclear) == brought.to_judge == {"themes"}
    assert brought.settled == set()


def test_what_a_machine_left_open_is_open_until_somebody_judges() -> None:
    read = reading("1", themes=["delivery"])
    brought = HALFWAY.ticket(ticket([read], []))
    assert (brought.labels, set(brought.unclear), brought.to_judge) == ({}, {"themes"}, frozenset())
    brought = HALFWAY.ticket(ticket([read], [correction("2", themes=["tracking"])]))
    assert (brought.labels, brought.unclear) == ({"themes": ["tracking"]}, {})
    assert brought.settled == {"themes"}


@pytest.mark.parametrize(("read", "settled"), [(["tracking"], True), (["price"], False)])
def test_a_new_reading_by_the_new_taxonomy_settles_a_split_it_goes_with(read: list[str], settled: bool) -> None:
    readings = [reading("1", themes=["price"]), reading("2", themes=read)]
    brought = HALFWAY.ticket(ticket(readings, [correction("1", themes=["delivery"])]))
    assert brought.labels == ({"themes": read} if settled else {})
    assert (brought.settled == {"themes"}) is settled
    assert (brought.to_judge == {"themes"}) is not settled


def test_shadows_old_texts_and_what_was_taken_back_count_for_nothing() -> None:
    brought = HALFWAY.ticket(
        ticket(
            [
                reading("1", themes=["staff"]),
                reading("1", 2, themes=["price"]),
                reading("2", 2, True, themes=["conduct"]),
            ],
            [correction("1", 1, 1, kind="other"), correction("2", 2, 2, kind="other"), correction("2", 3, 2, undoes=2)],
            revision=2,
        )
    )
    assert (brought.labels, brought.settled) == ({"themes": ["price"]}, frozenset())


def test_labels_of_a_taxonomy_that_no_map_leads_from_are_told_and_left_out() -> None:
    with pytest.raises(UnknownTaxonomy, match="no map leads from taxonomy '0' to '3'; write one"):
        HISTORY.bring({}, "0")
    brought = HISTORY.ticket(ticket([reading("2", kind="other")], [correction("0", kind="complaint")]))
    assert (brought.labels, brought.settled) == ({"kind": "other"}, frozenset())
    assert brought.unknown == {"0"}


def test_after_a_step_back_later_maps_lead_nowhere() -> None:
    back = TaxonomyHistory(SECOND, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, THIRD])
    assert back.versions == ["1", "2"]


def test_maps_in_a_circle_do_not_hang() -> None:
    same = SECOND.model_copy(update={"version": "1b"})
    circle = [changes("1b", "2"), changes("2", "1b")]
    assert TaxonomyHistory(THIRD, circle, [same, SECOND]).versions == ["3"]


def _problems() -> Iterator[Any]:
    yield "2.yaml", None, "a map leads from taxonomy 2, which is not there"
    yield "again.yaml", ONE_TO_TWO, "two maps lead from taxonomy 1"
    yield "again.yaml", FIRST, "are both taxonomy 1"
    yield "2-to-3.yaml", changes("2", "3"), "themes: price is not in 3"
    yield "broken.yaml", "from: '", "broken.yaml is not a readable YAML"


@pytest.mark.parametrize(("name", "what", "told"), list(_problems()))
def test_a_history_with_holes_is_refused(file: Path, name: str, what: Any, told: str) -> None:
    path = file.parent / "taxonomies" / name
    if what is None:
        path.unlink()
    elif isinstance(what, str):
        path.write_text(what, encoding="utf-8")
    else:
        write(path, what)
    with pytest.raises(TaxonomyError, match=told):
        TaxonomyHistory.beside(file)


def test_a_map_that_contradicts_what_holds_now_is_refused() -> None:
    changed = THIRD.model_copy(update={"groups": SECOND.groups})
    with pytest.raises(TaxonomyMapError, match="the map from 2 to 3: themes"):
        TaxonomyHistory(changed, [TWO_TO_THREE], [SECOND])
