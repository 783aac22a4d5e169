"""The reports on the demonstration find what its calendar planted, read by the model that is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from data.store.store import Store
from data.taxonomy import Taxonomy
from models.registry import SHIPPED
from service.demo import Calendar, date_messages, fill, read_demo
from service.loading import current, load
from service.reports.alarms.rising_page import rising
from service.reports.attention import attention
from service.reports.comparing import comparing
from service.reports.counts.prevalence import Prevalence
from service.reports.figure import Figure, Interval
from service.reports.filters import Filter
from service.reports.ledger import Ledger, day_of, join_ledgers, make_ledger
from service.reports.overview import overview
from service.reports.pages import Content
from service.reports.psychology.page import psychology
from service.reports.since import Since
from service.reports.tongue import Tongue
from service.reports.view import View
from service.reports.web.desk import read_confusions
from service.settings import Settings

pytestmark = pytest.mark.e2e

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Demo:
    """The demonstration as it is on one day."""

    def __init__(self, ledger: Ledger, calendar: Calendar, taxonomy: Taxonomy) -> None:
        self.ledger, self.calendar, self.taxonomy = ledger, calendar, taxonomy
        self.prevalence = Prevalence(read_confusions(SHIPPED))

    def view(self, **asked: object) -> View:
        asks = Filter.model_validate(asked).dated(self.ledger)
        return View(self.ledger, asks, Tongue("en", self.taxonomy), self.prevalence)

    def days(self, story: str) -> tuple[date, date]:
        """The first and the last day of a story."""
        told = self.calendar.stories[story]
        return (NOW - timedelta(weeks=told.begins)).date(), (NOW - timedelta(weeks=told.ends)).date()

    def during(self, story: str, **asked: object) -> View:
        first, last = self.days(story)
        return self.view(**{"from": first, "to": last}, **asked)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    store = Store.open(f"sqlite:///{folder / 'tickets.db'}", folder / "secret")
    calendar, messages = read_demo()
    engine = load(current(None), Settings())
    fill(store, engine, date_messages(calendar, messages, NOW), calendar, NOW, 2)
    yield Demo(join_ledgers([make_ledger(facts) for facts in store.facts()]), calendar, engine.taxonomy)
    store.close()


def figure(made: Content, id_: str) -> Figure:
    found = made.figure(id_)
    assert found, id_
    return found


def estimate(made: Figure, row: object, column: str) -> Interval:
    place = [each.id for each in made.table.columns].index(column)
    cell = next(each[place] for each in made.table.rows if each[0] == row)
    assert isinstance(cell, Interval)
    return cell


def alarms(made: Content, theme: str) -> list[date]:
    """Days after which alarms of a theme were given."""
    name = next(row for row in made.figures if row.id == "alarms")
    return [day for title, day, *_ in name.table.rows if title == theme and isinstance(day, date)]


def test_every_count_is_corrected(demo: Demo) -> None:
    themes = figure(overview(demo.view()), "themes")
    assert themes.note.startswith("Estimated"), "the shipped model says how it errs, by the name that its answers bear"


def test_the_price_is_what_the_last_weeks_are_about(demo: Demo) -> None:
    first, _ = demo.days("price")
    billing = "Billing and payments"
    view = demo.view()
    assert any(first <= day <= first + timedelta(days=5) for day in alarms(rising(view), billing))
    assert attention(Since(view))[0].name == billing
    assert psychology(view).extra["advice"][0].theme == "billing"
    assert estimate(figure(overview(demo.during("price")), "themes"), billing, "change").low > 0


def test_the_release_rises_in_its_week(demo: Demo) -> None:
    first, last = demo.days("release")
    apps = "Apps and digital services"
    assert any(first <= day <= last for day in alarms(rising(demo.view()), apps))
    assert apps not in [each.name for each in attention(Since(demo.view()))], "it was over weeks ago"
    during = estimate(figure(overview(demo.during("release")), "themes"), apps, "share")
    after = estimate(
        figure(overview(demo.view(**{"from": last + timedelta(days=1), "to": last + timedelta(days=30)})), "themes"),
        apps,
        "share",
    )
    assert during.low > 2 * after.high


def test_the_strike_rises_in_spain_in_its_weeks(demo: Demo) -> None:
    first, last = demo.days("strike")
    delivery = "Delivery and installation"
    assert any(first <= day <= last for day in alarms(rising(demo.view(lang="es")), delivery))
    told = [text for _, text in rising(demo.view()).extra["alarms"] if text.startswith(delivery)]
    assert any("Above all in Spanish" in text for text in told), "who looks at everything is told where"
    during = figure(overview(demo.during("strike", lang="es")), "themes")
    assert estimate(during, delivery, "change").low > 0
    assert estimate(during, delivery, "share").mid > 0.4
    elsewhere = figure(overview(demo.during("strike", lang="fi")), "themes")
    assert estimate(elsewhere, delivery, "share").mid < 0.4


def test_the_rude_shop_stands_out_among_the_branches(demo: Demo) -> None:
    made = comparing(demo.during("rude"))
    shares = next(each for each in made.figures if each.id == "branch-themes")
    places = {column.title: place for place, column in enumerate(shares.table.columns)}
    row = next(each for each in shares.table.rows if each[0] == "Staff conduct")
    here, others = row[places["Tampere"]], row[places["The others together"]]
    assert isinstance(here, Interval)
    assert isinstance(others, Interval)
    assert here.mid > 1.7 * others.mid
    assert row[places["More than elsewhere in"]] == "Tampere"
    told = next(part.told for part in made.extra["parts"] if part.title == "By branch")
    assert "of the messages of Tampere" in told
    assert told.startswith("The clearest difference")
    largest = max(
        shares.table.rows, key=lambda each: cell.mid if isinstance(cell := each[places["Tampere"]], Interval) else 0
    )
    assert largest[0] == "Staff conduct"
    rows = demo.during("rude", branch="Tampere").tickets
    assert rows.labels["themes"].of("staff_conduct").mean() > 0.4


def test_the_recall_is_calm_but_urgent(demo: Demo) -> None:
    first, last = demo.days("recall")
    tickets = demo.ledger[(demo.ledger.days >= day_of(first)) & (demo.ledger.days <= day_of(last))]
    danger = tickets[tickets.labels["signals"].of("harm")]
    assert len(danger) >= 8
    urgent = danger.labels["urgency"].any_of(["high", "critical"])
    furious = danger.labels["emotion"].of("anger")
    assert urgent.mean() > 0.7
    assert furious.mean() < 0.4
    made = psychology(demo.during("recall"))
    moods = {str(row[0]): row[1] for row in figure(made, "moods").table.rows}
    calm, angry = moods["Calm but urgent"], moods["Furious and urgent"]
    assert isinstance(calm, Interval)
    assert isinstance(angry, Interval)
    assert calm.mid > angry.mid
