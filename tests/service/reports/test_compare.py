from __future__ import annotations

from collections.abc import Sequence

import pytest

from data.store.facts import Fact
from data.taxonomy import read_taxonomy
from models.confusion import Confusion, Hits
from service.reports.compare import compare
from service.reports.comparing import comparing
from service.reports.counts.prevalence import Prevalence
from service.reports.figure import Figure, Interval
from service.reports.filters import Filter
from service.reports.tongue import Tongue
from service.reports.view import View
from tests.service.reports.toy_ledger import fact, ledger

TAXONOMY = read_taxonomy()


def tickets(n: int, labelled: int, lang: str = "en", channel: str = "email", urgency: str = "normal") -> list[Fact]:
    """n tickets, the first of which are about billing."""
    return [
        fact(
            lang=lang, channel=channel,
            labels={"themes": ["billing"] if i < labelled else ["delivery"], "urgency": [urgency]},
        )
        for i in range(n)
    ]  # fmt: skip


def errors(**languages: tuple[float, float]) -> Prevalence:
    """Sensitivity and false-positive rate for themes by language, measured on many messages; urgency is never wrong."""
    labels, steps = TAXONOMY.ids("themes"), TAXONOMY.ids("urgency")

    def hits(hit: float, false: float) -> Hits:
        return Hits(
            tp=round(6000 * hit), fn=round(6000 * (1 - hit)), fp=round(24000 * false), tn=round(24000 * (1 - false))
        )

    many = {lang: {label: hits(*rates) for label in labels} for lang, rates in languages.items()}
    rows = [[6000 if said == true else 0 for said in range(len(steps) + 1)] for true in range(len(steps))]
    single = {"urgency": dict.fromkeys(languages, rows)}
    found = Confusion(labels={"themes": labels, "urgency": steps}, many={"themes": many}, single=single)
    return Prevalence({"v1": found})


GOOD = errors(en=(0.99, 0.001))


def view(facts: Sequence[Fact], prevalence: Prevalence | None = None, **asked: str) -> View:
    found = ledger(*facts)
    chosen = Filter.model_validate(asked).dated(found)
    return View(found, chosen, Tongue("en", TAXONOMY), prevalence or Prevalence({}))


def figure(made: Sequence[Figure], id_: str) -> Figure:
    return next(each for each in made if each.id == id_)


def row(made: Figure, title: str) -> dict[str, object]:
    found = next(row for row in made.table.rows if row[0] == title)
    return {column.id: cell for column, cell in zip(made.table.columns, found, strict=True)}


def test_sides_that_differ_are_named() -> None:
    made = compare(view([*tickets(300, 90), *tickets(300, 30, channel="chat")], GOOD), "channel")
    billing = row(figure(made, "themes"), Tongue("en", TAXONOMY).label("themes", "billing"))
    share = billing["side_1"]
    assert isinstance(share, Interval)
    assert share.mid == pytest.approx(0.3, abs=0.01)
    assert share.counted == pytest.approx(0.3)
    assert (billing["more"], billing["less"], billing["doubtful"]) == ("email", "chat", "")
    listed = figure(made, "differences")
    assert len(listed.table.rows) == 2, "billing and delivery; of two sides one is the other's mirror"
    assert listed.chart is not None
    assert "“" in listed.told
    assert "Corrected for" in listed.note
    assert "not listed" in listed.note, "kinds, motives and the like are not corrected"
    assert listed.table.columns[-1].title == "False ones among all as clear as this"
    assert [each[:2] for each in figure(made, "sides").table.rows] == [["chat", 300], ["email", 300]]


def test_where_errors_are_not_known_no_difference_is_sure() -> None:
    made = compare(view([*tickets(300, 90), *tickets(300, 30, channel="chat")]), "channel")
    listed = figure(made, "differences")
    assert listed.table.rows == []
    assert "Corrected for" not in listed.note
    assert "not listed" in listed.note
    themes = figure(made, "themes")
    billing = row(themes, Tongue("en", TAXONOMY).label("themes", "billing"))
    assert (billing["more"], billing["less"], billing["doubtful"]) == ("", "", "chat, email")
    assert themes.told.startswith("No difference is larger than")


