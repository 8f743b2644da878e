"""Charts as data: ECharts options for the eye, and the same numbers as a table.

Colours, theme and motion belong to the browser (static/js/charts.js); numbers, names and marks
are decided here. Values become float only here, to be drawn; the table keeps their own text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext

from trial.web.formats import NOTHING

Text: TypeAlias = str | Promise
X: TypeAlias = str | int | Decimal
Number: TypeAlias = int | Decimal


class Kind(StrEnum):
    """What is drawn. HEAT takes one series per row, coloured by value."""

    LINE = "line"
    BAR = "bar"
    STACKED = "stacked"
    SCATTER = "scatter"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Point:
    """One value. `y` None is a gap; `note` shows in tooltip and table; `tone` marks the point."""

    x: X
    y: Number | None
    note: Text = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of points. `hidden` series start switched off in the legend; `tone` is a
    colour with a meaning, where the row's own is not enough."""

    name: Text
    points: Sequence[Point]
    hidden: bool = False
    dashed: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at an x, e.g. a visit or a relapse. Tones: grey, blue, amber, green, red."""

    x: X
    label: Text
    tone: str = "grey"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A horizontal dashed line, e.g. the upper limit of normal at 1."""

    y: Number
    label: Text


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure. With `categories` the x axis has these, in order; else x is a number line.

    `id` is unique on the page. `x_name` and `y_name` head the axes and the table's columns.
    `log_choice` offers a logarithmic y axis; its values must be above zero, as those of both axes
    with `log_both`. `scale` is the lowest and highest value of a HEAT's colours, else those of the
    data.
    """

    id: str
    title: Text
    kind: Kind
    series: Sequence[Series]
    x_name: Text
    y_name: Text = ""
    categories: Sequence[str] = ()
    marks: Sequence[Mark] = ()
    thresholds: Sequence[Threshold] = ()
    horizontal: bool = False
    tall: bool = False
    log_choice: bool = False
    log_both: bool = False
    scale: tuple[Number, Number] | None = None
    note: Text = field(default="")

    @property
    def empty(self) -> bool:
        """Whether there is no value to draw at all."""
        return all(point.y is None for row in self.series for point in row.points)

    @property
    def options_id(self) -> str:
        """The id of the script element that carries the options."""
        return f"chart-{self.id}-options"

    def options(self) -> dict[str, Any]:
        """ECharts options, ready for json_script."""
        if self.kind is Kind.HEAT:
            return _heat(self)
        along: dict[str, Any] = _axis_along(self)
        across: dict[str, Any] = {"type": "value", "name": str(self.y_name)}
        if self.log_both:
            along, across = ({**axis, "type": "log", "scale": True} for axis in (along, across))
        return {
            "kind": self.kind.value,
            "horizontal": self.horizontal,
            "xAxis": across if self.horizontal else along,
            "yAxis": along if self.horizontal else across,
            "series": [_series(self, row, first=i == 0) for i, row in enumerate(self.series)],
            "legend": {
                "data": [str(row.name) for row in self.series],
                "selected": {str(row.name): not row.hidden for row in self.series},
                "show": len(self.series) > 1,
            },
        }

    def header(self) -> list[str]:
        """The table's column names."""
        last = [gettext("Remarks")] if self._remarks() else []
        return [str(self.x_name), *(str(row.name) for row in self.series), *last]

    def rows(self) -> list[list[str]]:
        """The table's rows: x, one cell per series, and the remarks if there are any."""
        if self.kind is Kind.SCATTER:
            return self._row_per_point()
        remarks = self._remarks()
        cells = [{point.x: point for point in row.points} for row in self.series]
        table = []
        for x in self._xs():
            values = [_cell(row.get(x)) for row in cells]
            table.append([str(x), *values, *([remarks.get(x, "")] if remarks else [])])
        return table

    def _row_per_point(self) -> list[list[str]]:
        """Several points may share an x: each has a row."""
        remarks = bool(self._remarks())
        return [
            [
                str(point.x),
                *(_cell(point if row is other else None) for other in self.series),
                *([str(point.note)] if remarks else []),
            ]
            for row in self.series
            for point in row.points
        ]

    def _xs(self) -> list[X]:
        if self.categories:
            return list(self.categories)
        drawn = {point.x for row in self.series for point in row.points}
        return sorted(drawn | {mark.x for mark in self.marks}, key=float)

    def _remarks(self) -> dict[X, str]:
        notes: dict[X, list[str]] = {}
        for mark in self.marks:
            notes.setdefault(mark.x, []).append(str(mark.label))
        for row in self.series:
            for point in row.points:
                if point.note:
                    notes.setdefault(point.x, []).append(str(point.note))
        return {x: "; ".join(dict.fromkeys(texts)) for x, texts in notes.items()}


