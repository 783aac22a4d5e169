"""Characters that nobody sees, and those that end a line as a line feed does.

One list for cleaning and redaction: what cleaning drops, redaction must read past, or cleaning what was stored
would put an address together that redaction had not found.
"""

from __future__ import annotations

from typing import Final

UNSEEN: Final = (
    "\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls, but NUL and white space
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff"  # up to here category Cf and what is reserved for it
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0"  # joiners and fillers: without ink
    "\ud800-\udfff"  # halves of pairs, which no encoding can write
)
"""Inside of a character class of a regular expression."""
BREAKS: Final = "\x0b\x0c\x85\u2028\u2029"
