from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.store.emerging import Emerging, Found, Member
from data.store.errors import Missing, Unsettled
from data.store.store import Store
from tests.data.store.making import NOON, held, key, new, reading

DAY = timedelta(days=1)
LATER = datetime(2026, 4, 1, tzinfo=UTC)


def fill(store: Store, *langs: str) -> list[int]:
    """Put tickets a week apart, one for each language; returns their ids."""
    for number, lang in enumerate(langs, 1):
        about = {"received_at": NOON + (number - 1) * 7 * DAY}
        store.put(new(store, number, f"words of {number}", lang=lang, about=about), reading())
    return store.emerging.received(NOON, NOON + 700 * DAY)


def found(*ids: int, words: str = "fee") -> Found:
    members = [Member(id_, 1, 1 - place / 10) for place, id_ in enumerate(ids)]
    return Found(members, 0.8, {"en": [(words, 3)]}, ["billing"])


def tickets(groups: Emerging, id_: int) -> set[int]:
    return {member.ticket for member in groups.members(id_)}


def test_a_group_is_counted_from_its_tickets(store: Store) -> None:
    a, b, c, _ = fill(store, "en", "fi", "fi", "vi")
    groups = store.emerging
    (id_,) = groups.keep([found(a, b, c)], [a, b, c])
    (group,) = groups.groups()
    assert (group.id, group.status, group.current, group.size) == (id_, "open", True, 3)
    assert (group.langs, group.near, group.words) == ({"fi": 2, "en": 1}, ["billing"], {"en": [("fee", 3)]})
    assert (group.first, group.last) == (NOON, NOON + 14 * DAY)
    assert [count for _, count in group.weeks] == [1, 1, 1]
    assert [(quote.id, quote.text) for quote in groups.quotes(id_)] == [(a, "words of 1"), (b, "words of 2")]


def test_what_is_erased_leaves_its_group(store: Store) -> None:
    a, b, c = fill(store, "en", "en", "en")
    (id_,) = store.emerging.keep([found(a, b, c)], [a, b, c])
    store.erase(key(1))
    assert tickets(store.emerging, id_) == {b, c}
    assert [quote.id for quote in store.emerging.quotes(id_)] == [b]


def test_a_text_that_changed_is_no_member_until_it_is_read_again(store: Store) -> None:
    a, b = fill(store, "en", "en")
    (id_,) = store.emerging.keep([found(a, b)], [a, b])
    store.put(new(store, 1, "another matter"), reading())
    assert tickets(store.emerging, id_) == {b}
    assert store.emerging.group(id_).size == 1


def test_texts_are_not_copied(lite: Store, tmp_path: Path) -> None:
    (a,) = fill(lite, "en")
    lite.emerging.keep([found(a)], [a])
    lite.erase(key(1))
    assert not held(tmp_path / "store", "words of 1")


def test_a_group_stays_the_same_one_from_run_to_run(store: Store) -> None:
    a, b, c, d, e = fill(store, *["en"] * 5)
    groups = store.emerging
    (one,) = groups.keep([found(a, b, c)], [a, b, c])
    again = groups.keep([found(d, e), found(b, c, a, d, words="toll")], [a, b, c, d, e], LATER)
    assert again[1] == one
    assert again[0] != one
    assert groups.group(one).words == {"en": [("toll", 3)]}
    assert tickets(groups, one) == {a, b, c, d}


def test_what_no_run_finds_any_more_is_told_from_what_the_newest_found(store: Store) -> None:
    a, b, c, d = fill(store, *["en"] * 4)
    (one,) = store.emerging.keep([found(a, b)], [a, b, c, d])
    (two,) = store.emerging.keep([found(c, d)], [a, b, c, d], datetime.now(UTC) + DAY)
    assert [(each.id, each.current) for each in store.emerging.groups()] == [(two, True), (one, False)]


