from __future__ import annotations

import random
import re

from data.message import Message
from training.contacts import present
from training.exchange import Exchange, read_words

FRAME = "I am {name}, {email}, {phone}, order {number}:"


def filled(name: str, language: str = "en", count: int = 60) -> set[str]:
    dice = random.Random(1)
    return {present(FRAME, name, language, dice) for _ in range(count)}


def test_an_address_is_made_of_the_name() -> None:
    emails = {found[0] for text in filled("Đặng Thị Hà", "vi") if (found := re.search(r"\S+@\S+(?=,)", text))}
    assert len(emails) > 3
    assert all(re.fullmatch(r"dang[._]?thi[._]?ha\d*@[a-z.]+", email) for email in emails)


def test_a_number_is_written_as_in_the_language() -> None:
    numbers = {text.split(", ")[2] for text in filled("Mäkelä", "fi")} - {"[phone]"}
    assert len(numbers) > 3
    assert all(re.match(r"04\d|\+358|\(09\)", number) for number in numbers)


def test_some_are_as_the_store_has_them_and_then_wholly() -> None:
    hidden = {text for text in filled("Colin") if "[name]" in text}
    assert hidden
    assert all(text.startswith("I am [name], [email], [phone], order ") for text in hidden)
    assert all("[" not in text for text in filled("Colin") - hidden)


def test_a_message_is_told_beside_who_writes_and_stays_whole() -> None:
    messages = [Message(id=str(i), text=text, lang="en", group=str(i), split="train") for i, text in enumerate(
        ("It was Colin who told me.", "I asked Margaret about Leeds.")
    )]  # fmt: skip
    exchange, dice = Exchange(messages, read_words()), random.Random(2)
    seen = {exchange("the kettle leaks", "en", dice) for _ in range(300)}
    assert all("the kettle leaks" in text for text in seen)
    told = {text for text in seen if "@" in text or "[email]" in text}
    assert any(text.endswith("the kettle leaks") for text in told)
    assert any(text.startswith("the kettle leaks") for text in told)


def test_every_written_frame_can_be_filled() -> None:
    for language, words in read_words().items():
        assert len(words.presented) >= 8
        assert len(words.reached) >= 8
        for frame in (*words.presented, *words.reached):
            assert "{" in frame
            assert "{" not in present(frame, "Aino", language, random.Random(0))
