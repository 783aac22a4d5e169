from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from data.store.records import NewTicket
from data.store.store import Store
from service.reports.counts.prevalence import Prevalence
from service.reports.filters import Filter
from service.reports.ledger import make_ledger
from service.reports.psychology import examples
from service.reports.psychology.examples import evidence, mostly, pieces, words
from service.reports.psychology.marking import marking
from service.reports.psychology.typical import ALIKE, embed, typical, words_of
from service.reports.tongue import Tongue
from service.reports.view import View
from tests.data.store.making import LABELS, NOON, key, new, reading
from tests.service.reports.toy_ledger import fact
from tests.service.reports.toy_site import TAXONOMY

LATE = "The courier brought my parcel {} days late and nobody told me why it was so late."
BILL = "The invoice of number {} has a charge on it that nobody in the shop could explain to me."


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "secret")
    yield store
    store.close()


def put(store: Store, texts: Sequence[str], theme: str, *, lang: str = "en", first: int = 0, **more: Any) -> list[int]:
    """Keep messages of a theme, whose first three characters speak for it; returns the store's ids."""
    about = {"received_at": NOON, **more.pop("about", {})}
    labels = {**LABELS, "themes": [theme]}
    answer = {"themes": [{"label": theme, "confidence": 0.9, "evidence": [{"start": 0, "end": 3}]}]}
    for place, text in enumerate(texts):
        given: NewTicket = new(store, first + place, text, lang=lang, about=about, **more)
        store.put(given, reading(labels=labels, answer=answer))
    ids = {wording.text: wording.id for wording in store.wordings(range(1, 500))}
    return [ids[text] for text in texts]


def look(
    store: Store | None, cells: dict[tuple[str, str], list[int]], zone: ZoneInfo | None = None, **asked: Any
) -> list[examples.Section]:
    """Look at tickets by theme and language."""
    facts = [fact(id=id_, lang=lang, labels={"themes": [theme]}) for (theme, lang), ids in cells.items() for id_ in ids]
    ledger = make_ledger(facts, zone)
    asks = Filter.model_validate(asked).dated(ledger)
    made = words(View(ledger, asks, Tongue("en", TAXONOMY), Prevalence({}), store=store))
    found: list[examples.Section] = list(made["sections"])
    return found


def shown(section: examples.Section, cell: int = 0) -> list[str]:
    return ["".join(text for text, _ in each.pieces) for each in section.cells[cell].examples]


def test_typical_messages_of_a_cell_are_shown_with_their_evidence(store: Store) -> None:
    late = put(store, [LATE.format(each) for each in range(20)], "delivery")
    odd = put(store, ["Completely different matter, dear people, in many other expressions!"], "delivery", first=50)
    bills = put(store, [BILL.format(each) for each in range(20)], "billing", first=100)
    section, other = look(store, {("delivery", "en"): late + odd, ("billing", "en"): bills})
    assert (section.theme, section.messages, other.theme) == ("delivery", 21, "billing")
    assert len(shown(section)) == 1, "one of each cell where there are many cells"
    assert shown(section)[0].startswith("The courier")
    assert section.cells[0].examples[0].pieces[0] == ("The", True)
    assert "theme=delivery" in section.link
    assert {"courier", "parcel"} & {word for term in section.cells[0].words for word in term.split()}
    assert not {"invoice", "the", "me"} & set(section.cells[0].words)


def test_an_example_is_dated_in_the_zone_of_the_reports(store: Store) -> None:
    about = {"received_at": datetime(2026, 10, 31, 22, 30, tzinfo=UTC)}
    ids = put(store, [LATE.format(each) for each in range(6)], "delivery", about=about)
    (section,) = look(store, {("delivery", "en"): ids}, ZoneInfo("Europe/Helsinki"))
    assert [each.day for each in section.cells[0].examples] == [date(2026, 11, 1)]


