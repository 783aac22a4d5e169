"""Write docs/benchmarks.md and its chart from what was measured."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.race import BUILD, ROOT
from benchmarks.race.ask import CHECKED, LOAD, MANY
from benchmarks.race.limit import LIMIT, Limit
from benchmarks.race.machine import Machine
from benchmarks.race.network import network_of
from benchmarks.race.results import ENGINE, Result
from benchmarks.race.rows import BATCH, FULL, RECLAMO, SHIPPED, SMALL, Row, all_rows
from benchmarks.race.standings import Figure, Standings, alone, alone_tail, loaded, loaded_tail, processor, rate, spread
from models.registry import current_version

DOCS = ROOT / "docs"
REPORT, CHART = "benchmarks.md", "benchmarks.svg"
FREE: Final = 0.9
"""A machine with less free processor time than this before a server starts gives no figures to quote."""
TITLES: Final = {"reclamo": "**Reclamo**", "litserve": "LitServe", "bentoml": "BentoML"} | {
    "fastapi-padded": "FastAPI by hand",
    "fastapi-pipeline": "FastAPI, `pipeline`",
}

HOW: Final = f"""\
In each round every server is started, checked on {CHECKED} requests, warmed up, asked and ended. Server and client
share the cores. The texts are messages of the corpus, all four languages, never the same one twice. *Text/s*:
{MANY} requests at a time. *Alone*: one request at a time. *At {LOAD:.0%}*: requests at random moments, {LOAD:.0%}
of the text/s of the same row, timed from the moment they were due. Ratios are to Reclamo in the same round; the
median, and the range over the rounds. *CPU*: processor time that the server uses at full load, the client's not
counted. *Same*: answers under full load whose labels are those of one text computed
alone.
"""
SAME_CLASSIFIER: Final = """\
## The same classifier behind other servers

All of them answer with the artifact that ships and through Reclamo's own engine: the same windows, wide branch,
evidence and decisions, the same JSON. Only the serving differs. Tuned servers write no line per request into a log.
"""
SAME_NETWORK: Final = """\
## What takes only Hugging Face models

