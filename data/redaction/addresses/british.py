"""English-speaking countries: Flat 3B, 81 Cowgate, Dundee DD1 2HZ; 1420 Oak Hollow Dr, Austin, TX 78704."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import TOWN, extend, is_place, is_plain
from data.redaction.letters import CAPITALISED, WORD

_SURE = (
    r"(?:street|road|avenue|lane|crescent|terrace|gardens|boulevard|parkway|cul-de-sac|mews"
    r"|cottages|highway|rd|ave|blvd|ln|cres|esplanade|quay)"
)
"""Ends of a street's name in lower case too."""
_STREET = (
    r"(?:Street|Str|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Close|Cl|Drive|Dr|Court|Crt|Ct|Way|Place|Pl"
    r"|Terrace|Terr|Ter|Crescent|Cres|Grove|Gardens"
    r"|Gdns|Square|Sq|Mews|Hill|Park|Row|Walk|Boulevard|Blvd|Parade|Quay|View|Rise|Green|Circle"
    r"|Cir|Trail|Trl|Parkway|Pkwy|Highway|Hwy"
    r"|Loop|Alley|Bend|Vale|Yard|Wharf|Meadow|Meadows|Heights|Cottages|Villas|Gate|Fold|Croft|Path"
    r"|Passage|Run|Ridge|Point|Crossing|Broadway"
    r"|Esplanade|Embankment|Buildings|Wynd|Brae|Drove|Strand|Plaza|Pike|Turnpike)"
)
_UNIT = (
    r"(?i:(?:flat|apt\.?|apartment|unit|suite|ste\.?|room|studio|top floor flat|ground floor flat"
    r"|basement flat|floor|house|block|#)"
    r" ?#?(?:\d{1,4}[A-Za-z]?|[A-Za-z]-?\d{0,4})(?![\w]),? ?\n?)"
)
_HOUSE = rf"(?:(?:The )?{CAPITALISED}(?: {CAPITALISED}){{0,2}},[ \n])?"
_NUMBER = r"\d{1,5}[A-Za-z]?(?:[/-]\d{1,4}[A-Za-z]?)?"
_CORE = re.compile(
    rf"(?<![\w£$€.,/-])(?:{_UNIT}{_HOUSE}|{_UNIT}){{0,2}}{_NUMBER},?[ ](?:[NSEW]\.? |(?:the|The|of) )?"
    rf"(?:(?:(?P<names>(?:{CAPITALISED}[ ]|(?:na|of|the|y|an) |\d{{1,3}}(?:st|nd|rd|th) ){{0,4}}){_STREET}\b\.?)"
    rf"|(?P<small>(?:{WORD}[ ]){{1,3}}){_SURE}\b\.?)"
)
_UK = r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w)"
_EIRCODE = r"(?:(?:[AC-FHKNPRTV-Y]\d\d|D6W) ?[0-9A-Z]{4})(?!\w)"
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    r"|T[NX]|UT|V[AT]|W[AIVY])"
)
_US = rf"(?:{_STATE},? \d{{5}}(?:-\d{{4}})?)(?!\w)"
_AUSTRALIA = r"(?:(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? \d{4})(?!\w)"
_CANADA = r"(?:(?:(?:AB|BC|MB|N[BLSTU]|ON|PE|QC|SK|YT),? )?[A-Z]\d[A-Z] ?\d[A-Z]\d)(?!\w)"
_ANY = f"(?:{_UK}|{_EIRCODE}|{_US}|{_AUSTRALIA}|{_CANADA})"
_CODE = re.compile(rf"(?<![\w]){_ANY}")
_SMALL_CODE = re.compile(rf"(?<![\w])(?:{_UK}|{_EIRCODE})", re.I)
_PART = re.compile(
    rf"(?:[ ,.\n-]{{1,3}}{_ANY})|(?<=Dublin) \d{{1,2}}W?(?!\w)|,? RD \d{{1,2}}(?!\w)"
    rf"|(?<=[a-z]) \d{{4}}(?=[,.;\n)?!]|$)|[ ,]{{1,2}}(?:{_UNIT.replace(',? ?', '')})"
    rf"|(?:,[ \n]{{0,2}}|\n)(?P<town>{TOWN})(?=[,.;\n)?!]|$| {_ANY}| {_STATE}\b| "
    rf"\d{{4,5}}\b| [a-z(-])"
    rf"|,? {_STATE}(?=[,.;\n ]|$)(?:,? \d{{5}}(?:-\d{{4}})?\b)?|[ "
    rf",\n]{{1,2}}\d{{5}}(?:-\d{{4}})?(?![\d-])(?: {CAPITALISED})?"
)
_BACK = re.compile(rf"(?:{_UNIT}{_HOUSE}){{0,2}}(?<![\w£$€.,/-]){_NUMBER}(?=,? {CAPITALISED})")
_BETWEEN = re.compile(
    rf"{_NUMBER},? ?(?:(?:{CAPITALISED}|na|an|y|of|the|de|on|upon|le|in|co\.?|Co\.|county|[NSEW]\.?"
    rf"|St\.|\d{{1,3}}[A-Z]?)[ ,.\n-]{{1,3}}){{1,14}}"
)
_NAMED = re.compile(
    rf"(?<![\w'])(?:(?:The |Co\. )?{CAPITALISED}(?: {CAPITALISED}){{0,3}},[ \n]){{1,4}}"
    rf"(?:{CAPITALISED}(?: (?:{CAPITALISED}|on|upon|le|in)){{0,4}},?[ \n])?$"
)
"""A house without a number: Rose Cottage, Church Lane, Little Snoring NR21 0HX."""
_BOX = re.compile(r"(?<!\w)(?i:p\.? ?o\.? ?box) \d{1,6}")
_POSTCODE_SAID = re.compile(r"(?i:post ?code|eircode|zip(?: ?code)?)(?i:[ :=]{1,3}| is | here is | - )$")
_SMALL_BACK = re.compile(rf"(?<![\w£$€.,/-])(?i:{_UNIT})?{_NUMBER},? (?P<words>(?:{WORD}\.?(?:,|,? )[ \n]?){{2,8}})\Z")
"""What leads to a postcode in small letters: 112 hartington st, moss side, manchester m14 4rx."""
_KNOWN = re.compile(
    rf"(?i:{_STREET}|{_SURE}|on|upon|le|the|of|side|co|county|north|south|east|west|upper|lower|new|old)"
)
_REACH = 110


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of British, Irish and American addresses."""
    for match in _CORE.finditer(text):
        names, small = match["names"], match["small"]
        if names == "" or (small and any(is_plain(word) for word in small.split())):
            continue
        yield match.start(), extend(text, _listed(text, extend(text, match.end(), _PART)), _PART)
    last = 0
    for code in _CODE.finditer(text):
        since = max(last, code.start() - _REACH)
        before = text[since : code.start()]
        for number in _BACK.finditer(before):
            if _BETWEEN.fullmatch(before[_digits(number) :]):
                yield since + number.start(), extend(text, code.end(), _PART)
                break
        else:
            house = _NAMED.search(before)
            if house:
                yield since + house.start(), extend(text, code.end(), _PART)
        last = code.end()
    for code in _SMALL_CODE.finditer(text):
        small = _SMALL_BACK.search(text, max(0, code.start() - _REACH), code.start())
        if small and not any(is_plain(word) for word in re.findall(WORD, small["words"]) if not _KNOWN.fullmatch(word)):
            yield small.start(), code.end()
        if _POSTCODE_SAID.search(text[max(0, code.start() - 24) : code.start()]):
            yield code.start(), code.end()
    for box in _BOX.finditer(text):
        yield box.start(), extend(text, box.end(), _PART)


def _digits(number: re.Match[str]) -> int:
    """Where the street number itself begins, behind flat and house name."""
    found = re.search(rf"{_NUMBER}$", number.group())
    return number.start() + (found.start() if found else 0)


def _listed(text: str, end: int) -> int:
    """Take in a listed town after a comma or a space, in any case, and a postcode in small letters."""
    match = re.compile(rf"[, ]{{1,2}}(?:in )?({WORD})").match(text, end)
    if match and is_place(match[1]):
        end = match.end()
    code = re.compile(rf"[, ]{{1,2}}(?:{_UK}|{_EIRCODE})", re.I).match(text, end)
    return code.end() if code else end
