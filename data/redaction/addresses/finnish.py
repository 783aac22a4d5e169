"""Finnish addresses: Satamakatu 17 A 5, 48100 Kotka; PL 12, 00101 Helsinki; Swedish street names too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import extend, is_place, is_plain
from data.redaction.letters import CAPITALISED, LETTER, WORD

_STREETS = [
    "katu",
    "kadu",
    "tie",
    "kuja",
    "polku",
    "polu",
    "raitti",
    "raiti",
    "kaari",
    "kaare",
    "aukio",
    "bulevardi",
    "esplanadi",
    "puistikko",
    "puistiko",
    "väylä",
    "vayla",
    "penger",
    "penkere",
    "kulku",
    "taival",
    "taipalee",
    "kierros",
    "kierrokse",
    "rinne",
    "rintee",
    "tanhua",
    "gatan",
    "vägen",
    "gränden",
    "stigen",
    "juova",
    "poiju",
    "ranta",
    "ranna",
]
"""Endings that only streets have, hence good in lower case too."""
_LANDS = [
    "mäki",
    "mäe",
    "maki",
    "piha",
    "portti",
    "porti",
    "tori",
    "laita",
    "laida",
    "kehä",
    "haka",
    "haa",
    "pelto",
    "pello",
    "niitty",
    "niity",
    "puisto",
    "silta",
    "silla",
    "harju",
    "kallio",
    "lehto",
    "lehdo",
    "metsä",
    "metsä",
    "suora",
    "varsi",
    "varre",
    "reuna",
    "linja",
    "vuori",
    "vuore",
    "laakso",
    "mutka",
    "nummi",
    "satama",
    "kenttä",
    "kentä",
    "kylä",
    "syrjä",
    "rivi",
    "aita",
    "kangas",
    "kankaa",
    "lahti",
    "lahde",
    "niemi",
    "nieme",
    "saari",
    "saare",
    "koski",
    "kose",
    "oja",
    "luoto",
    "esplanad",
    "allé",
    "torget",
]
"""Endings of many other words: such a street begins with a capital."""
_CASES = (
    "",
    "n",
    "lla",
    "llä",
    "lle",
    "lta",
    "ltä",
    "ssa",
    "ssä",
    "sta",
    "stä",
    "a",
    "ä",
    "an",
    "än",
    "en",
    "in",
    "seen",
    "ta",
    "tä",
)
_ENDINGS = frozenset(stem + case for stem in _STREETS for case in _CASES)
_LAND_ENDINGS = frozenset(stem + case for stem in _LANDS for case in _CASES)
_LONGEST = max(map(len, _ENDINGS | _LAND_ENDINGS))
_NONE = re.compile(
    r"(?:valta|kanta|moottori|kehä|lauta|rauta|yksityis|ohitus|hätä|hengitys|virtsa)tie(?:n|t|tä|ssä|stä|llä|lle|ltä)?$"
    r"|.*(?:raport|moni|kontt?o|moott?o|trakto|edito|sekto|reakto|projekto|inspekto|audito|rekiste"
    r"|trakt|passi|kommentt|doktor|senaa|aukto)"
    r"(?:ri?|ti?|tori)\w{0,3}$|(?:monitori|konttori|moottori|traktori|raportti|sponsori)\w{0,3}$",
    re.I,
)
"""Words that only end like a street: raportti, monitori; and roads that have a number of their own."""
_CASE = r":(?:ss|st|ll|lt|t|aa|ää|ee|ii|hi)?[aäen]\b"
_UNITS = (
    rf"(?! ?(?:[%€]|(?!{_CASE}):|e\b|eur|kpl|kertaa|min|h\b|kk\b|vk\b|pv"
    r"|päiv|viik|tunti|vuot|km|m\b|\. ?[a-zäö]+kuu|[.,]\d|\d|-\d))"
)
_CORE = re.compile(
    rf"(?<![\w-])({LETTER}{{2,30}}(?:-{LETTER}{{2,30}}){{0,2}})(?: |\.? ?:)(?:nro "
    rf"|numero(?:ssa|sta|on)? )?\d{{1,4}}(?:-\d{{1,3}})?{_UNITS}"
)
_FLAT = re.compile(
    r"[ ,]{0,2}(?:\d{1,2}\. ?(?:krs|kerros)\b"
    r"|(?:as|asunto|bst|bostad|lgh|huoneisto|rappu|porras|krs|kerros)\b\.? ?\w{1,4}"
    r"|[A-Za-z](?![^\W_])(?:[ -]?\d{1,3}(?!\d|[:.]\d| ?(?:€|e\b|kk\b|kpl|eur)))?|(?<=[A-Za-z])\d{1,3}(?![\w:]|\.\d))"
)
_TOWN = re.compile(
    rf"[,\s]{{0,3}}(?:(?:FI|FIN|SE|AX)[ -])?(?<!\d)\d{{5}}(?!\d)(?:[ ,]{{1,2}}(?P<word>{WORD}(?: (?:{CAPITALISED}))?))?"
)
_TOWN_ALONE = re.compile(rf"(?P<comma>,[ ]?\n?)?[ \n]?(?P<town>{WORD})(?P<second> {CAPITALISED})?(?!\w)")
_BOX = re.compile(r"(?<!\w)(?:(?:PL|P\.L\.|PB|Postilokero) ?\d{1,5}|(?i:poste restante))(?=[,\s]{1,3}\d{5}(?!\d))")
_FIRST = re.compile(rf"(?:{CAPITALISED} ){{1,3}}\Z")
_NEEDS_FIRST = frozenset(ending for ending in _ENDINGS | _LAND_ENDINGS)
_OLD = re.compile(
    r"(?:vanha|uude|uusi|iso|piene|pieni|pikku|pohjoi(?:nen|se)|eteläi(?:nen|se)|itäi(?:nen|se)|länti(?:nen|se)|ylä|ala)"
    r"(?:n|lla|llä|lle|lta|ltä|ssa|ssä)?",
    re.I,
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of Finnish addresses."""
    for match in _CORE.finditer(text):
        word = match[1]
        if not _is_street(word, named=_FIRST.search(text, max(0, match.start() - 20), match.start()) is not None):
            continue
        start = _start(text, match.start(), word)
        if start is None:
            continue
        end = _rest(text, match.end())
        yield start, end
    for match in _BOX.finditer(text):
        yield match.start(), _rest(text, match.end())


