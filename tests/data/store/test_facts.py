from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from data.store import fact_rows
from data.store.errors import Stale
from data.store.facts import Fact, Facts
from data.store.store import Store
from data.taxonomy_history import TaxonomyHistory
from tests.data.store.making import LABELS, NOON, correction, key, new, reading
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE

HISTORY = TaxonomyHistory(THIRD, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, SECOND])
SAID = {
    "kind": ("complaint",), "themes": ("billing", "delivery"), "urgency": ("high",), "motives": ("redress",),
    "emotion": ("anger",),
}  # fmt: skip


def read(store: Store, history: TaxonomyHistory | None = None, ids: list[int] | None = None) -> list[Fact]:
    """Read facts one by one, their times as seconds."""
    return [
        Fact(*(getattr(part, name)[at] for name in Fact._fields))
        for part in store.facts(history, ids)
        for at in range(len(part))
    ]


def only(store: Store, history: TaxonomyHistory | None = None) -> Fact:
    (found,) = read(store, history)
    return found


def test_a_fact_is_what_is_known_of_a_ticket(store: Store) -> None:
    known = {"channel": "chat", "branch": "Huế", "contact": 2, "first_answered_at": NOON + timedelta(hours=5)}
    store.put(new(store, 3, lang="vi", about=known), reading(review=["low_confidence"]))
    store.put(new(store, 4, source="mail"), reading(labels={}, hours=None, certainty=0.0))
    first, second = read(store)
    assert (first.source, first.lang, first.channel, first.branch, first.contact) == ("zendesk", "vi", "chat", "Huế", 2)
    assert first.received_at == (NOON + timedelta(minutes=3)).timestamp()
    assert first.first_answered_at == (NOON + timedelta(hours=5)).timestamp()
    assert (first.hours, first.certainty, first.model, first.version) == (24.0, 0.8, "m1", 1)
    assert first.needs_review
    assert not first.judged
    assert (first.labels, first.said) == (SAID, None)
    assert (second.source, second.labels, second.hours, second.contact) == ("mail", {}, None, None)
    assert np.isnan([second.first_answered_at, second.closed_at]).all()  # type: ignore[arg-type]


def test_what_people_settled_holds_and_what_the_machine_said_stands_beside_it(store: Store) -> None:
    store.put(new(store), reading())
    store.add_reading(key(), reading(model_version="m2", shadow=True, labels={"kind": "other"}))
    store.correct(key(), correction(labels={"kind": "praise", "themes": []}))
    found = only(store)
    assert found.judged
    assert "themes" not in found.labels
    assert (found.labels["kind"], found.said) == (("praise",), SAID)
    store.undo(key(), "ann")
    found = only(store)
    assert (found.judged, found.labels, found.said) == (False, SAID, None)
    store.correct(key(), correction(labels=dict(LABELS)))
    found = only(store)
    assert (found.judged, found.labels, found.said) == (True, SAID, None), "a person agreed"


def test_corrections_of_another_text_and_quarantined_ones_hold_no_more(store: Store) -> None:
    store.put(new(store), reading())
    kept = store.correct(key(), correction(labels={"kind": "praise"}))
    store.quarantine([kept.corrections[0].id], "blind")
    assert (only(store).labels, only(store).said) == (SAID, None)
    store.correct(key(), correction(labels={"kind": "praise"}))
    store.put(new(store, text="Another text"), reading(labels={"kind": "question"}))
    assert (only(store).labels, only(store).judged) == ({"kind": ("question",)}, False)
    store.correct(key(), correction(labels={"kind": "other"}))
    assert only(store).said == {"kind": ("question",)}


def test_older_labels_are_read_in_the_words_of_today(store: Store) -> None:
    for number, version in enumerate("123"):
        labels = {"1": ["staff", "price"], "2": ["conduct", "price"], "3": ["conduct", "billing"]}[version]
        given = {"model_version": f"m{version}", "taxonomy_version": version, "labels": {"themes": labels}}
        store.put(new(store, number), reading(**given))
    assert [each.labels for each in read(store, HISTORY)] == [{"themes": ("billing", "conduct")}] * 3
    assert read(store)[0].labels == {"themes": ("price", "staff")}
    halfway = TaxonomyHistory(SECOND, [ONE_TO_TWO], [FIRST])
    assert read(store, halfway)[2].labels == {"themes": ("billing", "conduct")}, "no map leads from 3: as it stands"


def test_what_a_split_left_open_is_not_counted(store: Store) -> None:
    history = TaxonomyHistory(SECOND, [ONE_TO_TWO], [FIRST])
    labels = {"kind": "other", "themes": ["delivery"]}
    store.put(new(store), reading(taxonomy_version="1", labels=labels))
    assert only(store, history).labels == {"kind": ("other",)}


