"""Short ways to sign in tests."""

from collections.abc import Mapping

from labs.models import Laboratory, Panel
from labs.services.evaluation import evaluate_pending
from patients import services as patients
from patients.models import Participant
from reports.services.signing import request_casebook, request_visit
from tests.factories import study
from tests.factories.signatures import agree
from trial.access.models import User
from trial.audit.context import Actor
from trial.protocol import registry
from trial.signing.models import Components, Signature
from trial.signing.services import Outcome, sign
from visits.models import Visit

VALUES: Mapping[str, str] = {"ALT": "30", "AST": "28", "IGG": "14"}


def complete(person: Participant, code: str, laboratory: Laboratory) -> Panel:
    """Enter a visit's whole panel: three values, and a reason for every other one."""
    from labs.entry import Entry, PanelEntry  # noqa: PLC0415
    from labs.services.panels import record_panel  # noqa: PLC0415

    visit = study.visit_of(person, code)
    on = visit.held_on or visit.target_on or person.screened_on
    asked = [one.code for one in registry.latest().panel(code)]
    units = study.UNITS
    entries = {
        one: Entry(VALUES[one], units[one], confirmed=True, comment="ok")
        if one in VALUES
        else Entry(not_done="not_ordered")
        for one in asked
    }
    return record_panel(
        visit=visit, base_version=0, by=study.SETUP,
        data=PanelEntry(laboratory_id=laboratory.pk, collected_on=on, entries=entries),
    ).panel  # fmt: skip


def ended(person: Participant, laboratory: Laboratory) -> Participant:
    """Screening and D0 complete, evaluated, then withdrawn: a short casebook to be signed."""
    for code in ("SCR", "D0"):
        complete(person, code, laboratory)
    evaluate_pending(process="test")
    patients.withdraw(
        participant=person, on=study.DAY0, reason="moved away", reason_code="wish", by=study.SETUP
    )
    evaluate_pending(process="test")
    person.refresh_from_db()
    return person


def by(user: User) -> Actor:
    return Actor.of(user, role="investigator", site="01")


def attempt(user: User, *requests, agreeing: bool = True, **proof) -> list[Outcome]:
    if agreeing:
        agree(user)
    given = {"username": user.username, "password": study.PASSWORD, "components": Components.BOTH}
    return sign(requests=requests, signer=user, by=by(user), **{**given, **proof})


def sign_visit(user: User, person: Participant, code: str, *, agreeing: bool = True) -> Signature:
    (outcome,) = attempt(user, request_visit(visit(person, code)), agreeing=agreeing)
    return _signature(outcome)


def sign_casebook(user: User, person: Participant) -> Signature:
    person = Participant.objects.select_related("site").get(pk=person.pk)
    (outcome,) = attempt(user, request_casebook(person))
    return _signature(outcome)


def _signature(outcome: Outcome) -> Signature:
    if outcome.refused is not None:
        raise outcome.refused
    assert outcome.signature is not None
    return outcome.signature


def visit(person: Participant, code: str) -> Visit:
    return Visit.objects.select_related("participant__site").get(
        participant=person, code=code, number=0
    )
