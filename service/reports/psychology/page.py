"""The page on what lies behind the complaints: what people want, which justice they miss, and how they feel.

Justice has four forms here: of the outcome, of the process, of the treatment and of the information (the four-factor
model; Hess and Ambrose on complaints, Colquitt 2001 in general). Which of them a motive misses, the taxonomy says.
Emotions are told apart and not summed up into one mood, for they lead to different acts (Bougie, Pieters and
Zeelenberg 2003; Zeelenberg and Pieters 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from data.taxonomy import Taxonomy
from service.reports.counts.prevalence import Counts
from service.reports.counts.spread import draws, of_mask
from service.reports.figure import Cell, Chart, Column, Figure, Interval, Table
from service.reports.pages import Content
from service.reports.psychology.counsels import advise
from service.reports.psychology.grievances import Grievances
from service.reports.psychology.moods import moods, moods_by_theme
from service.reports.psychology.recovery import deviations, remedies
from service.reports.view import View


def psychology(view: View) -> Content:
    """Make the page; figures that the taxonomy has no labels for, or that no ticket speaks of, are left out."""
    found = Grievances(view)
    if not len(found.tickets):
        return Content()
    made = (motives, justice, emotions, moods, moods_by_theme, remedies, deviations)
    figures = [figure for make in made if (figure := make(found)) is not None]
    advice, chosen = advise(found)
    return Content(figures, {"advice": advice, "advice_chosen": chosen})


def motives(found: Grievances) -> Figure | None:
    """Show what people want, by theme."""
    labels = found.taxonomy.ids("motives")
    if not labels or not found.themes:
        return None
    counts = found.motives
    tongue = found.tongue
    return _by_theme(
        found,
        "motives",
        tongue.say("What people want, by theme"),
        [(label, tongue.label("motives", label)) for label in labels],
        lambda theme, label: found.share(counts, [label], theme),
        note=found.notes(
            tongue.say("A message may want several things, or say nothing of it."), corrected=_corrected(found, counts)
        ),
        told=lambda column, theme, share: tongue.say(
            "Among the larger themes, what stands out most is “{motive}”: {share} of the messages about “{theme}”.",
            motive=column, theme=theme, share=share,
        ),
    )  # fmt: skip


def justice(found: Grievances) -> Figure | None:
    """Show which justice is missing, by theme."""
    forms = _forms(found.taxonomy)
    if not forms or not found.themes:
        return None
    tongue, counts, held = found.tongue, found.motives, found.by_theme.ledger.labels["motives"]
    names = {
        "outcome": tongue.say("Outcome: what they got"),
        "process": tongue.say("Process: how it was decided"),
        "treatment": tongue.say("Treatment: how they were met"),
        "information": tongue.say("Information: what they were told"),
    }
    either = {
        form: of_mask(held.any_of(labels), found.by_theme.codes, len(found.themes)) for form, labels in forms.items()
    }

    def share(theme: int, form: str) -> Cell:
        # Who wants two things of one form counts once: the sum is cut by as much as it is among what was counted.
        summed = sum(int(held.of(label)[found.by_theme.codes == theme].sum()) for label in forms[form])
        once = int(either[form][theme])
        drawn = draws(counts, forms[form])[theme] / max(1, int(found.sizes[theme]))
        return found.told(drawn * (once / summed if summed else 1.0), once, int(found.sizes[theme]))

    return _by_theme(
        found,
        "justice",
        tongue.say("Which justice is missing, by theme"),
        [(form, names.get(form, form)) for form in forms],
        share,
        note=found.notes(
            tongue.say(
                "It is read from what people want: money back or a repair speaks of the outcome, a review of a "
                "decision of the process, an apology of the treatment, an explanation of the information."
            ),
            corrected=_corrected(found, counts),
        ),
        told=lambda column, theme, share: tongue.say(
            "What stands out most as missed is “{form}”: in {share} of the messages about “{theme}”.",
            form=column, theme=theme, share=share,
        ),
    )  # fmt: skip


def emotions(found: Grievances) -> Figure | None:
    """Show how people feel, by theme."""
    labels = found.taxonomy.ids("emotion")
    if not labels or not found.themes:
        return None
    tongue, counts = found.tongue, found.divide("emotion")
    return _by_theme(
        found,
        "emotions",
        tongue.say("How people feel, by theme"),
        [(label, tongue.label("emotion", label)) for label in labels],
        lambda theme, label: found.share(counts, [label], theme),
        note=found.notes(
            tongue.say("Each message has the one feeling that dominates its words."),
            corrected=_corrected(found, counts),
        ),
        told=lambda column, theme, share: tongue.say(
            "What stands out most is “{emotion}”: in {share} of the messages about “{theme}”.",
            emotion=column, theme=theme, share=share,
        ),
    )  # fmt: skip


def _corrected(found: Grievances, counts: Counts) -> bool:
    """Say whether both the themes' numbers and what divides them are corrected."""
    return counts.corrected and not found.chosen("themes")


def _forms(taxonomy: Taxonomy) -> dict[str, list[str]]:
    """List the motives that miss each form of justice."""
    forms: dict[str, list[str]] = {}
    group = taxonomy.group("motives")
    for label in group.labels if group else ():
        if label.justice:
            forms.setdefault(label.justice, []).append(label.id)
    return forms


def _by_theme(
    found: Grievances,
    id_: str,
    title: str,
    columns: Sequence[tuple[str, str]],
    share: Callable[[int, str], Cell],
    *,
    note: str,
    told: Callable[[str, str, str], str],
) -> Figure:
    """Make a figure of themes × columns, the largest theme first; `told` is said of the largest share."""
    tongue = found.tongue
    order = np.argsort(-np.median(found.numbers, axis=1), kind="stable").tolist()
    rows: list[list[Cell]] = []
    largest: tuple[float, str, str] | None = None
    for theme in order:
        name = tongue.label("themes", found.themes[theme])
        cells = [share(theme, column) for column, _ in columns]
        rows.append([name, found.number(theme), *cells])
        for (_, column), cell in zip(columns, cells, strict=True):
            if isinstance(cell, Interval) and (largest is None or cell.mid > largest[0]):
                largest = (cell.mid, column, name)
    return Figure(
        id=id_,
        title=title,
        table=Table(
            columns=[
                Column("theme", tongue.say("Theme"), "text"),
                Column("messages", tongue.say("Messages")),
                *(Column(column, name, "share") for column, name in columns),
            ],
            rows=rows,
            links=[found.link(theme=found.themes[theme]) for theme in order],
        ),
        chart=Chart("heat", [column for column, _ in columns]),
        told=told(largest[1], largest[2], tongue.share(largest[0])) if largest else "",
        note=note,
    )
