"""Judged tickets leave the store as a table that `training own` learns from."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from data.__main__ import main
from data.own.columns import find_columns
from data.own.rows import read_rows
from data.own.table import Own, build_own
from data.store.judged import export_judged
from data.store.records import StoredLabels
from data.store.store import Store
from data.tables.files import open_table
from data.tables.table import TableError
from data.taxonomy import GROUP_IDS, Taxonomy
from tests.data.store.making import LABELS, correction, key, new, reading

TOPICS = ("refund", "courier", "password")


def fill(store: Store, each: int = 10) -> None:
    """Put tickets whose themes and urgency people settled; the machine says the same of all."""
    for topic in TOPICS:
        for number in range(each):
            name = f"{topic}-{number}"
            text = f'=please, "{topic}";\nwrite to [email] about {topic} {number} {chr(97 + number) * 5}'
            store.put(new(store, name, text), reading())
            labels: StoredLabels = {
                "themes": [topic, "any"] if number % 2 else [topic],
                "urgency": "high" if number % 3 else "low",
            }
            if not number:
                labels = {"themes": [topic]}
            store.correct(key(name), correction(labels={"themes": []}))
            store.correct(key(name), correction(labels=labels))
    store.put(new(store, "unjudged"), reading())


def learnt(path: Path) -> Own:
    with open_table(path) as table:
        columns = find_columns(table, None, {})
        groups = [group for group in GROUP_IDS if group in columns.labels]
        return build_own(read_rows(table, columns), groups, ["en"], table.name)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_is_written_is_what_the_reader_of_own_tables_takes(store: Store, tmp_path: Path, ending: str) -> None:
    fill(store)
    path = tmp_path / f"judged.{ending}"
    made = export_judged(store, path, ["themes"])
    own = learnt(path)
    assert (made.rows, made.left_out, len(own.messages)) == (30, {}, 30)
    assert set(own.taxonomy.ids("themes")) == {*TOPICS, "any"}
    assert all({message.text.split('"')[1]} == {*message.themes} - {"any"} for message in own.messages)
    assert all("write to [email]" in message.text for message in own.messages)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_what_people_settled_in_every_group_is_written(store: Store, tmp_path: Path) -> None:
    fill(store)
    made = export_judged(store, tmp_path / "judged.jsonl")
    assert made.groups == ["themes", "urgency"], "nobody settled the others"
    assert (made.rows, made.left_out) == (27, {"without a person's word on urgency": 3})
    own = learnt(tmp_path / "judged.jsonl")
    assert {message.urgency for message in own.messages} == {"high", "low"}
    assert {message.kind for message in own.messages} == {None}


def test_what_was_taken_back_is_not_written(store: Store, tmp_path: Path) -> None:
    fill(store)
    for name in ("refund-3", "refund-5"):
        for _ in range(2):
            store.undo(key(name), "ann")
    store.undo(key("refund-7"), "ann")
    made = export_judged(store, tmp_path / "judged.jsonl", ["themes"])
    names = {json.loads(line)["id"] for line in (tmp_path / "judged.jsonl").read_text(encoding="utf-8").splitlines()}
    assert len(names) == made.rows == 27
    assert made.left_out == {"without any label where one is needed": 1}
    assert not {"refund-3", "refund-5", "refund-7", "unjudged"} & names


def test_the_command_says_that_no_erasure_reaches_the_file(
    url: str, secret: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(url, secret)
    fill(store)
    store.close()
    command = ["store", "export-judged", "--store", url, "--secret", str(secret)]
    assert main([*command, str(tmp_path / "judged.csv")]) == 0
    told = capsys.readouterr().out
    assert "27 tickets, as people labelled their themes, urgency" in told
    assert "3 left out, without a person's word on urgency" in told
    assert "no erasure or retention reaches it" in told
    before = (tmp_path / "judged.csv").read_bytes()
    assert main([*command, str(tmp_path / "judged.csv")]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "judged.csv").read_bytes() == before
    assert main([*command, str(tmp_path / "judged.xlsx")]) == 2
    assert ".csv or .jsonl" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "kinds.csv"), "--groups", "kind"]) == 2
    assert "30 without a person's word on kind" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} & {"kinds.csv", "judged.xlsx"} == set()


def test_a_store_that_nobody_judged_has_nothing_to_write(store: Store, tmp_path: Path) -> None:
    store.put(new(store), reading())
    with pytest.raises(TableError, match="nobody has judged"):
        export_judged(store, tmp_path / "judged.csv")


def test_labels_are_written_in_the_words_of_a_taxonomy(
    url: str, secret: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def taxonomy(version: str, theme: str) -> str:
        labels = [{"id": each, "name": {"en": each}} for each in (theme, "billing")]
        groups = [{"id": "themes", "name": {"en": "Theme"}, "mode": "many", "labels": labels}]
        written = {"version": version, "languages": ["en"], "groups": groups}
        Taxonomy.model_validate(written)
        return yaml.safe_dump(written)

    (tmp_path / "taxonomies").mkdir()
    (tmp_path / "taxonomies" / "t1.yaml").write_text(taxonomy("t1", "delivery"))
    (tmp_path / "t2.yaml").write_text(taxonomy("t2", "shipping"))
    map_ = {"from": "t1", "to": "t2", "renamed": {"themes": {"delivery": "shipping"}}}
    (tmp_path / "taxonomies" / "map.yaml").write_text(yaml.safe_dump(map_))
    store = Store.open(url, secret)
    for number, version in enumerate(("t1", "t2")):
        store.put(new(store, number), reading(labels=LABELS))
        theme = "delivery" if version == "t1" else "shipping"
        given = correction(labels={"themes": [theme]}).model_copy(update={"taxonomy_version": version})
        store.correct(key(number), given)
    store.close()
    command = ["store", "export-judged", "--store", url, "--secret", str(secret)]
    assert main([*command, str(tmp_path / "as-given.jsonl")]) == 0
    assert "of the taxonomies t1, t2" in capsys.readouterr().out
    assert main([*command, str(tmp_path / "new.jsonl"), "--taxonomy", str(tmp_path / "t2.yaml")]) == 0
    lines = (tmp_path / "new.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["themes"] for line in lines] == [["shipping"], ["shipping"]]
