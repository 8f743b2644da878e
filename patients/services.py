"""Screening, consent, eligibility, enrolment and leaving the study."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from patients.codes import make_code
from patients.models import Answer, Consent, CriterionAnswer, Participant, Sex, Status
from patients.selectors import eligibility_of
from trial.access.exceptions import Conflict, Refused
from trial.access.models import Site
from trial.access.selectors import protocol_at
from trial.audit.context import Actor, transaction


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """An answer to a criterion, with the number behind it where there is one."""

    answer: Answer
    value: int | None = None


def screen(
    *,
    site: Site,
    sex: Sex,
    birth_year: int,
    screened_on: date,
    by: Actor,
    childbearing_potential: bool | None = None,
    sex_for_meld: Sex | None = None,
) -> Participant:
    """Open a participant at `site` under the next free code.

    Raises Refused for a date in the future or an impossible year of birth.
    """
    errors: dict[str, list[str]] = {}
    if screened_on > site.today():
        errors["screened_on"] = [_("The date lies in the future.")]
    if not screened_on.year - 120 <= birth_year <= screened_on.year:
        errors["birth_year"] = [_("This year of birth is not possible.")]
    if errors:
        raise Refused(errors)
    with transaction(by=by):
        Site.objects.select_for_update().get(pk=site.pk)  # one running number at a time
        number = Participant.objects.filter(site=site).count() + 1
        return Participant.objects.create(
            site=site,
            code=make_code(site.code, number),
            sex=sex,
            sex_for_meld=sex_for_meld or sex,
            birth_year=birth_year,
            screened_on=screened_on,
            childbearing_potential=childbearing_potential if sex == Sex.FEMALE else None,
        )


def give_consent(
    *, participant: Participant, form_version: str, given_at: datetime, by: Actor
) -> Consent:
    """Record a signed consent. Raises Refused if it lies in the future or is there already."""
    local_day = given_at.astimezone(participant.site.zone).date()
    if local_day > participant.site.today():
        raise Refused({"given_at": [_("The date lies in the future.")]})
    if participant.consents.filter(form_version=form_version).exists():
        raise Refused({"form_version": [_("Consent to this version is already recorded.")]})
    with transaction(by=by):
        return Consent.objects.create(
            participant=participant,
            form_version=form_version,
            given_at=given_at,
            recorded_by=by.name,
        )


def answer_criteria(
    *, participant: Participant, answers: Mapping[str, CriterionEntry], by: Actor, reason: str = ""
) -> bool:
    """Keep the answers to the eligibility criteria. Returns whether anything changed.

    Raises Refused if a known answer is changed without a reason.
    """
    protocol = protocol_at(participant.site, participant.screened_on)
    with transaction(by=by, reason=reason):
        _lock(participant)
        stored = {row.criterion: row for row in participant.criteria.all()}
        changed, new = [], []
        for code, entry in answers.items():
            row = stored.get(code)
            if row is None:
                new.append(
                    CriterionAnswer(
                        participant=participant,
                        criterion=code,
                        answer=entry.answer,
                        value=entry.value,
                        protocol_version=protocol.number,
                    )
                )
            elif (row.answer, row.value) != (entry.answer, entry.value):
                if row.answer != Answer.UNKNOWN and not reason:
                    raise Refused({"reason": [_("Say why a recorded answer is changed.")]})
                row.answer, row.value = entry.answer, entry.value
                changed.append(row)
        CriterionAnswer.objects.bulk_create(new)
        CriterionAnswer.objects.bulk_update(changed, ["answer", "value"])
        return bool(new or changed)


def enrol(
    *,
    participant: Participant,
    enrolled_on: date,
    day0_on: date,
    induction_started_on: date | None,
    by: Actor,
) -> Participant:
    """Enrol a consented, eligible participant; `day0_on` is the planned first infusion.

    Raises Refused with what stands against it.
    """
    with transaction(by=by):
        participant = _lock(participant)
        _require_enrollable(participant, enrolled_on, day0_on)
        participant.status = Status.ENROLLED
        participant.enrolled_on = enrolled_on
        participant.day0_on = day0_on
        participant.induction_started_on = induction_started_on
        return _save(participant, "status", "enrolled_on", "day0_on", "induction_started_on")


def _require_enrollable(participant: Participant, enrolled_on: date, day0_on: date) -> None:
    errors: dict[str, list[str]] = {}
    if participant.status != Status.SCREENING:
        errors[""] = [_("Only a participant in screening can be enrolled.")]
    first = participant.consents.order_by("given_at").first()
    if first is None or first.given_at.astimezone(participant.site.zone).date() > enrolled_on:
        errors.setdefault("", []).append(_("Consent must be recorded before enrolment."))
    if eligibility_of(participant).eligible is not True:
        errors.setdefault("", []).append(_("Not every eligibility criterion is met."))
    if enrolled_on < participant.screened_on:
        errors["enrolled_on"] = [_("Enrolment can't lie before screening.")]
    if enrolled_on > participant.site.today():
        errors["enrolled_on"] = [_("The date lies in the future.")]
    if day0_on < enrolled_on:
        errors["day0_on"] = [_("Day 0 can't lie before enrolment.")]
    if errors:
        raise Refused(errors)


def fail_screening(*, participant: Participant, on: date, reason: str, by: Actor) -> Participant:
    """End the screening of a participant who is not enrolled. Needs a reason."""
    return _leave(participant, Status.SCREENING, Status.SCREEN_FAILED, on, reason, by)


def withdraw(*, participant: Participant, on: date, reason: str, by: Actor) -> Participant:
    """Record that an enrolled participant leaves the study; what was collected stays (R-55)."""
    return _leave(participant, Status.ENROLLED, Status.WITHDRAWN, on, reason, by)


def complete(*, participant: Participant, on: date, by: Actor) -> Participant:
    """Record that a participant has finished the last visit."""
    return _leave(participant, Status.ENROLLED, Status.COMPLETED, on, _("Last visit done"), by)


def _leave(
    participant: Participant, before: Status, after: Status, on: date, reason: str, by: Actor
) -> Participant:
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    if on > participant.site.today() or on < participant.screened_on:
        raise Refused({"on": [_("The date lies outside the participant's time in the study.")]})
    with transaction(by=by, reason=reason):
        participant = _lock(participant)
        if participant.status != before:
            raise Refused({"": [_("The participant's status does not allow this.")]})
        participant.status = after
        participant.status_reason = reason
        participant.ended_on = on
        return _save(participant, "status", "status_reason", "ended_on")


def correct(
    *, participant: Participant, changes: Mapping[str, object], version: int, reason: str, by: Actor
) -> Participant:
    """Correct sex, sex for MELD, year of birth, childbearing potential or induction start.

    Raises Refused without a reason, Conflict if the record changed since `version`.
    """
    allowed = {
        "sex",
        "sex_for_meld",
        "birth_year",
        "childbearing_potential",
        "induction_started_on",
    }
    with transaction(by=by, reason=reason):
        participant = _lock(participant)
        changed = [f for f in allowed & set(changes) if getattr(participant, f) != changes[f]]
        if not changed:
            return participant
        if participant.version != version:
            raise Conflict({"": [_("Somebody else has changed this record.")]}, [])
        if not reason.strip():
            raise Refused({"reason": [_("Say why a recorded value is changed.")]})
        for field in changed:
            setattr(participant, field, changes[field])
        return _save(participant, *changed)


def move_day0(
    *, participant: Participant, day0_on: date, by: Actor, reason: str = ""
) -> Participant:
    """Set day 0, when its visit was held on another day than planned."""
    with transaction(by=by, reason=reason):
        participant = _lock(participant)
        if participant.day0_on == day0_on:
            return participant
        participant.day0_on = day0_on
        return _save(participant, "day0_on")


def _lock(participant: Participant) -> Participant:
    return (
        Participant.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(pk=participant.pk)
    )


def _save(participant: Participant, *fields: str) -> Participant:
    participant.version += 1  # the row is locked
    participant.save(update_fields=[*fields, "version"])
    return participant
