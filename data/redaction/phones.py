"""Telephone numbers, as people of many countries write them.

Four grounds, any of which is enough:

* an international prefix (`+` or `00`) and a length that the country can have (leniency POSSIBLE: the prefix itself
  says what the number is, and a wrong digit makes it no less personal);
* a number that is valid for one of `REGIONS` (leniency VALID: digits alone say little, so the numbering plan must
  agree; not STRICT_GROUPING, since people group digits as they like);
* a word for a telephone shortly before it, and 6 to 15 digits (of a plan that we do not list, or with a slip);
* the North American shape (555) 010-4417, whatever the plan says of its prefix.

Against all of them but the first speaks a nearer word for an order, an invoice or the like, a unit or a currency sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from phonenumbers import Leniency, PhoneNumberMatcher

from data.redaction.context import WINDOW, Context, Says
from data.redaction.kinds import Found, Kind

REGIONS = ("FI", "VN", "ES", "MX", "GB", "US", "IE", "AR", "CO", "SE", "EE", "DE", "FR")
"""Numbering plans that a number without an international prefix is held against."""
OF_LANGUAGE = {"fi": ("FI",), "vi": ("VN",), "es": ("ES", "MX", "CO", "AR"), "en": ("US", "GB", "IE")}
_ALL = tuple(region for regions in OF_LANGUAGE.values() for region in regions)
TRIES = 3000
"""Numbers of one text that are held against numbering plans (0.1 ms each); any after these count as telephones."""

_RUN = re.compile(r"(?:\+|\(\+?)?\d(?:[ .\-/()]{0,3}\d)*")
_GROUP = re.compile(r"[+(]*\d+\)?")
_GROUPS = 8
_MOST_DIGITS = 15
_NORTH_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[ .-]\d{4}")
_LOCAL = re.compile(r"[2-9]\d\d-\d{4}")
"""A North American number without its area: one where it has a line to itself, as below a name."""
_LINE_BEGINS = re.compile(r"(?:\A|\n)[ >]{0,8}\Z")
_LINE_ENDS = re.compile(r" {0,8}(?:\n|\Z)")
_BRITISH = re.compile(r"\(?0\d{2,4}\)? \d{3,4} \d{3,4}")
"""As British and Irish people group them; a digit too many or too few makes a number no less personal."""
_INTERNATIONAL = re.compile(r"\(?(?:\+|00)")
_DATE = re.compile(
    r"\d{1,2}[./-] ?\d{1,2}[./-] ?(?:19|20)?\d\d(?!\d)(?:[ -]+\d{1,2}(?:[.]\d\d)?)?|(?:19"
    r"|20)\d\d[./-]\d{1,2}[./-]\d{1,2}(?:[ -]+\d{1,2}.{0,3})?"
)
_OLD_MEXICAN = re.compile(r"\+52 ?1 ?(?=\d)")
"""Mexican mobile numbers had a 1 after the country's code until 2019, and many people still write it."""
_CODES = re.compile(r"358|84|34|52|44|353")
"""Country codes that people write without the plus."""
_DATED = re.compile(r"(?<!\d)[0-3]?\d\.[01]?\d\.(?:19|20)\d\d(?!\d)")
_AMOUNT_AFTER = re.compile(
    r" ?(?:[€$£¥₫%‰°]|(?:eur|euros?|euroa|e|usd|gbp|mxn|pesos?|vnd|vnđ|đ|d|đồng|dong|dollars?"
    r"|pounds?|kr|km|kwh?|kg|mb|gb|tb|ml|mah|w"
    r"|kpl|pcs|k|tr|triệu|nghìn|ngàn)\b)|[.,:]\d|/\d{1,5}(?!\d)|-?[A-Za-z]",
    re.I,
)
_AMOUNT_BEFORE = re.compile(r"[€$£¥₫#%]\s?\Z|\d[.,:_-]\Z|\w[_-]\Z|(?<!\d{7})\d/\Z|[^\W\d]\Z|[nN]\.?º ?\Z")
_SPANISH = re.compile(r"[6-9]\d\d([ .-])\d\d\1\d\d\1\d\d")
_PARCEL = re.compile(r"(?<!\w)1Z[ \dA-Z]{0,12}\Z")
"""The beginning of a UPS number, whose last groups look like a telephone's."""
_SENTENCE_END = re.compile(r"(?<=[^\W_]{4})[.!?]\s{1,2}(?=[^\W\d_]{2})|\d[^\s.]{0,3}[.!?]\s{1,2}(?=[^\W\d_]{2})")
_THOUSANDS = re.compile(r"\d{1,3}([ .])\d{3}(?:\1\d{3})+")


def find_phones(text: str, context: Context, language: str | None = None) -> Iterator[Found]:
    """Find telephone numbers in a folded text; the plans of `language` are tried first, and alone for bare digits."""
    seen: dict[str, bool] = {}
    for run in _RUN.finditer(text):
        groups = list(_GROUP.finditer(run.group()))
        number = 0
        while number < len(groups):
            taken = 1
            for count in _counts(groups, number):
                start = run.start() + groups[number].start()
                end = run.start() + groups[number + count - 1].end()
                if _is_phone(text, context, start, end, language, seen):
                    yield Found(Kind.PHONE, start, end)
                    taken = count
                    break
            number += taken


