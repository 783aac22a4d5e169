"""The audit finds what was planted: contradictory twins, scarce labels, odd white space, a wrong label."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.__main__ import main
from data.audit import audit
from data.corpus import write_messages
from data.dispute import disputes
from data.message import Message
from data.taxonomy import read_taxonomy

TAXONOMY = read_taxonomy()
BILLS = ["invoice", "charge", "fee", "amount", "sum", "price"]
VANS = ["parcel", "courier", "van", "driver", "depot", "doorstep"]


def message(number: int, text: str, theme: str) -> Message:
    return Message(
        id=f"m{number}", text=text, lang="en", kind="complaint", themes=[theme], urgency="normal", motives=["fix"],
        emotion="neutral", group=f"m{number}", split="train",
    )  # fmt: skip


def planted() -> list[Message]:
    rows = []
    for i in range(60):
        words, theme = (BILLS, "billing") if i % 2 else (VANS, "delivery")
        text = f"the {words[i % 6]} of order {i} was wrong and the {words[(i + 1) % 6]} on day {i} too"
        rows.append(message(i, text, theme))
    rows[7] = rows[7].model_copy(update={"themes": ["delivery"]})  # says invoice, labelled delivery
    return rows


def test_a_wrong_label_is_disputed() -> None:
    found = disputes(planted(), TAXONOMY)
    assert {(d.label, d.given) for d in found if d.id == "m7"} == {("billing", False), ("delivery", True)}
    assert len({d.id for d in found}) < 6


def test_contradictory_twins_scarce_labels_and_odd_spaces_are_told() -> None:
    twin = "my lift in the north tower has been stuck again since monday evening"
    rows = [message(0, twin, "premises"), message(1, twin + " sorry", "delivery"), message(2, "a\u00a0b  c", "policy")]
    report = audit(rows, TAXONOMY, judge=False)
    assert "m0, m1" in report
    assert "other themes" in report
    assert "themes.policy, en: 1 training messages" in report
    assert "no-break and other special spaces: 1 messages" in report
    assert "Disputed" not in report


def test_the_command_prints_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_messages(tmp_path / "en" / "x.jsonl", planted())
    assert main(["audit", "--corpus", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# Audit of 60 messages")
    assert "m7: adds themes.billing" in told
