"""`python -m benchmarks.race` runs the race and writes the report; `limit` and `report` do what they say.

Run by `make race`, which installs the peers; those that are not installed are skipped and named. The result is
docs/benchmarks.md and docs/benchmarks.svg, or stands in build/race/ where the machine was busy. A race that was cut
goes on where it was.
"""

from __future__ import annotations

import argparse
import logging
import sys

from benchmarks.race import results
from benchmarks.race.limit import measure_apart
from benchmarks.race.report import write_report
from benchmarks.race.run import Race, run


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.race", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("run", "limit", "report"), default="run")
    parser.add_argument(
        "--peers", nargs="*", default=(), help="rows to run, by the beginning of their names (litserve)"
    )
    parser.add_argument("--rounds", type=int, default=Race.rounds)
    parser.add_argument("--seconds", type=float, default=Race.seconds, help="of each phase")
    parser.add_argument("--seed", type=int, default=Race.seed)
    parser.add_argument("--quick", action="store_true", help="one round of two seconds: does everything work?")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    given = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("benchmarks").setLevel(logging.INFO)
    race = None
    if given.command == "run":
        if given.fresh:
            results.RESULTS.unlink(missing_ok=True)
        rounds, seconds = (1, 2.0) if given.quick else (given.rounds, given.seconds)
        race = run(Race(rounds, seconds, given.seed, given.peers))
    if given.command == "limit":
        measure_apart()
    logging.getLogger("benchmarks.race").info("the report is in %s", write_report(results.read(race)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
