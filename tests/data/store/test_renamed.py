"""Lists after a change of the taxonomy: a label is found under the ids that it had before."""

from __future__ import annotations

import pytest

from data.store.records import Query, StoredLabels
from data.store.store import Store
from data.taxonomy_history import TaxonomyHistory
from tests.data.store.making import correction, key, new, reading
from tests.data.taxonomies import FIRST, ONE_TO_TWO, SECOND, THIRD, TWO_TO_THREE, changes, taxonomy

HISTORY = TaxonomyHistory(THIRD, [ONE_TO_TWO, TWO_TO_THREE], [FIRST, SECOND])


def put(store: Store, number: int, version: str, theme: str, emotion: str = "anger") -> None:
    labels: StoredLabels = {"kind": "complaint", "themes": [theme], "emotion": emotion}
    store.put(new(store, number), reading(model_version=f"m{version}", taxonomy_version=version, labels=labels))


def ids(store: Store, history: TaxonomyHistory | None = HISTORY, **labels: str) -> str:
    page = store.list(Query.model_validate({"labels": labels}), history=history)
    return "".join(sorted(each.key.id for each in page.tickets))


@pytest.fixture
def three(store: Store) -> Store:
    """Six tickets that models of three taxonomies answered, and a judged one that was reread since."""
    put(store, 1, "1", "staff", "sadness")
    put(store, 2, "2", "conduct", "upset")
    put(store, 3, "3", "conduct", "upset")
    put(store, 4, "1", "delivery", "gloom")
    put(store, 5, "2", "tracking")
    put(store, 6, "3", "arrival")
    put(store, 7, "1", "price")
    said: StoredLabels = {"themes": ["delivery"]}
    store.correct(key(7), correction(labels=said).model_copy(update={"taxonomy_version": "2"}))
    store.add_reading(
        key(7), reading(model_version="m3", taxonomy_version="3", labels={"kind": "complaint", "themes": ["app"]})
    )
    return store


def test_a_label_is_found_under_the_ids_that_it_had_before(three: Store) -> None:
    assert ids(three, themes="conduct") == "123", "renamed"
    assert ids(three, themes="arrival") == "4567", "split once and merged since, and judged before that"
    assert ids(three, emotion="upset") == "1234", "merged"
    assert ids(three, themes="conduct", emotion="upset") == "123"
    assert ids(three, themes="app") == ""
    assert ids(three, themes="delivery") == "47", "an old id finds what stands under it"
    assert ids(three, history=None, themes="conduct") == "23"


def test_pages_go_on_in_the_same_list(three: Store) -> None:
    query, seen, cursor = Query(labels={"themes": "arrival"}), "", None
    while True:
        page = three.list(query, 2, cursor, HISTORY)
        seen += "".join(each.key.id for each in page.tickets)
        if (cursor := page.next) is None:
            break
    assert seen == "7654"


def test_an_id_that_was_given_a_new_meaning_is_told_apart(store: Store) -> None:
    """What was called `price` is `billing` now, and `price` is something else."""
    old = taxonomy("1", kind=["complaint", "other"], themes=["price", "staff"])
    new_ = taxonomy("2", kind=["complaint", "other"], themes=["price", "billing", "staff"])
    renamed = changes("1", "2", renamed={"themes": {"price": "billing"}}, added={"themes": ["price"]})
    history = TaxonomyHistory(new_, [renamed], [old])
    put(store, 1, "1", "price")
    put(store, 2, "2", "price")
    put(store, 3, "2", "billing")
    for number, version in ((4, "1"), (5, "2")):
        put(store, number, version, "staff")
        said = correction(labels={"themes": ["price"]})
        store.correct(key(number), said.model_copy(update={"taxonomy_version": version}))
    assert ids(store, history, themes="billing") == "134"
    assert ids(store, history, themes="price") == "25"
    assert ids(store, history, themes="staff") == ""
