"""The kinds of chart, each a function that draws on a `Sheet`. They load what they need of matplotlib."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt

from service.reports.figure import CellKind
from service.reports.web.charts import INK, SOFT, Sheet, ends, middle

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b5b5b", "#8a6d00")
"""Okabe and Ito's, which people who see fewer colours tell apart; yellow, too light on white, made darker."""

MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES: Final[tuple[Any, ...]] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), "-", "--", "-.")
HATCHES: Final = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "+++")
GROUND: Final = ("#f1f6f6", "#8fc1c6", "#1d6f79", "#0b3a41")
"""From little to much."""

PLACES: Final = (
    (1.0, 0.0, "left", "center"), (-1.0, 0.0, "right", "center"), (0.0, 1.0, "center", "bottom"),
    (0.0, -1.0, "center", "top"), (0.7, 0.7, "left", "bottom"), (0.7, -0.7, "left", "top"),
    (-0.7, 0.7, "right", "bottom"), (-0.7, -0.7, "right", "top"),
)  # fmt: skip
"""Where a name may stand beside its point, what is read most easily first: to the right, upwards, and how it is set."""


def bars(sheet: Sheet) -> None:
    """Draw one bar a row, or a group of them, with whiskers where a value is an interval."""
    rows, columns, axes = sheet.rows, sheet.columns, sheet.axes
    places = np.arange(len(rows), dtype=float)
    thick = 0.72 / max(1, len(columns))
    farthest = max([max(ends(row[place])) for row in rows for place, _ in columns if max(ends(row[place])) > 0] or [1])
    for number, (place, column) in enumerate(columns):
        cells = [row[place] for row in rows]
        values = np.nan_to_num(np.array([middle(cell) for cell in cells]))
        offset = places + (number - (len(columns) - 1) / 2) * thick
        axes.barh(
            offset, values, thick * 0.94, color=COLOURS[number % 8], label=column.title,
            hatch=HATCHES[number % 8] if len(columns) > 1 else "", edgecolor="white", linewidth=0.4,
        )  # fmt: skip
        for at, cell, value in zip(offset, cells, values, strict=True):
            low, high = (value if np.isnan(end) else end for end in ends(cell))
            if low < high:
                axes.plot([low, high], [at, at], color=INK, linewidth=1.1, marker="|", markersize=5)
            told = sheet.pen.cell(cell, column.kind).value
            axes.annotate(
                told, (max(high, value, 0), at), (5, 0), textcoords="offset points", va="center",
                fontsize="small" if thick > 0.3 else "x-small",
            )  # fmt: skip
    _name_rows(sheet, places)
    axes.invert_yaxis()
    lowest = min([min(ends(row[place])) for row in rows for place, _ in columns if min(ends(row[place])) < 0] or [0])
    axes.set_xlim(lowest * 1.1, farthest * (1.28 if sheet.narrow else 1.14))
    if lowest < 0:
        axes.axvline(0, color=SOFT, linewidth=1)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    _scale(sheet, axes.xaxis, columns[0][1].kind if columns else "number")
    if len(columns) > 1:
        _legend(sheet)


def stack(sheet: Sheet) -> None:
    """Draw the parts of a whole: lying, one bar a row, or standing where the rows are dates."""
    rows, columns, axes = sheet.rows, sheet.columns, sheet.axes
    dated = sheet.figure.table.columns[0].kind in ("date", "month")
    places = np.arange(len(rows), dtype=float)
    ground = np.zeros(len(rows))
    total = np.sum([[np.nan_to_num(middle(row[place])) for row in rows] for place, _ in columns], axis=0)
    for number, (place, column) in enumerate(columns):
        values = np.nan_to_num(np.array([middle(row[place]) for row in rows]))
        look: dict[str, Any] = {
            "color": COLOURS[number % 8], "hatch": HATCHES[number % 8], "edgecolor": "white", "linewidth": 0.4,
            "label": column.title,
        }  # fmt: skip
        if dated:
            axes.bar(places, values, 0.86, bottom=ground, **look)
        else:
            axes.barh(places, values, 0.78, left=ground, **look)
            for at, value, begins, whole in zip(places, values, ground, total, strict=True):
                if whole and value / whole > (0.18 if sheet.narrow else 0.09):
                    axes.text(
                        begins + value / 2, at, sheet.pen.plain(float(value), column.kind), ha="center", va="center",
                        fontsize="small", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.9},
                    )  # fmt: skip
        ground = ground + values
    if dated:
        names = [sheet.pen.plain(row[0], "date") if isinstance(row[0], date) else "" for row in rows]
        step = max(1, len(rows) // (3 if sheet.narrow else 6))
        axes.set_xticks(places[::step], names[::step], fontsize="small")
        _scale(sheet, axes.yaxis, columns[0][1].kind if columns else "number")
        axes.grid(axis="y")
    else:
        _name_rows(sheet, places)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, float(total.max()) if len(total) and total.max() > 0 else 1)
        _scale(sheet, axes.xaxis, columns[0][1].kind if columns else "number")
    _legend(sheet)


