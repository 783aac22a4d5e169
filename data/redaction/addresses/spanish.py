"""Addresses of Spain and Latin America.

C/ Almirante Gravina, 14, 3.º B, 30201 Cartagena; Av. Juárez 120, Col. Centro, C.P. 06050.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.addresses.parts import TOWN, extend, is_plain, take_place
from data.redaction.letters import CAPITALISED, WORD

_TYPE = (
    r"(?:c/|c\. ?/|c\.|camiño|partida|calle|c/\.|avenida|avda\.?|avd\.?|av\.?|paseo|p\.?º|pso\.?|plaza|plz\.?|plza\.?"
    r"|pza\.?|plaça|pl\.|ronda|rda\.?"
    r"|travesía|travesia|trav\.|camino|cno\.?|camí|carretera|ctra\.?|urbanización|urbanizacion"
    r"|urb\.?|polígono|poligono|pol\. ind\."
    r"|glorieta|gta\.|rambla|callejón|callejon|calzada|blvd\.?|boulevard|bulevar|privada|priv\."
    r"|cerrada|andador|circuito|cto\."
    r"|prolongación|prolongacion|prol\.|pasaje|psje\.?|pje\.|jr\.|gran vía|gran via|cuesta|costanilla"
    r"|alameda|carrer|passeig|avinguda"
    r"|kalea|rúa|carrera|cra\.?|diagonal|transversal|jirón|retorno|calleja|callejuela|eje|calz\."
    r"|autopista|barrio|bº|col\.)"
)
_SMALL = (
    r"(?:de|del|la|las|los|el|y|e|d'|dels|les|da|do|san|sta\.|sto\.|dr\.|dra\.|gral\.|gnral\.|ma\."
    r"|m\.ª|nª|sra\.|ntra\.|cnel\.|cap\.|prof\.|ing\.|lic\.)"
)
_BEFORE_NUMBER = (
    r"(?:,? ?(?:n\.? ?[º°o]\.?|n[uú]m(?:ero)?\.?|#|no\.|nro\.?|numero exterior|ext\.?"
    r"|edif(?:icio)?\.?|km\.?|portal|bloque|parcela|nave) ?|,? )"
)
_NUMBER = (
    r"(?:\d{1,5}(?:[ -]?bis\b|-?[A-Za-z](?![^\W_]))?(?:-\d{1,4}[A-Za-zª]?)?(?![\d]|[.,:]\d|/\d)"
    r"(?! ?(?:[€$%]|euros?\b|pesos?\b|min|hora|d[ií]as?\b|semanas?\b|meses\b|mes\b|años?\b|veces\b"
    r"|personas?\b|h\b|kg\b|km\b|metros\b|litros\b|de (?:enero|febrero|marzo|abril"
    r"|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)))|s/n\b|sn\b(?=,)|km\.? ?\d{1,3}(?:[.,]\d)?)"
)
_CORE = re.compile(
    rf"(?<![\w@])(?i:{_TYPE})(?:(?<=[./º]) ?|[ ])(?P<name>(?:(?:(?i:{_SMALL})|{WORD}[.]?"
    rf"|\d{{1,3}}(?= (?:de )?[^\W\d_]{{3}}))(?![^\W_]) ?){{1,8}}?)(?i:{_BEFORE_NUMBER}){_NUMBER}"
)
_GREAT = re.compile(rf"(?<![\w@])(?i:gran v[ií]a)(?i:{_BEFORE_NUMBER}){_NUMBER}")
_GRID = re.compile(
    r"(?<!\w)(?i:calle|cl\.?|cra\.?|carrera|kr\.?|diagonal|transversal|tv\.?|avenida|av\.?) "
    r"\d{1,3} ?[A-Za-z]?(?: (?i:bis|sur|norte))?"
    r" ?(?:#|[Nn][°º.]?o?\.?|[Nn]úmero) ?\d{1,3}[A-Za-z]?(?: (?i:bis|sur|norte))? ?-? ?\d{1,3}"
)
"""Colombian addresses: Calle 10 # 23-45."""
_ROAD = re.compile(
    r"(?<!\w)(?i:ruta|carretera|ctra\.?|autov[ií]a|autopista) [A-Za-z]{0,3}-?\d{1,4},? (?i:km\.?) ?\d{1,4}(?:[.,]\d)?"
)
_FLAT_TELLS = re.compile(
    rf"(?<!\w){CAPITALISED}(?: {CAPITALISED}){{0,3}} \d{{2,5}}"
    r"(?=,? (?i:d(?:e?p)?to|departamento|depa|piso|apto|apartamento)\.? ?\d)"
)
"""A street without its kind, as in Chile: Los Aromos 1450, depto 802."""
_FLOOR = (
    r"(?:\d{1,2} ?[.,]? ?[ºªo°]\.?(?!\w)(?:[ ,-]{0,2}(?:\d{1,2} ?[.]?[ºªa]|(?:izq\w*|izda|izqda"
    r"|dcha|dch|dta|drcha|derecha|izquierda|centro|ctro"
    r"|puerta \w{1,3}|pta\.? \w{1,3}|ext|int)\b\.?|[A-Za-z](?![^\W_])))?"
    r"|\d{1,2}(?:r|n|t|[èé])\b(?: \d{1,2}(?:[aª]|ona)(?!\w))?"
    r"|\d{1,2}[ºªo°]?[ -]?[A-Za-z](?![^\W_])|\d{1,2}-\d{1,2}(?!\d)"
    r"|(?:piso|planta|puerta|pta|portal|bajos?|bjo|ático|atico|entresuelo|entlo|entreplanta"
    r"|principal|pral|escalera|esc|bloque|blq|bl"
    r"|casa|hab|habitación|local|departamento|depto|dpto|dto|depa|interior|int|exterior|ext|edificio|edif|torre"
    r"|lote|lt|manzana|mza|mz|nave|chalet|chalé"
    r"|oficina|of|apartamento|apto|apt|sótano|núm|nº|parcela|smza|supermanzana)\b\.?[ ]?(?:n\.?º ?"
    r"|#)?(?:\d{1,4}[.]?[ºª]?(?:[ -]?[A-Za-z](?![^\W_]))?"
    r"|[A-Za-z]-?\d{0,4}(?![^\W_])|(?:izq\w*|izda|dcha|derecha|izquierda|centro)\b\.?)?"
    r"|(?:izq|izqda|izda|dcha|dta)\b\.?|#\d{1,5}[A-Za-z]?)"
)
_AREA = (
    r"(?:(?i:col|colonia|fracc|fraccionamiento|barrio|bº|urb|urbanización|delegación|alcaldía|del"
    r"|municipio|mpio|unidad|residencial|ampliación|pueblo|asoc|asociación|comuna|localidad|sector|distrito"
    rf"|pedanía|polígono|finca)\b\.? (?:(?:de|del|la|las|los|el|san) ){{0,2}}{CAPITALISED}(?: (?:(?:de"
    rf"|del|la|las|los|el|y) ){{0,2}}{CAPITALISED}){{0,3}}(?: [IVX]{{1,4}}\b| \d{{1,2}}\b)?)"
)
_POSTCODE = rf"(?:(?i:c\.? ?p\.?|cp|código postal):? ?)?\d{{5}}(?!\d)(?:[ ,]{{1,2}}(?P<town>{TOWN}))?"
_SIDE = rf"(?:{WORD}|\d{{1,3}})(?: {CAPITALISED}){{0,2}}"
_CROSSING = rf"[ ,]{{1,2}}(?:x|entre) {_SIDE} y {_SIDE}"
"""The streets to both sides, as Mexico gives them."""
_PART = re.compile(
    rf"{_CROSSING}|[ ,;.\n-]{{1,3}}(?:{_POSTCODE}|(?i:{_FLOOR})|{_AREA})|[ ]?\((?:{TOWN})\)|(?:, ?\n?|\n| - "
    rf"){TOWN.replace('(?:[ ]', '(?:[ ]', 1)}(?=[,.;\n)?!]|$| [^\W\dA-Z])(?<!Gracias)|(?i:,? ?(?:cdmx|d\.f\."
    r"|edo\. ?(?:de )?méx\w*\.?|n\.l\.|jal\.|qro\.|b\.c\.))"
)
_BOX = re.compile(
    r"(?<!\w)(?i:(?:apartado|casilla) (?:de correos?|postal)|apdo\.?(?: de correos?)?) (?:n\.?[º°o] ?)?\d{1,6}(?!\d)"
)
_PLACE = re.compile(rf"(?:[ ,.-]{{1,2}}|\s{{1,2}}(?:en|de) )({WORD}(?: {WORD}){{0,3}})")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of Spanish and Latin American addresses."""
    for match in _CORE.finditer(text):
        if not _is_street(match["name"]):
            continue
        end = extend(text, match.end(), _PART)
        yield match.start(), extend(text, take_place(text, end, _PLACE), _PART)
    for match in (
        *_GREAT.finditer(text),
        *_GRID.finditer(text),
        *_ROAD.finditer(text),
        *_FLAT_TELLS.finditer(text),
        *_BOX.finditer(text),
    ):
        yield match.start(), extend(text, take_place(text, extend(text, match.end(), _PART), _PLACE), _PART)


def _is_street(name: str) -> bool:
    """Tell a street's name from a sentence: it holds a capital or is short, and no word of sentences."""
    words = [word for word in re.split(r"[ .,]+", name) if word]
    telling = [word for word in words if not re.fullmatch(_SMALL, word, re.I)]
    if any(character.isupper() for word in telling for character in word[:1]) and len(telling) <= 5:
        return not any(is_plain(word) and word[0].islower() for word in telling)
    return len(telling) <= 3 and not any(is_plain(word) for word in telling) and bool(words)
