"""`python -m service demo` (`make demo`): a year of an invented company in a store of its own, and the reports on it.

The messages are written (`data/demo`); when each came, and when it was answered, is drawn here, the same each day. What
they are about nobody tells: the model that is served classifies them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field
from tqdm import tqdm

from data.redaction import redact
from data.store.errors import StoreUnusable
from data.store.folders import make_folder
from data.store.records import About, NewTicket, Reading, TicketKey
from data.store.store import Store
from models.answer import Answer
from models.engine import Engine
from service import logs
from service.demo_groups import keep_groups, read_groups, write_groups
from service.loading import ModelError, current, load
from service.reading import reading_of
from service.settings import PREFIX, SettingsError, read_settings

log = logging.getLogger("service")

DEMO: Final = Path(__file__).parents[1] / "data" / "demo"
STORE: Final = Path("build/demo")

BY_HOUR: Final = np.array([1, 1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 9, 8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 3, 2], float)
"""How much is written in each hour of the day."""

BY_WEEKDAY: Final = (1.2, 1.1, 1.0, 1.0, 0.9, 0.6, 0.6)
"""And on each day of the week, from Monday on."""

MARK, WHOLE, SECRET = "demo", "whole", "tickets.secret"
"""Files that say that a folder is a demonstration's, and that its store has every message; and its store's secret."""

AGAIN: Final = 0.1
"""How often people write again where answers take as long as usual; where they are slower, more do."""

MOST_CONTACTS: Final = 5


class Story(BaseModel):
    """Something that happened, from so many weeks ago to so many weeks ago."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: float = Field(validation_alias="from")
    ends: float = Field(validation_alias="to")
    slower: float = 1.0
    """How many times as long answers took."""