def test_what_only_the_classifier_makes_differ_is_told() -> None:
    # Of 600 tickets in each language 120 are about billing; in Vietnamese one of two is missed.
    facts = [*tickets(600, 120, "fi"), *tickets(600, 60, "vi")]
    made = compare(view(facts, errors(fi=(1.0, 0.0), vi=(0.5, 0.0))), "lang")
    billing = row(figure(made, "themes"), Tongue("en", TAXONOMY).label("themes", "billing"))
    assert billing["more"] == billing["less"] == ""
    assert billing["doubtful"] == "Finnish, Vietnamese"
    assert "classifier" in figure(made, "themes").note


def test_small_sides_are_left_out_or_marked() -> None:
    facts = [
        *tickets(200, 20),
        *tickets(40, 4, channel="chat"),
        *tickets(29, 20, channel="phone"),
        *tickets(50, 50, channel=""),
    ]
    made = compare(view(facts), "channel")
    sides = figure(made, "sides")
    assert [each[0] for each in sides.table.rows] == ["email", "chat"]
    assert [bool(each[2]) for each in sides.table.rows] == [False, True]
    assert "79" in sides.note
    assert compare(view(tickets(200, 20)), "channel") == [], "one side alone is not compared"


def test_what_could_not_be_read_is_on_no_side() -> None:
    silent = [fact(lang="de", labels={"kind": [], "urgency": [], "emotion": []}) for _ in range(100)]
    made = compare(
        view([*tickets(100, 9, "fi"), *tickets(100, 9), *silent], errors(fi=(0.9, 0.0), en=(0.9, 0.0))), "lang"
    )
    assert [each[0] for each in figure(made, "sides").table.rows] == ["English", "Finnish"]


def test_urgency_is_also_compared_from_each_step_up() -> None:
    facts = [
        *tickets(60, 0),
        *tickets(60, 0, channel="chat", urgency="high"),
        *tickets(60, 0, channel="chat", urgency="critical"),
    ]
    urgency = figure(compare(view(facts, GOOD), "channel"), "urgency")
    pressing = row(urgency, f"{Tongue('en', TAXONOMY).label('urgency', 'high')} or more urgent")
    assert isinstance(pressing["side_0"], Interval)
    assert pressing["side_0"].mid == pytest.approx(1.0, abs=0.01)
    assert pressing["more"] == "chat"


def test_a_group_that_the_view_asks_for_is_left_out() -> None:
    facts = [*tickets(100, 60), *tickets(100, 60, channel="chat")]
    made = {each.id for each in compare(view(facts, theme="billing"), "channel")}
    assert "themes" not in made
    assert {"kind", "urgency", "emotion"} <= made


def test_no_differences_are_said_to_be_none() -> None:
    made = compare(view([*tickets(100, 20), *tickets(100, 22, channel="chat")]), "channel")
    assert figure(made, "differences").table.rows == []
    assert figure(made, "differences").chart is None
    told = figure(made, "themes").told
    assert told.startswith("No difference is larger than chance")
    assert told.endswith("is in 22% of the messages of chat and in 20% of the others."), "what comes nearest is named"


def test_the_page_says_what_was_found_and_leads_to_every_figure() -> None:
    made = comparing(view([*tickets(300, 90), *tickets(300, 30, channel="chat")], GOOD))
    parts = {part.title: part for part in made.extra["parts"]}
    assert list(parts) == ["By language", "By channel", "By branch", "By system"]
    assert parts["By channel"].told.startswith("The clearest difference")
    assert ("channel-themes", "Themes") in [(id_, title) for id_, title in parts["By channel"].figures]
    assert [id_ for part in parts.values() for id_, _ in part.figures] == [each.id for each in made.figures]
    assert "two sides with 30 messages" in parts["By language"].told


def test_where_nothing_can_be_compared_the_page_says_so() -> None:
    made = comparing(view(tickets(20, 4), channel="email"))
    assert made.figures == []
    assert ["two sides with 30" in part.told for part in made.extra["parts"]] == [True] * 3


def test_small_sides_are_compared_together() -> None:
    small = [each for name in ("Bilbao", "Cork", "Leeds") for each in tickets(20, 2, channel=name)]
    made = compare(view([*tickets(60, 55, channel="Tampere"), *small], GOOD), "channel")
    sides = figure(made, "sides").table
    assert [each[:2] for each in sides.rows] == [["Tampere", 60], ["The others together", 60]]
    assert sides.links[1] is None, "no filter asks for them"
    assert row(figure(made, "themes"), Tongue("en", TAXONOMY).label("themes", "billing"))["more"] == "Tampere"
