from __future__ import annotations

from pathlib import Path

import pytest

from data.__main__ import main
from data.check import check_corpus
from data.corpus import CORPUS, CorpusError, read_corpus, read_messages, write_messages
from data.message import Message
from data.near import near_duplicates
from data.taxonomy import read_taxonomy


def message(id_: str = "a", text: str = "Lasku on väärin", **rest: object) -> Message:
    known: dict[str, object] = {
        "id": id_, "text": text, "lang": "fi", "kind": "complaint", "themes": ["billing"], "urgency": "normal",
        "motives": ["fix"], "emotion": "neutral", "group": id_, "split": "train",
    }  # fmt: skip
    return Message.model_validate({**known, **rest})


def findings(*messages: Message) -> list[str]:
    return [str(finding) for finding in check_corpus(messages, read_taxonomy())]


def test_the_written_corpus_is_clean() -> None:
    assert [str(finding) for finding in check_corpus(read_corpus(), read_taxonomy())] == []


def test_the_written_corpus_is_large_enough_in_every_language_and_split() -> None:
    messages = read_corpus()
    for language in ("fi", "vi", "es", "en"):
        own = [m for m in messages if m.lang == language]
        assert len(own) >= 400
        assert {m.split for m in own} == {"train", "calibration", "gold"}


def test_messages_survive_a_round_trip(tmp_path: Path) -> None:
    written = [message("a", "rivi\nja toinen \U0001f621"), message("b", 'hän sanoi "ei"\ttaas')]
    write_messages(tmp_path / "fi" / "x.jsonl", written)
    assert read_messages(tmp_path / "fi" / "x.jsonl") == written


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "a"', "line 2 is not JSON"),
        ('{"id": "a", "text": "x", "lang": "fi", "group": "a", "split": "test"}', "line 2, split"),
        ('{"id": "a", "text": "x", "lang": "fi", "group": "a", "split": "gold", "theme": []}', "line 2, theme"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "fi" / "x.jsonl"
    write_messages(path, [message()])
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(CorpusError, match=told):
        read_messages(path)


def test_a_message_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    write_messages(tmp_path / "es" / "x.jsonl", [message()])
    with pytest.raises(CorpusError, match="move it"):
        read_corpus(tmp_path)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fi" / "x.jsonl"
    path.parent.mkdir()
    path.write_bytes("lasku väärin".encode("utf-16"))
    with pytest.raises(CorpusError, match="UTF-8"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("messages", "check"),
    [
        ([message("a"), message("a", "Paketti katosi matkalla")], "identifier"),
        ([message(themes=["unknown"])], "labels"),
        ([message(themes=[])], "labels"),
        ([message(text=" väliä ")], "whitespace"),
        ([message(text="a\u0308iti")], "unicode"),
        ([message(text="nolla\x00")], "unicode"),
        ([message("a"), message("b", "LASKU on väärin!")], "duplicate"),
        ([message("a"), message("b", urgency="high")], "contradiction"),
        ([message("a", split="gold"), message("b", "Aivan muu asia tässä", group="a")], "leak"),
    ],
)
def test_each_fault_is_found(messages: list[Message], check: str) -> None:
    assert any(finding.startswith(check) for finding in findings(*messages))


def test_near_duplicates_are_found_across_groups_only() -> None:
    first = "Tilasin kolme viikkoa sitten takin eikä sitä ole vieläkään näkynyt missään"
    second = "Tilasin kolme viikkoa sitten takin eikä sitä ole vieläkään näkynyt, kiitos"
    assert any("near duplicate" in finding for finding in findings(message("a", first), message("b", second)))
    assert findings(message("a", first), message("b", second, group="a")) == []


def test_near_duplicates_measure_overlap() -> None:
    texts = ["one two three four five six", "one two three four five six", "quite another thing that happened here"]
    assert [(pair.first, pair.second, pair.overlap) for pair in near_duplicates(texts)] == [(0, 1, 1.0)]


def test_check_command_counts_and_fails_on_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_messages(tmp_path / "fi" / "x.jsonl", [message("a"), message("b")])
    assert main(["check", "--corpus", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "themes.billing" in shown
    assert "2 messages, 1 findings" in shown


def test_check_command_says_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--corpus", str(tmp_path / "none")]) == 2
    assert "no messages" in capsys.readouterr().err


def test_the_shipped_corpus_passes_the_command() -> None:
    assert main(["check", "--corpus", str(CORPUS)]) == 0