def test_an_example_is_more_about_its_theme_than_about_others(store: Store) -> None:
    def sure(texts: list[str], first: int, **chances: float) -> list[int]:
        answer = {"themes": [{"label": label, "confidence": chance} for label, chance in chances.items()]}
        labels = {**LABELS, "themes": list(chances)}
        for place, text in enumerate(texts):
            store.put(
                new(store, first + place, text, about={"received_at": NOON}), reading(labels=labels, answer=answer)
            )
        return [wording.id for wording in store.wordings(range(1, 500)) if wording.text in texts]

    bills = sure([BILL.format(each) for each in range(20)], 0, billing=0.9, delivery=0.6)
    unsure = sure([LATE.format(each) for each in range(20)], 50, delivery=0.4)
    (cell,) = look(store, {("delivery", "en"): bills + unsure})[0].cells
    assert (cell.few, cell.examples) == (False, [])
    late = sure(["The courier never came and nobody at the depot knows where my lamp is."], 90, delivery=0.8)
    section = look(store, {("delivery", "en"): bills + unsure + late}, theme="delivery")[0]
    assert [text[:22] for text in shown(section)] == ["The courier never came"]
    assert mostly({}, "billing"), "a person gave it the theme"


def test_one_theme_shows_more_but_never_one_writer_twice(store: Store) -> None:
    texts = [
        "My parcel has not come although you promised it for Monday.", "Where is the sofa that I ordered in spring?",
        "The fitter did not turn up and I waited at home all day.", "The box was wet and the glasses in it broken.",
        "You brought somebody else's order to my door again.", "It was left in the rain behind the bins, thank you.",
    ]  # fmt: skip
    ids = put(store, texts, "delivery", person="anna")
    (section,) = look(store, {("delivery", "en"): ids}, theme="delivery")
    assert len(shown(section)) == 1
    more = put(store, [text.replace("the", "my") + " Really." for text in texts], "delivery", first=50)
    (section,) = look(store, {("delivery", "en"): ids + more}, theme="delivery")
    assert len(shown(section)) == 3


def test_a_cell_of_too_few_shows_none_and_no_words(store: Store) -> None:
    few = put(store, [LATE.format(each) for each in range(4)], "delivery")
    many = put(store, [BILL.format(each) for each in range(5)], "billing", lang="fi", first=50)
    sections = look(store, {("delivery", "en"): few, ("billing", "fi"): many})
    cells = {section.theme: section.cells[0] for section in sections}
    assert (cells["delivery"].few, cells["delivery"].messages) == (True, 4)
    assert not cells["delivery"].examples
    assert not cells["delivery"].words
    assert not cells["billing"].few
    assert cells["billing"].name == "Finnish"


def test_what_was_erased_is_shown_no_more_and_counts_no_more(store: Store) -> None:
    ids = put(store, [LATE.format(each) for each in range(6)], "delivery")
    cells = {("delivery", "en"): ids}
    assert look(store, cells)[0].cells[0].examples
    store.erase(key(0))
    left = [text for section in look(store, cells, theme="delivery") for text in shown(section)]
    assert left
    assert LATE.format(0) not in left
    store.erase(key(1))
    assert look(store, cells)[0].cells[0].few, "four are left of six that were counted"


def test_messages_of_other_lengths_are_not_shown_but_their_words_count(store: Store) -> None:
    ids = put(store, [f"late {each}" for each in range(6)], "delivery")
    cell = look(store, {("delivery", "en"): ids})[0].cells[0]
    assert (cell.few, cell.examples) == (False, [])
    long = put(store, [LATE.format(each) * 9 for each in range(6)], "billing", first=50)
    assert look(store, {("billing", "en"): long})[0].cells[0].examples == []


def test_without_a_store_there_is_nothing_to_show() -> None:
    section = look(None, {("delivery", "en"): list(range(1, 30))})[0]
    assert section.cells[0].few


def test_an_address_that_asks_for_a_mood_shows_its_messages(store: Store) -> None:
    ids = put(store, [LATE.format(each) for each in range(6)], "delivery")
    (section,) = look(store, {("delivery", "en"): ids}, urgency="low,normal", emotion="neutral")
    assert (section.theme, section.messages) == ("", 6)
    assert section.title == "Messages that the filter asks for"
    assert look(store, {("delivery", "en"): ids}, urgency="critical")[0].messages == 0


