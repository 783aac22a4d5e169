"""The gate's verdict for people: whether the challenger passed, why, and every figure, the worst language first."""

from __future__ import annotations

from collections.abc import Sequence

from training.gate import ALL, BOTH, CHANCE, MEAN, MISSED, TOLERANCE, Cell, Verdict
from training.measures import CALIBRATION

LOST = 0.05
"""A loss that a gate should notice in any one cell."""


def reasons(verdict: Verdict) -> list[str]:
    """Say in words what stops the challenger: test messages first, then losses, the largest first."""
    stopped = sorted(verdict.stopped, key=lambda cell: cell.margin - cell.loss)
    return [*verdict.failures, *(f"{_where(cell)}: {_what(cell)}" for cell in stopped)]


def in_words(verdict: Verdict) -> str:
    """Say in a paragraph whether the challenger passed, and how far the gate sees; every guarded fall stands first."""
    judged = [cell for cell in verdict.cells if cell.judged]
    unlike = f"\n{verdict.unlike}\n" if verdict.unlike else ""
    if not judged:
        return f"**Stopped:** there were too few messages to judge any figure by; write or label more.\n{unlike}"
    strict = [cell for cell in judged if cell.strict]
    told = (
        f"A loss counts as chance up to a margin of {verdict.critical:.2f} standard errors of that figure's own "
        f"difference (paired bootstrap, {verdict.resamples:,} resamples), so that a challenger no worse than the "
        f"champion is stopped in {CHANCE:.0%} of cases over all {len(judged) - len(strict)} figures together; up to "
        f"{TOLERANCE * 100:g} point no loss counts."
    )
    guard = (
        f" Of {strict[0].name} no fall counts as chance: over all languages of a set a challenger may miss {MISSED} "
        f"message more than the champion, and one that is as good is stopped by that at times too."
        if strict
        else ""
    )
    if verdict.passed:
        first = f"**Passed:** no language and no group of labels lost more than chance explains{_falls(verdict)}."
    else:
        each = "\n".join(f"- {reason}" for reason in reasons(verdict))
        tested = f"{len(verdict.failures)} test messages and " if verdict.failures else ""
        figures = f"{len(verdict.stopped)} of {len(judged)} figures{_falls(verdict)}"
        first = f"**Stopped**, because of {tested}{figures}:\n\n{each}"
    return f"{first}\n\n{told}{guard} {_sight(judged)}\n{unlike}"


def gate_table(verdict: Verdict) -> str:
    """Write every figure, worst language first: champion → challenger and how much might be lost, by set."""
    sets = [set_ for set_ in dict.fromkeys(cell.set for cell in verdict.cells) if set_ != BOTH]
    found = {(cell.set, cell.language, cell.name): cell for cell in verdict.cells}
    judged_by = BOTH if any(cell.set == BOTH for cell in verdict.cells) else sets[0]
    means = {c.language: c.challenger for c in verdict.cells if (c.set, c.name) == (judged_by, MEAN)}
    spoken = dict.fromkeys(cell.language for cell in verdict.cells if cell.language != ALL)
    languages = sorted(spoken, key=lambda language: means.get(language, 0.0))
    names = [MEAN, *dict.fromkeys(cell.name for cell in verdict.cells if cell.name != MEAN)]
    head = " | ".join(f"{set_}: champion → challenger | may lose" for set_ in sets)
    lines = [f"| language | figure | {head} | verdict |", "|---|---|" + "---|---|" * len(sets) + "---|"]
    for language in [*languages, ALL]:
        for name in names:
            row = [found[key] for set_ in (*sets, BOTH) if (key := (set_, language, name)) in found]
            if row:
                cells = " | ".join(_cell(found.get((set_, language, name))) for set_ in sets)
                lines.append(f"| {language} | {name} | {cells} | {_verdict(row)} |")
    return "\n".join(lines) + "\n"


def _cell(cell: Cell | None) -> str:
    if cell is None or not cell.size:
        return "– | –"
    shown = f"{cell.champion:.3f} → {cell.challenger:.3f} ({cell.size})"
    return f"{shown} | {cell.margin * 100:.1f}" if cell.judged else f"{shown} | too few"


def _verdict(row: Sequence[Cell]) -> str:
    stopped = [cell for cell in row if cell.stopped]
    if stopped:
        return "**stopped** by " + ", ".join(f"{cell.set} (lost {cell.loss * 100:.1f})" for cell in stopped)
    return "passed" if any(cell.judged for cell in row) else "not judged"


def _where(cell: Cell) -> str:
    language = "all languages together" if cell.language == ALL else cell.language
    figure = "the mean of all groups" if cell.name == MEAN else cell.name
    set_ = "gold and the newest corrections together" if cell.set == BOTH else cell.set
    return f"{figure} in {language}, on {set_} ({cell.size} {'labels' if CALIBRATION in cell.name else 'messages'})"


def _falls(verdict: Verdict) -> str:
    """Name every fall of a guarded figure, by language and set, however small it is."""
    fell = [
        f"{cell.name} fell in {cell.language} on {cell.set} ({cell.champion:.3f} → {cell.challenger:.3f}, "
        f"{round(cell.loss * cell.size)} of {cell.size} messages)"
        for cell in verdict.cells
        if cell.guarded and cell.set != BOTH and cell.language != ALL and cell.loss > 0
    ]
    return "".join(f"; {each}" for each in fell)


def _what(cell: Cell) -> str:
    if cell.strict:
        return (
            f"fell from {cell.champion:.3f} to {cell.challenger:.3f}: {round(cell.loss * cell.size)} more messages "
            f"missed than by the champion, where {MISSED} may be"
        )
    verb = "rose" if CALIBRATION in cell.name else "fell"
    return (
        f"{verb} from {cell.champion:.3f} to {cell.challenger:.3f}, {cell.loss * 100:.1f} points where chance explains "
        f"{cell.margin * 100:.1f}"
    )


def _sight(judged: Sequence[Cell]) -> str:
    """Say how small a loss would have been noticed; a gate on few messages is short-sighted, and should say so."""
    ordered = sorted((cell for cell in judged if CALIBRATION not in cell.name), key=lambda cell: cell.noticed)
    if not ordered:
        return ""
    middle, last = ordered[len(ordered) // 2], ordered[-1]
    blind = sum(cell.noticed > LOST for cell in ordered)
    return (
        f"Noticed nine times in ten: a loss of {middle.noticed * 100:.1f} points in the middle figure, of "
        f"{last.noticed * 100:.1f} in the one that is seen worst ({_where(last)}); in {blind} of {len(ordered)} "
        f"figures a loss of {LOST * 100:g} points might pass unnoticed. More gold messages sharpen its sight."
    )
