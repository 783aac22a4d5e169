"""What stands before street and number: Apt 12, Block C, …; The Old Smithy, 2 Main Street; Căn hộ 1208, tháp B, …."""

from __future__ import annotations

import re

from data.redaction.letters import CAPITALISED

_DESIGNATOR = r"(?:#? ?[A-Za-z]{0,2}[.-]?\d{1,5}[A-Za-z]?(?:[./-]\d{1,4}){0,2}|[A-Z])"
_UNIT = (
    r"(?i:flat|apt\.?|apartment|unit|suite|room|tower|block|blk\.?|building|bldg\.?|plot|pitch"
    r"|căn hộ|can ho|căn|phòng|phong|tháp|thap|tòa|toà|toa|lô|lo|kiot|kiốt|tầng|tang|dãy"
    r"|hab\.?|habitación|nave|portal|bloque|edificio|torre|parcela)"
)
_HOUSE = (
    rf"(?:The )?(?:{CAPITALISED} ){{0,4}}(?:Cottage|House|Forge|Smithy|Lodge|Farm|Farmhouse|Hall|Home|Barn|Barns|Mill"
    r"|Villa|Manor|Rectory|Vicarage|Granary|Maltings|Towers|Mansions|Court|Stables|Bungalow|Schoolhouse|Chapel)"
)
_SMALL = "(?:(?:de|del|la|las|los|el|y) ){0,2}"
_ESTATE = (
    r"(?i:residencia|edificio|pol[ií]gono(?: industrial)?|pol\. ?ind\.|finca|cortijo|masía|caserío|urbanización|urb\.?)"
    rf" {_SMALL}{CAPITALISED}(?: {_SMALL}{CAPITALISED}){{0,3}}"
)
_BEFORE = re.compile(
    rf"(?<![\w/])(?:(?:{_UNIT} ?{_DESIGNATOR}|\dF\d|\d/\d|[A-Z]-?\d{{1,2}}\.\d{{2}}"
    rf"|{_HOUSE}|{_ESTATE}),?[ \n]){{1,4}}\Z|(?<!\w)(?i:unit|apt\.?|flat|lot|blk\.?) \Z"
)
_REACH = 90


def begin(text: str, start: int) -> int:
    """Give where an address begins: before `start`, its street or number, may stand flat, block or house."""
    match = _BEFORE.search(text, max(0, start - _REACH), start)
    return match.start() if match else start
