"""Draw a figure: as SVG for pages, whose text stays text, and as PNG to paste elsewhere.

matplotlib is loaded with the first chart, and used by its objects alone: `pyplot` keeps all figures of a process in one
place. Its settings are one for all threads, so one chart is drawn at a time. What differs by colour differs by
marker, line or hatching too. The font that comes with matplotlib has the letters of all four languages.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal

from service.reports.figure import Cell, Chart, Column, Figure, Interval, Table
from service.reports.web.exports import CONTROLS
from service.reports.web.writing import Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Form = Literal["svg", "png"]

WIDE, NARROW = 860, 340
"""Pixels of a chart on a screen, and on a phone."""

ROW, MARGIN = 26, 74
MOST_ROWS: Final = 40
"""Rows that are drawn; the table has them all."""

PNG_SCALE: Final = 2

INK, SOFT, GRID = "#1b2426", "#55635f", "#d9dedb"
FONT: Final = "DejaVu Sans"
FONTS: Final = "'DejaVu Sans', Verdana, 'Noto Sans', Arial, sans-serif"
"""Where a reader lacks the first, the next: none is wider, so that nothing runs into another."""

_DRAWING: Final = threading.Lock()


class ChartsMissing(RuntimeError):
    """matplotlib is not installed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on: a figure with a chart, and how it is written."""

    axes: Axes
    figure: Figure
    chart: Chart
    pen: Pen
    narrow: bool

    @property
    def rows(self) -> Sequence[Sequence[Cell]]:
        """The rows that are drawn."""
        return drawn_rows(self.figure, self.chart)

    @property
    def columns(self) -> list[tuple[int, Column]]:
        """The columns that are drawn, with their places."""
        places = {column.id: (place, column) for place, column in enumerate(self.figure.table.columns)}
        return [places[id_] for id_ in self.chart.series if id_ in places]


def can_draw() -> bool:
    """Whether matplotlib is installed; it is not loaded for that."""
    return find_spec("matplotlib") is not None


def chart_size(figure: Figure, *, narrow: bool = False) -> tuple[int, int]:
    """Width and height of a chart in pixels, without drawing it."""
    width = NARROW if narrow else WIDE
    chart = figure.chart
    rows = len(drawn_rows(figure, chart)) if chart else 0
    if chart is None or chart.kind in ("lines", "quadrant"):
        listed = 18 * rows if narrow and chart and chart.kind == "quadrant" else 0
        return width, (300 if narrow else 340) + listed
    dated = figure.table.columns[0].kind in ("date", "month")
    if chart.kind == "stack" and dated:
        return width, 300 if narrow else 320
    groups = len(chart.series) if chart.kind == "bars" and len(chart.series) > 1 else 1
    row = max(ROW * (1.5 if narrow and chart.kind != "heat" else 1), 15 * groups + 8)
    legend = 26 * -(-len(chart.series) // (2 if narrow else 4)) if groups > 1 or chart.kind == "stack" else 0
    return width, int(MARGIN + row * max(1, rows) + legend + (40 if chart.kind == "heat" else 0))


def drawable(figure: Figure) -> bool:
    """Whether a figure has a chart, and the chart anything to show."""
    return figure.chart is not None and bool(drawn_rows(figure, figure.chart))


def few(figure: Figure) -> bool:
    """Whether words stand where a chart's numbers would: "under 30 counted"."""
    series = figure.chart.series if figure.chart else ()
    places = [place for place, column in enumerate(figure.table.columns) if column.id in series]
    return any(isinstance(row[place], str) for row in figure.table.rows for place in places)


def drawn_rows(figure: Figure, chart: Chart) -> Sequence[Sequence[Cell]]:
    """List the rows that are drawn: those with some number, a point's with both of its own, and no more than fit."""
    point = chart.kind == "quadrant"
    series = chart.series[:2] if point else chart.series
    places = [place for place, column in enumerate(figure.table.columns) if column.id in series]
    enough = all if point else any
    rows = [
        row
        for row in figure.table.rows
        if row[0] not in chart.undrawn and enough(math.isfinite(middle(row[place])) for place in places)
    ]
    return rows[-4 * MOST_ROWS :] if chart.kind == "lines" else rows[:MOST_ROWS]


def draw(figure: Figure, pen: Pen, form: Form, *, narrow: bool = False) -> bytes:
    """Draw a figure's chart; raises `ChartsMissing`, and `ValueError` where it has none."""
    if figure.chart is None:
        raise ValueError(f"{figure.id} has no chart")
    with _DRAWING:
        return _draw(_drawable(figure), figure.chart, pen, form, narrow)


def _drawable(figure: Figure) -> Figure:
    """Leave out of all names what an SVG cannot hold."""
    columns = [replace(each, title=CONTROLS.sub("", each.title)) for each in figure.table.columns]
    rows = [[CONTROLS.sub("", cell) if isinstance(cell, str) else cell for cell in row] for row in figure.table.rows]
    return replace(figure, title=CONTROLS.sub("", figure.title), table=Table(columns, rows))


def _draw(figure: Figure, chart: Chart, pen: Pen, form: Form, narrow: bool) -> bytes:
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Paper
    except ImportError as error:
        raise ChartsMissing("matplotlib is not installed") from error
    from service.reports.web.chart_kinds import DRAWN

    width, height = chart_size(figure, narrow=narrow)
    style: dict[str, Any] = {
        "font.family": FONT,
        "font.size": 10.5 if narrow else 11.5,
        "svg.fonttype": "none",
        "svg.hashsalt": figure.id,
        "text.color": INK,
        "text.parse_math": False,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "hatch.linewidth": 0.7,
        "legend.frameon": False,
        "legend.fontsize": "small",
    }
    with rc_context(style):
        paper = Paper(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        canvas = FigureCanvasSVG(paper) if form == "svg" else FigureCanvasAgg(paper)
        DRAWN[chart.kind](Sheet(paper.subplots(), figure, chart, pen, narrow))
        out = io.BytesIO()
        if form == "svg":
            paper.patch.set_alpha(0)  # a page has its own ground, light or dark
            for axes in paper.axes:
                axes.patch.set_alpha(0)
            canvas.print_figure(out, format="svg", metadata={"Date": None, "Creator": None, "Title": figure.title})
            return out.getvalue().replace(f"'{FONT}'".encode(), FONTS.encode())
        canvas.print_figure(out, format="png", dpi=72 * PNG_SCALE, facecolor="white", metadata={"Title": figure.title})
        return out.getvalue()


def middle(cell: Cell) -> float:
    """Take the value that is drawn for a cell; NaN for what is none."""
    if isinstance(cell, Interval):
        return cell.mid
    return float(cell) if isinstance(cell, (int, float)) else float("nan")


def ends(cell: Cell) -> tuple[float, float]:
    """Take the ends of a cell's interval; where it is none, the value twice."""
    return (cell.low, cell.high) if isinstance(cell, Interval) else (middle(cell), middle(cell))