def test_typical_are_those_nearest_to_the_others() -> None:
    texts = [
        "AAAARGH!!! WORST EVER!!! I HATE IT", "my parcel is late again", "the parcel came late", "parcel late, why?",
        "late parcel today",
    ]  # fmt: skip
    assert 0 not in typical(texts, 3)
    assert typical(texts, 2) == typical(texts, 2)
    assert typical([], 3) == []
    assert typical(["only one"], 3) == [0]
    assert len(typical(["the same words"] * 5, 3)) == 1, "what says the same is shown once"
    assert len(typical(texts[1:], 3, ["x", "x", "x", "x"])) == 1
    assert len(typical(texts[1:], 3, [None] * 4)) > 1
    likeness = embed(["parcel late", "late parcel", "hinta nousi taas"])
    assert likeness[0] @ likeness[1] > ALIKE > likeness[0] @ likeness[2]


def test_words_are_without_what_was_redacted() -> None:
    assert words_of("Soitin [name] numeroon [phone] 3 kertaa, ÄLÄ") == ["soitin", "numeroon", "kertaa", "älä"]
    assert words_of("Giao hàng chậm") == ["giao", "hàng", "chậm"]


def test_words_that_mark_a_cell_are_more_frequent_there_than_by_chance() -> None:
    here = ["giao hàng chậm quá"] * 20 + ["giao hàng nhanh mà sai"] * 10
    rest = ["hóa đơn sai quá"] * 30
    found = marking(here, rest, 5, 3)
    assert "giao hàng" in found
    assert "giao" not in found, "the pair says it already"
    assert not {"quá", "sai", "hóa đơn"} & set(found)
    assert marking(here, rest, 1, 3) == found[:1]
    assert marking([*here, "Nguyễn chậm"], rest, 5, 3).count("nguyễn") == 0
    assert marking(["only here"] * 2, rest, 5, 3) == [], "what few have is nobody's to read"
    assert marking(["shout shout shout shout"] * 2 + ["is it"] * 30, ["so do"] * 30, 9, 3) == ["is it"]
    assert marking(["the parcel"] * 30, [*["the bill"] * 10, *["a price"] * 20], 5, 3) == ["parcel"], "the is common"
    assert marking(here, [], 5, 3) == []
    assert marking(["same words here"] * 30, ["same words here"] * 30, 5, 3) == []


@pytest.mark.parametrize(
    ("spans", "cut"),
    [
        ([], [("abcdef", False)]),
        ([(0, 2)], [("ab", True), ("cdef", False)]),
        ([(4, 99), (1, 3)], [("a", False), ("bc", True), ("d", False), ("ef", True)]),
        ([(1, 4), (2, 5)], [("a", False), ("bcd", True), ("e", True), ("f", False)]),
        ([(3, 3), (5, 2), (9, 12)], [("abcdef", False)]),
    ],
)
def test_texts_are_cut_at_their_spans(spans: list[tuple[int, int]], cut: list[tuple[str, bool]]) -> None:
    assert pieces("abcdef", spans) == cut


def test_evidence_is_that_of_the_theme() -> None:
    span = {"start": 1, "end": 2}
    answer = {"themes": [{"label": "billing", "evidence": [span]}, {"label": "delivery", "evidence": []}]}
    assert evidence(answer, "billing") == [(1, 2)]
    assert evidence(answer, "delivery") == []
    assert evidence(answer, "") == [(1, 2)]
    assert evidence({"kind": None}, "billing") == []


def test_as_many_messages_are_read_as_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = put(store, [LATE.format(each) for each in range(20)], "delivery")
    asked: list[int] = []
    read = Store.wordings

    def counted(self: Store, ids: Sequence[int], longest: int = 10) -> Any:
        asked.append(len(ids))
        return read(self, ids, longest)

    monkeypatch.setattr(Store, "wordings", counted)
    monkeypatch.setattr(examples, "CANDIDATES", 7)
    look(store, {("delivery", "en"): ids}, theme="delivery")
    assert asked == [7, 0] or asked == [7]


def test_days_are_those_of_receipt(store: Store) -> None:
    ids = put(store, [LATE.format(each) for each in range(6)], "delivery")
    found = look(store, {("delivery", "en"): ids})[0].cells[0].examples[0]
    assert found.day == (NOON + timedelta()).date()
