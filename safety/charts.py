"""The eDISH plot: peaks of ALT and bilirubin on treatment, of one participant or of many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from safety.liver_signals import Edish, Quadrant, Reference, edish
from safety.liver_wording import QUADRANTS, SIGNS, quadrants_text
from safety.selectors.courses import LabCourse
from safety.spans import Span
from trial.protocol.safety import LiverSignalParameters
from trial.web.charts import Chart, Kind, Mark, Point, Series, Threshold

TONES = {
    Quadrant.HYS_LAW: "red",
    Quadrant.TEMPLE: "amber",
    Quadrant.CHOLESTASIS: "blue",
    Quadrant.NEAR_NORMAL: "grey",
}
LEAST = Decimal("0.1")  # a logarithmic axis has no 0


@dataclass(frozen=True, slots=True)
class Place:
    """A participant's place in the plot."""

    course: LabCourse
    found: Edish

    @property
    def quadrant_text(self) -> str:
        return quadrants_text(self.found.possible)


def places(courses: Iterable[LabCourse], reference: Reference) -> list[Place]:
    """The places of participants with both peaks on treatment."""
    found = []
    for course in courses:
        if course.liver is not None:
            today = course.participant.site.today()
            lines = course.protocol.safety.liver_signals
            place = edish(course.liver, reference, lines, as_of=today)
            if place.alt_peak is not None and place.bilirubin_peak is not None:
                found.append(Place(course, place))
    return found


def edish_chart(
    found: Sequence[Place], reference: Reference, lines: LiverSignalParameters
) -> Chart:
    """ALT to the right, bilirubin upwards, both logarithmic, with the protocol's lines."""
    sign = str(SIGNS[reference])
    return Chart(
        id=f"edish-{reference.value}",
        title=_("Peaks on treatment: ALT and bilirubin (%(sign)s)") % {"sign": sign},
        kind=Kind.SCATTER,
        series=[row for quadrant in Quadrant if (row := _row(found, quadrant)).points],
        x_name=_("Peak ALT, %(sign)s") % {"sign": sign},
        y_name=_("Peak bilirubin, %(sign)s") % {"sign": sign},
        marks=[Mark(lines.transaminase_multiple, f"{lines.transaminase_multiple}×", "amber")],
        thresholds=[Threshold(lines.bilirubin_multiple, f"{lines.bilirubin_multiple}×")],
        tall=True,
        log_both=True,
        note=_(
            "The peaks may lie far apart in time. Right and up: Hy's law range; right and down: "
            "Temple's corollary; left and up: cholestasis or Gilbert. A bound stands where only a "
            "bound was reported."
        ),
    )


def _row(found: Sequence[Place], quadrant: Quadrant) -> Series:
    """Those of a quadrant; where several are possible, the gravest."""
    mine = [one for one in found if one.found.possible[0] is quadrant]
    return Series(QUADRANTS[quadrant], [_point(one) for one in mine], tone=TONES[quadrant])


def _point(one: Place) -> Point:
    return Point(
        x=_drawn(one.found.alt_peak),
        y=_drawn(one.found.bilirubin_peak),
        note=f"{one.course.participant.code}: {one.quadrant_text}",
    )


def _drawn(span: Span | None) -> Decimal:
    """Where a peak stands on its axis: the bound of one that is censored."""
    if span is None:
        return LEAST
    value = span.high if span.exact is None and span.high is not None else span.low
    return max(LEAST, value.quantize(Decimal("0.01"), ROUND_HALF_UP))
