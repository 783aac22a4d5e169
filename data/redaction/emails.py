"""E-mail addresses, also in links (maija%40esimerkki.fi), with stray spaces or spelled out: maija (at) esimerkki.fi."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.redaction.kinds import Found, Kind

_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}")
"""Read backwards from the sign: at most the 64 characters that RFC 5321 allows."""
_AT = re.compile("@|%(?:25)?40")
_ESCAPED_LOCAL = re.compile(r"[\w.%+~-]{1,64}")
"""As in a link, where whatever else an address has is escaped too, and parts the address from what stands before it."""
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62}")
_PARTED = re.compile(
    r"(?<![\w.+-])([\w+-][\w.+-]{0,63})(?: {1,2}@|@[ \n]{0,2})((?:[a-z\d][a-z\d-]{0,62} ?\.){1,4} ?"
    r"(?:com|org|net|info|example|invalid|test|edu|gov|eu|fi|vn|es|uk|ie|us|mx|ar|co|cl|pe|se|ee|de|fr|it|io|me)(?![\w-]))"
)
"""A stray space beside the sign or a dot: jane@ example.com. Only with a host in small letters, of a common ending."""
_EDGE = ".!#$%&'*+/=?^{|}~-"
_SPELLED = re.compile(
    r"(?<![\w.+-])([\w+-][\w.+-]{0,63}) ?(?:[(\[{<] ?(?:at|ät|a|arroba|@|a còng) ?[)\]}>]| (?:at"
    r"|arroba|miukumauku|a còng) ) ?"
    r"((?:[^\W_][\w-]{0,40} ?(?:\.|[(\[] ?(?:dot|piste|punto|chấm) ?[)\]]| (?:dot|piste|punto"
    r"|chấm) ) ?){1,4}(?:[a-z]{2,10})\b)",
    re.I,
)
_SPELLED_HINT = re.compile(r"[(\[{<] ?(?:at|ät|a|arroba|@|a còng) ?[)\]}>]| (?:arroba|miukumauku|a còng|dot) ", re.I)


def find_emails(text: str) -> Iterator[Found]:
    """Find e-mail addresses: every sign is looked at once, 64 characters to the left and a host name to the right."""
    for sign in _AT.finditer(text):
        place, end = sign.span()
        after = _DOMAIN.match(text, end) if text[end : end + 1].isalnum() else None
        before = None
        if after:
            before = (_LOCAL if end == place + 1 else _ESCAPED_LOCAL).match(text[max(0, place - 64) : place][::-1])
        if before and after:
            local = before.group()[::-1].lstrip(_EDGE)
            if local:
                yield Found(Kind.EMAIL, place - len(local), after.end())
        elif after is None or before is None:
            parted = _PARTED.search(text, max(0, place - 66), end + 260)
            if parted and parted.start() < place < parted.end():
                yield Found(Kind.EMAIL, parted.start(), parted.end())
    for hint in _SPELLED_HINT.finditer(text):
        for match in _SPELLED.finditer(text, max(0, hint.start() - 66), min(len(text), hint.end() + 120)):
            yield Found(Kind.EMAIL, match.start(), match.end())
