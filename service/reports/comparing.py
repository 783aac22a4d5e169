"""The page that holds languages, channels, branches and systems against each other, each pair in figures of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.reports.compare import FEWEST, By, compare
from service.reports.figure import Figure
from service.reports.pages import Content
from service.reports.view import View


@dataclass(frozen=True)
class Part:
    """One comparison: what was found in a sentence, and where its figures stand on the page (ids and titles)."""

    title: str
    told: str
    figures: Sequence[tuple[str, str]] = ()


def comparing(view: View) -> Content:
    """Compare by everything that the view does not already choose one of."""
    say = view.tongue.say
    titles: dict[By, tuple[str, str]] = {
        "lang": (say("By language"), say("By language: {title}", title="{title}")),
        "channel": (say("By channel"), say("By channel: {title}", title="{title}")),
        "branch": (say("By branch"), say("By branch: {title}", title="{title}")),
        "source": (say("By system"), say("By system: {title}", title="{title}")),
    }
    parts: list[Part] = []
    figures: list[Figure] = []
    for by, (short, title) in titles.items():
        if getattr(view.filter, by) is not None:
            continue
        made = [(each.title, replace(each, id=f"{by}-{each.id}")) for each in compare(view, by)]
        found = next((each.told for _, each in made if each.id == f"{by}-differences"), "")
        if not made:
            found = say("There is nothing to compare: that takes two sides with {n} messages or more.", n=FEWEST)
        parts.append(Part(short, found, [(each.id, own) for own, each in made]))
        figures += [replace(each, title=title.replace("{title}", own)) for own, each in made]
    return Content(figures, {"parts": parts})
