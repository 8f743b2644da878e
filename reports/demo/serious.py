"""Serious events of the demo study: entered when they became known, reported, judged, followed up.

A few participants are admitted with pneumonia, and are well again. Entered before anything that is
dated later, as each save is checked against its own day.
"""

from datetime import date, datetime, time, timedelta

from patients.models import Participant
from randomization.demo.clock import DAY, clock_at
from reports.demo.casebook import QUIET, number_of
from reports.demo.entering import enter
from reports.demo.places import Place
from safety.models import SafetyCase
from safety.services.reports import acknowledge, submit
from trial.audit.context import Actor
from visits.models import Status

ONE_IN, FIRST = 16, 5  # the fifth participant of a site, and every sixteenth after
HOUR = timedelta(hours=1)
NARRATIVE = (
    "Fever of 39.1 °C and cough with purulent sputum for a day. Chest radiograph: infiltrate of "
    "the right lower lobe. Admitted; ceftriaxone 2 g a day intravenously, azathioprine "
    "interrupted, prednisolone continued."
)
RECOVERED = (
    " Without fever from day 3, ceftriaxone for seven days; discharged well. Azathioprine was "
    "taken up again two weeks later."
)


def fall_ill(participant: Participant, place: Place, safety: Actor) -> bool:
    """Let a participant fall ill twenty days before the newest visit, if it is their turn."""
    held = participant.visits.filter(status=Status.HELD)
    newest = max(day for day in held.values_list("held_on", flat=True) if day)
    start = newest - 20 * DAY
    first = participant.day0_on
    if number_of(participant) % ONE_IN != FIRST or first is None or start < first + 8 * 7 * DAY:
        return False
    participant = Participant.objects.select_related("site").get(pk=participant.pk)
    aware = datetime.combine(start + DAY, time(9, 30), tzinfo=place.site.zone)
    case = _reported(participant, place, start, aware)
    _judged(participant, case, safety, aware + 7 * HOUR)
    _followed_up(participant, place, case, start, aware + 14 * DAY)
    return True


def _reported(person: Participant, place: Place, start: date, aware: datetime) -> SafetyCase:
    """Line and report within hours, and sent to the sponsor."""
    by = place.coordinator
    with clock_at(aware + 3 * HOUR):
        number = enter(person, "adverse_event", {
            **QUIET, "term": "Pneumonia", "ctcae_term": "lung_infection", "grade": "3",
            "severity": "severe", "starts_on": start.isoformat(), "ongoing": True,
            "outcome": "not_recovered", "serious": True, "aware_at": aware,
            "hospitalisation": True, "hospital_on": aware.date().isoformat(),
            "cause_azathioprine": "possible", "cause_steroid": "possible",
            "action_azathioprine": "interrupted", "treated": True,
            "other_treatment": "Ceftriaxone", "special_interest": True, "aesi_infection": True,
        }, by)  # fmt: skip
        enter(person, "serious_event", {
            "adverse_event": number, "report": "initial", "qualification": "physician",
            "narrative": NARRATIVE, "admitted_on": aware.date(),
            "tests": "C-reactive protein 118 mg/L; pneumococcal antigen in urine positive",
            "dechallenge": "not_done", "rechallenge": "not_done", "autopsy": "not_applicable",
        }, by)  # fmt: skip
        case = SafetyCase.objects.get(participant=person, number=number)
        submit(case=case, by=by)
    return case


def _judged(person: Participant, case: SafetyCase, safety: Actor, at: datetime) -> None:
    with clock_at(at + DAY):
        acknowledge(submission=case.submissions.get(), by=safety, at=at)
        enter(person, "sponsor_assessment", {
            "adverse_event": case.number, "received_at": at, "minimum_known": True,
            "sponsor_product": "unlikely", "sponsor_steroid": "possible",
            "sponsor_azathioprine": "possible", "sponsor_infusion": "unlikely",
            "sponsor_biopsy": "unrelated", "expectedness": "expected", "ib_version": "3.0",
            "reasoning": "Infections under steroids and azathioprine are listed.",
            "assessed_at": at + DAY,
        }, safety)  # fmt: skip


def _followed_up(
    person: Participant, place: Place, case: SafetyCase, start: date, at: datetime
) -> None:
    by, why = place.coordinator, "Discharged, recovered"
    end = start + 12 * DAY
    with clock_at(at):
        enter(person, "adverse_event", {
            "ongoing": False, "ends_on": end.isoformat(), "outcome": "recovered",
        }, by, line=case.number, reason=why)  # fmt: skip
        enter(person, "serious_event", {
            "narrative": NARRATIVE + RECOVERED, "discharged_on": end,
        }, by, line=1, reason=why)  # fmt: skip
        submit(case=case, by=by, news=why)
