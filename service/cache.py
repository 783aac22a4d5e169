"""The latest answers, so that the same message asked twice is computed once.

The key is a hash with a secret of this process, and the value an answer: no text is kept, and nobody who reads the
memory later can look a guessed message up.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict

from models.answer import Answer

Key = tuple[str, bytes]


class AnswerCache:
    """At most `size` answers; the least recently used goes first. Used from the event loop only, so it never locks."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._secret = os.urandom(32)
        self._answers: OrderedDict[Key, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def key(self, model_version: str, text: str, language: str | None, *, evidence: bool = True) -> Key:
        """Make the key: the model's version, and a hash (SHA-256) of secret, evidence asked for, language and text."""
        digest = hashlib.sha256(self._secret + bytes([evidence]) + (language or "").encode() + b"\0" + text.encode())
        return model_version, digest.digest()

    def get(self, key: Key) -> Answer | None:
        """Look an answer up, and count it as used."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer, and let the least recently used go."""
        if not self.size:
            return
        self._answers[key] = answer
        self._answers.move_to_end(key)
        while len(self._answers) > self.size:
            self._answers.popitem(last=False)

    def clear(self) -> None:
        """Let go of all: which answer was to which text, nobody can tell."""
        self._answers.clear()
