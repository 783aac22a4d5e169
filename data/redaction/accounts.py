"""Bank accounts (IBAN, national numbers where a word says so) and payment cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.es import ccc

from data.redaction.context import Context, Says
from data.redaction.kinds import Found, Kind

_HEAD = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ ]?\d{2}(?=[ .-]{0,2}[A-Za-z0-9])")
_IBAN = re.compile(r"[A-Za-z]{2}[ ]?\d{2}(?:[ .-]{0,2}[A-Za-z0-9]){11,30}")
_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
    "AE": 23, "AL": 28, "AZ": 28, "BA": 20, "BY": 28, "CR": 22, "DO": 28, "EG": 29, "FO": 18, "GE": 22, "GL": 18,
    "GT": 28, "IL": 23, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MU": 30,
    "PK": 24, "PS": 29, "QA": 29, "RS": 22, "SA": 24, "SV": 28, "TN": 24, "XK": 20,
}  # fmt: skip
"""Length of an IBAN without spaces, per country: one with a slip of the pen is known by country and length alone."""
_DIGITS = re.compile(r"(?<![\w.,])\d(?:[ -]{0,2}\d){5,25}(?![\w]|[.,]\d)")
_CARD = re.compile(r"(?<![\w])\d(?:[ .-]{0,2}\d){12,18}(?!\d)")
_FEWEST: dict[Says | None, int] = {Says.BANK: 6, Says.ACCOUNT: 10}
"""Fewest digits of an account after a word for a bank's, and after one that shops use for customers as well."""
_SORT_CODE = re.compile(
    r"(?<![\w-])\d\d[- ]\d\d[- ]\d\d(?![\w-])(?:[ ,/:]{1,3}(?:[A-Za-z]{1,9}[ .:]{0,3}){0,3}\d{7,8}(?!\w))?"
)
_SEPARATORS = re.compile(r"[ .-]+")
_CARD_LENGTHS = range(13, 20)


def find_accounts(text: str, context: Context) -> Iterator[Found]:
    """Find IBANs, and national account numbers after a word such as "account", "tili", "cuenta" or "STK"."""
    for head in _HEAD.finditer(text):
        match = _IBAN.match(text, head.start())
        if match and (end := _iban_end(text, match, context)):
            yield Found(Kind.ACCOUNT, match.start(), end)
    for match in _DIGITS.finditer(text):
        number = _SEPARATORS.sub("", match.group())
        if (len(number) == 20 and ccc.is_valid(number)) or len(number) >= _FEWEST.get(
            context.nearest(match.start(), window=32), 99
        ):
            yield Found(Kind.ACCOUNT, match.start(), match.end())
    for match in _SORT_CODE.finditer(text):
        if context.nearest(match.start(), Says.BANK, Says.REFERENCE, window=32) is Says.BANK:
            yield Found(Kind.ACCOUNT, match.start(), match.end())


def _iban_end(text: str, match: re.Match[str], context: Context) -> int | None:
    """Where an IBAN that begins at a match ends: by its check digits, else by country and length."""
    country = match.group()[:2].upper()
    wanted = _LENGTHS.get(country)
    if wanted is None:
        compact = _SEPARATORS.sub("", match.group())
        return match.end() if iban.is_valid(compact) else None
    seen = 0
    for place in range(match.start(), match.end()):
        seen += text[place].isalnum()
        if seen == wanted:
            break
    else:
        whole = (
            context.nearest(match.start()) in (Says.ACCOUNT, Says.BANK)
            and not text[match.end() : match.end() + 1].isalnum()
        )
        return match.end() if whole and sum(map(str.isdigit, match.group())) > 11 else None
    end = place + 1
    number = _SEPARATORS.sub("", text[match.start() : end])
    if iban.is_valid(number):
        return end
    loose = text[end : end + 1].isalnum() or sum(map(str.isdigit, number)) * 2 < wanted
    return None if loose else end


def find_cards(text: str, context: Context) -> Iterator[Found]:
    """Find payment cards: 13 to 19 digits of a card network with a valid check digit (Luhn), or after a word for it.

    A number that a nearer word calls an order, a parcel or the like is none, unless the check digit and the usual
    grouping in fours both say otherwise.
    """
    for match in _CARD.finditer(text):
        said = context.nearest(match.start(), Says.CARD, Says.REFERENCE, Says.PHONE, Says.ACCOUNT, window=64)
        named = context.nearest(match.start(), Says.CARD, window=64) is Says.CARD
        for end in _ends(match):
            shown = text[match.start() : end]
            number = _SEPARATORS.sub("", shown)
            if len(number) not in _CARD_LENGTHS:
                break
            networked = number[0] in "3456" or number.startswith(("22", "23", "24", "25", "26", "27", "9704"))
            grouped = re.fullmatch(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{4}[ .-]\d{6}[ .-]\d{5}", shown) is not None
            valid = luhn.is_valid(number)
            if (valid and networked and (said is not Says.REFERENCE or grouped or named)) or (
                said is Says.CARD and (valid or grouped or (networked and len(number) in (15, 16)))
            ):
                yield Found(Kind.CARD, match.start(), end)
                break


def _ends(match: re.Match[str]) -> Iterator[int]:
    """Give the end of the match, then that without its last group of digits, and so on: a card's expiry may follow."""
    yield match.end()
    for separator in reversed(list(_SEPARATORS.finditer(match.group()))):
        yield match.start() + separator.start()
