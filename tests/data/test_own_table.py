"""A company's own table becomes a corpus, or all that is wrong with it is told at once, without quoting a message."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from data.message import SPLITS
from data.own.columns import find_columns
from data.own.findings import OwnTableError
from data.own.naming import as_yaml, make_taxonomy
from data.own.rows import Row, read_rows, readable
from data.own.splits import SHARES, lacking, near_groups, split_groups
from data.own.table import FEWEST, Own, build_own
from data.tables.files import open_table
from data.tables.table import TableError
from data.taxonomy import GROUP_IDS, GroupId, Taxonomy, TaxonomyError, read_taxonomy

LANGUAGES = ("fi", "vi", "es", "en")
SAID = {
    "Lift out of order": "the lift in our building is stuck between the floors and nobody came to repair it",
    "roof": "water drips through the roof of the stairwell when it rains and the paint comes off",
    "Noise": "music from the flat above keeps us awake all night long and the children cannot sleep",
}
EXTRA = (
    "please help us soon", "since last monday", "we wrote to you before", "my mother is ill", "thank you for reading",
    "this is the third time", "call me in the evening", "it has become very cold", "the neighbours agree with me",
    "I pay my rent on time", "send somebody tomorrow", "it was mended only a year ago",
)  # fmt: skip
WHERE = "the table"
GERMAN = "Das Paket ist seit zwei Wochen unterwegs und niemand antwortet mir."


def rows(each: int = 12) -> list[Row]:
    """So many rows of each label, no two of them near copies."""
    pairs = list(itertools.permutations(EXTRA, 3))
    texts = [(label, f"{' and '.join(pairs[37 * i + place])}: {said[: 25 + i]}") for i in range(each)
             for place, (label, said) in enumerate(SAID.items())]  # fmt: skip
    return [Row(number, text.strip(), {"themes": (label,)}) for number, (label, text) in enumerate(texts, 1)]


def build(given: Sequence[Row], groups: Sequence[GroupId] = ("themes",), **options: object) -> Own:
    return build_own(given, groups, LANGUAGES, WHERE, **options)  # type: ignore[arg-type]


def changed(given: Sequence[Row], place: int, text: str | None = None, *labels: str) -> list[Row]:
    """The rows with another text or other themes in one place."""
    row = given[place]
    new = Row(row.number, row.text if text is None else text, {"themes": labels} if labels else row.labels)
    return [*given[:place], new, *given[place + 1 :]]


def write_csv(path: Path, header: Sequence[str], lines: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as out:
        csv.writer(out).writerows([header, *lines])
    return path


def test_a_table_becomes_a_corpus_with_a_taxonomy_of_its_labels() -> None:
    own = build(rows(20))
    assert own.taxonomy.languages == ["en"]
    assert [(group.id, group.mode, group.evidence) for group in own.taxonomy.groups] == [("themes", "one", True)]
    assert own.taxonomy.ids("themes") == ["lift_out_of_order", "noise", "roof"]
    assert own.taxonomy.groups[0].label("lift_out_of_order").name == {"en": "Lift out of order"}
    assert {message.lang for message in own.messages} == {"en"}
    assert all(not own.taxonomy.problems(message.labels) for message in own.messages)


def test_every_label_stands_in_every_split_by_its_share() -> None:
    own = build(rows(20))
    counts = Counter((m.themes[0], m.split) for m in own.messages)
    for label in own.taxonomy.ids("themes"):
        assert [counts[label, split] for split in SPLITS] == [14, 3, 3]


def test_of_too_few_rows_none_is_put_aside_to_calibrate() -> None:
    own = build(rows(20), enough=61)
    counts = Counter((m.themes[0], m.split) for m in own.messages)
    for label in own.taxonomy.ids("themes"):
        assert [counts[label, split] for split in SPLITS] == [17, 0, 3]


def test_the_fewest_rows_are_enough() -> None:
    own = build(rows(FEWEST))
    counts = Counter((m.themes[0], m.split) for m in own.messages)
    assert all(counts[label, split] for label in own.taxonomy.ids("themes") for split in SPLITS)


def test_the_same_rows_split_the_same_way_and_give_the_same_version() -> None:
    one, other = build(rows()), build(rows())
    assert one == other
    assert one.taxonomy.version.startswith("own-")
    more = build([*rows(), *(Row(900 + i, f"{EXTRA[i]} and {EXTRA[-i]}", {"themes": ("new",)}) for i in range(1, 11))])
    assert more.taxonomy.version != one.taxonomy.version


def test_near_copies_stand_in_one_split() -> None:
    base = rows(12)
    twins = [Row(100 + row.number, f"{row.text} regards, Ann", row.labels) for row in base[:12]]
    own = build([*base, *twins])
    where = {message.id: (message.group, message.split) for message in own.messages}
    assert all(where[f"row-{row.number}"] == where[f"row-{row.number - 100}"] for row in twins)


def test_a_made_taxonomy_is_a_file_like_any_other(tmp_path: Path) -> None:
    own = build(rows())
    path = tmp_path / "own.yaml"
    path.write_text(as_yaml(own.taxonomy), encoding="utf-8")
    assert read_taxonomy(path) == own.taxonomy


def test_labels_with_the_same_letters_keep_apart() -> None:
    given = [
        Row(i, f"text {i}", {"kind": (label,)}) for i, label in enumerate(["A+", "a-b", "a b", "A#", "Đổi trả", "1"])
    ]
    ids = make_taxonomy(given, ["kind"], ["vi"]).ids("kind")
    assert len(set(ids)) == len(ids) == 5  # "a-b" and "a b" are one label
    assert {"doi_tra", "label_1"} <= set(ids)


def test_several_labels_in_a_cell_make_a_set() -> None:
    given = changed(changed(rows(), 0, None, "roof", "Noise"), 4, None, "roof", "Lift out of order")
    own = build(given)
    assert own.taxonomy.groups[0].mode == "many"
    assert next(m for m in own.messages if m.id == "row-1").themes == ["roof", "noise"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (changed(rows(), 3, ""), "row 4: has no text"),
        ([*rows()[:5], Row(6, "hello there, what now", {"themes": ()}), *rows()[6:]], "row 6: has no themes"),
        (changed(rows(), 2, rows()[0].text.upper()), "rows 1, 3: the same text with different themes"),
        ([*rows(), Row(99, "the boiler leaks again", {"themes": ("boiler",)})], "themes.boiler has 1 usable rows, 8"),
        (changed(rows(), 7, GERMAN), "seems to be in 'de'"),
        ([Row(1, "a lift, a roof", {"themes": ("roof",)}, "line 2 has 9 cells"), *rows()], "9 cells"),
    ],
    ids=["empty text", "empty label", "contradiction", "few rows", "language", "form"],
)  # fmt: skip
def test_what_is_wrong_is_told_and_can_be_left_out(given: list[Row], told: str) -> None:
    with pytest.raises(OwnTableError) as caught:
        build(given)
    said = str(caught.value)
    assert told in said
    assert "--skip" in said
    assert not any(row.text and row.text in said for row in given)
    own = build(given, skip=True)
    assert own.taxonomy.ids("themes") == ["lift_out_of_order", "noise", "roof"]
    assert any("left out" in note for note in own.notes)


def test_everything_wrong_is_told_at_once() -> None:
    given = changed(changed(rows(), 3, ""), 2, rows()[0].text)
    with pytest.raises(OwnTableError) as caught:
        build(given)
    assert "empty text (1)" in str(caught.value)
    assert "contradiction (1)" in str(caught.value)


def test_rows_that_repeat_another_are_left_out_with_a_note() -> None:
    given = rows()
    own = build([*given, Row(77, given[0].text.upper() + "!!", given[0].labels)])
    assert len(own.messages) == len(given)
    assert any("row 77" in note for note in own.notes)


def test_a_label_that_the_taxonomy_does_not_have_is_told_with_the_one_that_it_resembles() -> None:
    taxonomy = build(rows()).taxonomy
    given = changed(rows(), 1, None, "rooof")
    with pytest.raises(OwnTableError, match="row 2: themes 'rooof' is not in the taxonomy; is 'roof' meant"):
        build(given, taxonomy=taxonomy)


def test_a_column_of_messages_is_no_column_of_labels() -> None:
    given = [Row(row.number, row.text, {"themes": (row.text,)}) for row in rows()]
    with pytest.raises(TaxonomyError, match="these are no labels") as caught:
        build(given)
    assert given[0].text not in str(caught.value)


def test_one_label_is_nothing_to_tell_apart() -> None:
    with pytest.raises(TaxonomyError, match="two labels"):
        build([Row(row.number, row.text, {"themes": ("all",)}) for row in rows()])


def test_copies_alone_cannot_be_split() -> None:
    text = "the lift in our building is stuck between the floors and nobody came to repair it"
    copies = [Row(100 + i, f"{text} {i}", {"themes": ("copied",)}) for i in range(10)]
    with pytest.raises(OwnTableError, match="near copies of each other"):
        build([*rows(), *copies])


def test_a_table_in_other_languages_is_refused_as_a_whole() -> None:
    given = [Row(i, f"{GERMAN} Nummer {i}", {"themes": ("a",)}) for i in range(1, 20)]
    with pytest.raises(OwnTableError, match="in none of fi, vi, es, en, but in de"):
        build(given)


def test_urgency_needs_an_order() -> None:
    given = [Row(row.number, row.text, {"urgency": ("now" if i % 2 else "later",)}) for i, row in enumerate(rows())]
    with pytest.raises(TaxonomyError, match="--taxonomy"):
        build(given, ["urgency"])
    known = [Row(row.number, row.text, {"urgency": ("high" if i % 2 else "Low",)}) for i, row in enumerate(rows())]
    own = build(known, ["urgency"])
    assert own.taxonomy.groups[0].mode == "ordered"
    assert any("no row has urgency.critical" in note for note in own.notes)


def test_a_given_taxonomy_is_narrowed_to_what_the_table_has() -> None:
    default = read_taxonomy()
    labels = default.ids("themes")[:3]
    given = [Row(row.number, row.text, {"themes": (labels[i % 3],)}) for i, row in enumerate(rows())]
    own = build(given, taxonomy=default)
    assert [group.id for group in own.taxonomy.groups] == ["themes"]
    assert own.taxonomy.version == f"{default.version}-themes"
    assert own.taxonomy.rules == []
    assert Taxonomy.model_validate(own.taxonomy.model_dump()) == own.taxonomy


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "parquet"])
def test_every_format_is_read_alike(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tickets.{ending}"
    lines = [(row.text, row.labels["themes"][0]) for row in rows()]
    if ending == "csv":
        write_csv(path, ["message", "topic"], lines)
    elif ending == "jsonl":
        path.write_text("\n".join(json.dumps({"message": a, "topic": b}) for a, b in lines), encoding="utf-8")
    elif ending == "xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        for line in [("message", "topic"), *lines]:
            book.active.append(line)
        book.save(path)
    else:
        arrow = pytest.importorskip("pyarrow")
        table = arrow.table({"message": [a for a, _ in lines], "topic": [b for _, b in lines]})
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
    assert read(path, "message", {"themes": "topic"}) == rows()


def read(path: Path, text: str | None = None, labels: Mapping[GroupId, str] | None = None) -> list[Row]:
    with open_table(path) as table:
        return list(read_rows(table, find_columns(table, text, labels or {})))


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["nr", "Text", "Topic"], [("1", "hello there you", "x;y")])
    assert read(path) == [Row(1, "hello there you", {"themes": ("x", "y")})]
    path = write_csv(tmp_path / "b.csv", ["text", "kind", "urgency", "label"], [("hello there you", "a", "low", "z")])
    assert read(path) == [Row(1, "hello there you", {"kind": ("a",), "urgency": ("low",)})]


@pytest.mark.parametrize(
    ("text", "labels", "told"),
    [
        ("body", {"themes": "topic"}, "no column 'body'"),
        ("message", {"themes": "subject"}, "no column 'subject'"),
        ("message", {"kind": "message"}, "named twice"),
        ("message", {}, "such as --themes COLUMN"),
    ],
)
def test_a_missing_column_is_told_with_those_that_there_are(
    tmp_path: Path, text: str, labels: Mapping[GroupId, str], told: str
) -> None:
    path = write_csv(tmp_path / "a.csv", ["message", "about"], [("hello there you", "x")])
    with pytest.raises(TableError, match=told) as caught:
        read(path, text, labels)
    assert "--column" not in str(caught.value)


def test_a_wrong_encoding_is_told_with_the_line_and_the_mend(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["message", "topic"], [("hyvää päivää kaikille", "x")], "cp1252")
    with pytest.raises(TableError, match=r"line 2 is not UTF-8.*--encoding cp1252"):
        read(path)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("a\x00b\ud800c", "a b c"),
        ("  e\u0301  ", "é"),
        (None, ""),
        (12, "12"),
        ("x" * 100_000, "x" * 20_000),
    ],
)
def test_cells_become_readable_text(cell: object, found: str) -> None:
    assert readable(cell) == found


def test_spreadsheet_numbers_and_flags_are_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one two three", "kind": 1.0}\n{"text": "four five six", "kind": true}', encoding="utf-8")
    assert [row.labels for row in read(path)] == [{"kind": ("1",)}, {"kind": ("true",)}]


def test_groups_join_through_others_and_stay_together() -> None:
    words = [f"word{i}" for i in range(30)]
    texts = [" ".join(words[i : i + 20]) for i in (0, 4, 8)] + ["something else altogether that is not like it"]
    groups = near_groups(texts)
    assert groups[0] == groups[1] == groups[2] != groups[3]
    splits = split_groups(groups, [["a"], ["a"], ["b"], ["b"]], SHARES)
    assert len(set(splits[:3])) == 1


def test_what_a_split_lacks_is_listed() -> None:
    assert lacking(["train", "gold", "train"], [["a"], ["a"], ["b"]]) == {"b": ["gold"]}


def test_every_group_of_the_taxonomy_can_be_a_column() -> None:
    assert set(GROUP_IDS) == {"kind", "themes", "urgency", "signals", "motives", "emotion"}
