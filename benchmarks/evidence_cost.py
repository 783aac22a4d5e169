"""What evidence costs: the time of an answer with it, over the time of one without, in one interleaved run.

Run as `python -m benchmarks.evidence_cost` (`--rounds 5`); one thread, gold messages of every language.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from data.corpus import read_corpus
from models.load import load_engine


def main(arguments: list[str] | None = None) -> int:
    """Print milliseconds an answer with and without evidence, and their ratio, round by round."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=200)
    given = parser.parse_args(arguments)
    engine = load_engine()
    gold = read_corpus(split="gold")
    texts = [message.text for message in gold[:: max(1, len(gold) // given.messages)]]
    ratios = []
    for number in range(given.rounds + 1):
        spent = {True: 0.0, False: 0.0}
        for i, text in enumerate(texts):
            for evidence in (True, False) if (i + number) % 2 else (False, True):
                began = time.perf_counter()
                prepared = engine.encode_pre(text, evidence=evidence)
                engine.encode_post(prepared, engine.encode_core([prepared])[0])
                spent[evidence] += time.perf_counter() - began
        if number:  # the first round warms up
            ratios.append(spent[True] / spent[False])
            each = {told: 1000 * seconds / len(texts) for told, seconds in spent.items()}
            sys.stdout.write(f"with {each[True]:.2f} ms, without {each[False]:.2f} ms, ratio {ratios[-1]:.2f}\n")
    sys.stdout.write(f"median ratio {statistics.median(ratios):.2f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
