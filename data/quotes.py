"""Which lines of a mail are not the writer's own: quoted replies, signatures, the footers of mobile phones.

The wordings are those that Outlook, Gmail, Apple Mail and Thunderbird write in the four languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HINT = re.compile(
    r"^[ \t]{0,3}>|^--|^[ \t>*]{0,3}(?:from|lähettäjä|de|từ|người gửi):|(?:wrote|writes|kirjoitti|escribi[oó]|viết):"
    r"|original|alkuperäinen|välitetty|edelleenlähetetty|forwarded|reenviado|thư gốc|chuyển tiếp"
    r"|sent from|lähetetty|enviado desde|gửi từ|outlook",
    re.I | re.M,
)
"""A text without any of these has nothing to drop; most messages are done here."""
_QUOTED = re.compile(r"[ \t]{0,3}>(?:[>\s]|$|[^\W\d_])")
_INTRODUCES = re.compile(r"(?:wrote|writes|kirjoitti|escribi[oó]|đã viết|viết)\s{0,3}:\s{0,9}$", re.I)
_DATED = re.compile(r"\d|@")
_OPENS = re.compile(r"(?:on|el|vào|lúc|ma|ti|ke|to|pe|la|su)\b", re.I)
_SEPARATOR = re.compile(
    r"\W{0,3}-{2,40}\s{0,3}(?:original message|forwarded message|alkuperäinen viesti|välitetty viesti"
    r"|edelleenlähetetty viesti|mensaje original|mensaje reenviado|thư gốc|tin nhắn gốc|thư được chuyển tiếp"
    r"|thư đã chuyển tiếp|tin nhắn được chuyển tiếp)\s{0,3}-{0,40}|begin forwarded message:",
    re.I,
)
_SENDER = re.compile(r"[ \t*]{0,3}(?:from|lähettäjä|de|từ|người gửi)\s?:", re.I)
_HEADER = re.compile(
    r"[ \t*]{0,3}(?:sent|date|to|cc|subject|lähetetty|päivämäärä|päiväys|vastaanottaja|kopio|aihe|enviado(?: el)?|fecha"
    r"|para|asunto|đã gửi|ngày(?: gửi)?|đến|tới|chủ đề|tiêu đề)\s?:",
    re.I,
)
_FOOTER = re.compile(
    r"\s{0,3}(?:sent from (?:my|outlook|mail|yahoo|samsung)|get outlook for|hanki outlook"
    r"|lähetetty (?:iphone|ipad|android|samsung|huawei|nokia|outlook|puhelime|laittee|windows)"
    r"|enviado desde (?:mi|outlook|yahoo|correo|windows)|obtener outlook|được gửi từ|gửi từ (?:iphone|ipad|android"
    r"|điện thoại|outlook|yahoo|thiết bị)|đã gửi từ (?:iphone|ipad|điện thoại)|tải outlook)[^\n]{0,80}$",
    re.I,
)
_SIGNATURE_LINES = 12
_LINE = 400
"""Longer lines introduce no reply and are no footer."""


def own_lines(text: str) -> list[tuple[int, int]] | None:
    """Give the spans of the lines that the writer wrote, line ends included; None where all of them are.

    What is dropped may be everything: the caller decides what to do then.
    """
    if not _HINT.search(text):
        return None
    lines = text.split("\n")
    dropped = _dropped(lines)
    if not any(dropped):
        return None
    spans: list[tuple[int, int]] = []
    place = 0
    for line, drop in zip(lines, dropped, strict=True):
        end = min(place + len(line) + 1, len(text))
        if not drop and place < end:
            if spans and spans[-1][1] == place:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((place, end))
        place = end
    return spans


def _dropped(lines: Sequence[str]) -> list[bool]:
    quoted = [">" in line[:4] and _QUOTED.match(line) is not None for line in lines]
    dropped = list(quoted)
    for number, line in enumerate(lines):
        if quoted[number] or len(line) > _LINE or not _HINT.search(line):
            continue
        if _separates(lines, number):
            return dropped[:number] + [True] * (len(lines) - number)
        if first := _introduction(lines, number):
            begins = number + 1 - first
            dropped[begins : number + 1] = [True] * first
            following = next((n for n in range(number + 1, min(number + 4, len(lines))) if lines[n].strip()), None)
            if following is not None and not quoted[following]:
                return dropped[:begins] + [True] * (len(lines) - begins)
        elif _FOOTER.match(line):
            dropped[number] = True
        elif line.rstrip() == "--":
            length = _signature(quoted, number)
            dropped[number : number + length] = [True] * length
    return dropped


def _separates(lines: Sequence[str], number: int) -> bool:
    """Recognise "-----Original Message-----" and for a sender line with two more header lines under it."""
    line = lines[number]
    if _SEPARATOR.match(line):
        return True
    return (
        _SENDER.match(line) is not None
        and sum(bool(_HEADER.match(n[:_LINE])) for n in lines[number + 1 : number + 5]) >= 2
    )


def _introduction(lines: Sequence[str], number: int) -> int:
    """How many lines, the last being `number`, say that somebody wrote what follows: 0, 1 or 2 (mailers wrap them)."""
    line = lines[number]
    if not _INTRODUCES.search(line[-40:]):
        return 0
    if _DATED.search(line) and (_OPENS.match(line.lstrip()) or "@" in line or line[:1].isdigit()):
        return 1
    above = lines[number - 1].strip() if number else ""
    return 2 if len(above) <= _LINE and _OPENS.match(above) and _DATED.search(above) else 0


def _signature(quoted: Sequence[bool], number: int) -> int:
    """Say how many lines the signature under the "--" of line `number` has, that one included; 0 where it is none.

    It ends at the next quote, and longer text than a signature's under a dash is the message going on.
    """
    most = number + 2 + _SIGNATURE_LINES
    near = quoted[number + 1 : most]
    ends = number + 1 + near.index(True) if True in near else len(quoted)
    return ends - number if ends < most else 0
