"""How often drift and poisoning are found, and how often where there are none: `python -m benchmarks.drift`.

Prints tables; two cores need about an hour for all of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.desk import Person, at_the_desk, read_stock
from benchmarks.drift_weeks import RANDOM, Calm, Kind, read_pool, watch

SIZES: dict[Kind, tuple[float, ...]] = {
    "words": (0.4, 0.5, 0.6),
    "labels": (0.15, 0.2, 0.25),
    "confidence": (0.2, 0.25),
    "abstention": (0.1, 0.125, 0.15),
    "languages": (0.2, 0.3, 0.4),
}
"""Drift that is tried at 200 messages a week; what a size means is told in `benchmarks.drift_weeks.week`."""
DESKS: dict[str, Sequence[Person]] = {
    "five honest people": [Person()] * 5,
    "everybody wrong in a tenth": [Person(noise=0.1)] * 5,
    "harsh in every second": [*[Person()] * 4, Person(harsh=0.5)],
    "harsh always": [*[Person()] * 4, Person(harsh=1.0)],
    "harsh, alone with Vietnamese": [*[Person()] * 4, Person(harsh=0.8, lang="vi")],
    "40 of 80 flipped, at the end": [*[Person()] * 4, Person(bad=40)],
    "40 of 80 flipped, scattered": [*[Person()] * 4, Person(bad=40, badly="scattered")],
    "40 of 40 flipped": [*[Person(corrections=90)] * 4, Person(corrections=40, bad=40)],
    "40 of 80 waved through": [*[Person()] * 4, Person(bad=40, badly="one label")],
}


def main(arguments: list[str] | None = None) -> int:
    """Run one or both simulations."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("drift", "desk"))
    parser.add_argument(
        "--seeds", type=int, default=20, help="references, each followed by 100 weeks; desks: twice as many"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[200], help="messages a week, of weeks without drift")
    given = parser.parse_args(arguments)
    for line in _lines(given.what, given.seeds, given.sizes):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


def _lines(what: str | None, seeds: int, sizes: Sequence[int]) -> Iterator[str]:
    if what != "desk":
        yield from false_alarms(seeds, sizes)
        yield from power(max(2, seeds // 2))
    if what != "drift":
        yield from desks(2 * seeds)


def false_alarms(seeds: int, sizes: Sequence[int]) -> Iterator[str]:
    """Watch 100 weeks without drift after each of so many references."""
    pool = read_pool()
    yield "| weeks | messages a week | alarms in 100 weeks, per reference | mean | at most 2 |\n|---|---|---|---|---|"
    for name, calm in (("like a company's", Calm()), ("drawn at random", RANDOM)):
        for size in sizes:
            runs = (watch(pool, seed, replace(calm, size=size), 100) for seed in range(seeds))
            alarms = [sum(bool(week.alarms) for week in weeks) for weeks in runs]
            shown = f"{' '.join(map(str, alarms))} | {sum(alarms) / seeds:.2f} | {sum(a <= 2 for a in alarms)}/{seeds}"
            yield f"| {name} | {size} | {shown} |"


def power(seeds: int) -> Iterator[str]:
    """Watch ten weeks with drift after each of so many references."""
    pool = read_pool()
    yield "\n| drift | size | weeks | found |\n|---|---|---|---|"
    for kind, sizes in SIZES.items():
        for size in sizes:
            found = [bool(week.alarms) for seed in range(seeds) for week in watch(pool, seed, Calm(), 10, kind, size)]
            yield f"| {kind} | {size:.1%} | {len(found)} | {sum(found) / len(found):.0%} |"


def desks(seeds: int) -> Iterator[str]:
    """Let five people correct 80 tickets each; the last one is as the row says."""
    stock = read_stock()
    yield "\n| desk | simulations | the last one suspected | anybody else |\n|---|---|---|---|"
    for name, people in DESKS.items():
        runs = [{s.author for s in at_the_desk(stock, people, seed) if s.suspected} for seed in range(seeds)]
        last = f"author-{len(people) - 1}"
        own, others = sum(last in run for run in runs), sum(bool(run - {last}) for run in runs)
        yield f"| {name} | {seeds} | {own / seeds:.0%} | {others / seeds:.0%} |"


if __name__ == "__main__":
    raise SystemExit(main())
