"""Whatever follows "address:" on its line, if there is a number in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LABEL = re.compile(
    r"(?<!\w)(?:(?:home |postal |billing |shipping |delivery |new |old )?address|osoitteeni|osoite"
    r"|katuosoite|postiosoite|toimitusosoite"
    r"|kotiosoite|laskutusosoite|dirección|direccion|domicilio|dirección de (?:envío|entrega"
    r"|suministro)|địa chỉ|dia chi|đ/c|đc|đchỉ"
    r"|địa chỉ (?:giao hàng|nhận hàng|nhà))\s?[:=]\s{0,2}",
    re.I,
)
_FIELD = re.compile(
    r"\s?\n\W{0,4}(?:c\.?p\.?|código postal|localidad|población|ciudad|provincia"
    r"|town|city|county|state|post ?code|zip(?: code)?"
    r"|postinumero|postitoimipaikka|paikkakunta|kaupunki"
    r"|phường|phường/xã|quận|quận/huyện|tỉnh|tỉnh/thành phố|thành phố)"
    r"\s?[:=] {0,2}(?P<value>[^\n\ue000-\ue006]{2,60})",
    re.I,
)
"""The next line of a form: Postcode: WF1 2AB."""
_REST = re.compile(r"[^\n\ue000-\ue006]{4,140}")
_SENTENCE = re.compile(r"(?<=\w{4})[.!?](?=\s|$)|;|\s[-–—]\s(?=\D{12})")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of what is labelled as an address."""
    for label in _LABEL.finditer(text):
        rest = _REST.match(text, label.end())
        if rest is None:
            continue
        sentence = _SENTENCE.search(rest.group())
        end = rest.start() + sentence.start() if sentence else rest.end()
        if any(character.isdigit() for character in text[rest.start() : end]):
            yield rest.start(), end
            while field := _FIELD.match(text, end):
                end = field.end()
                yield field.start("value"), end
