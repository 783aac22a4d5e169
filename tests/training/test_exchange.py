"""Names and genders are exchanged, and nothing else."""

from __future__ import annotations

import random

from data.message import Message
from training.exchange import Exchange, Words, read_words


def message(number: int, text: str) -> Message:
    return Message(id=str(number), text=text, lang="en", group=str(number), split="train")


NAMED = [
    message(0, "The courier left it in Leeds with Margaret Holloway."),
    message(1, "I asked Colin twice about the Bristol branch on Monday, by Wi-Fi."),
    message(2, "A reply from Brindlewood would be nice. The wi-fi is slow."),
]


def test_names_change_and_the_rest_stays() -> None:
    exchange, dice = Exchange(NAMED, {}), random.Random(1)
    seen = {exchange(NAMED[0].text, "en", dice) for _ in range(60)}
    assert len(seen) > 5
    for text in seen:
        assert text.startswith("The courier left it in ")
        assert " with " in text
        assert text.endswith(".")


def test_a_name_is_the_same_throughout() -> None:
    exchange = Exchange(NAMED, {})
    for seed in range(20):
        text = exchange("We asked Colin, and asked Colin again.", "en", random.Random(seed))
        first, second = text.removeprefix("We asked ").removesuffix(" again.").split(", and asked ")
        assert first == second


def test_days_and_what_is_also_written_small_are_no_names() -> None:
    texts = [Exchange(NAMED, {})(NAMED[1].text, "en", random.Random(seed)) for seed in range(20)]
    assert all(text.endswith("branch on Monday, by Wi-Fi.") for text in texts)


def test_genders_change_with_their_case() -> None:
    words = {"en": Words(genders=[("wife", "husband"), ("she", "he")])}
    exchange = Exchange(NAMED, words)
    seen = {exchange("She said my wife must wait.", "en", random.Random(seed)) for seed in range(20)}
    assert seen == {"She said my wife must wait.", "He said my husband must wait."}


def test_a_text_in_an_unknown_language_stays() -> None:
    assert Exchange(NAMED, {})("Ik vroeg het aan Colin.", "nl", random.Random(1)) == "Ik vroeg het aan Colin."


def test_the_written_words_can_be_used() -> None:
    written = read_words()
    assert set(written) == {"fi", "vi", "es", "en"}
    exchange = Exchange(NAMED, written)
    seen = {exchange("My wife asked Colin.", "en", random.Random(seed)) for seed in range(200)}
    assert any("husband" in text for text in seen)
    assert all("{}" in frame for words in written.values() for frame in [*words.before, *words.after])
