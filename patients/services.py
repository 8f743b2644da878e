"""Screening, consent, eligibility, enrolment and leaving the study."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from patients.codes import make_code
from patients.eligibility_checks import ask_about
from patients.endings import COMPLETED, WITHDRAWN
from patients.leaving import record_end
from patients.models import (
    Answer,
    Consent,
    CriterionAnswer,
    DiseaseStatus,
    Participant,
    Sex,
    Status,
)
from patients.places import place_of
from patients.rows import lock, lock_open, write
from patients.selectors import eligibility_of, screening_protocol
from trial.access.exceptions import Conflict, Refused
from trial.access.models import Site
from trial.audit.context import Actor, transaction
from trial.audit.records import Place
from trial.quality.selectors.holds import require_open

HIGHEST_SCORE = 8  # of the simplified score (2008)


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
        require_open(Place(site.pk))
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
    """Record a signed consent; the same one again changes nothing.

    Raises Refused if it lies in the future or this version is recorded with another time.
    """
    if given_at > timezone.now():
        raise Refused({"given_at": [_("This time lies in the future.")]})
    with transaction(by=by):
        participant = lock(participant)
        require_open(place_of(participant, "consent"))
        stored = participant.consents.filter(form_version=form_version).first()
        if stored is not None and stored.given_at == given_at:
            return stored
        if stored is not None:
            raise Refused({"form_version": [_("Consent to this version is already recorded.")]})
        return Consent.objects.create(
            participant=participant,
            form_version=form_version,
            given_at=given_at,
            recorded_by=by.name,
        )


def answer_criteria(
    *,
    participant: Participant,
    answers: Mapping[str, CriterionEntry],
    by: Actor,
    reason: str = "",
    seen: Mapping[str, CriterionEntry | None] | None = None,
) -> bool:
    """Keep the answers to the eligibility criteria. Returns whether anything changed.

    `seen`: what the user saw before changing it. Raises Refused for an unknown criterion or a
    score off its scale, and if a known answer is changed without a reason; Conflict if somebody
    else has answered meanwhile.
    """
    protocol = screening_protocol(participant)
    _require_answerable(answers, {criterion.code for criterion in protocol.criteria})
    with transaction(by=by, reason=reason):
        require_open(place_of(lock(participant), "eligibility"))
        stored = {row.criterion: row for row in participant.criteria.all()}
        wanted = {
            code: entry for code, entry in answers.items() if _entry(stored.get(code)) != entry
        }
        _require_unchanged(stored, wanted, seen or {})
        known = [code for code in wanted if code in stored and _decided(stored[code])]
        if known and not reason.strip():
            raise Refused({"reason": [_("Say why a recorded answer is changed.")]})
        changed = [row for code, row in stored.items() if code in wanted]
        for row in changed:
            row.answer, row.value = wanted[row.criterion].answer, wanted[row.criterion].value
        CriterionAnswer.objects.bulk_update(changed, ["answer", "value"])
        CriterionAnswer.objects.bulk_create(
            CriterionAnswer(
                participant=participant,
                criterion=code,
                answer=entry.answer,
                value=entry.value,
                protocol_version=protocol.number,
            )
            for code, entry in wanted.items()
            if code not in stored
        )
        if wanted:
            ask_about(participant=participant, by=by, reason=reason)
        return bool(wanted)


def _entry(row: CriterionAnswer | None) -> CriterionEntry | None:
    return CriterionEntry(Answer(row.answer), row.value) if row else None


def _decided(row: CriterionAnswer) -> bool:
    return row.answer != Answer.UNKNOWN or row.value is not None


def _require_answerable(answers: Mapping[str, CriterionEntry], known: Set[str]) -> None:
    errors: dict[str, list[str]] = {}
    for code, entry in answers.items():
        if code not in known:
            errors[code] = [_("The protocol has no such criterion.")]
        elif entry.value is not None and not 0 <= entry.value <= HIGHEST_SCORE:
            errors[code] = [_("The simplified score runs from 0 to %s.") % HIGHEST_SCORE]
    if errors:
        raise Refused(errors)


def _require_unchanged(
    stored: Mapping[str, CriterionAnswer],
    wanted: Mapping[str, CriterionEntry],
    seen: Mapping[str, CriterionEntry | None],
) -> None:
    """Raise Conflict if an answer the user changes is no longer the one the user saw."""
    difference = [
        {"field": code, "label": code, "base": None,
         "stored": str(stored[code].get_answer_display()), "yours": str(wanted[code].answer.label)}
        for code in wanted
        if code in seen and code in stored and _entry(stored[code]) != seen[code]
    ]  # fmt: skip
    if difference:
        raise Conflict({"": [_("Somebody else has answered meanwhile.")]}, difference)


def enrol(
    *,
    participant: Participant,
    enrolled_on: date,
    day0_on: date,
    induction_started_on: date | None,
    by: Actor,
    disease_status: DiseaseStatus | None = None,
) -> Participant:
    """Enrol a consented, eligible participant; `day0_on` is the planned first infusion.

    The same enrolment again changes nothing. Raises Refused with what stands against it.
    """
    with transaction(by=by):
        participant = lock_open(participant)
        status = disease_status or participant.disease_status
        wanted = (enrolled_on, day0_on, induction_started_on, status)
        stored = (participant.enrolled_on, participant.day0_on, participant.induction_started_on,
                  participant.disease_status)  # fmt: skip
        if participant.status == Status.ENROLLED and stored == wanted:
            return participant
        _require_enrollable(participant, enrolled_on, day0_on)
        participant.status = Status.ENROLLED
        participant.enrolled_on = enrolled_on
        participant.day0_on = day0_on
        participant.induction_started_on = induction_started_on
        participant.disease_status = status
        return write(
            participant, "status", "enrolled_on", "day0_on", "induction_started_on",
            "disease_status",
        )  # fmt: skip


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
    """End the screening of a participant who is not enrolled. Needs a reason.

    The same again changes nothing.
    """
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    if not participant.screened_on <= on <= participant.site.today():
        raise Refused({"on": [_("The date lies outside the participant's time in the study.")]})
    with transaction(by=by, reason=reason):
        participant = lock_open(participant)
        stored = (participant.status, participant.ended_on, participant.status_reason)
        if stored == (Status.SCREEN_FAILED, on, reason):
            return participant
        if participant.status != Status.SCREENING:
            raise Refused({"": [_("The participant's status does not allow this.")]})
        participant.status, participant.status_reason = Status.SCREEN_FAILED, reason
        participant.ended_on = on
        return write(participant, "status", "status_reason", "ended_on")


def withdraw(
    *, participant: Participant, on: date, reason: str, by: Actor, reason_code: str = ""
) -> Participant:
    """Record that an enrolled participant leaves the study; what was collected stays (R-55).

    It is a line of the disposition form, from which the status follows. `reason_code` is one of
    that form. Raises Refused with what stands against it.
    """
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    return record_end(
        participant=participant, event=WITHDRAWN, on=on, remark=reason, by=by,
        reason_code=reason_code,
    )  # fmt: skip


def complete(*, participant: Participant, on: date, by: Actor, reason: str = "") -> Participant:
    """Record that a participant has finished the study; `reason` is a remark, if there is one."""
    return record_end(participant=participant, event=COMPLETED, on=on, remark=reason, by=by)


def correct(
    *, participant: Participant, changes: Mapping[str, object], version: int, reason: str, by: Actor
) -> Participant:
    """Correct sex, sex for MELD, year of birth, childbearing potential, disease status or
    induction start.

    Raises Refused without a reason, Conflict if the record changed since `version`.
    """
    allowed = {
        "sex",
        "sex_for_meld",
        "birth_year",
        "childbearing_potential",
        "disease_status",
        "induction_started_on",
    }
    with transaction(by=by, reason=reason):
        participant = lock_open(participant)
        changed = [f for f in allowed & set(changes) if getattr(participant, f) != changes[f]]
        if not changed:
            return participant
        if participant.version != version:
            raise Conflict({"": [_("Somebody else has changed this record.")]}, [])
        if not reason.strip():
            raise Refused({"reason": [_("Say why a recorded value is changed.")]})
        _require_possible(participant, changes)
        for field in changed:
            setattr(participant, field, changes[field])
        return write(participant, *changed)


def _require_possible(participant: Participant, changes: Mapping[str, object]) -> None:
    errors: dict[str, list[str]] = {}
    year, started = changes.get("birth_year"), changes.get("induction_started_on")
    last = participant.screened_on.year
    if isinstance(year, int) and not last - 120 <= year <= last:
        errors["birth_year"] = [_("This year of birth is not possible.")]
    if isinstance(started, date) and started > participant.site.today():
        errors["induction_started_on"] = [_("The date lies in the future.")]
    if errors:
        raise Refused(errors)


def move_day0(
    *, participant: Participant, day0_on: date, by: Actor, reason: str = ""
) -> Participant:
    """Set day 0, when its visit was held on another day than planned."""
    with transaction(by=by, reason=reason):
        participant = lock(participant)
        if participant.day0_on == day0_on:
            return participant
        require_open(place_of(participant, "participant"))
        participant.day0_on = day0_on
        return write(participant, "day0_on")


def note_course_change(*, participant: Participant, by: Actor) -> None:
    """Say that what is known of the participant's course has changed: results rest on it."""
    with transaction(by=by):
        write(lock(participant))