`transformers.pipeline` and infinity load Hugging Face's own classes. They get the encoder that ships under the head
of `BertForSequenceClassification`, which looks at the first piece and was fitted to the classifier's scores. **What
differs from the classifier:** no label-wise attention, no evidence, no wide branch, windows of 512 pieces instead
of 160; and they give bare scores, for texts that quoted mail was taken out of. Reclamo serves the same network
beside them, and still tells the language, cleans and decides.
"""


def write_report(found: Sequence[Result]) -> Path:
    """Write the report of a race, and of the limit where it was measured; returns where it stands.

    Only figures of a quiet machine go into docs/, others stay in build/race/.
    """
    standings = Standings(found)
    limit = Limit.model_validate_json(LIMIT.read_bytes()) if LIMIT.exists() else None
    free = [statistics.median(each.idle for each in found)] if found else []
    quiet = min([*free, *([limit.idle] if limit else [])], default=0.0) >= FREE
    folder = DOCS if quiet else BUILD
    report, chart = folder / REPORT, folder / CHART
    parts = ["# Benchmarks\n", _made(standings)]
    if standings.results:
        from benchmarks.race.chart import draw

        rows = all_rows(network_of(current_version()))
        draw(standings, rows, chart)
        parts += [HOW, f"![Text/s, and time to an answer under load]({chart.name})", ""]
        parts += [SAME_CLASSIFIER, *_rows(standings, [r for r in rows if r.computes == SHIPPED and r.texts == 1])]
        parts += [SAME_NETWORK]
        for computes, precision in ((FULL, "32"), (SMALL, "8")):
            parts += [f"In {precision} bits:", "", *_rows(standings, [r for r in rows if r.computes == computes])]
        parts += [*_beside_engine(standings), *_not_timed(standings)]
    if limit:
        parts += _limit(limit)
    report.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return report


def _made(standings: Standings) -> str:
    """Say how and on what the figures were made."""
    told = []
    path = BUILD / "machine.json"
    if path.exists():
        machine = Machine.model_validate_json(path.read_bytes())
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        told += [f"{machine.cores} cores of {machine.processor}, with {', '.join(machine.flags)}."]
        told += [f"Python {machine.python}, {versions}."]
    if standings.results:
        model, _, command = standings.results[0].race.partition(": ")
        rounds = len({each.round for each in standings.results})
        free = [each.idle for each in standings.results]
        told += [
            f"{model}, by `{command}`, {rounds} {'round' if rounds == 1 else 'rounds'} run. Before a server started,"
        ]
        told += [f"{statistics.median(free):.0%} of the processor time was free, {min(free):.0%} at the least."]
        if statistics.median(free) < FREE:
            told += ["**The machine was busy: these figures say that everything runs, not how fast.**"]
    return _paragraph(*told)


def _paragraph(*parts: str) -> str:
    """Fill lines; with an empty one behind."""
    return textwrap.fill(" ".join(parts), 120, break_long_words=False, break_on_hyphens=False) + "\n"


def _rows(standings: Standings, rows: Sequence[Row]) -> Iterator[str]:
    """Write a table of servers."""
    heads = ["server", "setting", "text/s", "× Reclamo", "CPU ms a text", "alone: p50 / p99 ms", "p50 × Reclamo"]
    heads += [f"at {LOAD:.0%}: p50 / p99 ms", "p99 × Reclamo", "failed", "same"]
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|" + "---:|" * (len(heads) - 2)
    yield from (f"| {' | '.join(_cells(standings, row))} |" for row in rows if standings.of(row.name))
    yield ""


def _cells(standings: Standings, row: Row) -> list[str]:
    name, beside = row.name, RECLAMO[row.computes]
    server, _, setting = name.partition("/")

    def against(figure: Figure) -> str:
        return "" if name == beside else spread(standings.ratios(name, beside, figure))

    def times(middle: Figure, tail: Figure) -> str:
        return f"{standings.median(name, middle):.1f} / {standings.median(name, tail):.1f}"

    return [
        TITLES.get(server, server),
        f"{setting}: {row.told}",
        spread(standings.values(name, rate), 0),
        against(rate),
        f"{standings.median(name, processor):.1f}",
        times(alone, alone_tail),
        against(alone),
        times(loaded, loaded_tail),
        against(loaded_tail),
        str(standings.failed(name)),
        f"{standings.same(name):.0%}",
    ]


def _beside_engine(standings: Standings) -> Iterator[str]:
    """Hold Reclamo against its own engine."""
    default, batch = RECLAMO[SHIPPED], "reclamo/batch"
    tails = standings.values(default, lambda result: loaded_tail(result) / loaded(result))
    yield "## Reclamo beside its own engine\n"
    if standings.of(ENGINE):
        yield _paragraph(
            "The engine called in a process without a server, on the same texts:",
            f"{standings.median(ENGINE, rate):.0f} text/s with a thread per core,",
            f"{standings.median(ENGINE, alone):.2f} ms for a text alone (median).",
        )
    yield "| figure | wanted | measured | holds |"
    yield "|---|---:|---:|---|"
    for name, values, least, most in (
        (f"text/s of batch calls of {BATCH} ÷ the engine's", standings.ratios(batch, ENGINE, rate), 0.90, None),
        ("p50 of a request alone ÷ the engine's", standings.ratios(default, ENGINE, alone), None, 1.25),
        (f"p99 ÷ p50 at {LOAD:.0%} of the capacity", tails, None, 4.0),
    ):
        if values:
            middle = statistics.median(values)
            holds = middle >= least if least else middle <= most if most else False
            wanted = f"≥ {least:.2f}" if least else f"≤ {most:.2f}"
            yield f"| {name} | {wanted} | {spread(values)} | {'yes' if holds else '**no**'} |"
    yield ""


def _not_timed(standings: Standings) -> Iterator[str]:
    refused = {each.row: each.refused for each in standings.results if each.refused}
    if refused:
        yield "## Not timed\n"
        yield from (f"- {row}: {why}" for row, why in refused.items())
        yield ""


def _limit(limit: Limit) -> Iterator[str]:
    """Write the second part: work, ceiling, and what eats the rest."""
    work = limit.work
    message = (work.linear + work.attention * limit.pieces) * limit.pieces / 1e9
    best = max(limit.ceilings, key=lambda one: one.large * (one.precision == limit.precision))
    yield "## The distance to the physical limit\n"
    yield _paragraph(
        f"One thread, {limit.model}. The weights cost {work.linear / 1e6:.1f} million operations a piece, attention",
        f"{work.attention:,.0f} more for every piece looked at. A message has {limit.pieces:.0f} pieces on average:",
        f"{message:.2f} billion operations. What matrix products reach here, in billions of operations a second:",
    )
    yield "| library | precision | one large product | the network's own shapes |"
    yield "|---|---|---:|---:|"
    yield from (f"| {one.library} | {one.precision} | {one.large:.0f} | {one.ours:.0f} |" for one in limit.ceilings)
    yield ""
    stages = sum(limit.stages.values())
    yield _paragraph(
        f"The network runs at {limit.network:.0f}: {limit.network / best.large:.0%} of the best of {best.library} in",
        f"{best.precision}, {limit.network / best.ours:.0%} of what that reaches in these shapes. From text to answer",
        f"it is {limit.engine:.0f}, {limit.engine / best.large:.0%}. At the ceiling a message would take",
        f"{1000 * message / best.large:.2f} ms; it takes {stages:.2f} ms. What eats the rest:",
    )
    yield "| stage of an answer | ms a message | share |"
    yield "|---|---:|---:|"
    yield from (f"| {name} | {spent:.2f} | {spent / stages:.0%} |" for name, spent in limit.stages.items())
    yield ""
    yield "| operator of the network | share of its time |"
    yield "|---|---:|"
    yield from (f"| {name} | {share:.1%} |" for name, share in limit.operators.items() if share >= 0.005)