def _is_street(word: str, *, named: bool) -> bool:
    """Tell a street by its ending; one that is `named` (Vanha Valtatie) may be a road that else has only a number."""
    if _NONE.match(word) and not (named and word[0].isupper()):
        return False
    lower = word.lower()
    endings = {lower[-length:] for length in range(3, min(len(lower), _LONGEST) + 1)}
    if endings & _ENDINGS:
        return True
    return word[0].isupper() and bool(endings & _LAND_ENDINGS)


def _start(text: str, start: int, word: str) -> int | None:
    """Take in the words before a street that is not written as one word; None for a bare "tie 5"."""
    first = _FIRST.search(text[max(0, start - 60) : start])
    if word.lower() in _NEEDS_FIRST:
        if not first:
            return None
        words = first.group().split()
        while len(words) > 1 and is_plain(words[0]):
            words = words[1:]
        return start - len(" ".join(words)) - 1
    if first and _OLD.fullmatch(first.group().split()[-1]):
        return start - len(first.group().split()[-1]) - 1
    return start


def _rest(text: str, end: int) -> int:
    end = extend(text, end, _FLAT)
    if match := _TOWN.match(text, end):
        word = match["word"]
        if word is None:
            return match.end()
        first, _, second = word.partition(" ")
        if is_plain(first):
            return match.start("word")
        return match.end() if second and not is_plain(second) and is_place(word) else match.start("word") + len(first)
    match = _TOWN_ALONE.match(text, end)
    if not match:
        return end
    if match["second"] and is_place(match["town"] + match["second"]):
        return match.end()
    unlisted = match["comma"] and match["town"][0].isupper() and not is_plain(match["town"])
    return match.end("town") if unlisted or is_place(match["town"]) else end
