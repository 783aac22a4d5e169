"""Which file is opened as what, and which of its columns is the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.tables.choose import choose_text, find_column
from data.tables.files import FORMATS, open_table
from data.tables.table import TableError


def choose(folder: Path, written: str, wanted: str | None = None) -> str:
    path = folder / "in.csv"
    path.write_text(written, encoding="utf-8")
    with open_table(path) as table:
        return table.columns[choose_text(table, wanted)]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [("id,message,text", "text"), ("id,Message,n", "Message"), ("id, TEXT ,n", " TEXT "), ("a,body,c", "body")],
)
def test_the_usual_names_are_found_and_else_what_is_like_text(tmp_path: Path, header: str, chosen: str) -> None:
    assert (
        choose(tmp_path, f"{header}\n1,My parcel is late,The bill is wrong\n".replace("The bill is wrong", "2"), None)
        == chosen
    )


def test_a_name_is_looked_for_as_written_and_then_in_any_case(tmp_path: Path) -> None:
    assert choose(tmp_path, "Body,body\na,b\n", "body") == "body"
    assert choose(tmp_path, "Body,n\na,b\n", "body") == "Body"


@pytest.mark.parametrize(
    ("written", "wanted", "told"),
    [
        ("id,body\n1,x\n", "text", r"has no column 'text'; its columns are 'id', 'body'"),
        ("text,text\na,b\n", None, r"has 2 columns 'text': rename all but one"),
        ("a,b\n1,2\n", None, r"no column of .* may be the text: say which with --column; its columns are 'a', 'b'"),
        ("a,b\nno word from you,no word from us\n", None, r"2 columns of .* may be the text"),
        ("a,b\n", None, r"no column of .* may be the text"),
        ("1,My parcel is late\n2,My bill is wrong\n", None, r"looks like a row, not like a header"),
        ("My parcel is late again and nobody at your office answers my calls.\nx y z\n", None, "not like a header"),
    ],
)
def test_where_there_is_a_doubt_it_asks_and_lists_the_columns(
    tmp_path: Path, written: str, wanted: str | None, told: str
) -> None:
    with pytest.raises(TableError, match=told):
        choose(tmp_path, written, wanted)


def test_a_single_column_is_the_text_whatever_it_is_called(tmp_path: Path) -> None:
    assert choose(tmp_path, "complaint\nlate\n") == "complaint"


def test_a_column_of_other_things_than_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": 5}\n{"text": null}\n', encoding="utf-8")
    with open_table(path) as table, pytest.raises(TableError, match=r"'text' of .* holds no text but int"):
        choose_text(table)


def test_names_without_a_header_are_not_repeated_at_length(tmp_path: Path) -> None:
    with pytest.raises(TableError) as refused:
        choose(tmp_path, "x," + "secret " * 50 + "\n1,2\n", "text")
    assert str(refused.value).count("secret") < 10


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="'c29' and 70 more"):
        choose(tmp_path, ",".join(f"c{i}" for i in range(100)) + "\n", "text")


def test_a_second_column_is_found_alike(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text,Lang\na,b\n", encoding="utf-8")
    with open_table(path) as table:
        assert find_column(table, "lang") == 1


@pytest.mark.parametrize("name", ["in.json", "in.xls", "in", "in.csv.gz"])
def test_an_unknown_ending_lists_the_known_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text\na\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"should end in one of \.csv, \.tsv, "):
        open_table(tmp_path / name)


@pytest.mark.parametrize("ending", FORMATS)
def test_no_file_and_no_options_of_other_formats(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"in{ending}"
    with pytest.raises(TableError, match="there is no file"):
        open_table(path)
    if ending != ".xlsx":
        with pytest.raises(TableError, match="has no sheets"):
            open_table(path, sheet="Tickets")
    if ending in (".xlsx", ".parquet"):
        with pytest.raises(TableError, match="tells its encoding itself"):
            open_table(path, encoding="latin-1")
    path.mkdir()
    with pytest.raises(TableError, match="is a folder"):
        open_table(path)