def lines(sheet: Sheet) -> None:
    """Draw a line for each column over dates, intervals as bands, and dashed where figures cannot be compared."""
    from matplotlib.dates import AutoDateLocator, date2num, num2date
    from matplotlib.ticker import FuncFormatter

    axes = sheet.axes
    rows = [row for row in sheet.rows if isinstance(row[0], date)]
    days = [date2num(row[0]) for row in rows]
    for number, (place, column) in enumerate(sheet.columns):
        values = [middle(row[place]) for row in rows]
        low, high = ([ends(row[place])[end] for row in rows] for end in (0, 1))
        colour = COLOURS[number % 8]
        axes.plot(
            days, values, color=colour, linestyle=LINES[number % 8], marker=MARKERS[number % 8], markersize=4,
            linewidth=1.6, label=column.title,
        )  # fmt: skip
        if any(a < b for a, b in zip(low, high, strict=True)):
            axes.fill_between(days, low, high, color=colour, alpha=0.13, linewidth=0)
    lowest = min([ends(row[place])[0] for row in rows for place, _ in sheet.columns if ends(row[place])[0] < 0] or [0])
    top = axes.get_ylim()[1]
    axes.set_ylim(1.05 * lowest, top if top > 0 else 1)
    for each in sheet.chart.breaks:
        at = date2num(each.at)
        if days and days[0] <= at <= days[-1]:
            axes.axvline(at, color=INK, linestyle=(0, (4, 3)), linewidth=1.1)
            told = textwrap.shorten(each.why, 48, placeholder="…")
            axes.annotate(
                told, (at, 0.98), (-3, 0), xycoords=("data", "axes fraction"), textcoords="offset points", rotation=90,
                ha="right", va="top", fontsize="x-small", color=SOFT,
            )  # fmt: skip
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=3 if sheet.narrow else 7))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: sheet.pen.plain(num2date(at).date(), "date")))
    axes.tick_params(axis="x", labelsize="small")
    axes.grid(axis="y")
    _scale(sheet, axes.yaxis, sheet.columns[0][1].kind if sheet.columns else "number")
    if len(sheet.columns) > 1:
        _legend(sheet)


def heat(sheet: Sheet) -> None:
    """Draw rows × columns, darker for more, each with its value."""
    from matplotlib.colors import LinearSegmentedColormap

    axes, columns, rows = sheet.axes, sheet.columns, sheet.rows
    values = np.array([[middle(row[place]) for place, _ in columns] for row in rows], float)
    values = values.reshape(len(rows), len(columns))
    shown = np.ma.masked_invalid(values)
    high = float(shown.max()) if shown.count() else 1.0
    axes.pcolormesh(
        shown,
        cmap=LinearSegmentedColormap.from_list("teal", GROUND),
        vmin=0,
        vmax=high or 1,
        edgecolors="white",
        linewidth=1,
    )
    if len(columns) <= (5 if sheet.narrow else 14):
        for i, row in enumerate(rows):
            for j, (place, column) in enumerate(columns):
                light = np.isnan(values[i, j]) or values[i, j] < 0.45 * (high or 1)
                axes.text(
                    j + 0.5, i + 0.5, sheet.pen.cell(row[place], column.kind).value, ha="center", va="center",
                    fontsize="small", color=INK if light else "white",
                )  # fmt: skip
    _name_rows(sheet, np.arange(len(rows), dtype=float) + 0.5)
    leaning = len(columns) > (3 if sheet.narrow else 8)
    names = [
        textwrap.shorten(column.title, 24, placeholder="…")
        if leaning
        else textwrap.fill(column.title, 13, break_long_words=False)
        for _, column in columns
    ]
    axes.set_xticks(
        np.arange(len(columns)) + 0.5, names, fontsize="small", rotation=40 if leaning else 0,
        ha="left" if leaning else "center",
    )  # fmt: skip
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()


