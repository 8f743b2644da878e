"""What the page of a participant's laboratory toxicity shows, ready to be drawn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from labs.wording import listed
from safety.charts import edish_chart, places
from safety.grading import Graded
from safety.liver_forms import JudgeForm
from safety.liver_signals import Reference, edish, hys_law
from safety.liver_wording import (
    REFERENCES,
    gap_text,
    quadrants_text,
    reasons_text,
    references_text,
    term_text,
    times_text,
    truth_text,
)
from safety.models import LiverSignal
from safety.models.liver import Act, State
from safety.selectors.courses import Drawn, LabCourse
from safety.selectors.liver import signals_of
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.protocol.version import ProtocolVersion
from trial.web.formats import localized
from trial.web.parts import Entry

TONES = {0: "grey", 1: "blue", 2: "amber", 3: "red", 4: "red"}
SHAPES = {0: "circle", 1: "square", 2: "triangle", 3: "diamond", 4: "alert-octagon"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A grade by number, shape and colour; `grade` is None while it is open."""

    grade: int | None
    label: str

    @property
    def tone(self) -> str:
        return "grey" if self.grade is None else TONES[self.grade]

    @property
    def shape(self) -> str:
        return "help-circle" if self.grade is None else SHAPES[self.grade]


def chip(grade: int | None, low: int = 0, high: int = 0) -> Chip:
    """The chip of a grade, or of the grades between which it is open."""
    if grade is not None:
        return Chip(grade, _("grade %(grade)s") % {"grade": grade})
    if low == high:
        return Chip(None, _("no grade"))
    return Chip(None, _("grade %(low)s to %(high)s") % {"low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Cell:
    """One result: its value, its chip, what stands beside the grade."""

    value: str
    chip: Chip
    times: str
    reasons: str
    hidden: str
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """A term over all samples, and the worst grade on treatment."""

    name: str
    unit: str
    cells: Sequence[Cell | None]
    worst: Chip | None


@dataclass(frozen=True, slots=True)
class Against:
    """What the course says against one reference."""

    name: str
    alt: str
    bilirubin: str
    quadrant: str
    candidate: str
    missing: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """A signal with its history, and the form of whoever may judge it."""

    signal: LiverSignal
    against: str
    entries: list[Entry]
    form: JudgeForm | None

    @property
    def word(self) -> str:
        """Its state in a word."""
        return signal_word(self.signal)


def signal_word(signal: LiverSignal) -> str:
    """How a signal was judged, or that the values no longer show it."""
    gone = signal.gone_at is not None
    return str(Act.GONE.label) if gone else str(State(signal.state).label)


def page(course: LabCourse, user: AnyUser, refused: JudgeForm | None = None) -> dict[str, Any]:
    """The whole context of the page; `refused` keeps what was typed."""
    person = course.participant
    graded = {code: course.grades(code) for code in course.draws}
    rows = list(_rows(course, graded))
    charts = []
    for reference in Reference:
        found = places([course], reference)
        if found:
            charts.append(edish_chart(found, reference, course.protocol.safety.liver_signals))
    return {
        "participant": person,
        "active": "toxicity",
        "samples": course.samples,
        "rows": rows,
        "worst": _worst_by_sample(course.samples, graded.values()),
        "start": course.start,
        "version": course.protocol.safety.ctcae_version,
        "hidden": any(cell and cell.hidden for row in rows for cell in row.cells),
        "against": list(_against(course)),
        "charts": charts,
        "signals": _signals(person.pk, may_judge(user, person.site_id), refused),
    }


def may_judge(user: AnyUser, site_id: int) -> bool:
    """Whether the user judges signals of this site."""
    return bool(can(user, Permission.SIGNAL_JUDGE, site_id))


def _rows(course: LabCourse, graded: Mapping[str, Sequence[Graded]]) -> Iterable[Row]:
    protocol = course.protocol
    for analyte in (one.code for one in protocol.analytes if one.code in graded):
        for term in dict.fromkeys(one.term for one in graded[analyte]):
            mine = {one.draw.panel_id: one for one in graded[analyte] if one.term == term}
            worst = [one.grade for one in mine.values() if one.on_treatment]
            known = [one for one in worst if one is not None]
            yield Row(
                name=term_text(term, localized(protocol.analyte(analyte).name)),
                unit=protocol.analyte(analyte).canonical_unit.display,
                cells=[_cell(protocol, mine.get(one.panel_id)) for one in course.samples],
                worst=chip(max(known)) if known else None,
            )


def _cell(protocol: ProtocolVersion, one: Graded | None) -> Cell | None:
    if one is None:
        return None
    result = one.draw.observation
    digits = protocol.analyte(result.analyte).decimals
    found = one.toxicity
    return Cell(
        value=f"{result.comparator}{result.value:.{digits}f}",
        chip=chip(one.grade, found.low, found.high) if found else chip(None),
        times=_times(one),
        reasons=reasons_text(one.reasons),
        hidden=_("grade %(grade)s by the upper limit") % {"grade": one.by_upper}
        if one.hidden
        else "",
        path=one.path,
    )


def _times(one: Graded) -> str:
    """The multiples beside the grade; only of what is graded upwards."""
    if one.toxicity is None or not one.term.endswith("_UP"):
        return ""
    parts = [(one.toxicity.times_upper, "×ULN"), (one.toxicity.times_nadir, _("×nadir"))]
    return " · ".join(f"{times_text(span, '0.1')}{sign}" for span, sign in parts if span)


def _worst_by_sample(
    samples: Sequence[Drawn], graded: Iterable[Sequence[Graded]]
) -> list[Chip | None]:
    every = [one for rows in graded for one in rows if one.grade is not None]
    found: dict[int, int] = {}
    for one in every:
        found[one.draw.panel_id] = max(one.grade or 0, found.get(one.draw.panel_id, 0))
    return [chip(found[one.panel_id]) if one.panel_id in found else None for one in samples]


def _against(course: LabCourse) -> Iterable[Against]:
    if course.liver is None:
        return
    lines, today = course.protocol.safety.liver_signals, course.participant.site.today()
    for reference in Reference:
        law = hys_law(course.liver, reference, lines, as_of=today)
        place = edish(course.liver, reference, lines, as_of=today)
        yield Against(
            name=str(REFERENCES[reference]),
            alt=times_text(place.alt_peak),
            bilirubin=times_text(place.bilirubin_peak),
            quadrant=quadrants_text(place.possible),
            candidate=truth_text(law.candidate),
            missing=listed(gap_text(gap) for gap in law.gaps),
        )


def _signals(participant_id: int, may: bool, refused: JudgeForm | None) -> list[SignalView]:
    return [_view(one, may, refused) for one in signals_of([participant_id])]


def _view(signal: LiverSignal, may: bool, refused: JudgeForm | None) -> SignalView:
    form = None
    if may and signal.gone_at is None:
        mine = refused is not None and refused.signal.pk == signal.pk
        form = refused if mine else JudgeForm(signal)
    zone = signal.participant.site.timezone
    entries = [
        Entry(
            at=step.done_at,
            title=f"{step.get_act_display()}: {step.get_state_display()}"
            if step.act == "judged"
            else step.get_act_display(),
            who=step.done_by,
            body=step.note,
            icon="gavel" if step.act == "judged" else "activity-heartbeat",
            tone="green" if step.act == "gone" else "blue" if step.act == "judged" else "amber",
            zone=zone,
        )
        for step in reversed(signal.steps.all())
    ]
    return SignalView(signal, references_text(signal.references), entries, form)
