"""Tell people what drift was found: in words first, then the figures; and the same as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from training.drift import Drift
from training.drift_compare import ALARM_RATE, Series
from training.drift_shifts import ABSTENTION, ALL, CONFIDENCE, LANGUAGES, RARE_WORDS, WORDING

SHOWN: Final = 15
"""Series without an alarm that are listed."""
_DO: Final = {
    WORDING: "Read a sample of the newest messages: what is new in them? Label some hundred of them, then retrain.",
    RARE_WORDS: "Messages hold words that were hardly ever seen: label some hundred of the newest, then retrain.",
    CONFIDENCE: "The model is more or less sure than it was: label what it was least sure of, then retrain.",
    ABSTENTION: "Other messages than before wait for a person: look why, label them, then retrain.",
    LANGUAGES: "Another language has come or grown: see that it has labelled messages of its own, then retrain.",
}
_DO_LABELS: Final = (
    "See from a sample whether customers or the model's errors changed; correct what is wrong, then retrain."
)


def as_json(drift: Drift) -> str:
    """Write the findings as JSON."""
    found = drift.comparison
    return json.dumps(
        {
            "retrain_due": drift.due,
            "compared": found is not None,
            "period": {"since": drift.since, "until": drift.until, "messages": drift.messages},
            "reference": {
                "since": drift.reference.since,
                "until": drift.reference.until,
                "messages": len(drift.reference.rows),
                "model": drift.reference.model,
                "weeks": drift.reference.unrest.weeks,
            },
            "alarm_rate": ALARM_RATE,
            "alarm_distance": found.bar if found else None,
            "series": [asdict(series) for series in found.series] if found else [],
            "too_few_messages": found.small if found else {},
            "notes": drift.notes,
        },
        indent=1,
        ensure_ascii=False,
    )


def as_markdown(drift: Drift) -> str:
    """Write the findings for people."""
    return "\n".join(_lines(drift)) + "\n"


def _lines(drift: Drift) -> Iterator[str]:
    found = drift.comparison
    yield f"# Drift, {drift.since[:10]} to {drift.until[:10]}\n"
    if found is None:
        yield "**Nothing can be said: the period has too few messages.**\n"
    elif drift.due:
        yield f"**A retrain is due.** {len(found.alarms)} of {len(found.series)} series moved further than chance:\n"
        for series in found.alarms:
            yield f"- {_told(series)} {_DO.get(series.kind, _DO_LABELS)}"
        yield ""
    else:
        yield f"**No retrain is due.** None of {len(found.series)} series moved further than weeks do anyway.\n"
    old = drift.reference
    yield f"{drift.messages:,} messages were held against {len(old.rows):,} ({old.since[:10]} to {old.until[:10]})."
    yield ""
    yield from (f"- {note}" for note in drift.notes)
    if found is None:
        return
    if found.small:
        told = ", ".join(f"{lang} ({size})" for lang, size in found.small.items())
        yield f"- Too few messages to be watched on their own, only among all: {told}."
    yield (
        f"\nDistance 0 is usual; 1 is reached by one period in a hundred by chance. An alarm is raised from "
        f"{found.bar:.2f} on, so that without drift one period in {1 / ALARM_RATE:.0f} raises any.\n"
    )
    yield "| what | language | moved most | before | now | messages | distance | alarm |"
    yield "|---|---|---|---|---|---|---|---|"
    rest = [series for series in found.series if not series.alarm]
    for series in [*found.alarms, *rest[:SHOWN]]:
        figures = f"{_figure(series, series.before)} | {_figure(series, series.now)}"
        cells = f"{series.kind} | {series.scope} | {series.what} | {figures} | {series.size}"
        yield f"| {cells} | {series.distance:.2f} | {'yes' if series.alarm else ''} |"
    if len(rest) > SHOWN:
        yield f"\n… and {len(rest) - SHOWN} series that moved less."


def _told(series: Series) -> str:
    where = "in all languages together" if series.scope == ALL else f"in {series.scope}"
    before, now = _figure(series, series.before), _figure(series, series.now)
    if series.kind == WORDING:
        return f"The wording moved {where}: {now} times as far as chance moves it (usual: {before})."
    if series.kind == LANGUAGES:
        return f"The share of {series.what} went from {before} to {now}."
    return f"{series.what} ({series.kind}) went {where} from {before} to {now}."


def _figure(series: Series, value: float) -> str:
    shares = series.kind != WORDING and series.what != "middle certainty"
    return f"{value:.1%}" if shares else f"{value:.2f}"
