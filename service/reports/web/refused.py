"""What a refusal says to a person who opened a page of the reports: what happened, and what to do next.

Programs get the problem itself (`service/errors.py`). Nothing of what was asked for is repeated here.
"""

from __future__ import annotations

from service.errors import (
    DeadlinePassed,
    FieldError,
    LockedOut,
    NoStore,
    NotFound,
    NotInstalled,
    Overloaded,
    Problem,
    RateLimited,
    ScopeMissing,
    StoreFailed,
    StoreFull,
    TooSlow,
    Unauthenticated,
    Unavailable,
)
from service.reports.tongue import Tongue
from service.reports.web.asked import EARLIEST, LATEST


def tell(problem: Problem, tongue: Tongue) -> tuple[str, str]:
    """Say what happened, as a heading, and what to do about it; "" where `tell_fault` or waiting is all there is."""
    say = tongue.say
    if problem.errors:
        return say("The filter in the address cannot be used."), ""
    if isinstance(problem, NoStore):
        return say("There is nothing to report yet"), ""
    if isinstance(problem, NotFound):
        return say("There is nothing at this address"), say(
            "The address may be mistyped, or these messages have no such figure. The links above lead to all reports."
        )
    if isinstance(problem, Unauthenticated | ScopeMissing | RateLimited | LockedOut):
        return say("You cannot open this page now"), tell_of_key(problem, tongue)
    if isinstance(problem, Overloaded):
        return say("Too many reports are being made at once"), ""
    if isinstance(problem, NotInstalled):
        return say("The software that makes this file is not installed"), say(
            "Whoever runs the service can install it. The CSV tables need no more software."
        )
    if isinstance(problem, TooSlow):
        return say("The report was not there in time"), say("Fewer days are counted sooner: choose a shorter time.")
    if isinstance(problem, StoreFailed | StoreFull):
        return say("The stored messages cannot be read just now"), say(
            "If this goes on, tell whoever runs the service."
        )
    if type(problem) is Unavailable:
        return say("The messages are being counted"), say("This is the first time since the service was started.")
    if isinstance(problem, Unavailable | DeadlinePassed):
        return say("The service cannot answer just now"), ""
    if problem.status >= 500:
        return say("Something went wrong in the service"), say(
            "It was nothing that you did. Try again; if it fails again, tell whoever runs the service."
        )
    return say("The service did not accept this request"), say("The links above lead to all reports.")


def tell_of_key(problem: Problem, tongue: Tongue) -> str:
    """Say why a key does not open the reports."""
    if problem.status == 403:
        return tongue.say("This key was not made for reports.")
    if isinstance(problem, RateLimited):
        return tongue.say("This key has sent as many requests as it may in a minute: wait a while, then try again.")
    if isinstance(problem, LockedOut):
        return tongue.say("Too many wrong keys: wait a while, then try again.")
    if type(problem) is Unauthenticated:
        return tongue.say("Enter a key.")
    return tongue.say("The key does not open this service: it may be mistyped, expired or revoked.")


def tell_fault(fault: FieldError, tongue: Tongue) -> tuple[str, str]:
    """Name a part of the address that cannot be used, and say what is wrong with it."""
    if fault.field in ("from", "to"):
        years = {"first": EARLIEST.year, "last": LATEST.year}
        words = tongue.say("This is not a day between {first} and {last}: write it as 2026-03-01.", **years)
    elif fault.field == "body":  # what is wrong with the whole can only be its order
        return "from, to", tongue.say("The first day is later than the last: swap them.")
    else:
        words = tongue.say("This is too long, or has characters that it cannot have: choose another, or leave it out.")
    return fault.field, words