class Calendar(BaseModel):
    """When what happened to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    company: str
    stories: dict[str, Story]
    sources: dict[str, str]


class DemoMessage(BaseModel):
    """A message to the invented company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    lang: str
    story: str
    channel: str
    branch: str
    text: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A message, when it came, and luck: two numbers that say how soon it was answered and ended."""

    message: DemoMessage
    received_at: datetime
    slower: float
    luck: tuple[float, float]
    contact: int
    """Which one about its matter the ticket system counts it as, whatever its words say."""


def read_demo(folder: Path = DEMO) -> tuple[Calendar, list[DemoMessage]]:
    """Read the calendar and all messages."""
    calendar = Calendar.model_validate(yaml.safe_load((folder / "calendar.yaml").read_text(encoding="utf-8")))
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return calendar, [DemoMessage.model_validate(json.loads(line)) for line in lines]


def date_messages(calendar: Calendar, messages: Sequence[DemoMessage], now: datetime, seed: int = 1) -> list[Dated]:
    """Say when each message came, none after `now`; the oldest first."""
    luck, again = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    dated = []
    for message in messages:
        story = calendar.stories[message.story]
        days = np.arange(np.floor(story.ends * 7), np.ceil(story.begins * 7))
        dates = [now - timedelta(days=float(day)) for day in days]
        weights = np.array([BY_WEEKDAY[date.weekday()] for date in dates])
        day = dates[luck.choice(len(dates), p=weights / weights.sum())].replace(hour=0, minute=0, second=0)
        hour = float(luck.choice(24, p=BY_HOUR / BY_HOUR.sum()) + luck.random())
        received = min(day + timedelta(hours=hour), now - timedelta(minutes=1))
        contact = min(int(again.geometric(np.exp(-AGAIN * story.slower))), MOST_CONTACTS)
        dated.append(Dated(message, received, story.slower, (float(luck.normal()), float(luck.random())), contact))
    return sorted(dated, key=lambda each: (each.received_at, each.message.id))


def about(each: Dated, reading: Reading, calendar: Calendar, now: datetime) -> About:
    """Say what a ticket system would tell of it."""
    hours = (reading.hours or 72.0) * each.slower * float(np.exp(each.luck[0] * 0.9 - 0.9))
    answered = each.received_at + timedelta(hours=hours)
    closed = answered + timedelta(hours=24 * each.slower * float(np.exp(each.luck[0] * 0.5)))
    return About(
        channel=each.message.channel,
        branch=each.message.branch,
        received_at=each.received_at,
        first_answered_at=answered if answered < now else None,
        closed_at=closed if closed < now and each.luck[1] < 0.88 else None,
        contact=each.contact,
    )


def fill(store: Store, engine: Engine, dated: Sequence[Dated], calendar: Calendar, now: datetime, threads: int) -> None:
    """Classify and keep every message."""
    answers = _answers(engine, dated, threads)
    for each, answer in tqdm(answers, desc="messages", unit="message", total=len(dated), disable=None):
        clean = redact(each.message.text, each.message.lang)
        reading = reading_of(answer, clean, engine.taxonomy)
        key = TicketKey(source=calendar.sources[each.message.channel], id=each.message.id)
        told = about(each, reading, calendar, now)
        new = NewTicket(
            key=key, text=clean.text, mark=store.mark(each.message.text), lang=answer.language.label, about=told
        )
        store.put(new, reading)


def _answers(engine: Engine, dated: Iterable[Dated], threads: int) -> Iterator[tuple[Dated, Answer]]:
    def answer(each: Dated) -> tuple[Dated, Answer]:
        prepared = engine.encode_pre(each.message.text, None)
        return each, engine.encode_post(prepared, engine.encode_core([prepared])[0])

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(answer, dated)


def clear(folder: Path) -> None:
    """Delete an earlier demonstration, and nothing else; raises `SettingsError` as `check_folder`."""
    check_folder(folder)
    for file in [*folder.glob("tickets.db*"), *(folder / name for name in (SECRET, WHOLE, MARK))]:
        file.unlink(missing_ok=True)


def check_folder(folder: Path) -> None:
    """See that a demonstration may be made in a folder; raises `SettingsError`."""
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"--folder: {folder} is no folder")
    known = (folder / MARK).exists() or (folder / WHOLE).exists()
    if folder.exists() and not known and any(folder.iterdir()):
        raise SettingsError(f"--folder: {folder} holds other things: name a new folder, or empty it yourself")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the store where it is not there yet, and serve it; returns the exit code."""
    logs.set_up()
    parser = argparse.ArgumentParser(prog="python -m service demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=STORE, help=f"where the store is made (default {STORE})")
    parser.add_argument("--fresh", action="store_true", help="make the store anew")
    parser.add_argument("--fill-only", action="store_true", help="do not serve")
    parser.add_argument("--write-groups", action="store_true", help="write the store's groups to data/demo; only that")
    given, more = parser.parse_known_args(arguments)
    whole = given.folder / WHOLE
    store = f"sqlite:///{given.folder / 'tickets.db'}"
    try:
        settings = read_settings(["--store", store, *more])
        if given.fresh or not whole.exists():
            check_folder(given.folder)
            calendar, messages = read_demo()
            now = datetime.now(UTC).replace(microsecond=0)
            engine = load(current(settings.model), settings)
            log.info("a year of %s: %d messages go into %s", calendar.company, len(messages), store)
            clear(given.folder)
            make_folder(given.folder)
            (given.folder / MARK).touch()
            kept = Store.open(store, given.folder / SECRET)
            fill(kept, engine, date_messages(calendar, messages, now), calendar, now, settings.workers)
            keep_groups(kept, read_groups(DEMO))
            kept.close()
            whole.touch()
        if given.write_groups:
            log.info("%d groups are written", write_groups(Store.open(store, given.folder / SECRET), DEMO))
            return 0
    except (SettingsError, StoreUnusable) as error:
        log.error("%s", error)
        return 2
    except ModelError as error:
        log.error("%s", error)
        return 3
    if given.fill_only:
        return 0
    log.info("the reports are at http://%s:%d/reports", settings.host, settings.port)
    os.environ |= {f"{PREFIX}STORE": store, f"{PREFIX}STORE_SECRET": str(given.folder / SECRET)}
    from service.__main__ import main as serve

    return serve(more)


if __name__ == "__main__":
    sys.exit(main())
