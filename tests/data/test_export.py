"""A corpus becomes an ordinary dataset folder, which `datasets` reads as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data.__main__ import main
from data.corpus import write_messages
from data.export import CARD, COLUMNS, ExportError, export_dataset
from data.message import SPLITS, Message
from data.taxonomy import read_taxonomy

MESSAGES = [
    Message(
        id=f"{language}-{number}",
        text=f"Text {number}, áéíöđ 👍",
        lang=language,
        kind="request",
        themes=["billing", "returns"][: number % 3],
        emotion=None if number % 2 else "neutral",
        group=f"{language}-{number}",
        split=SPLITS[number % 3] if language == "en" else "train",
    )
    for language in ("en", "fi")
    for number in range(6)
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for language in ("en", "fi"):
        write_messages(tmp_path / "corpus" / language / "a.jsonl", [m for m in MESSAGES if m.lang == language])
    return tmp_path / "corpus"


def export(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    export_dataset(MESSAGES, read_taxonomy(), folder, name="ours", licence="cc-by-4.0", origin="Of our own.")


def test_datasets_loads_the_folder_with_its_splits_and_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    export(tmp_path / "out")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True, raising=False)
    read = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in read.items()} == {"train": 8, "calibration": 2, "gold": 2}
    assert read["train"].column_names == list(COLUMNS)
    back = [Message(**row, split=split) for split, rows in read.items() for row in rows]
    assert sorted(back, key=lambda m: m.id) == sorted(MESSAGES, key=lambda m: m.id)
    finnish = datasets.load_dataset(str(tmp_path / "out"), "fi", cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in finnish.items()} == {"train": 6}


def test_the_card_names_licence_columns_and_splits(tmp_path: Path) -> None:
    export(tmp_path / "out")
    card = (tmp_path / "out" / CARD).read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["license"] == "cc-by-4.0"
    assert head["language"] == ["en", "fi"]
    assert [config["config_name"] for config in head["configs"]] == ["default", "en", "fi"]
    assert all(f"| `{column}` |" in card for column in COLUMNS)
    assert "| train | 2 | 6 |" in card
    assert read_taxonomy(tmp_path / "out" / "taxonomy.yaml") == read_taxonomy()
    assert not any(message.text in card for message in MESSAGES)


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(ExportError, match="not empty"):
        export(tmp_path / "out")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["mine.txt"]
    with pytest.raises(ExportError, match="no message"):
        export_dataset([], read_taxonomy(), tmp_path / "none", name="x", licence="other", origin="")


def test_the_command_wants_a_licence_for_messages_of_ones_own(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    arguments = ["export", "--corpus", str(corpus), "--to", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "--licence" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([*arguments, "--licence", "other"]) == 0
    assert "4 files" in capsys.readouterr().out
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
