"""The race as a picture: texts a second, and time to an answer under load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

from benchmarks.race.ask import LOAD, MANY
from benchmarks.race.rows import RECLAMO, SHIPPED, Row
from benchmarks.race.standings import Standings, loaded, loaded_tail, rate

matplotlib.use("svg")
from matplotlib import pyplot


def draw(standings: Standings, rows: Sequence[Row], path: Path) -> None:
    """Draw for each row a bar of text/s, its range across it, and a line from p50 to p99; Reclamo in its own colour."""
    drawn = [row for row in reversed(rows) if standings.of(row.name) and row.texts == 1 and not row.cached]
    drawn.sort(key=lambda row: [SHIPPED, row.computes].index(row.computes), reverse=True)
    size = (10, 0.8 + 0.32 * len(drawn))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    for place, row in enumerate(drawn):
        colour = "tab:orange" if row.name in RECLAMO.values() else "tab:blue"
        rates = standings.values(row.name, rate)
        left.barh(place, standings.median(row.name, rate), color=colour, alpha=0.8)
        left.plot([min(rates), max(rates)], [place, place], color="black", linewidth=1)
        times = [standings.median(row.name, each) for each in (loaded, loaded_tail)]
        right.plot(times, [place, place], color=colour, marker="|", markersize=9, linewidth=3)
    left.set_yticks(range(len(drawn)), [row.name + " *" * (row.computes != SHIPPED) for row in drawn])
    left.set(xlabel=f"text/s, {MANY} requests at a time")
    right.set(xlabel=f"ms from p50 to p99, at {LOAD:.0%} of the text/s", xscale="log")
    for axis in (left, right):
        axis.grid(axis="x", alpha=0.3)
    figure.suptitle(
        "Same cores, same texts, same classifier (*: the network that Hugging Face holds)", fontsize="medium"
    )
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
