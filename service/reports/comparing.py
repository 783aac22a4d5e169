"""The page that holds languages, channels, branches and systems against each other, each pair in figures of its own."""

from __future__ import annotations

from dataclasses import replace

from service.reports.compare import By, compare
from service.reports.figure import Figure
from service.reports.view import View


def comparing(view: View) -> list[Figure]:
    """Compare by everything that the view does not already choose one of."""
    titles: dict[By, str] = {
        "lang": view.tongue.say("By language: {title}", title="{title}"),
        "channel": view.tongue.say("By channel: {title}", title="{title}"),
        "branch": view.tongue.say("By branch: {title}", title="{title}"),
        "source": view.tongue.say("By system: {title}", title="{title}"),
    }
    return [
        replace(each, id=f"{by}-{each.id}", title=title.replace("{title}", each.title))
        for by, title in titles.items()
        if getattr(view.filter, by) is None
        for each in compare(view, by)
    ]