def test_a_ticket_that_moved_is_taken_out_and_one_not_looked_at_stays(store: Store) -> None:
    a, b, c, d, e = fill(store, *["en"] * 5)
    (one,) = store.emerging.keep([found(a, b, c, d, e)], [a, b, c, d, e])
    assert store.emerging.keep([found(b, c, d)], [a, b, c, d], LATER) == [one]
    assert tickets(store.emerging, one) == {b, c, d, e}


def test_dismissed_groups_stay_dismissed_though_they_come_in_parts(store: Store) -> None:
    a, b, c, d, e, f = fill(store, *["en"] * 6)
    (one,) = store.emerging.keep([found(a, b, c, d, e, f)], [a])
    store.emerging.dismiss(one, "ann")
    assert store.emerging.keep([found(a, b, c), found(d, e, f)], [a, b, c, d, e, f], LATER) == [one, one]
    (group,) = store.emerging.groups()
    assert (group.status, group.author, group.size) == ("dismissed", "ann", 6)


def test_named_groups_keep_their_name_and_their_tickets(store: Store) -> None:
    a, b, c, d, e = fill(store, *["en"] * 5)
    (one,) = store.emerging.keep([found(a, b, c, d)], [a])
    store.emerging.name(one, {"en": "Parking"}, "parking", "ann")
    assert store.emerging.keep([found(b, c, d, e)], [a, b, c, d, e], LATER) == [one]
    group = store.emerging.group(one)
    assert (group.status, group.names, group.label, group.size) == ("named", {"en": "Parking"}, "parking", 5)


def test_what_was_merged_comes_back_as_the_other_group(store: Store) -> None:
    a, b, c, d, e, f = fill(store, *["en"] * 6)
    one, two = store.emerging.keep([found(a, b, c), found(d, e, f)], [a, b, c, d, e, f])
    assert store.emerging.merge(two, one, "ann").size == 6
    assert [each.id for each in store.emerging.groups()] == [one]
    assert store.emerging.group(two).into == one
    assert store.emerging.keep([found(d, e, f)], [a, b, c, d, e, f], LATER) == [one]


def test_decisions_can_be_taken_back(store: Store) -> None:
    (a,) = fill(store, "en")
    (one,) = store.emerging.keep([found(a)], [a])
    store.emerging.name(one, {"en": "Parking"}, "parking", "ann")
    assert store.emerging.reopen(one, "bob")._asdict().items() >= {"status": "open", "names": {}, "label": None}.items()


def test_impossible_decisions_are_refused(store: Store) -> None:
    a, b = fill(store, "en", "en")
    one, two = store.emerging.keep([found(a), found(b)], [a, b])
    with pytest.raises(Unsettled, match="itself"):
        store.emerging.merge(one, one, "ann")
    store.emerging.name(one, {"en": "Parking"}, "parking", "ann")
    with pytest.raises(Unsettled, match="another group has this label"):
        store.emerging.name(two, {"en": "Car park"}, "parking", "ann")
    store.emerging.merge(two, one, "ann")
    with pytest.raises(Unsettled, match="merged"):
        store.emerging.merge(one, two, "ann")
    with pytest.raises(Unsettled, match="merged"):
        store.emerging.name(two, {"en": "Car park"}, "car_park", "ann")
    with pytest.raises(Missing):
        store.emerging.dismiss(4711, "ann")


def test_a_ticket_that_was_erased_during_a_run_is_left_out(store: Store) -> None:
    a, b = fill(store, "en", "en")
    store.erase(key(1))
    (one,) = store.emerging.keep([found(a, b)], [a, b])
    assert tickets(store.emerging, one) == {b}


def test_words_that_were_read_before_an_erasure_do_not_come_back_with_the_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = fill(store, *["en"] * 4)
    monkeypatch.setattr("data.store.emerging_runs.MOST_MEMBERS", 1)
    store.erase(key(2))  # so far from the middle that it would not be kept as a member
    one, two = store.emerging.keep([found(a, b), found(c, d)], [a, b, c, d])
    assert store.emerging.group(one).words == {}
    assert store.emerging.group(two).words == {"en": [("fee", 3)]}


