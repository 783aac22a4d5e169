"""The order of the rules: what has a structure first, then addresses, then names, until nothing more is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from data.markup import looks_like_html
from data.redaction.accounts import find_accounts, find_cards
from data.redaction.addresses import find_addresses
from data.redaction.context import Context
from data.redaction.emails import find_emails
from data.redaction.folding import Folded, fold, fold_shown
from data.redaction.identity import find_identity_numbers
from data.redaction.joining import join
from data.redaction.kinds import MASKS, PLACEHOLDER, Found, mask
from data.redaction.names import find_names
from data.redaction.names.tagger import Tagger
from data.redaction.offsets import Redacted, replace
from data.redaction.phones import find_phones

ROUNDS = 8
"""Most texts need two rounds: what was found the first time may show something else (a name beside a placeholder),
and the last round finds nothing, which is what makes a redacted text stay as it is."""

_DIGIT = re.compile(r"\d")
_MASK_OF = {kind.placeholder: character for kind, character in MASKS.items()}


def redact(text: str, language: str | None = None, *, tagger: Tagger | None = None) -> Redacted:
    """Put placeholders in the place of personal data.

    `language` (ISO 639-1; None: unknown) says which readings of a doubtful word or number come first; all rules run in
    every language, since people write in Finnish about a Spanish address. HTML is read twice: as it is written (links
    hold addresses) and as it is shown. Any string is read, whatever is in it; the cost is linear in its length.
    `redact(redact(text).text)` changes nothing. `tagger`: another than the package's.
    """
    redacted = Redacted(text, [], len(text))
    for _ in range(ROUNDS):
        found = _find(redacted.text, language, tagger)
        if not found:
            break
        moved = [Found(item.kind, *redacted.original(item.start, item.end)) for item in found]
        redacted = replace(text, join([*redacted.found, *moved]))
    return redacted


def _find(text: str, language: str | None, tagger: Tagger | None) -> list[Found]:
    everything: list[Found] = []
    for folding in (fold, fold_shown) if looks_like_html(text) else (fold,):
        folded, read, found = without_numbers(text, language, folding)
        items = join([*found, *find_names(read, language, tagger)])
        everything += [Found(item.kind, *folded.original(item.start, item.end)) for item in items]
    return everything


def without_numbers(
    text: str, language: str | None, folding: Callable[[str], Folded] = fold
) -> tuple[Folded, str, list[Found]]:
    """Find all but names; gives the folded text, the same with masks over what was found, and that (in the folded)."""
    folded = folding(text)
    read = PLACEHOLDER.sub(lambda match: _MASK_OF[match.group()] * len(match.group()), folded.text)
    context = Context(read)
    numbered: list[Callable[[str], Iterator[Found]]] = [
        lambda text: find_accounts(text, context),
        lambda text: find_cards(text, context),
        lambda text: find_identity_numbers(text, context),
        lambda text: find_phones(text, context, language),
    ]
    finders = [find_emails, *(numbered if _DIGIT.search(read) else []), find_addresses]
    everything: list[Found] = []
    for finder in finders:
        found = join(finder(read))
        if found:
            everything += found
            read = mask(read, found)
            context = Context(read)
    return folded, read, everything
