"""Answer the rows of a table on all cores, in their order, with a bounded number of them on the way.

As in `service.scheduler`, every thread computes one text at a time on one core. Nothing is padded and nobody waits for
a batch; a long text holds up the rows behind it only once `MOST_ROWS` of them or `MOST_SIZE` of text are on the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Generic

from pydantic import ValidationError

from data.tables.table import ChunkT, Flaw
from models.answer import Answer
from models.engine import Engine
from service.bulk_columns import answered, unanswered
from service.cache import AnswerCache, Key
from service.settings import Settings
from service.wire import Message, field_errors, language_code

MOST_ROWS: Final = 1_024
MOST_SIZE: Final = 8_000_000
"""Characters or bytes of whole rows."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What to answer, and how: columns by place, the language of all texts or the column of each."""

    text: int
    language: str | None = None
    language_column: int | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A text that is being answered, and the note that goes with its answer."""

    key: Key
    answer: Future[Answer]
    note: str | None


@dataclass(frozen=True, slots=True)
class Done(Generic[ChunkT]):
    """A chunk and the values of its rows, the first `known` of which were known before."""

    chunk: ChunkT
    values: list[list[Any]]
    known: int


class Answerer:
    """Threads, an engine and the latest answers. Used by one thread."""

    def __init__(self, engine: Engine, choices: Choices, settings: Settings) -> None:
        self.engine = engine
        self.choices = choices
        self._most_characters = settings.max_characters
        self._cache = AnswerCache(settings.cache_answers)
        self._running: dict[Key, Future[Answer]] = {}
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="compute")

    def answer_all(self, chunks: Iterable[tuple[ChunkT, list[list[Any]]]]) -> Generator[Done[ChunkT]]:
        """Answer chunks in order; beside each stand the values of its first rows as far as they are known."""
        waiting: deque[tuple[ChunkT, list[list[Any]], list[Task | str]]] = deque()
        rows = size = 0
        try:
            for chunk, known in chunks:
                tasks = self._begin(chunk, len(known))
                waiting.append((chunk, known, tasks))
                rows += len(chunk)
                size += chunk.size
                while rows > MOST_ROWS or size > MOST_SIZE:
                    oldest = waiting.popleft()
                    rows -= len(oldest[0])
                    size -= oldest[0].size
                    yield self._end(*oldest)
            while waiting:
                yield self._end(*waiting.popleft())
        finally:
            self._threads.shutdown(cancel_futures=True)

    def _begin(self, chunk: ChunkT, known: int) -> list[Task | str]:
        """Give the rows that are not known to the threads; what cannot be answered is told why."""
        texts = chunk.cells(self.choices.text)
        column = self.choices.language_column
        languages = [self.choices.language] * len(texts) if column is None else chunk.cells(column)
        return [
            self._task(texts[place], languages[place], chunk.flaws.get(place)) for place in range(known, len(texts))
        ]

    def _task(self, cell: object, language: object, flaw: Flaw | None) -> Task | str:
        if flaw is not None and not flaw.usable:
            return flaw.note
        checked = self._check(cell, language)
        if isinstance(checked, str):
            return f"{checked}; {flaw.note}" if flaw else checked
        key = self._cache.key(self.engine.model_version, checked.text, checked.language)
        future = self._running.get(key)
        if future is None:
            found = self._cache.get(key)
            if found is not None:
                future = Future()
                future.set_result(found)
            else:
                future = self._threads.submit(self._answer, checked)
                self._running[key] = future
        return Task(key, future, flaw.note if flaw else None)

    def _check(self, cell: object, language: object) -> Message | str:
        """Make a message of a row, or say why there is none. Never repeats the cell."""
        if cell is None or cell == "":
            return "the text is empty"
        if not isinstance(cell, str):
            return f"the text is no text but {_NAMES.get(type(cell).__name__, type(cell).__name__)}"
        if len(cell) > self._most_characters:
            return f"the text has {len(cell):,} characters, the limit is {self._most_characters:,}"
        code = language_code("" if language is None else str(language)) or None
        if code is not None and code not in self.engine.languages:
            return f"its language is none of {', '.join(self.engine.languages)}: leave it empty, and the model tells it"
        try:
            return Message(text=cell, language=code)
        except ValidationError as error:
            wrong = field_errors([{**each, "loc": ("body", *each["loc"])} for each in error.errors()])[0]
            return f"the {wrong.field} {wrong.detail}: {wrong.mend}"

    def _answer(self, message: Message) -> Answer:
        prepared = self.engine.encode_pre(message.text, message.language, evidence=self.choices.evidence)
        return self.engine.encode_post(prepared, self.engine.encode_core([prepared])[0])

    def _end(self, chunk: ChunkT, known: list[list[Any]], tasks: Sequence[Task | str]) -> Done[ChunkT]:
        return Done(chunk, [*known, *(self._values(task) for task in tasks)], len(known))

    def _values(self, task: Task | str) -> list[Any]:
        evidence = self.choices.evidence
        if isinstance(task, str):
            return unanswered(task, evidence=evidence)
        self._running.pop(task.key, None)
        try:
            answer = task.answer.result()
        except Exception as error:  # whatever a model can raise on one text; its message may quote the text
            return unanswered(f"the model failed on this text: {type(error).__name__}", evidence=evidence)
        self._cache.put(task.key, answer)
        return answered(answer, task.note, evidence=evidence)


_NAMES: Final = {
    "int": "a number",
    "float": "a number",
    "Decimal": "a number",
    "bool": "true or false",
    "datetime": "a date",
    "date": "a date",
    "list": "a list",
    "dict": "an object",
    "bytes": "bytes",
}
