"""Who writes, and how to reach them: made up, to stand beside a message whose labels it must not change.

Customers put their names, addresses and numbers into what they write, and what is kept of it has placeholders there
(`data.redaction`). The corpus has hardly any; a model that has seen none takes a short complaint behind them for
chatter.
"""

from __future__ import annotations

import random
import re
import unicodedata
from typing import Final

from data.redaction.kinds import Kind

REDACTED: Final = 1 / 3
"""Share of the frames that are filled with placeholders, as the store has them."""

_DOMAINS: Final = (
    "example.com",
    "example.org",
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "mail.example",
    "icloud.com",
)
_PHONES: Final = {
    "fi": ("040 ### ####", "+358 50 ### ####", "045#######", "044-#######", "(09) ### ####"),
    "vi": ("09########", "0### ### ###", "+84 9# ### ## ##", "03##.###.###", "028 #### ####"),
    "es": ("6## ## ## ##", "+34 6## ### ###", "6########", "9## ### ###", "55 #### ####"),
    "en": ("07### ######", "+44 7### ######", "020 #### ####", "(555) 555-01##", "087 ### ####"),
}
_NUMBERS: Final = ("#######", "##-######", "A######", "2026-####", "########")
_SLOT: Final = re.compile(r"\{(name|email|phone|number)\}")


def present(frame: str, name: str, language: str, dice: random.Random) -> str:
    """Fill `{name}`, `{email}`, `{phone}` and `{number}` (of a customer or an order) of a frame."""
    hidden = dice.random() < REDACTED

    def fill(slot: re.Match[str]) -> str:
        if slot[1] == "number":
            return _digits(dice.choice(_NUMBERS), dice)
        if hidden:
            return Kind(slot[1]).placeholder
        if slot[1] == "email":
            return _email(name, dice)
        return _digits(dice.choice(_PHONES.get(language, _PHONES["en"])), dice) if slot[1] == "phone" else name

    return _SLOT.sub(fill, frame)


def _digits(pattern: str, dice: random.Random) -> str:
    return re.sub("#", lambda _: str(dice.randrange(10)), pattern)


def _email(name: str, dice: random.Random) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    words = re.findall("[a-z]+", plain.lower()) or ["info"]
    local = dice.choice([".", "_", ""]).join(words) + dice.choice(["", "", str(dice.randrange(1, 99))])
    return f"{local}@{dice.choice(_DOMAINS)}"
