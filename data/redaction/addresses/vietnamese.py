"""Vietnamese addresses, with and without marks: 123/45 Lê Văn Sỹ, P.13, Q.3; so 17 ngo 102 Truong Chinh, Dong Da."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import PARTS, extend, is_place, is_plain, take_place
from data.redaction.letters import CAPITALISED, WORD

_SLASHED = r"[KkĐđ]?\d{1,4}[A-Za-z]?(?:[/-][A-Za-z]?\d{1,4}[A-Za-z]?){1,5}|[Kk]\d{1,4}[A-Za-z]?"
_NUMBER = (
    rf"(?:{_SLASHED}|[A-Z]{{0,3}}[.-]?\d{{1,4}}[A-Za-z]?(?:[/.-]\d{{1,4}}[A-Za-z]?){{0,4}}"
    rf"|\d{{1,4}} ?(?:bis|ter|[A-D]\b))(?![\d])"
)
_INSIDE = (
    r"(?i:số nhà|so nha|số|so|nhà số|nha so|hẻm|hem|ngõ|ngo|ngách|ngach|kiệt|kiet|căn hộ|can ho"
    r"|căn|phòng|phong|kiot|kiốt|tháp|thap|khóm|khom|buôn|lô|lo|tổ|tầng|tang"
    r"|tòa nhà|tòa|toà|toa|block|ấp|ap|thôn|thon|xóm|xom|khu phố|khu pho|kp|khu|đội|lầu|lau|nhà|p|dãy|tt|tập thể)\b\.?"
)
_ROAD = r"(?i:đường|duong|phố|pho|đ\.|quốc lộ|tỉnh lộ|ql|tl|đại lộ|dai lo)"
_NAME = rf"{CAPITALISED}(?: {CAPITALISED}){{0,4}}"
_NUMBERED = rf"(?:{_ROAD} ?(?:(?i:số|so) )?\d{{1,3}}[A-Z]?(?:/\d{{1,2}})?(?![\w/]))"
"""Streets called after a number or a day: đường số 9, đường 3/2, quốc lộ 1A."""
_ADMIN = (
    r"(?i:phường|phuong|quận|quan|huyện|huyen|thành phố|thanh pho|tỉnh|tinh|xã|xa|thị trấn|thi "
    r"tran|thị xã|thi xa|khu phố|khu pho|kp|ấp|ap"
    r"|thôn|thon|xóm|xom|tổ|khu đô thị|kđt|kdt|khu dân cư|kdc|chung cư|chung cu|cc|tòa|toà|block"
    r"|đường|duong|phố|pho|làng"
    r"|tp|t\.p|tx|tt|p|q|h|x|ngõ|ngách|hẻm|kiệt|căn hộ|lầu|tầng|khu công nghiệp|kcn)(?![^\W\d_])"
)
_PART = re.compile(
    rf"(?:[ ]?[,;-][ ]?\n?|[ ]|\n)(?:{_ADMIN}[.]? ?(?:\d{{1,3}}(?:[/-]\d{{1,3}})?(?![\w])"
    rf"|[A-Z]{{1,3}}-?\d{{0,4}}(?![^\W_])|{_NAME})"
    rf"|(?:TP\.? ?HCM|TPHCM|HCM|HN|SG|tphcm|tp hcm|hcm|hn)\b|\d{{5,6}}(?!\d))"
    rf"|[ ]?[,-]?[ ]?{_NUMBERED}"
    rf"|[ ]?[,-][ ]?\n?(?:{CAPITALISED}(?: {CAPITALISED}){{1,4}}|(?P<town>{CAPITALISED}))(?![^\W_])"
)
_AFTER_INSIDE = rf"(?:[ ,]{{1,3}}(?:{_ROAD} ?)?)"
_HOUSING = (
    rf"(?:{_INSIDE} ?{_NUMBER}[ ,]{{1,3}}){{0,3}}(?i:chung cư|chung cu|cc|tòa nhà|toà nhà|tòa|toà"
    rf"|toa nha|toa|khu đô thị|kđt|kdt|khu tập thể|tập thể|ktx|block) {_NAME}(?: "
    rf"[A-Z]?\d{{1,3}})?, "
)
_ADMIN_AHEAD = r"(?i:phường|phuong|xã|thị trấn|khu đô thị|kđt|chung cư|p\.|x\.|kdc|khu dân cư|làng)"
_CORE = re.compile(
    rf"(?<![\w/.,-])(?:{_HOUSING})?(?P<inside>(?:{_INSIDE} ?{_NUMBER}[ "
    rf",]{{1,3}}){{1,4}})(?:{_NUMBER}[ ,]{{1,2}})?(?:{_INSIDE} ?)?(?:(?:{_ROAD} ?)?(?P<name>{_NAME})|{_NUMBERED})"
    rf"|(?<![\w/.,-])(?P<housing>{_HOUSING})?(?P<number>{_NUMBER}),? "
    rf"(?:(?P<road>{_ROAD} ?)?(?P<street>{_NAME})|{_NUMBERED})"
    rf"|(?<![\w/.,-])(?P<road_first>{_ROAD}) (?P<first>{_NAME}),? ?(?:số|so|sn)? ?(?:nhà |nha )?(?P<behind>{_NUMBER})"
    rf"|(?<![\w/.,-])(?P<only>(?:{_INSIDE} ?{_NUMBER}[ ,]{{1,3}}){{1,4}})(?={_ADMIN_AHEAD})"
    rf"|(?<![\w/.,-])(?P<rural>(?i:thôn|xóm|ấp|bản|làng|buôn|khu phố|tổ dân phố|tổ"
    rf"|thon|xom|ap|ban) (?:{_NAME}(?: \d{{1,2}})?"
    rf"|\d{{1,3}})(?:, (?:số|so) \d{{1,4}})?),? "
    rf"(?=(?i:xã|phường|thị trấn|x\.|p\.)|(?:[Xx]a|[Pp]huong|[Tt]hi tran) [A-Z\d])"
)
_PLAIN = re.compile(
    rf"(?<![\w/.,-])(?P<lead>(?i:số nhà|so nha|số|so|nhà|nha|{_SLASHED}) ?)?(?:{_NUMBER})(?: "
    rf"(?i:ngõ|ngo|ngách|ngach|hẻm|hem|kiệt|kiet) {_NUMBER}){{0,3}}"
    rf" (?:{_ROAD} )?(?P<street>{WORD}(?: {WORD}){{0,3}})(?=[ ,])"
)
_SMALL_ADMIN = r"(?i:phường|phuong|quận|quan|huyện|huyen|thành phố|thanh pho|tỉnh|tinh|xã|thị trấn|thi tran|tp|p|q|h)\b"
_TAIL = re.compile(
    rf"[ ,]{{1,3}}(?:{_SMALL_ADMIN}[.]? ?(?:\d{{1,3}}(?!\w)|(?P<name>{WORD})(?P<more> {WORD})?)"
    rf"|({WORD}(?: {WORD}){{0,3}}))"
)
RURAL = re.compile(r"(?<!\w)(?:thôn|xóm|ấp|bản|làng|buôn|thon|xom|ap|ban)(?!\w)", re.I)
"""Words of the only addresses that have no number."""
_WARD = re.compile(r"(?i:phường|phuong|quận|quan|p|q)[. ]?\d{1,2}(?!\w)")
_DATE = re.compile(r"\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?")
_UNIT = re.compile(r" ?(?:k|đ|d|tr|triệu|nghìn|ngàn|người|ngày|tháng|tuần|năm|phút|giờ|lần|cái|ly|kg|%|h)\b", re.I)
_AT = re.compile(r"(?<!\w)(?i:ở|tại|số|nhà|về|đến|tới|qua|sang|địa chỉ|dia chi)[ :]{1,2}\Z")
_BOX = re.compile(r"(?<!\w)(?i:hộp thư|hòm thư|hop thu)(?: số| so)? \d{1,5}(?!\d)")
_PLACE = re.compile(rf"[ ,]{{1,3}}({WORD}(?: {WORD}){{0,3}})")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of Vietnamese addresses."""
    for match in _CORE.finditer(text):
        if match["rural"] or match["only"]:
            end = match.end("rural") if match["rural"] else match.start("only") + len(match["only"].rstrip(" ,"))
            yield match.start(), _rest(text, end)
            continue
        end = _rest(text, match.end())
        parts = end > match.end()
        if match["number"]:
            dated = _DATE.fullmatch(match["number"]) is not None
            slashed = re.match(_SLASHED, match["number"]) is not None and not dated
            if not (match["number"][0].isdigit() or match["number"][0] in "KkĐđ") and match["housing"] is None:
                continue
            certain = (
                slashed
                or match["housing"] is not None
                or match["road"] is not None
                or (
                    match["street"]
                    and " " in match["street"]
                    and not match["street"].isupper()
                    and _AT.search(text, max(0, match.start() - 12), match.start()) is not None
                )
                or (parts and _is_administrative(text[match.end() : end], dated=dated))
            )
            if not certain:
                continue
        if (match["behind"] and _UNIT.match(text, match.end())) or len(match["name"] or "xx") < 2:
            continue
        yield match.start(), end
    for match in _BOX.finditer(text):
        yield match.start(), _rest(text, match.end())
    for match in _PLAIN.finditer(text):
        words = match["street"].split(" ")
        dated = _DATE.match(match.group()) is not None
        if (match["lead"] or "/" in match.group()) and not is_plain(words[0]):
            end = _tail(text, match)
            if end and (not dated or _WARD.search(text, match.start(), end)):
                yield match.start(), end