def test_readings_tell_how_sure_a_theme_was(store: Store) -> None:
    answer = {"themes": [{"label": "billing", "confidence": 0.4}, {"label": "delivery", "confidence": 0.9}]}
    store.put(new(store, 1), reading(answer=answer, review=["low_confidence"]))
    (read,) = store.emerging.readings(store.emerging.received(NOON, NOON + 700 * DAY))
    assert read.themes == {"billing": 0.4, "delivery": 0.9}
    assert (read.taxonomy, read.review, read.judged, read.revision) == ("t1", ["low_confidence"], False, 1)


def test_a_merge_outlives_the_tickets_of_the_group_that_took_them(store: Store) -> None:
    """Though nobody named that group: who merged the two decided on both."""
    a, b, c, d, e, f, g, h = fill(store, *["en"] * 8)
    groups = store.emerging
    one, two = groups.keep([found(a, b, c), found(d, e, f)], [a, b, c, d, e, f])
    groups.merge(one, two, "ann")
    groups.keep([found(d, e, f), found(g, h)], [a, b, c, d, e, f, g, h], LATER)
    assert tickets(groups, two) == {a, b, c, d, e, f}
    for number in (4, 5, 6):
        store.erase(key(number))
    groups.keep([found(g, h)], [a, b, c, g, h], LATER)
    assert groups.group(one).into == two
    assert groups.keep([found(a, b, c)], [a, b, c, g, h], LATER) == [two]
    assert groups.group(two).size == 3


def test_neither_decided_groups_nor_those_merged_into_are_among_the_too_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = fill(store, *["en"] * 4)
    groups = store.emerging
    one, two, three = groups.keep([found(a), found(b), found(c)], [a, b, c])
    groups.merge(one, two, "ann")
    groups.dismiss(three, "ann")
    monkeypatch.setattr("data.store.emerging_runs.MOST_GROUPS", 1)
    (four,) = groups.keep([found(d)], [d], LATER)
    assert {each.id for each in groups.groups()} == {two, three, four}
    assert groups.group(one).into == two


@pytest.mark.parametrize("way", ["ticket", "subject"])
def test_words_are_taken_back_with_any_of_the_tickets_that_they_are_of(store: Store, way: str) -> None:
    for number in range(4):
        store.put(new(store, number, person=f"p{number}"), reading())
    a, b, c, d = store.emerging.received(NOON, NOON + DAY)
    one, two, three = store.emerging.keep([found(a, b), found(c), found(d)], [a, b, c, d])
    store.emerging.merge(two, one, "ann")
    store.emerging.dismiss(one, "ann")
    assert store.erase(key(2)) if way == "ticket" else store.erase_subject("p2") == 1
    words = {id_: store.emerging.group(id_).words for id_ in (one, two, three)}
    assert words == {one: {}, two: {}, three: {"en": [("fee", 3)]}}


def test_words_go_with_the_last_ticket_of_a_group_that_was_decided_on(store: Store) -> None:
    a, b = fill(store, "en", "en")
    one, _ = store.emerging.keep([found(a), found(b)], [a, b])
    store.emerging.dismiss(one, "ann")
    assert store.purge({}, default=timedelta(days=1), now=NOON + 2 * DAY) == 1
    store.emerging.keep([], [b], LATER)
    assert store.emerging.group(one).words == {}


def test_weeks_and_dates_are_those_of_the_zone(store: Store) -> None:
    sunday = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # Monday in Helsinki
    store.put(new(store, about={"received_at": sunday}), reading())
    ids = store.emerging.received(NOON, NOON + DAY)
    store.emerging.keep([found(*ids)], ids)
    (group,) = store.emerging.groups(ZoneInfo("Europe/Helsinki"))
    assert group.weeks == [(date(2026, 3, 2), 1)]
    assert group.first
    assert group.first.date() == date(2026, 3, 2)
    (group,) = store.emerging.groups()
    assert group.weeks == [(date(2026, 2, 23), 1)]
