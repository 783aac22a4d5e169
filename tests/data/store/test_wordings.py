"""Texts for reports: by the store's own ids, with the answer that was given to the text as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from data.store.store import Store
from tests.data.store.making import key, new, reading


def said(what: str, **more: Any) -> Any:
    return reading(answer={"kind": {"label": what}}, **more)


def test_texts_come_in_the_order_asked_for_with_their_answers(store: Store) -> None:
    store.put(new(store, 1, "One.", person="ann", lang="fi"), said("first"))
    store.put(new(store, 2, "Two."), said("second"))
    one, two = store.wordings([1, 2])
    assert [each.text for each in store.wordings([2, 1, 2])] == ["Two.", "One."]
    assert (one.id, one.lang, one.subject, two.subject) == (1, "fi", store.subject("ann"), None)
    assert one.answer == {"kind": {"label": "first"}}
    assert store.wordings([]) == []


def test_the_answer_is_the_newest_that_was_given_to_this_text(store: Store) -> None:
    store.put(new(store, 1, "One."), said("first"))
    store.add_reading(key(1), said("second", model_version="m2"))
    store.add_reading(key(1), said("secret", model_version="m3", shadow=True))
    assert store.wordings([1])[0].answer == {"kind": {"label": "second"}}
    store.put(new(store, 1, "Another."), said("third"))
    (wording,) = store.wordings([1])
    assert (wording.text, wording.answer) == ("Another.", {"kind": {"label": "third"}})


def test_what_is_gone_or_too_long_is_left_out(store: Store) -> None:
    for number in (1, 2, 3):
        store.put(new(store, number, "ä🔥" * number), said("x"))
    store.erase(key(1))
    assert [each.id for each in store.wordings([1, 2, 3, 99])] == [2, 3]
    assert [each.id for each in store.wordings([2, 3], longest=4)] == [2], "characters are counted, not bytes"


def test_as_many_are_read_as_a_page_may_have(lite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        lite.put(new(lite, number, str(number)), said("x"))
    monkeypatch.setattr("data.store.store.MOST", 2)
    assert [each.id for each in lite.wordings([3, 2, 1])] == [3, 2]
