"""Personal identity numbers: by structure and check digit, or by structure after a word that names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.mx import curp

from data.redaction.context import Context, Says
from data.redaction.kinds import Found, Kind

_SEPARATORS = re.compile(r"[ .-]+")


@dataclass(frozen=True, slots=True)
class _Number:
    """One kind of number: its shape, when it is one without a word before it, and which word is enough."""

    shape: re.Pattern[str]
    certain: Callable[[str], bool]
    says: Says = Says.IDENTITY
    window: int = 48
    outweighs: bool = False
    """A valid number is one even where a word calls it something else: "customer number 131052-308T"."""


def _never(_: str) -> bool:
    return False


def _compact(shown: str) -> str:
    return _SEPARATORS.sub("", shown)


def _is_cccd(shown: str) -> bool:
    """Tell a Vietnamese 12-digit number: province 001 to 096, sex and century 0 to 3, born 1920 to now."""
    number = _compact(shown)
    return 1 <= int(number[:3]) <= 96 and ((number[3] in "01" and number[4] >= "2") or number[3] in "23")


_NUMBERS = (
    _Number(  # Finland; persons without a permanent code have 900 to 999
        re.compile(r"(?<!\w)\d{6} ?[-+A-FU-Ya-fu-y] ?\d{3}[0-9A-Ya-y](?!\w)"),
        lambda shown: hetu.is_valid(shown.replace(" ", ""), allow_temporary=True),
        outweighs=True,
    ),
    _Number(  # Spain
        re.compile(r"(?<![\w.])\d{1,2}(?:[. ]?\d{3}){2}[ .-]{0,3}[A-Za-z](?!\w)"),
        lambda shown: dni.is_valid(_compact(shown).zfill(9)),
        outweighs=True,
    ),
    _Number(
        re.compile(r"(?<!\w)[XYZxyz][ .-]?\d(?:[. ]?\d{3}){2}[ .-]{0,3}[A-Za-z](?!\w)"),
        lambda shown: nie.is_valid(_compact(shown)),
        outweighs=True,
    ),
    _Number(
        re.compile(r"(?<![\w.,])\d{1,2}\.?\d{3}\.?\d{3}(?![\w]|[.,]\d)"), _never, window=24
    ),  # DNI without its letter
    _Number(
        re.compile(r"(?<!\w)[A-Za-z]{4}\d{6}[HMXhmx][A-Za-z]{5}[A-Za-z0-9]\d(?!\w)"), curp.is_valid, outweighs=True
    ),  # Mexico
    _Number(re.compile(r"(?<!\w)[A-Za-zÑñ&]{4} ?-?\d{6} ?-?[A-Za-z0-9]{3}(?!\w)"), _never),  # Mexico, RFC
    _Number(re.compile(r"(?<![\w.,/-])\d{3}[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{3}(?![\w/-]|[.,]\d)"), _is_cccd),  # Vietnam
    _Number(re.compile(r"(?<![\w.,/-])0\d{3}([ .-])\d{4}\1\d{4}(?![\w/-]|[.,]\d)"), _never),
    _Number(re.compile(r"(?<![\w.,/-])0\d{2} [0-3] \d\d ?\d{6}(?![\w/-])"), _is_cccd),
    _Number(
        re.compile(r"(?<![\w.,/-])\d{3}[ .-]?\d{3}[ .-]?\d{3}(?![\w/-]|[.,]\d)"), _never
    ),  # Vietnam until 2021; SSN; NHS
    _Number(
        re.compile(r"(?<![\w.,/-])\d{3}[ -]\d{3}[ -]\d{4}(?![\w/-])|(?<![\w.,/-])\d{9,12}(?![\w/-]|[.,]\d)"), _never
    ),
    _Number(  # United Kingdom, national insurance
        re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-Da-d](?!\w)"),
        lambda shown: re.fullmatch(r"[A-Z]{2}([ -])\d\d\1\d\d\1\d\d\1[A-D]", shown) is not None,
    ),
    _Number(  # United States
        re.compile(r"(?<![\w-])(?!000|666)\d{3}[- ](?!00)\d\d[- ](?!0000)\d{4}(?![\w-])"),
        lambda shown: "-" in shown,
    ),
    _Number(re.compile(r"(?<!\w)\d{7}[A-Wa-w][A-IWa-iw]?(?!\w)"), _never),  # Ireland
    _Number(
        re.compile(r"(?<!\w)(?:[A-Z]{1,3} ?|[a-z]{1,3})?\d(?: ?\d){5,8}[A-Za-z]{0,3}(?!\w)"),
        _never,
        says=Says.PASSPORT,
        window=72,
    ),
)
_ONE_MORE = re.compile(r"[^\d\n]{1,48}")
"""Between two passports of one person's family: "PAC220914 (yo) y el de mi esposo XDC118365"."""
_PASSPORT_AFTER = re.compile(
    r"[\s)\"'.,:;-]{0,4}(?:\w{1,12} ){0,3}(?:passport|passi|pasaporte|hộ chiếu|ho chieu)", re.I
)


def find_identity_numbers(text: str, context: Context) -> Iterator[Found]:
    """Find HETU, DNI, NIE, CURP, RFC, CCCD, CMND, NINO, SSN, PPS and passport numbers.

    A shape with valid check digits stands for itself unless a nearer word calls it an order or the like; one without
    needs its word before it, which also lets a number with a slip of the pen be found.
    """
    for number in _NUMBERS:
        last = -1
        for match in number.shape.finditer(text):
            said = context.nearest(match.start(), window=number.window)
            named = said is number.says or (said is Says.IDENTITY and number.says is Says.PASSPORT)
            if number.says is Says.PASSPORT and not named:
                named = _named_passport(text, match, context) or (
                    last > 0 and _one_more(text, last, match.start(), context)
                )
            if named or ((said is not Says.REFERENCE or number.outweighs) and number.certain(match.group())):
                yield Found(Kind.ID, match.start(), match.end())
                last = match.end()


def _one_more(text: str, last: int, start: int, context: Context) -> bool:
    """Tell whether a number follows on a passport's, with nothing named between them."""
    return _ONE_MORE.fullmatch(text, last, start) is not None and context.nearest(start, window=start - last) is None


def _named_passport(text: str, match: re.Match[str], context: Context) -> bool:
    """Tell whether "passport" stands right after a number, or before it with no other kind of number between."""
    if _PASSPORT_AFTER.match(text, match.end()):
        return True
    return context.nearest(match.start(), Says.PASSPORT, Says.REFERENCE, Says.PHONE, window=72) is Says.PASSPORT
