"""The queries that signals of the liver ask by themselves: one for each, closed with it."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from safety.models import AdverseEvent, LiverSignal
from safety.models.liver import Kind
from safety.selectors.courses import LabCourse
from trial.audit.context import Actor
from trial.audit.records import Record
from trial.protocol.label import Label
from trial.protocol.partial import surely_before
from trial.quality.models import Addressee, Origin, Query
from trial.quality.services.asking import Ask, both
from trial.quality.services.checks import sync_checks
from visits.places import place_of

PREFIX = "safety.liver:"
_NAMES = {
    Kind.HYS_LAW: Label("Candidate for Hy's law", "海氏法则候选"),
    Kind.STOP: Label("Level to stop", "停药水平"),
    Kind.WATCH: Label("Level to watch closely", "密切观察水平"),
}


def ask(course: LabCourse, by: Actor) -> None:
    """Bring a participant's queries about signals in line with those that stand."""
    person = course.participant
    signals = LiverSignal.objects.standing().filter(participant=person.pk)
    signals = signals.select_related("panel__visit__participant")
    events = AdverseEvent.objects.filter(participant=person.pk, struck=False, aesi_hys_law=True)
    starts = [day for day in events.values_list("starts_on", flat=True) if day]
    sync_checks(
        findings=list(_asks(signals, starts)),
        scope=Query.objects.filter(
            participant_id=person.pk, cause__startswith=f"{PREFIX}{person.pk}:"
        ),
        origin=Origin.MACHINE,
        by=by,
        passed=both(lambda: _("Closed by itself: the values no longer show it, or it is entered.")),
    )


def _asks(signals: Iterable[LiverSignal], starts: list[str]) -> Iterator[Ask]:
    for signal in signals:
        if not (signal.kind == Kind.HYS_LAW and _entered(signal, starts)):
            yield _ask(signal)


def _entered(signal: LiverSignal, starts: list[str]) -> bool:
    """Whether an event with the flag may have begun with the signal's sample or later."""
    return any(surely_before(day, signal.occurred_on) is not True for day in starts)


def _ask(signal: LiverSignal) -> Ask:
    visit = signal.panel.visit
    name = _NAMES[Kind(signal.kind)]
    return Ask(
        place=place_of(visit, "labs"),
        record=Record("labs_panel", signal.panel_id),
        label=Label(f"{name.en}, {visit.label}", f"{name.zh}，{visit.label}"),
        text=both(lambda: _question(signal)),
        cause=f"{PREFIX}{signal.participant_id}:{signal.kind}:{signal.panel_id}",
        addressee=Addressee.INVESTIGATOR,
    )


def _question(signal: LiverSignal) -> str:
    words = {"on": signal.occurred_on.isoformat()}
    if signal.kind == Kind.HYS_LAW:
        text = _(
            "The results from %(on)s make this a candidate for Hy's law. Enter an adverse event of "
            "special interest with the Hy's law flag, and judge the signal."
        )
    elif signal.kind == Kind.STOP:
        text = _(
            "The results from %(on)s reach a level to stop. Enter the adverse event, or say why it "
            "is none, and judge the signal."
        )
    else:
        text = _(
            "The results from %(on)s reach a level to watch closely. Enter the adverse event, or "
            "say why it is none, and judge the signal."
        )
    return text % words
