"""Personal data taken out of a message before it is stored: `redact(text)` gives the text with placeholders.

The modules, one concept each: `folding` (one spelling of white space, dashes and digits), `emails`, `phones`,
`accounts`, `identity`, `addresses` and its patterns per country, `names` (rules over words, and lists of names),
`context` (which word before a number says what it is), `joining` of what overlaps, `offsets` (the way from a span of
the message to the redacted text), `redactor` (the order of all this), `measuring` (how much it finds on a marked set).
"""

from data.redaction.kinds import Found, Kind
from data.redaction.offsets import Redacted
from data.redaction.redactor import redact

__all__ = ["Found", "Kind", "Redacted", "redact"]