def _cell(point: Point | None) -> str:
    return NOTHING if point is None or point.y is None else str(point.y)


def _number(value: Number | None) -> float | None:
    return None if value is None else float(value)


def _axis_along(chart: Chart) -> dict[str, Any]:
    if chart.categories:
        axis = {"type": "category", "name": str(chart.x_name), "data": list(chart.categories)}
        return {**axis, "name": "", "inverse": True} if chart.horizontal else axis
    return {"type": "value", "name": str(chart.x_name)}


def _place(chart: Chart, x: X) -> str | float:
    return str(x) if chart.categories else float(x)


def _datum(chart: Chart, point: Point) -> dict[str, Any]:
    place, height = _place(chart, point.x), _number(point.y)
    drawn: dict[str, Any] = {"value": [height, place] if chart.horizontal else [place, height]}
    if point.note:
        drawn["note"] = str(point.note)
    if point.tone:
        drawn["tone"] = point.tone
    return drawn


def _series(chart: Chart, row: Series, first: bool) -> dict[str, Any]:
    """One ECharts series; the chart's marks and thresholds hang on the first."""
    drawn: dict[str, Any] = {
        "name": str(row.name),
        "type": "bar" if chart.kind in (Kind.BAR, Kind.STACKED) else chart.kind.value,
        "data": [_datum(chart, point) for point in row.points],
        "dashed": row.dashed,
    }
    if row.tone:
        drawn["tone"] = row.tone
    if chart.kind is Kind.STACKED:
        drawn["stack"] = "all"
    lines = _lines(chart) if first else []
    if lines:
        drawn["markLine"] = {"symbol": "none", "silent": True, "data": lines}
    return drawn


def _lines(chart: Chart) -> list[dict[str, Any]]:
    along, across = ("yAxis", "xAxis") if chart.horizontal else ("xAxis", "yAxis")
    marks = [
        {along: _place(chart, m.x), "name": str(m.label), "tone": m.tone, "vertical": True}
        for m in chart.marks
    ]
    thresholds = [
        {across: _number(t.y), "name": str(t.label), "tone": "grey"} for t in chart.thresholds
    ]
    return [*marks, *thresholds]


def _heat(chart: Chart) -> dict[str, Any]:
    """Series are the rows (top first), categories the columns."""
    names = [str(row.name) for row in chart.series]
    data = [
        {"value": [str(point.x), str(row.name), _number(point.y)], "note": str(point.note)}
        for row in chart.series
        for point in row.points
        if point.y is not None
    ]
    heights = [p.y for row in chart.series for p in row.points if p.y is not None]
    lowest, highest = chart.scale or (min(heights, default=0), max(heights, default=1))
    return {
        "kind": Kind.HEAT.value,
        "horizontal": False,
        "xAxis": {"type": "category", "name": str(chart.x_name), "data": list(chart.categories)},
        "yAxis": {"type": "category", "name": "", "data": names, "inverse": True},
        "visualMap": {"min": float(lowest), "max": float(highest)},
        "series": [{"type": "heatmap", "name": str(chart.title), "data": data}],
        "legend": {"show": False},
    }