def _rest(text: str, end: int) -> int:
    """Read the parts and listed places that follow on `end`, by turns; gives the end of the last."""
    for _ in range(PARTS):
        reached = take_place(text, extend(text, end, _PART), _PLACE)
        if reached == end:
            break
        end = reached
    return end


def _is_administrative(tail: str, *, dated: bool) -> bool:
    """Tell whether what follows a street names a ward, a district or a listed town."""
    if re.search(rf"(?<!\w){_ADMIN}[. ]?(?=[ \dA-ZĐ])", tail):
        return True
    return not dated and any(is_place(part) for part in re.split(r"[,\n-]", tail))


def _tail(text: str, match: re.Match[str]) -> int:
    """Read an address in small letters on to its listed town or district; 0 where none follows."""
    words = match["street"].split(" ")
    start = match.start("street")
    for first in range(1, len(words)):
        for last in range(len(words), first, -1):
            if is_place(" ".join(words[first:last])):
                end = start + len(" ".join(words[:last]))
                return _rest(text, end)
    end, reached = match.end(), 0
    for _ in range(5):
        part = _TAIL.match(text, end)
        if not part:
            break
        if part["name"] or part[3] is None:
            more = part["more"]
            end = reached = part.start("more") if more and is_plain(more.strip()) else part.end()
            continue
        listed = take_place(text, end, _PLACE)
        if listed == end:
            break
        end = reached = listed
    return reached
