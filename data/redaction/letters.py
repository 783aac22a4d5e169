"""Pieces of patterns for words of the four languages: Python's `re` has no class for capital letters."""

from __future__ import annotations

_LATIN = [chr(code) for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00))]

CAPITAL = "[" + "".join(letter for letter in _LATIN if letter.isupper()) + "]"
"""One Latin capital, Vietnamese ones included."""
LETTER = r"[^\W\d_]"
"""One letter."""
CAPITALISED = rf"{CAPITAL}{LETTER}{{0,24}}(?:['.-]{{1,2}}{LETTER}{{1,24}}){{0,3}}"
"""A word that begins with a capital: Pant-y-Celyn, O'Connell, St.John."""
WORD = rf"{LETTER}{{1,25}}(?:['-]{LETTER}{{1,25}}){{0,3}}"
"""Any word."""
