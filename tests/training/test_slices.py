"""Slices and careless typing, on the toy engine's answers."""

from __future__ import annotations

from data.message import Message
from data.taxonomy import read_taxonomy
from tests.service.dummy_engine import DummyEngine
from training.evaluate import answer_labels, engine_answers
from training.slices import LEAST, careless_table, slice_table, slices

TEXT = "My parcel is late and I was charged twice"


def messages(count: int, words: int, channel: str, tags: list[str]) -> list[Message]:
    return [
        Message(
            id=f"{channel}-{i}", text=" ".join([TEXT] * words), lang="en", kind="complaint", urgency="normal",
            themes=["delivery", "billing"], emotion="neutral", group=f"{channel}-{i}", split="gold",
            channel=channel, tags=tags,
        )
        for i in range(count)
    ]  # fmt: skip


ROWS = messages(LEAST, 1, "chat", ["irony"]) + messages(LEAST, 5, "email", []) + messages(LEAST - 1, 1, "phone", [])


def test_slices_are_named_and_small_ones_left_out() -> None:
    found = slices(ROWS)
    assert list(found) == ["all", "1–12 words", "36–80 words", "channel chat", "channel email", "tag irony"]
    assert found["tag irony"] == found["channel chat"] == list(range(LEAST))


def test_every_slice_has_its_figures() -> None:
    engine = DummyEngine(taxonomy=read_taxonomy())
    said = [answer_labels(a) for a in engine_answers(engine, [m.text for m in ROWS], [m.lang for m in ROWS])]
    lines = slice_table(ROWS, said, engine.taxonomy).splitlines()
    assert len(lines) == 2 + len(slices(ROWS))
    assert lines[2].startswith(f"| all | {len(ROWS)} | 1.000 | 1.000 | 1.000 |")


def test_careless_typing_costs_the_dummy_its_keywords() -> None:
    lines = careless_table(DummyEngine(taxonomy=read_taxonomy()), ROWS[:5], read_taxonomy()).splitlines()
    figures = {line.split(" | ")[0].strip("| "): float(line.strip("| ").split(" | ")[1]) for line in lines[2:]}
    assert figures["capitals"] == figures["as written"]  # the dummy lowers what it reads
    assert set(figures) == {"as written", "no diacritics", "lower case", "capitals", "a typo in ten words"}
