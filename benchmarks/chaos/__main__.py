"""`make chaos`, or `python -m benchmarks.chaos --requests 20000 --seed 7`: a line for each kind of fault.

A real process with the shipped model takes a storm of bad, half, slow and vanishing requests, more silent connections
than it has room for, and runs out of file handles; then it must answer right in every language, within a fifth of the
memory that it held before, and end cleanly under load. What needs an engine that fails on demand is tried on processes
with the dummy engine. Exit code 1 where anything was not as promised. Linux alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable

from benchmarks.chaos import faults
from benchmarks.chaos.faults import Fault, expect
from benchmarks.chaos.process import MODULE, Service, running
from benchmarks.chaos.storm import Tally, storm
from data.corpus import read_corpus
from data.taxonomy import read_taxonomy
from models.answer import Answer
from models.artifact import read_manifest
from models.canary import canaries_for
from models.registry import current_version

MOST_CONNECTIONS = 900
HEAD_TIMEOUT = 3.0
UNREAD_TIMEOUT = 3.0
GROWTH = 0.2
"""Of memory, over what it held once warm."""


class Report:
    """Prints a line for each kind of fault, and remembers whether all went well."""

    def __init__(self) -> None:
        self.failed = 0

    def line(self, name: str, fault: Callable[[], str]) -> None:
        """Bring a fault about and tell what came of it."""
        began = time.monotonic()
        try:
            told, word = fault(), "ok  "
        except Fault as problem:
            told, word = str(problem), "FAIL"
            self.failed += 1
        tell(f"{word} {name:<22} {told} [{time.monotonic() - began:.0f} s]")


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def table(tally: Tally) -> None:
    """Print what came back to each kind of request."""
    for name, counted in sorted(tally.statuses.items()):
        told = ", ".join(f"{number} × {status or 'no answer'}" for status, number in sorted(counted.items()))
        tell(f"       {name:<20} {told}")


def throw(service: Service, texts: list[str], requests: int, seed: int) -> str:
    """Send the storm, and see that every answer was right for its kind."""
    tally = asyncio.run(storm(service.port, texts, requests, seed))
    table(tally)
    total = sum(tally.statuses.values(), Counter())
    expect(f"wrong: {dict(tally.wrong)}", not tally.wrong)
    faulty = {status: number for status, number in total.items() if status >= 500}
    expect(f"5xx: {faulty}", set(faulty) <= {503, 504})
    return f"{requests} requests, every answer right; 5xx: {faulty or 'none'}"


def canaries(service: Service) -> str:
    """Ask for the test messages of each language."""
    folder = current_version()
    manifest, taxonomy = read_manifest(folder), read_taxonomy(folder / "taxonomy.yaml")
    for language, listed in canaries_for(manifest.languages, taxonomy, manifest.canaries).items():
        for canary in listed:
            reply = service.classify(canary.text, language)
            expect(f"{language}: {reply.status}", reply.status == 200)
            problem = canary.problem(Answer.model_validate(reply.body))
            expect(f"{language}: {problem}", not problem)
    return f"known labels in {', '.join(manifest.languages)}"


def memory(service: Service, before: float) -> str:
    """Compare what the process holds now with what it held before."""
    now = service.memory
    expect(f"{before:.0f} MB before, {now:.0f} MB now", now <= before * (1 + GROWTH))
    return f"{before:.0f} MB before, {now:.0f} MB now"


def warm_up(service: Service, texts: list[str]) -> None:
    """Let it compute the longest message that there may be and fill its cache, so that what grows later is a leak."""
    for number in range(2 * (os.cpu_count() or 1)):
        service.classify(("word " * 10_000 + str(number))[:50_000])
    for start in range(0, 4_096, 64):
        asked = [{"text": f"{texts[(start + n) % len(texts)]} warm {start + n}"} for n in range(64)]
        service.ask("POST", "/v1/classify/batch", {"messages": asked})


def main(arguments: list[str] | None = None) -> int:
    """Bring about every fault, and print the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000, help="bad and good ones in the storm (default 5,000)")
    parser.add_argument("--seed", type=int, default=None, help="of the storm; the report names it (default: random)")
    given = parser.parse_args(arguments)
    seed = secrets.randbits(32) if given.seed is None else given.seed
    texts = [message.text for message in read_corpus(split="gold")]
    report = Report()
    tell(f"chaos: {given.requests} requests, seed {seed}")
    flags = ["--head-timeout", f"{HEAD_TIMEOUT}", "--body-timeout", "3", "--max-connections", f"{MOST_CONNECTIONS}"]
    flags += ["--unread-timeout", f"{UNREAD_TIMEOUT}"]
    with running("-m", MODULE, *flags) as service:
        warm_up(service, texts)
        before = service.memory
        report.line("storm", lambda: throw(service, texts, given.requests, seed))
        report.line("silent connections", lambda: faults.silent_connections(service, MOST_CONNECTIONS, HEAD_TIMEOUT))
        report.line("unread answers", lambda: faults.unread_answers(service, UNREAD_TIMEOUT))
        report.line("no file handles", lambda: faults.no_file_handles(service))
        report.line("labels afterwards", lambda: canaries(service))
        report.line("memory afterwards", lambda: memory(service, before))
        report.line("SIGTERM under load", lambda: faults.stop_under_load(service))
    report.line("engine stalls", faults.stalled_engine)
    report.line("engine kills thread", faults.dying_thread)
    report.line("log on a full device", faults.full_log)
    report.line("disk full", faults.full_disk)
    report.line("clock jumps", faults.jumping_clock)
    tell("all as promised" if not report.failed else f"{report.failed} not as promised (--seed {seed})")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
