"""The race: rounds in which every server is started, checked, asked and ended, one after the other."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from benchmarks.race import BUILD, results
from benchmarks.race.ask import WrongAnswers, ask_engine, ask_server
from benchmarks.race.machine import idle_share, this_machine
from benchmarks.race.network import make_network
from benchmarks.race.reference import Reference
from benchmarks.race.results import ENGINE, Result
from benchmarks.race.rows import RECLAMO, TRIAL, Row, all_rows
from benchmarks.race.server import ServerError
from benchmarks.race.texts import draw_texts, from_round
from models.registry import current_version

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Race:
    """How it is run."""

    rounds: int = 5
    seconds: float = 8.0
    """Of each phase."""
    seed: int = 20261122
    peers: Sequence[str] = ()
    """Beginnings of the names of the rows to run beside Reclamo's; none for all."""

    def name(self, model: str) -> str:
        """Say what results must share to be put together: the model, and the command but for its rounds."""
        return f"{model}: python -m benchmarks.race --seconds {self.seconds:g} --seed {self.seed}"


def run(race: Race) -> str:
    """Run what of the race has not been run yet; results are appended to `build/race/results.jsonl`.

    Returns the name of the race in them.
    """
    signal.signal(signal.SIGTERM, _leave)
    texts = draw_texts(race.seed)
    network = make_network(current_version(), texts)
    reference = Reference(network)
    name = race.name(reference.model_version)
    (BUILD / "machine.json").write_text(this_machine().model_dump_json(indent=1), encoding="utf-8")
    done = {(each.round, each.row) for each in results.read(name) if not each.refused}
    rows = [None, *(row for row in all_rows(network) if _chosen(row, race.peers))]
    for number in range(race.rounds):
        first = number % len(rows)
        for row in [*rows[first:], *rows[:first]]:
            called = row.name if row else ENGINE
            if (number, called) in done:
                continue
            result = Result(race=name, round=number, row=called, idle=idle_share())
            asked = from_round(texts, number)
            try:
                found = ask_server(row, asked, race.seconds, reference) if row else ask_engine(asked, race.seconds)
            except (ServerError, WrongAnswers) as error:
                found = {"refused": str(error)}
            result = result.model_copy(update=found)
            results.append(result)
            log.info("%s", _told(result))
    return name


def _chosen(row: Row, peers: Sequence[str]) -> bool:
    return row.name in RECLAMO.values() or (row.name.startswith(tuple(peers)) if peers else TRIAL not in row.name)


def _told(result: Result) -> str:
    where = f"round {result.round + 1}, {result.row}"
    if result.refused:
        return f"{where}: not timed: {result.refused}"
    parts = [f"{k} {each.rate:.0f}/s, p50 {each.p50:.1f}, p99 {each.p99:.1f} ms" for k, each in result.phases.items()]
    if result.same is not None and result.processor is not None:
        parts.append(f"{result.processor:.1f} ms of processor a text, {result.same:.0%} same")
    return f"{where}: {'; '.join(parts)}; {result.idle:.0%} was idle before"


def _leave(sig: int, frame: FrameType | None) -> None:
    """Let every server be ended first."""
    raise SystemExit(128 + sig)
