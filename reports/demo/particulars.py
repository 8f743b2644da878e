"""What is to be seen in single casebooks of the demo study: a clock that runs, answers explained,
corrected and struck, and other ends of taking part than the last visit."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle

from django.utils import timezone

from patients.models import Participant
from patients.models import Status as ParticipantStatus
from reports.demo.casebook import QUIET
from reports.demo.entering import enter
from reports.demo.places import Place
from trial.audit.context import Actor
from trial.crf import services
from trial.crf.loading import Filled, load
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE
from visits.models import Status, Visit

AWARE_SINCE = timedelta(hours=5)  # of the 24 that the site has


def enter_particulars(*, place: Place) -> int:
    """Write them down at one site, each in a casebook of its own while there are enough. Returns
    how many there are."""
    people = _followed(place)
    acts = (_just_became_known, _withdrawn_in_part, _lost, _explained, _corrected, _struck)
    if not people:
        return 0
    for act, person in zip(acts, cycle(people), strict=False):
        act(person, place.coordinator)
    return len(acts)


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
    enter(person, "adverse_event", {
        **QUIET, "term": "Acute cholecystitis", "ctcae_term": "hepatic_other",
        "ctcae_other": "Acute cholecystitis", "grade": "3", "severity": "severe",
        "starts_on": start.isoformat(), "ongoing": True,
        "outcome": "not_recovered", "serious": True, "aware_at": aware, "hospitalisation": True,
        "hospital_on": start.isoformat(), "treated": True,
        "other_treatment": "Antibiotics; operation is planned",
    }, by)  # fmt: skip


def _withdrawn_in_part(person: Participant, by: Actor) -> None:
    line = Filled(BY_CODE["disposition"], {
        "event": "withdrawal_partial", "happened_on": _last(person), "reason": "wish",
        "remark": "No further biopsy; visits go on", "allows_visits": True,
        "allows_records": True, "allows_samples": True, "allows_vital_status": True,
    })  # fmt: skip
    load(participant=person, filled=[line], by=by)


def _lost(person: Participant, by: Actor) -> None:
    enter(person, "disposition", {
        "event": "lost_to_follow_up", "happened_on": person.site.today(),
        "last_contact_on": _last(person), "attempts": 4,
        "remark": "Moved; letter came back",
    }, by)  # fmt: skip


def _explained(person: Participant, by: Actor) -> None:
    """A check takes it for a treatment of the liver, and is told why it is none."""
    enter(person, "medication", {
        "drug": "Dexamethasone mouth wash", "given_for": "other", "indication": "Aphthae",
        "dose": 10, "unit": "ml", "frequency": "bid", "route": "other",
        "started": _last(person).isoformat(), "ongoing": True,
    }, by, why={"CM-03": "A mouth wash, not swallowed"})  # fmt: skip


def _corrected(person: Participant, by: Actor) -> None:
    """A pressure that was typed from the line above."""
    visit = Visit.objects.get(participant=person, code="W12", number=0)
    enter(
        person, "vital_signs", {"systolic": 117}, by, visit=visit,
        reason="Read from the line above; compared with the chart",
    )  # fmt: skip


def _struck(person: Participant, by: Actor) -> None:
    number = enter(person, "medical_history", {
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
