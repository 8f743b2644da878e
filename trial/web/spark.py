"""Small pictures in running text, drawn on the server as SVG: a trend, a value in its range."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 96, 24, 3

BOUND = '<line class="spark-bound" x1="0" x2="{}" y1="{}" y2="{}"/>'
SPARK = (
    '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
    '{}<polyline class="spark-line" points="{}"/>'
    '<circle class="spark-dot" cx="{}" cy="{}" r="2.5"/></svg>'
)
BAR = (
    '<svg class="range-bar" viewBox="0 0 96 12" width="96" height="12" role="img" aria-label="{}" '
    'data-range-bar data-low="{}" data-high="{}">'
    '<rect class="range-track" y="4" width="96" height="4" rx="2"/>'
    '<rect class="range-normal" x="32" y="4" width="32" height="4"/>'
    '<rect class="range-tick" x="{}" y="0" width="3" height="12" rx="1.5"{}/></svg>'
)

Value = Decimal | None
Text = str | Promise


def _scale(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Lowest value and span; the span is never zero."""
    low, high = min(values), max(values)
    return low, (high - low) or Decimal(1)


def _height(value: Decimal, low: Decimal, span: Decimal) -> float:
    """Distance from the top of the picture, in its units."""
    return round(HEIGHT - EDGE - float((value - low) / span) * (HEIGHT - 2 * EDGE), 1)


def _points(values: Sequence[Value], low: Decimal, span: Decimal) -> list[tuple[float, float]]:
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    return [
        (round(EDGE + i * step, 1), _height(value, low, span))
        for i, value in enumerate(values)
        if value is not None
    ]


def sparkline(values: Sequence[Value], title: Text, upper: Value = None) -> SafeString:
    """The last values as a line, the newest as a dot, `upper` (e.g. the ULN) as a dashed line.

    `title` is what a screen reader says. No value at all gives nothing.
    """
    known = [v for v in values if v is not None]
    if not known:
        return SafeString("")
    low, span = _scale([*known, upper] if upper is not None else known)
    points = _points(values, low, span)
    bound = SafeString("")
    if upper is not None:
        y = _height(upper, low, span)
        bound = format_html(BOUND, WIDTH, y, y)
    line = format_html_join(" ", "{},{}", points)
    return format_html(SPARK, WIDTH, HEIGHT, WIDTH, HEIGHT, title, bound, line, *points[-1])


def range_bar(low: Value, high: Value, value: Value, title: Text) -> SafeString:
    """A bar whose middle third is the reference range, with a tick where the value falls.

    The bar reaches one range's width to either side; a value beyond sits at the edge. An open
    range (one bound) is drawn as if the missing bound were 0 or twice the other. The data
    attributes let a page move the tick while a value is typed (window.app.moveTick).
    """
    if low is None and high is None:
        return SafeString("")
    bottom = low if low is not None else Decimal(0)
    top = high if high is not None else bottom * 2 or Decimal(1)
    x = tick_position(bottom, top, value)
    hidden = SafeString("") if x is not None else SafeString(" hidden")
    return format_html(BAR, title, bottom, top, x or 0, hidden)


def tick_position(low: Decimal, high: Decimal, value: Value) -> float | None:
    """Where on the 96 units of the bar the value's tick begins; None without value or range."""
    if value is None or high <= low:
        return None
    share = (value - low) / (high - low)
    return round(min(93.0, max(0.0, 32 + float(share) * 32 - 1.5)), 1)
