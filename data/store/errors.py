"""What a store refuses, as one tree.

StoreError
├── StoreUnusable       it cannot be opened: the address, the file, or a version that is newer than this program
├── Missing             there is no such ticket, or no such group
├── Stale               the ticket has changed since it was read; `current` is how it stands now
├── NothingToUndo       the author has no correction that still holds
├── Unsettled           a group of tickets cannot be decided on so, as others stand
└── KeyReused           an idempotency key came again
    ├── KeyMismatch         with another request
    └── KeyUnderWay         while the first request is being answered
"""

from __future__ import annotations

from data.store.records import Ticket


class StoreError(Exception):
    """The message says what to do, and never holds text of a ticket."""


class StoreUnusable(StoreError):
    """The store cannot be opened."""


class Missing(StoreError):
    """There is no such ticket."""


class Stale(StoreError):
    """The ticket has changed since whoever asks read it."""

    def __init__(self, current: Ticket) -> None:
        super().__init__("the ticket has changed since it was read: read it again, then decide")
        self.current = current


class NothingToUndo(StoreError):
    """The author has no correction of this ticket that still holds."""


class Unsettled(StoreError):
    """A group of tickets cannot be named, dismissed or merged so; the message says what to do instead."""


class KeyReused(StoreError):
    """An idempotency key came again and cannot be honoured."""


class KeyMismatch(KeyReused):
    """It came with another request than the first time."""


class KeyUnderWay(KeyReused):
    """The request that it came with first is still being answered: ask again after `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("the request with this idempotency key is still being answered: ask again later")
        self.wait = wait