def test_older_corrections_are_read_in_the_words_of_today(store: Store) -> None:
    store.put(new(store, 1), reading(taxonomy_version="1", labels={"kind": "other", "themes": ["price"]}))
    store.correct(key(1), correction(labels={"themes": ["staff"]}).model_copy(update={"taxonomy_version": "1"}))
    found = only(store, HISTORY)
    assert found.labels == {"kind": ("other",), "themes": ("conduct",)}
    assert found.said == {"kind": ("other",), "themes": ("billing",)}
    store.add_reading(key(1), reading(model_version="m3", taxonomy_version="3", labels={"themes": ["app"]}))
    assert only(store, HISTORY).labels == {"themes": ("conduct",)}
    assert only(store, HISTORY).said == {"themes": ("app",)}


def test_parts_make_the_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_rows, "PART", 3)
    monkeypatch.setattr(fact_rows, "_ASKED", 2)
    monkeypatch.setattr(fact_rows, "_MOST_KEPT", 1)
    for number in range(8):
        store.put(new(store, number), reading(labels={"themes": [f"t{number}"]}))
        if number % 2:
            store.correct(key(number), correction(labels={"kind": "praise"}))
    whole = read(store)
    assert [each.labels["themes"] for each in whole] == [(f"t{number}",) for number in range(8)]
    assert [each.said is not None for each in whole] == [False, True] * 4
    assert [len(part) for part in store.facts()] == [3, 3, 2]
    ids = [each.id for each in whole]
    store.erase(key(2))
    assert [each.id for each in read(store, ids=[*ids[1:6], 10**9])] == [ids[1], *ids[3:6]]
    assert read(store, ids=[]) == []


def test_no_label_can_be_taken_for_two(store: Store) -> None:
    odd = ["a,b", "c:d", "e'f", "%(g)s", ":h", "ä 🙂"]
    store.put(new(store), reading(labels={"themes": odd}))
    assert only(store).labels == {"themes": tuple(sorted(odd))}


def test_totals_tell_of_every_change(store: Store) -> None:
    seen = [store.totals()]
    assert seen == [(0, 0, None)]
    store.put(new(store, 1), reading())
    seen.append(store.totals())
    store.put(new(store, 2), reading())
    seen.append(store.totals())
    store.correct(key(1), correction())
    seen.append(store.totals())
    store.add_reading(key(2), reading(model_version="m2"))
    seen.append(store.totals())
    store.erase(key(1))
    seen.append(store.totals())
    assert [each[:2] for each in seen] == [(0, 0), (1, 1), (2, 2), (2, 3), (2, 4), (1, 2)]
    newest = store.get(key(2))
    assert newest is not None
    assert seen[-1].newest == newest.changed_at
    store.add_reading(key(2), reading(model_version="m3", shadow=True))
    assert store.totals() == seen[-1], "a challenger's word changes nothing"


def test_versions_are_listed_with_the_totals_that_they_add_up_to(store: Store) -> None:
    for number in range(3):
        store.put(new(store, number), reading())
    before = store.totals().newest
    store.correct(key(1), correction())
    totals, rows = store.versions()
    assert sorted(rows[:, 1].tolist()) == [1, 1, 2]
    assert totals[:2] == (len(rows), 4)
    later = store.totals().newest
    assert before is not None
    assert later is not None
    assert store.versions(later)[1][:, 1].tolist() == [2]
    assert sorted(store.versions(before)[1][:, 1].tolist()) == [1, 2]


def test_a_reading_of_a_text_that_is_there_no_more_is_refused(store: Store) -> None:
    store.put(new(store), reading())
    store.put(new(store, text="Another text"), reading())
    with pytest.raises(Stale):
        store.add_reading(key(), reading(model_version="m2"), revision=1)
    kept = store.add_reading(key(), reading(model_version="m2"), revision=2)
    assert [each.model_version for each in kept.readings] == ["m1", "m1", "m2"]


def test_answers_of_other_models_are_listed_the_newest_ticket_first(store: Store) -> None:
    for number in range(9):
        store.put(new(store, number), reading(model_version=f"m{number % 3}"))
    with store._write() as session:  # two came at the same moment
        session.execute(text("UPDATE tickets SET received_at = (SELECT max(received_at) FROM tickets)"))
    for number in range(9):
        store.put(new(store, number, about={"received_at": NOON + timedelta(minutes=number // 2)}), reading())
    assert store.count_outdated("m1") == 6
    assert store.count_outdated("none") == 9
    listed: list[str] = []
    place = None
    while part := store.outdated("m1", 4, place):
        assert len(part) <= 4
        listed += [each.key.id for each in part]
        place = part[-1].place
    assert listed == ["8", "6", "5", "3", "2", "0"]
    store.add_reading(key(8), reading(model_version="m1"))
    assert store.outdated("m1", 1)[0].key == key(6)


def test_columns_are_as_long_as_there_are_tickets(store: Store) -> None:
    store.put(new(store), reading())
    (part,) = store.facts()
    assert {len(getattr(part, name)) for name in Facts.__dataclass_fields__} == {1}
