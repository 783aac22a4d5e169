from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Literal

import pytest
from PIL import Image

from service.reports.figure import Break, Chart, Column, Figure, Interval, Table
from service.reports.tongue import Tongue
from service.reports.web.charts import NARROW, WIDE, chart_size, draw, drawable, few
from service.reports.web.writing import Pen
from tests.service.reports.toy_site import TAXONOMY

Kind = Literal["bars", "stack", "lines", "heat", "quadrant"]
VIETNAMESE = "Giao hàng và lắp đặt – Ữ Ậ ợ"
SVG = "{http://www.w3.org/2000/svg}"


def pen(language: str = "en") -> Pen:
    return Pen(Tongue(language, TAXONOMY))


def named(kind: Kind, series: tuple[str, ...] = ("a", "b"), rows: int = 3) -> Figure:
    columns = [Column("name", "Name", "text"), Column("a", "$A_1$ & <b>"), Column("b", "B"), Column("c", "C")]
    table = [
        [f"{VIETNAMESE} {number}", Interval(5.0 + number, 3.0, 9.0, 4.0), 7, None if number else 2.5]
        for number in range(rows)
    ]
    return Figure("toy", "A toy", Table(columns, table), Chart(kind, series))


def dated(undrawn: tuple[date, ...] = (), breaks: tuple[Break, ...] = ()) -> Figure:
    days = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(6)]
    columns = [Column("week", "Week", "date"), Column("a", "A", "share"), Column("b", "B", "share")]
    rows = [[day, Interval(0.2, 0.1, 0.3), None if place == 2 else 0.5] for place, day in enumerate(days)]
    return Figure("toy", "A toy", Table(columns, rows), Chart("lines", ("a", "b"), breaks, undrawn))


def texts(svg: bytes) -> str:
    return " ".join("".join(each.itertext()) for each in ET.fromstring(svg).iter(f"{SVG}text"))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("kind", ["bars", "stack", "heat", "quadrant"])
def test_text_stays_text_in_every_kind_of_chart(kind: Kind, narrow: bool) -> None:
    figure = named(kind, ("a", "b", "c") if kind == "quadrant" else ("a", "b"))
    svg = draw(figure, pen(), "svg", narrow=narrow)
    said = re.sub(r"\s+", " ", texts(svg))
    assert "Giao hàng" in said
    assert "lắp đặt" in said
    assert "$A_1$ & <b>" in said, "neither mathematics nor markup"
    root = ET.fromstring(svg)
    assert (root.get("width"), root.get("height")) == tuple(f"{side}pt" for side in chart_size(figure, narrow=narrow))
    assert chart_size(figure, narrow=narrow)[0] == (NARROW if narrow else WIDE)
    assert len(svg) < 60_000
    assert b"<image" not in svg


@pytest.mark.parametrize("kind", ["bars", "heat", "quadrant"])
def test_what_no_svg_may_hold_is_left_out_of_names(kind: Kind) -> None:
    figure = named(kind, ("a", "b", "c") if kind == "quadrant" else ("a", "b"))
    columns = [replace(each, title=f"{each.title}\x0b\uffff") for each in figure.table.columns]
    rows = [[f"Leeds\ufffe\x01 {number}", *row[1:]] for number, row in enumerate(figure.table.rows)]
    odd = replace(figure, title="Odd\uffff", table=Table(columns, rows))
    assert "Leeds 1" in re.sub(r"\s+", " ", texts(draw(odd, pen(), "svg")))
    assert draw(odd, pen(), "png").startswith(b"\x89PNG")


def test_lines_say_where_figures_cannot_be_compared() -> None:
    broken = draw(dated(breaks=(Break(date(2026, 1, 20), "another model"),)), pen(), "svg")
    assert "another model" in texts(broken)
    assert "another model" not in texts(draw(dated(breaks=(Break(date(2020, 1, 20), "another model"),)), pen(), "svg"))
    assert "60%" in texts(broken) or "50%" in texts(broken)


def test_periods_that_are_not_whole_are_not_drawn() -> None:
    whole, without = (draw(dated(undrawn), pen(), "svg") for undrawn in ((), (date(2026, 2, 9),)))
    points = [svg.count(b"<use ") for svg in (whole, without)]
    assert points[1] < points[0]


def test_numbers_are_written_in_the_readers_language() -> None:
    figure = Figure(
        "toy", "", Table([Column("n", "N", "text"), Column("a", "A")], [["x", 12_000]]), Chart("bars", ["a"])
    )
    assert "12,000" in texts(draw(figure, pen("en"), "svg"))
    assert "12.000" in texts(draw(figure, pen("vi"), "svg"))


