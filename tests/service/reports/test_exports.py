from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import sys
from datetime import date

import pytest
from openpyxl import load_workbook

from service.reports.figure import Column, Figure, Interval, Table
from service.reports.tongue import LANGUAGES, Tongue
from service.reports.web import exports
from service.reports.web.exports import as_csv, as_json, as_xlsx, csv_lines, pdf
from service.reports.web.writing import Pen
from tests.service.reports.printing import needs_printing
from tests.service.reports.toy_site import TAXONOMY

FIGURE = Figure(
    id="toy",
    title="Toy: a [sheet]/with a long name that no workbook would take",
    table=Table(
        [
            Column("name", "Nimi", "text"),
            Column("messages", "Viestit"),
            Column("share", "Osuus", "share"),
            Column("day", "Päivä", "date"),
        ],
        [
            ['=HYPERLINK("http://evil")', Interval(1234567.25, 10.0, 20.0, 11.0), 0.25, date(2026, 3, 1)],
            ['Giá, "phí"\x00\nthanh toán', Interval(math.nan, math.nan, math.nan, 3.0), None, None],
            [" +1", None, Interval(0.5, 0.4, 0.6), None],
        ],
    ),
)


def test_csv_holds_values_and_the_parts_of_estimates() -> None:
    written = as_csv(FIGURE)
    assert written.startswith(b"\xef\xbb\xbf"), "spreadsheets see UTF-8 by it"
    lines = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert lines[0] == [
        "name", "messages", "messages_low", "messages_high", "messages_counted", "share", "share_low", "share_high",
        "day",
    ]  # fmt: skip
    assert lines[1][1:6] == ["1234567.25", "10.0", "20.0", "11.0", "0.25"]
    assert lines[1][-1] == "2026-03-01"
    assert lines[2] == ['Giá, "phí"\nthanh toán', "", "", "", "3.0", "", "", "", ""]
    assert {len(line) for line in lines} == {9}


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_no_text_becomes_a_formula(begins: str) -> None:
    figure = Figure("toy", "", Table([Column("name", "", "text"), Column("n", "")], [[begins, -1]]))
    line = list(csv.reader(io.StringIO(as_csv(figure).decode("utf-8-sig"), newline="")))[1]
    assert line[0].startswith("'")
    assert line[1] == "-1", "a number is a number"
    sheet = load_workbook(io.BytesIO(as_xlsx(figure))).active
    assert sheet["A2"].data_type != "f"
    assert sheet["B2"].value == -1


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("between", [";", ",", "\t", "|", "\n", '";"', '; "', ";\t"])
def test_nor_does_a_part_of_one_where_another_separator_is_taken(between: str, decimal: str) -> None:
    branch = f"a{between}=cmd|'/C calc'!A0{between}x"
    figure = Figure("toy", "", Table([Column("name", "", "text"), Column("n", "")], [["b", 2.5], [branch, 1]]))
    written = as_csv(figure, decimal).decode("utf-8-sig")
    for separator in ",;\t|":
        cells = [cell for line in csv.reader(io.StringIO(written, newline=""), delimiter=separator) for cell in line]
        assert not any(cell.lstrip(' "\t\n').startswith("=") for cell in cells), separator


def test_an_apostrophe_stands_wherever_a_formula_could_begin_and_nowhere_else() -> None:
    dice = random.Random(0)
    for _ in range(3000):
        text = "".join(dice.choices('=-,;\t\n" a', k=dice.randrange(8)))
        begins = re.sub(r"(^(?=\s*[\t\r\n])|(?:^|[,;|\t\r\n])(?=[\s\"]*[=+\-@]))", r"\1'", text)
        assert csv_lines([[text]]) == '"{}"\r\n'.format(begins.replace('"', '""')), text


@pytest.mark.parametrize("blank", ["\n", "\t", '"', "\n "])
def test_blanks_by_the_hundred_thousand_are_looked_at_once(blank: str) -> None:
    run = blank * 200_000
    assert csv_lines([[f"a,{run}b"]]) == '"a,{}b"\r\n'.format(run.replace('"', '""'))
    assert csv_lines([[f"a,{run}=1"]]).startswith("\"a,'")