def _counts(groups: Sequence[re.Match[str]], number: int) -> list[int]:
    """How many groups of digits from `number` on can be one telephone number together, the longest first."""
    counts: list[int] = []
    digits = 0
    for count, group in enumerate(groups[number : number + _GROUPS], 1):
        if count > 1 and ("+" in group.group() or _apart(groups[number + count - 2], group)):
            break
        digits += len(group.group().strip("+()")) if group.end() - group.start() <= 20 else 99
        if digits > _MOST_DIGITS:
            break
        if digits >= 6 and digits * 2 >= count * 3:  # "1 1 1 1 1 1" is none
            counts.append(count)
    return counts[::-1]


def _apart(before: re.Match[str], group: re.Match[str]) -> bool:
    """Tell whether a stroke between two groups of digits parts two numbers: 040 1234567 / 050 7654321."""
    between = before.string[before.end() : group.start()]
    return "/" in between and (between != "/" or len(before.group()) > 4)


def _is_phone(text: str, context: Context, start: int, end: int, language: str | None, seen: dict[str, bool]) -> bool:
    shown = text[start:end]
    said = context.nearest(start, window=_sentence(text, start))
    digits = "".join(filter(str.isdigit, shown))
    local = _LOCAL.fullmatch(shown) is not None and _alone(text, start, end)
    if shown[0] in "123456789" and said is not Says.PHONE and len(digits) not in (9, 10, 11, 12) and not local:
        return False
    if shown.count("(") != shown.count(")") and not (shown.startswith("(") and ")" not in text[start : end + 1]):
        return False
    if _DATE.fullmatch(shown) or _DATED.search(shown):
        return False
    international = _INTERNATIONAL.match(shown) is not None
    amount = (
        _AMOUNT_BEFORE.search(text[max(0, start - 9) : start])
        or _PARCEL.search(text[max(0, start - 16) : start])
        or _AMOUNT_AFTER.match(text, end)
    )
    if amount and "+" not in shown:
        return False
    if said is Says.REFERENCE and "+" not in shown:
        return False
    if "+" in shown:
        mobile = _OLD_MEXICAN.sub("+52 ", shown)
        return len(digits) >= 8 and _matches(mobile, (None,), Leniency.POSSIBLE, seen)
    if _CODES.match(digits) and len(digits) in (11, 12) and _matches("+" + digits, (None,), Leniency.VALID, seen):
        return True
    if international and _matches(shown, ("FI", "ES"), Leniency.VALID, seen):
        return True
    if _NORTH_AMERICAN.fullmatch(shown) or (language == "en" and _BRITISH.fullmatch(shown)):
        return True
    thousands = len(digits) < 9 and _THOUSANDS.fullmatch(shown) is not None
    if said is Says.PHONE and not thousands:
        return len(digits) >= 6
    if local:
        return True
    if len(digits) < 9 and not (shown.startswith(("0", "(0")) and len(digits) >= 7):
        return False
    if said is Says.CARD and digits[0] == "0":
        said = None  # no card begins with a zero
    if said in (Says.ACCOUNT, Says.CARD, Says.IDENTITY, Says.PASSPORT) or thousands:
        return False
    return _matches(shown, _plans(shown, digits, language), Leniency.VALID, seen)


def _plans(shown: str, digits: str, language: str | None) -> Sequence[str]:
    """Which plans a number without prefix can belong to. Bare digits fit some plan too easily: the language decides."""
    own = OF_LANGUAGE.get(language or "", _ALL)
    if digits.startswith("0"):
        return (*own, *(region for region in REGIONS if region not in own))
    if len(digits) == 9:
        spanish = "ES" in own or (digits[0] in "67" and shown != digits) or _SPANISH.fullmatch(shown)
        return ("ES",) if spanish else ()
    if len(digits) == 10:
        return own if shown != digits or language in ("es", "en") else ()
    return own if len(digits) == 11 and digits[0] == "1" else ()


def _sentence(text: str, start: int) -> int:
    """How far before a number its own sentence reaches: the policy of the sentence before says nothing of it."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, max(0, start - WINDOW), start)]
    return start - ends[-1] if ends else WINDOW


def _alone(text: str, start: int, end: int) -> bool:
    """Tell whether nothing but a few spaces stands beside it in the line."""
    return _LINE_BEGINS.search(text[max(0, start - 9) : start]) is not None and _LINE_ENDS.match(text, end) is not None


def _matches(shown: str, regions: Sequence[str | None], leniency: int, seen: dict[str, bool]) -> bool:
    """Hold a number against plans, whole; remembers what it was asked in this text."""
    key = f"{leniency}{regions}{shown}"
    if key not in seen:
        if len(seen) >= TRIES:
            return True
        seen[key] = any(
            match.start == 0 and match.end == len(shown)
            for region in regions
            for match in PhoneNumberMatcher(shown, region, leniency=leniency, max_tries=1)
        )
    return seen[key]