def quadrant(sheet: Sheet) -> None:
    """Draw rows as points between two measures, larger for more, with lines at the mean.

    Points bear their names, or numbers with the names below where the chart is narrow.
    """
    axes, columns = sheet.axes, sheet.columns
    if len(columns) < 2:
        return
    (x, x_column), (y, y_column) = columns[:2]
    rows = sheet.rows
    across, up = (np.array([middle(row[place]) for row in rows]) for place in (x, y))
    sizes = np.array([middle(row[columns[2][0]]) for row in rows]) if len(columns) > 2 else np.ones(len(rows))
    weights = np.nan_to_num(sizes)
    largest = weights.max() if len(rows) and weights.max() > 0 else 1.0
    areas = 30 + 500 * weights / largest
    axes.scatter(across, up, areas, color=COLOURS[0], alpha=0.55, edgecolor=INK)
    if weights.sum() > 0:
        axes.axvline(float(np.average(across, weights=weights)), color=SOFT, linestyle="--", linewidth=1)
        axes.axhline(float(np.average(up, weights=weights)), color=SOFT, linestyle="--", linewidth=1)
    axes.margins(0.2)
    axes.set_xlabel(x_column.title)
    axes.set_ylabel(y_column.title)
    _scale(sheet, axes.xaxis, x_column.kind)
    _scale(sheet, axes.yaxis, y_column.kind)
    names = [sheet.pen.cell(row[0], "text").value for row in rows]
    if sheet.narrow:
        _number_points(sheet, names)
        names = [str(place) for place in range(1, len(rows) + 1)]
    corners = [
        axes.annotate(
            textwrap.fill(name, 16 if sheet.narrow else 28), (right, top), (4 - 8 * right, 4 - 8 * top),
            xycoords="axes fraction", textcoords="offset points", fontsize="small", style="italic", color=SOFT,
            ha="right" if right else "left", va="top" if top else "bottom",
        )
        for name, (right, top) in zip(sheet.chart.corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=False)
    ]  # fmt: skip
    _name_points(sheet, list(zip(across, up, areas, names, strict=True)), corners)


def _number_points(sheet: Sheet, names: Sequence[str]) -> None:
    """List below the chart which number stands for which name."""
    from matplotlib.lines import Line2D

    told = [textwrap.fill(f"{place} {name}", 26) for place, name in enumerate(names, 1)]
    paper: Any = sheet.axes.figure
    blank = [Line2D([], [], linestyle="none") for _ in told]
    paper.legend(blank, told, loc="outside lower left", ncols=2, handlelength=0, handletextpad=0, columnspacing=1)


def _name_points(sheet: Sheet, points: Sequence[tuple[float, float, float, str]], taken: Sequence[Annotation]) -> None:
    """Write the names of points (x, y, area, name) beside them, each where it covers the least of other words."""
    axes, paper = sheet.axes, cast(Any, sheet.axes.figure)
    paper.draw_without_rendering()  # from here on it is known how much room words take
    boxes, room = [each.get_window_extent() for each in taken], axes.get_window_extent()
    for across, up, area, name in points:
        off = 2 + float(np.sqrt(area / np.pi))
        found: list[tuple[float, int]] = []
        written = axes.annotate(
            textwrap.fill(name, 16, break_long_words=False), (across, up), (0, 0), textcoords="offset points",
            fontsize="small", linespacing=1.0,
        )  # fmt: skip
        written.set_in_layout(False)

        def put(place: int, written: Annotation = written, off: float = off) -> None:
            right, top, ha, va = PLACES[place]
            written.set(position=(right * off, top * off), ha=ha, va=va)

        for place in range(len(PLACES)):
            put(place)
            box = written.get_window_extent()
            covered = sum(_overlap(box, other) for other in boxes)
            found.append((covered + box.width * box.height - _overlap(box, room), place))
        put(min(found)[1])
        boxes.append(written.get_window_extent())


def _overlap(one: Bbox, other: Bbox) -> float:
    """Area that two boxes share."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(width, 0.0) * max(height, 0.0))


def _name_rows(sheet: Sheet, places: npt.NDArray[np.floating]) -> None:
    columns = sheet.figure.table.columns[: sheet.chart.named_by]
    parts = [[sheet.pen.cell(row[i], each.kind).value for i, each in enumerate(columns)] for row in sheet.rows]
    width = 16 if sheet.narrow else 28
    names = [[textwrap.fill(textwrap.shorten(name, 60, placeholder="…"), width) for name in each] for each in parts]
    sheet.axes.set_yticks(places, ["\n".join(each) for each in names])


def _scale(sheet: Sheet, axis: Axis, kind: CellKind) -> None:
    """Write the numbers of an axis in the reader's language."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(3 if sheet.narrow else 6, integer=kind == "number", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: sheet.pen.plain(round(float(value), 6), kind)))
    axis.set_tick_params(labelsize="small")


def _legend(sheet: Sheet) -> None:
    columns = 2 if sheet.narrow else 4
    paper: Any = sheet.axes.figure
    paper.legend(loc="outside lower left", ncols=min(columns, max(1, len(sheet.columns))), handlelength=2.6)


DRAWN: Final[Mapping[str, Callable[[Sheet], None]]] = {
    "bars": bars, "stack": stack, "lines": lines, "heat": heat, "quadrant": quadrant,
}  # fmt: skip