def test_csv_is_written_as_spreadsheets_of_the_readers_language_read_it() -> None:
    table = Table([Column("name", "", "text"), Column("n", ""), Column("day", "", "date")], [["a;b", 2.5, None]])
    told = {language: as_csv(Figure("toy", "", table), Tongue(language, TAXONOMY).decimal) for language in LANGUAGES}
    for language in ("fi", "vi", "es"):
        assert told[language].decode("utf-8-sig") == '"name";"n";"day"\r\n"a;b";2,5;\r\n'
    assert told["en"].decode("utf-8-sig") == '"name","n","day"\r\n"a;b",2.5,\r\n'


def test_a_workbook_has_dates_and_percentages() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(FIGURE))).active
    assert [cell.value for cell in sheet[1]][:2] == ["Nimi", "Viestit"]
    assert sheet["A2"].value == '=HYPERLINK("http://evil")'
    assert sheet["A2"].data_type == "s"
    assert sheet["F2"].number_format == "0.0%"
    assert sheet["I2"].value.date() == date(2026, 3, 1)
    assert sheet["B3"].value is None
    assert "\x00" not in sheet["A3"].value


def test_json_has_no_number_that_is_none() -> None:
    told = json.loads(json.dumps(as_json(FIGURE), allow_nan=False))
    assert told["rows"][0][1] == {"mid": 1234567.25, "low": 10.0, "high": 20.0, "counted": 11.0}
    assert told["rows"][1][1]["mid"] is None
    assert told["rows"][0][3] == "2026-03-01"
    assert [each["kind"] for each in told["columns"]] == ["text", "number", "share", "date"]


@needs_printing
def test_a_page_is_printed_from_own_files_alone() -> None:
    asked: list[str] = []

    def files(address: str) -> tuple[bytes, str] | None:
        asked.append(address)
        return (b"p { color: red }", "text/css") if address.endswith(".css") else None

    html = (
        '<link rel="stylesheet" href="/static/x.css"><p>Tiếng Việt</p><img src="http://127.0.0.1:9/x.png">'
        '<img src="file:///etc/passwd"><img src="/reports/x.svg"><iframe src="http://127.0.0.1:9/"></iframe>'
    )
    assert pdf(html, files).startswith(b"%PDF-")
    assert asked == ["/static/x.css", "/reports/x.svg"]


def test_without_its_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(exports.PdfMissing, match=r"apt install libpango-1\.0-0 libpangoft2-1\.0-0"):
        pdf("<p>x</p>")


@pytest.mark.parametrize(
    ("cell", "kind", "written"),
    [
        (Interval(120.4, 110, 131, 118), "number", ("120", "110–131", "118")),
        (Interval(-5, -9, -1), "number", ("-5", "-9 – -1", "")),
        (Interval(6.2, -6.8, 17.4, 3.5), "number", ("6", "-7 – 17", "4")),
        (Interval(0.3, -0.2, 0.4), "number", ("0", "", "")),
        (6.2, "number", ("6.2", "", "")),
        (Interval(3.0, 3.0, 3.0, 3.0), "number", ("3", "", "")),
        (Interval(math.nan, 0, 0), "number", ("–", "", "")),
        (-0.02, "number", ("0", "", "")),
        (0.0001, "share", ("< 0.1%", "", "")),
        (0.0, "share", ("0%", "", "")),
        (0.034, "share", ("3.4%", "", "")),
        (0.34, "share", ("34%", "", "")),
        (1234.0, "number", ("1,234", "", "")),
        (8.0, "hours", ("8.0", "", "")),
        (None, "text", ("–", "", "")),
        (date(2026, 3, 1), "month", ("March 2026", "", "")),
    ],
)
def test_cells_are_written_for_people(cell: Interval | float | None, kind: str, written: tuple[str, ...]) -> None:
    assert tuple(Pen(Tongue("en", TAXONOMY)).cell(cell, kind)) == written  # type: ignore[arg-type]
