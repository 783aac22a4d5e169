"""Tickets are put, read and corrected; what holds of them follows from all that was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from data.store.database import Uncertain
from data.store.errors import Missing, NothingToUndo, Stale
from data.store.records import BELIEVED, StoredLabels, Ticket
from data.store.store import Store
from tests.data.store.making import LABELS, NOON, correction, key, new, reading


def put(store: Store, number: int = 1, text: str = "The bill is wrong.") -> Ticket:
    kept = store.put(new(store, number, text), reading()).ticket
    assert kept is not None
    return kept


def test_a_ticket_is_kept_as_it_was_put(store: Store) -> None:
    given = reading(answer={"evidence": [{"start": 0, "end": 3}], "score": 0.125, "text": "ä ệ 🙂"}, review=["urgency"])
    done = store.put(new(store, 1, "Lasku on väärin. Hóa đơn sai. 🙂", person="ann@example.com"), given)
    assert done.outcome == "created"
    kept = store.get(key(1))
    assert kept == done.ticket
    assert kept is not None
    assert kept.text == "Lasku on väärin. Hóa đơn sai. 🙂"
    assert (kept.revision, kept.version, kept.judged, kept.needs_review) == (1, 1, False, True)
    assert kept.labels == LABELS
    assert kept.about.received_at == NOON + timedelta(minutes=1)
    assert kept.reading is not None
    assert kept.reading.answer == given.answer
    assert store.get(key(2)) is None


def test_the_same_text_again_changes_nothing(store: Store) -> None:
    first = put(store)
    again = store.put(new(store), reading(model_version="m2", labels={"kind": "question"}))
    assert again.outcome == "unchanged"
    assert again.ticket == first


def test_what_is_known_about_a_ticket_can_be_added_without_a_new_revision(store: Store) -> None:
    put(store)
    closed = NOON + timedelta(days=1)
    done = store.put(new(store, about={"closed_at": closed, "channel": "email"}), reading())
    assert done.outcome == "changed"
    assert done.ticket is not None
    assert (done.ticket.revision, done.ticket.version) == (1, 2)
    assert (done.ticket.about.closed_at, done.ticket.about.channel) == (closed, "email")
    assert len(done.ticket.readings) == 1
    assert store.put(new(store), reading()).outcome == "unchanged", "what is not told again stays"


def test_another_text_is_a_new_revision_that_old_words_say_nothing_of(store: Store) -> None:
    put(store)
    store.correct(key(1), correction())
    done = store.put(new(store, 1, "And now the parcel is lost."), reading(labels={"kind": "question"}))
    assert done.outcome == "changed"
    kept = done.ticket
    assert kept is not None
    assert (kept.revision, kept.judged, kept.labels) == (2, False, {"kind": "question"})
    assert (len(kept.readings), len(kept.corrections)) == (2, 1), "nothing that was said is lost"


def test_a_text_whose_language_is_told_anew_is_read_anew_and_stays_the_same_text(store: Store) -> None:
    put(store)
    store.correct(key(1), correction("ann", {"emotion": "joy"}))
    other = reading(labels={**LABELS, "kind": "question"})
    assert store.put(new(store, lang="fi"), other).outcome == "unchanged", "nobody told it"
    done = store.put(new(store, lang="fi"), other, language_told=True)
    kept = done.ticket
    assert kept is not None
    assert (done.outcome, kept.lang, kept.revision, kept.version) == ("changed", "fi", 1, 3)
    assert (kept.judged, kept.labels) == (True, {**LABELS, "kind": "question", "emotion": "joy"})
    assert store.put(new(store, lang="fi"), reading(), language_told=True).outcome == "unchanged"


def test_a_correction_can_be_made_to_fit_the_ticket_as_it_stands(store: Store) -> None:
    put(store)

    def fit(ticket: Ticket) -> StoredLabels:
        assert ticket == store.get(key(1))
        return {"kind": "other", "themes": []}

    kept = store.correct(key(1), correction(labels={"kind": "other"}), fit=fit)
    assert kept.labels == {**LABELS, "kind": "other", "themes": []}

    def refuse(ticket: Ticket) -> StoredLabels:
        raise ValueError(ticket.key.id)

    with pytest.raises(ValueError, match="1"):
        store.correct(key(1), correction(), fit=refuse)
    assert store.get(key(1)) == kept


def test_it_knows_a_text_that_it_has_read(store: Store) -> None:
    put(store)
    assert store.known(key(1), store.mark("The bill is wrong.")) == store.get(key(1))
    assert store.known(key(1), store.mark("The bill is wrong!")) is None
    assert store.known(key(2), store.mark("The bill is wrong.")) is None


def test_people_settle_their_groups_and_leave_the_rest_to_the_machine(store: Store) -> None:
    put(store)
    kept = store.correct(key(1), correction("ann", {"urgency": "low", "themes": []}, hours=72.0, reason="no haste"))
    assert kept.labels == {**LABELS, "urgency": "low", "themes": []}
    assert (kept.judged, kept.needs_review, kept.version) == (True, False, 2)
    kept = store.correct(key(1), correction("bob", {"themes": ["billing"]}))
    assert kept.labels == {**LABELS, "urgency": "low", "themes": ["billing"]}
    assert [each.author for each in kept.corrections] == ["ann", "bob"]
    kept = store.add_reading(
        key(1), reading(model_version="m2", labels={**LABELS, "themes": ["praise"], "kind": "question"})
    )
    assert kept.labels == {**LABELS, "urgency": "low", "themes": ["billing"], "kind": "question"}, "never overwritten"


def test_undo_takes_back_the_authors_newest_word_and_keeps_it(store: Store) -> None:
    put(store)
    store.correct(key(1), correction("ann", {"kind": "praise"}))
    store.correct(key(1), correction("ann", {"kind": "question"}))
    store.correct(key(1), correction("bob", {"emotion": "joy"}))
    kept = store.undo(key(1), "ann")
    assert (kept.labels["kind"], kept.labels["emotion"]) == ("praise", "joy")
    assert store.undo(key(1), "ann").labels["kind"] == "complaint"
    with pytest.raises(NothingToUndo):
        store.undo(key(1), "ann")
    kept = store.undo(key(1), "bob")
    assert not kept.judged
    assert len(kept.corrections) == 6
    assert kept.labels == LABELS


def test_a_version_that_has_passed_is_refused_with_how_it_stands(store: Store) -> None:
    read = put(store)
    ours = correction("ann", {"kind": "praise"})
    theirs = store.correct(key(1), correction("bob", {"kind": "question"}), read.version)
    with pytest.raises(Stale) as refused:
        store.correct(key(1), ours, read.version)
    assert refused.value.current == theirs == store.get(key(1))
    with pytest.raises(Stale):
        store.undo(key(1), "bob", read.version)
    assert store.correct(key(1), ours, theirs.version).labels["kind"] == "praise"


def test_what_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(Missing):
        store.correct(key(1), correction())
    with pytest.raises(Missing):
        store.undo(key(1), "ann")
    with pytest.raises(Missing):
        store.add_reading(key(1), reading())


def test_a_challenger_changes_nothing_but_asks_for_a_look_where_it_differs(store: Store) -> None:
    first = put(store)
    assert store.queue() == []
    kept = store.add_reading(key(1), reading(model_version="m2", shadow=True))
    assert (kept.labels, kept.version) == (first.labels, first.version)
    assert store.challenges.list() == []
    kept = store.add_reading(
        key(1),
        reading(
            model_version="m3", shadow=True, labels={**LABELS, "kind": "praise", "themes": ["delivery", "billing"]}
        ),
    )
    assert (kept.labels, kept.version, kept.needs_review) == (first.labels, first.version, False)
    (found,) = store.challenges.list()
    assert (found.ticket, found.shadow.model_version, found.groups) == (kept, "m3", ["kind"])
    assert store.challenges.list(after=found.shadow.id) == []
    assert [each.key for each in store.queue()] == [key(1)]
    store.correct(key(1), correction())
    assert store.queue() == []
    store.put(new(store, 1, "Another text."), reading())
    assert store.challenges.list() == [], "the challenger has not read this one"


def test_disagreements_are_paged(store: Store) -> None:
    for number in range(5):
        put(store, number)
        store.add_reading(key(number), reading(model_version="m2", shadow=True, labels={"kind": "praise"}))
    first = store.challenges.list(limit=3)
    rest = store.challenges.list(limit=3, after=first[-1].shadow.id)
    assert [each.ticket.key.id for each in first + rest] == ["4", "3", "2", "1", "0"]


def test_quarantined_corrections_hold_no_more_and_are_kept(store: Store) -> None:
    for number in (1, 2):
        put(store, number)
        store.correct(key(number), correction("mallory"))
    store.correct(key(2), correction("ann", {"emotion": "joy"}))
    ids = [each.id for number in (1, 2) for each in getattr(store.get(key(number)), "corrections")  # noqa: B009
           if each.author == "mallory"]  # fmt: skip
    assert store.quarantine(ids, "a hundred in a minute") == 2
    assert store.quarantine(ids, "again") == 0
    one, two = store.get(key(1)), store.get(key(2))
    assert one is not None
    assert two is not None
    assert (one.judged, one.labels, one.version) == (False, LABELS, 3)
    assert one.corrections[0].quarantined == "a hundred in a minute"
    assert two.labels == {**LABELS, "emotion": "joy"}
    with pytest.raises(ValueError, match="say why"):
        store.quarantine(ids, "")
    assert store.believe("nobody") == 0
    assert store.believe("mallory") == 2
    back = store.get(key(1))
    assert back is not None
    assert (back.judged, back.version, back.corrections[0].quarantined) == (True, 4, BELIEVED)
    assert store.believe("mallory") == 0
    assert store.quarantine(ids, "a hundred in a minute, again") == 0  # that was for good


def test_retraining_reads_what_people_said_of_the_newest_texts(store: Store) -> None:
    for number in range(4):
        put(store, number)
    store.correct(key(0), correction())
    store.correct(key(1), correction())
    store.put(new(store, 1, "Another text."), reading())
    store.correct(key(2), correction())
    store.undo(key(2), "ann")
    between = datetime.now(UTC)
    store.correct(key(3), correction())
    assert [each.key.id for each in store.corrected()] == ["0", "3"]
    assert [each.key.id for each in store.corrected(since=between)] == ["3"]


def test_all_that_people_judged_is_gone_through_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.store.listing.PART", 2)
    for number in range(5):
        put(store, number)
        store.correct(key(number), correction())
    assert [each.key.id for each in store.corrected()] == ["0", "1", "2", "3", "4"]


def test_a_label_that_is_named_twice_stands_once(store: Store) -> None:
    done = store.put(new(store), reading(labels={"themes": ["billing", "billing"]}))
    assert done.outcome == "created"


def test_times_of_any_zone_are_kept_in_utc(store: Store) -> None:
    hanoi = timezone(timedelta(hours=7))
    store.put(new(store, about={"received_at": datetime(2026, 3, 1, 0, 30, 0, 123456, tzinfo=hanoi)}), reading())
    kept = store.get(key(1))
    assert kept is not None
    assert kept.about.received_at == datetime(2026, 2, 28, 17, 30, 0, 123456, tzinfo=UTC)


def test_a_commit_that_fails_is_told_from_a_failure_before_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = store._database.dialect.loaded_dbapi

    def lose(connection: Any) -> None:
        connection.rollback()
        raise driver.OperationalError("it broke")

    with monkeypatch.context() as patched:
        patched.setattr(store._database.dialect, "do_commit", lose)
        with pytest.raises(Uncertain) as failed:
            put(store)
    assert isinstance(failed.value.orig, driver.OperationalError)
    with pytest.raises(SQLAlchemyError) as refused, store._write() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert not isinstance(refused.value, Uncertain)
    assert put(store).version == 1


def test_it_says_whether_it_can_be_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.writable()
    if store._database.dialect.name == "sqlite":
        monkeypatch.setattr("data.store.database.ROOM", 2**62)
        assert not store.writable(), "no room on the disk"
