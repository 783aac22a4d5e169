"""Where challengers differ: the newest one counts, and people's word tells who was right."""

from __future__ import annotations

from typing import Any

from data.store.records import Contest, StoredLabels
from data.store.store import Store
from tests.data.store.making import LABELS, correction, key, new, reading

PRAISE: StoredLabels = {**LABELS, "kind": "praise"}


def challenge(store: Store, number: int, model: str, labels: StoredLabels, **more: Any) -> None:
    store.add_reading(key(number), reading(model_version=model, shadow=True, labels=labels, **more))


def listed(store: Store, **asked: Any) -> list[tuple[str, str]]:
    return [(each.ticket.key.id, each.shadow.model_version) for each in store.challenges.list(**asked)]


def test_a_newer_challenger_that_agrees_ends_the_disagreement(store: Store) -> None:
    store.put(new(store), reading())
    challenge(store, 1, "c1", PRAISE)
    assert (len(store.queue()), listed(store)) == (1, [("1", "c1")])
    challenge(store, 1, "c2", LABELS)
    assert (store.queue(), listed(store)) == ([], [])
    challenge(store, 1, "c3", PRAISE)
    assert (len(store.queue()), listed(store)) == (1, [("1", "c3")])


def test_a_challenger_that_read_again_is_taken_at_its_last_word(store: Store) -> None:
    store.put(new(store), reading())
    challenge(store, 1, "c1", PRAISE)
    challenge(store, 1, "c1", {**LABELS, "emotion": "joy"})
    (found,) = store.challenges.list()
    assert found.groups == ["emotion"]


def test_what_only_a_retired_challenger_differs_on_waits_for_nobody(store: Store) -> None:
    for number in (1, 2, 3):
        store.put(new(store, number), reading(review=["kind"] if number == 2 else []))
        challenge(store, number, "c1", PRAISE)
    assert len(store.queue()) == 3
    challenge(store, 3, "c2", PRAISE)
    assert {each.key.id for each in store.queue()} == {"2", "3"}, "the model itself asks for a look at 2"


def test_disagreements_by_challenger_and_by_whether_people_spoke(store: Store) -> None:
    for number, model in ((1, "c1"), (2, "c1"), (3, "c2")):
        store.put(new(store, number), reading())
        challenge(store, number, model, PRAISE)
    store.correct(key(1), correction())
    assert listed(store) == [("3", "c2"), ("2", "c1"), ("1", "c1")]
    assert listed(store, judged=False) == [("3", "c2"), ("2", "c1")]
    assert listed(store, judged=True) == [("1", "c1")]
    assert listed(store, model="c1") == [("2", "c1"), ("1", "c1")]
    assert listed(store, model="c1", judged=False) == [("2", "c1")]
    assert listed(store, model="none") == []


def test_who_was_right_is_counted_for_each_challenger(store: Store) -> None:
    others: StoredLabels = {**LABELS, "kind": "praise", "themes": ["delivery"]}
    for number, themes in enumerate((["billing", "delivery"], ["delivery"], ["staff"], None)):
        store.put(new(store, number), reading())
        challenge(store, number, "c1", others)
        if themes is not None:
            store.correct(key(number), correction(labels={"themes": themes}))
    challenge(store, 0, "c2", LABELS)
    two, one = store.challenges.tally()
    assert (two.model_version, two.judged, two.groups) == ("c2", 1, {}), "it agreed with the answer"
    assert (one.model_version, one.judged) == ("c1", 3)
    assert one.groups == {"themes": Contest(answer=1, challenger=1, neither=1)}, "nobody settled the kind"


def test_who_was_right_is_told_by_what_people_hold_of_the_text_as_it_stands(store: Store) -> None:
    for number in (1, 2, 3):
        store.put(new(store, number), reading())
        challenge(store, number, "c1", PRAISE)
        store.correct(key(number), correction("ann", {"kind": "praise"}))
    store.undo(key(1), "ann")
    store.put(new(store, 2, "Another text."), reading())
    older = store.get(key(3))
    assert older is not None
    (found,) = store.challenges.tally()
    assert (found.judged, found.groups) == (1, {"kind": Contest(answer=0, challenger=1, neither=0)})
    store.quarantine([each.id for each in older.corrections], "a hundred in a minute")
    assert store.challenges.tally() == []


def test_a_challenger_that_was_promoted_is_compared_with_the_answer_of_then(store: Store) -> None:
    store.put(new(store), reading())
    challenge(store, 1, "c1", PRAISE)
    store.add_reading(key(1), reading(model_version="c1", labels=PRAISE))
    store.correct(key(1), correction("ann", {"kind": "praise"}))
    (found,) = store.challenges.tally()
    assert found.groups == {"kind": Contest(answer=0, challenger=1, neither=0)}


def test_what_was_settled_by_another_taxonomy_tells_nothing(store: Store) -> None:
    store.put(new(store), reading())
    challenge(store, 1, "c1", PRAISE, taxonomy_version="t2")
    store.correct(key(1), correction("ann", {"kind": "praise"}))
    (found,) = store.challenges.tally()
    assert (found.judged, found.groups) == (1, {})


def test_the_tally_goes_through_all_that_people_said(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("data.store.challenges.PART", 2)
    for number in range(5):
        store.put(new(store, number), reading())
        challenge(store, number, "c1", PRAISE)
        store.correct(key(number), correction("ann", {"kind": "praise"}))
    (found,) = store.challenges.tally()
    assert (found.judged, found.groups["kind"].challenger) == (5, 5)
