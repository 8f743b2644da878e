"""The figures of the participant page: liver values as multiples of the upper limit, and MELD."""

from datetime import date

from django.utils.translation import gettext, pgettext

from labs.meld import NAMES
from labs.models import MeldScore, SampleState
from labs.wording import listed, missing_text
from reports.selectors.course import FORMULAS, Course, Sample, times_uln, week_of
from trial.web.charts import Chart, Kind, Mark, Point, Series, Threshold
from trial.web.formats import localized

TRENDS = ("ALT", "AST", "BILI", "IGG", "GLOBG")
RELAPSE = "RELAPSE"
ENDPOINT = "TRIAL-REL"
MELD_ATTENTION = 15  # the score from which referral for transplantation is usually discussed


def start_of(course: Course) -> date:
    """Where the weeks of a figure count from: day 0, or screening before there is one."""
    return course.participant.day0_on or course.participant.screened_on


def trend(course: Course) -> Chart:
    """ALT, AST, bilirubin, IgG and γ-globulin as ×ULN, with visits and relapse marked."""
    return Chart(
        id="trend",
        title=gettext("Liver values as multiples of the upper limit of normal"),
        kind=Kind.LINE,
        series=[_trend_series(course, analyte) for analyte in TRENDS],
        x_name=gettext("Week"),
        y_name="×ULN",
        marks=_marks(course),
        thresholds=[Threshold(1, "1×ULN"), Threshold(3, "3×ULN")],
        tall=True,
        log_choice=True,
        note=gettext(
            "ULN: upper limit of the reporting laboratory on that day. Samples that cannot be "
            "used are left out."
        ),
    )


def _trend_series(course: Course, analyte: str) -> Series:
    points = [
        Point(
            week_of(sample.panel.collected_on, start_of(course)),
            times_uln(sample.results.get(analyte)) if sample.usable else None,
            _remark(sample),
        )
        for sample in course.samples
    ]
    short = _SHORT.get(analyte) or localized(course.protocol.analyte(analyte).name)
    return Series(short, points)


_SHORT = {"ALT": "ALT", "AST": "AST", "IGG": "IgG"}


def _remark(sample: Sample) -> str:
    if sample.usable:
        return ""
    return str(SampleState(sample.panel.sample_state).label)


def meld(course: Course) -> Chart:
    """The three scores over time; where one can't be computed, the note says what is missing."""
    return Chart(
        id="meld",
        title=gettext("MELD scores"),
        kind=Kind.LINE,
        series=[_meld_series(course, formula) for formula in FORMULAS],
        x_name=gettext("Week"),
        y_name=pgettext("of a score", "Points"),
        marks=[mark for mark in _marks(course) if mark.tone == "red"],
        thresholds=[Threshold(MELD_ATTENTION, str(MELD_ATTENTION))],
    )


def _meld_series(course: Course, formula: str) -> Series:
    points = []
    for sample in course.samples:
        score = sample.scores.get(formula)
        if score is not None:
            week = week_of(sample.panel.collected_on, start_of(course))
            points.append(Point(week, score.value, _score_note(sample, score)))
    return Series(NAMES[formula], points, dashed=formula != "MELD30")


def _score_note(sample: Sample, score: MeldScore) -> str:
    """The visit, and what is missing where there is no score."""
    if score.value is not None:
        return sample.visit.label
    reasons = listed(missing_text(code) for code in score.missing)
    return f"{sample.visit.label}: {NAMES[score.formula]} {reasons}"


def _marks(course: Course) -> list[Mark]:
    """Each sampled visit in grey where its sample was taken, the relapse in red."""
    zero = start_of(course)
    relapse = course.current.get(ENDPOINT)
    relapsed_on = relapse.occurred_on if relapse and relapse.outcome == RELAPSE else None
    marks = [
        Mark(week_of(sample.panel.collected_on, zero), sample.visit.label)
        for sample in course.samples
        if sample.panel.collected_on != relapsed_on
    ]
    if relapsed_on:
        at = next(
            (s.visit.label for s in course.samples if s.panel.collected_on == relapsed_on), ""
        )
        label = gettext("Relapse %(visit)s") % {"visit": at}
        marks.append(Mark(week_of(relapsed_on, zero), label.strip(), "red"))
    return marks