def test_a_picture_is_white_and_sharp() -> None:
    figure = named("bars")
    picture = Image.open(BytesIO(draw(figure, pen(), "png")))
    wide, high = chart_size(figure)
    assert picture.size == (2 * wide, 2 * high)
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["bars", "stack", "heat", "quadrant", "lines"])
def test_nothing_to_draw_is_no_fault(kind: Kind) -> None:
    assert draw(named(kind, rows=0), pen(), "svg").startswith(b"<?xml")


def test_many_rows_are_drawn_up_to_a_bound() -> None:
    assert chart_size(named("bars", rows=4_000))[1] < 3_000
    with pytest.raises(ValueError, match="no chart"):
        draw(Figure("toy", "", Table([], [])), pen(), "svg")


def test_several_threads_draw_as_one_would() -> None:
    figures = [named("bars"), dated()] * 2
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda figure: draw(figure, pen(), "svg"), figures))
    assert drawn[:2] == drawn[2:], "the same figure gives the same bytes"
    assert drawn[0] == draw(named("bars"), pen(), "svg")


def test_matplotlib_is_loaded_with_the_first_chart_alone() -> None:
    told = "import sys, service.app; print([m for m in ('matplotlib', 'weasyprint', 'openpyxl') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_rows_without_a_number_stand_in_the_table_alone() -> None:
    few = Table(named("heat").table.columns, [*named("heat").table.rows, ["Empty", "too few", "too few"]])
    figure = Figure("x", "X", few, Chart("heat", ("a", "b")))
    assert chart_size(figure) == chart_size(named("heat"))
    assert "Empty" not in texts(draw(figure, pen(), "svg"))


SHARES = (Column("x", "Urgent", "share"), Column("y", "Furious", "share"))


def points(*rows: tuple[object, object], corners: tuple[str, ...] = ()) -> Figure:
    columns = [Column("name", "Name", "text"), *SHARES, Column("n", "Messages")]
    table = [[f"Theme {place}", x, y, Interval(9.0, 1.0, 20.0)] for place, (x, y) in enumerate(rows, 1)]
    return Figure("toy", "A toy", Table(columns, table), Chart("quadrant", ("x", "y", "n"), corners=corners))  # type: ignore[arg-type]


def test_without_anything_to_draw_a_figure_is_not_drawable() -> None:
    assert not drawable(points(("too few", "too few"), ("too few", 0.2)))
    assert few(points(("too few", "too few")))
    assert drawable(points(("too few", "too few"), (0.1, 0.2)))
    assert not few(named("heat"))
    empty = Table(named("heat").table.columns, [["Empty", "too few", "too few"], ["None", None, None]])
    for kind in ("bars", "heat", "stack"):
        assert not drawable(Figure("x", "X", empty, Chart(kind, ("a", "b"))))
    assert not drawable(Figure("x", "X", empty))


def places_of(svg: bytes) -> dict[str, str | None]:
    return {"".join(each.itertext()): each.get("transform") for each in ET.fromstring(svg).iter(f"{SVG}text")}


def test_points_at_one_place_have_their_names_at_different_ones() -> None:
    found = places_of(draw(points((0.2, 0.3), (0.2, 0.3), (0.2, 0.3), (0.5, 0.6)), pen(), "svg"))
    assert len({found[f"Theme {place}"] for place in range(1, 5)}) == 4


def test_where_it_is_narrow_points_have_numbers_and_corners_have_names() -> None:
    figure = points((0.2, 0.3), (0.5, 0.6), corners=("Calm", "Calm and urgent", "Furious and urgent", "Furious"))
    narrow, wide = draw(figure, pen(), "svg", narrow=True), draw(figure, pen(), "svg")
    assert "Theme 1" in places_of(wide)
    assert {"1", "2", "1 Theme 1", "2 Theme 2"} <= set(places_of(narrow))
    assert "Theme 1" not in places_of(narrow)
    for drawn in (narrow, wide):
        assert "Furious and urgent" in re.sub(r"\s+", " ", texts(drawn))


def test_a_row_may_be_named_by_two_columns() -> None:
    table = Table(
        [Column("label", "Label", "text"), Column("day", "Day", "date"), Column("a", "A")],
        [["Billing", date(2026, 3, 2), 5], ["Billing", date(2026, 4, 2), 7]],
    )
    drawn = texts(draw(Figure("x", "X", table, Chart("bars", ("a",), named_by=2)), pen(), "svg"))
    assert "Mar 2, 2026" in drawn
    assert "Apr 2, 2026" in drawn


def test_an_axis_begins_at_nought_where_nothing_is_below() -> None:
    drawn = texts(draw(dated(), pen(), "svg"))
    assert "-" not in drawn
