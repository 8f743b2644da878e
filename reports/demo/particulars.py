"""What is to be seen in single casebooks of the demo study: a clock that runs, answers explained,
corrected and struck, and other ends of taking part than the last visit."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import cycle
from typing import Any

from django.utils import timezone

from patients.models import Participant
from patients.models import Status as ParticipantStatus
from reports.demo.casebook import QUIET
from reports.demo.places import Place
from safety.models import AdverseEvent
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.crf import services
from trial.crf.loading import Filled, load
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE
from visits.models import Status, Visit

AWARE_SINCE = timedelta(hours=5)  # of the 24 that the site has


def enter_particulars(*, place: Place, safety: User) -> int:
    """Write them down at one site, each in a casebook of its own while there are enough. Returns
    how many there are."""
    people = _followed(place)
    acts = (_just_became_known, _withdrawn_in_part, _lost, _explained, _corrected, _struck)
    if not people:
        return 0
    for act, person in zip(acts, cycle(people), strict=False):
        act(person, place.coordinator)
    return len(acts) + _assessed(Actor.of(safety, role=Role.SAFETY.value))


def _followed(place: Place) -> Sequence[Participant]:
    """Who still takes part after week 12, the newest first."""
    found = Participant.objects.filter(
        site=place.site, status=ParticipantStatus.ENROLLED, visits__code="W12",
        visits__status=Status.HELD,
    )  # fmt: skip
    return list(found.select_related("site").order_by("-code"))


def _just_became_known(person: Participant, by: Actor) -> None:
    """A serious event of which the site learned hours ago: nothing has been sent yet."""
    aware = (timezone.now() - AWARE_SINCE).replace(second=0, microsecond=0)
    start = aware.astimezone(person.site.zone).date() - timedelta(days=1)
    _enter(person, "adverse_event", {
        **QUIET, "term": "Acute cholecystitis", "ctcae_term": "hepatic_other",
        "ctcae_other": "Acute cholecystitis", "grade": "3", "severity": "severe",
        "starts_on": start.isoformat(), "ongoing": True,
        "outcome": "not_recovered", "serious": True, "aware_at": aware, "hospitalisation": True,
        "hospital_on": start.isoformat(), "treated": True,
        "other_treatment": "Antibiotics; operation is planned",
    }, by)  # fmt: skip


def _assessed(by: Actor) -> int:
    """The sponsor has judged the first serious event that is over. Returns whether there is one."""
    over = AdverseEvent.objects.filter(serious=True, ongoing=False, struck=False)
    event = over.select_related("participant__site").order_by("participant__code").first()
    if event is None or event.aware_at is None:
        return 0
    received = event.aware_at + timedelta(hours=7)
    _enter(event.participant, "sponsor_assessment", {
        "adverse_event": event.number, "received_at": received, "minimum_known": True,
        "sponsor_product": "unlikely", "sponsor_steroid": "possible",
        "sponsor_azathioprine": "possible", "sponsor_infusion": "unlikely",
        "sponsor_biopsy": "unrelated", "expectedness": "expected", "ib_version": "3.0",
        "reasoning": "Infections under steroids and azathioprine are listed.",
        "assessed_at": received + timedelta(days=1),
    }, by)  # fmt: skip
    return 1


def _withdrawn_in_part(person: Participant, by: Actor) -> None:
    line = Filled(BY_CODE["disposition"], {
        "event": "withdrawal_partial", "happened_on": _last(person), "reason": "wish",
        "remark": "No further biopsy; visits go on", "allows_visits": True,
        "allows_records": True, "allows_samples": True, "allows_vital_status": True,
    })  # fmt: skip
    load(participant=person, filled=[line], by=by)


def _lost(person: Participant, by: Actor) -> None:
    _enter(person, "disposition", {
        "event": "lost_to_follow_up", "happened_on": person.site.today(),
        "last_contact_on": _last(person), "attempts": 4,
        "remark": "Moved; letter came back",
    }, by)  # fmt: skip


def _explained(person: Participant, by: Actor) -> None:
    """A check takes it for a treatment of the liver, and is told why it is none."""
    _enter(person, "medication", {
        "drug": "Dexamethasone mouth wash", "given_for": "other", "indication": "Aphthae",
        "dose": 10, "unit": "ml", "frequency": "bid", "route": "other",
        "started": _last(person).isoformat(), "ongoing": True,
    }, by, why={"CM-03": "A mouth wash, not swallowed"})  # fmt: skip


def _corrected(person: Participant, by: Actor) -> None:
    """A pressure that was typed from the line above."""
    visit = Visit.objects.get(participant=person, code="W12", number=0)
    _enter(
        person, "vital_signs", {"systolic": 117}, by, visit=visit,
        reason="Read from the line above; compared with the chart",
    )  # fmt: skip


def _struck(person: Participant, by: Actor) -> None:
    number = _enter(person, "medical_history", {
        "condition": "Psoriasis", "category": "other", "started": "2015", "ongoing": True,
        "treated": False,
    }, by)  # fmt: skip
    services.strike(
        owner=Owner(person), form=BY_CODE["medical_history"], number=number, by=by,
        reason="Belongs to another participant",
    )  # fmt: skip


def _last(person: Participant) -> date:
    """The day of the newest visit."""
    days = Visit.objects.filter(participant=person, status=Status.HELD)
    return max(day for day in days.values_list("held_on", flat=True) if day)


def _enter(
    person: Participant, code: str, answers: Mapping[str, Any], by: Actor, *,
    visit: Visit | None = None, reason: str = "", why: Mapping[str, str] | None = None,
) -> int:  # fmt: skip
    """A new line, or a correction of a visit's sheet, section by section. Its number."""
    form, owner = BY_CODE[code], Owner(person, visit)
    number = services.NEW if form.repeats else 1
    for section in form.sections:
        names = [one.name for one in section.questions]
        typed = {name: answers[name] for name in names if name in answers}
        if not typed:
            continue
        row = MODELS[code].objects.filter(number=number, **owner.keys).first()
        stored = {name: getattr(row, name) for name in names} if row else {}
        entry = services.Entry(
            form=form, section=section, values=typed, base=mark_of(stored), number=number,
            answers=why or {},
        )  # fmt: skip
        number = services.save(owner=owner, entry=entry, by=by, reason=reason).number
    return number
