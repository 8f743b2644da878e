"""A case as a report by E2B(R3): its answers gathered for safety/e2b.py. No arm, lot or dose."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from safety.cases import OF_SITE, Kind
from safety.e2b_report import Answers, Drug, Infusion, Participant, Report, Study
from safety.selectors.cases import Held, sponsor_zone
from trial.protocol.casebook import aih_therapy, medication, pregnancy_report
from trial.protocol.crf import Form, Row, blank
from trial.protocol.safety import Cause
from trial.protocol.therapy import Steroid
from visits.models import Infusion as Given

_STEROIDS = {drug.value for drug in Steroid}
_PREGNANCY = "Pregnancy, exposure to the study product"


def report_of(held: Held, now: datetime, *, arrives: bool = False) -> Report:
    """Everything the report of a case is made of, as it stands now. One statement. `arrives`: with
    it the sponsor gets information now."""
    person = held.case.participant
    return Report(
        id=identifier(held),
        created_at=now.astimezone(sponsor_zone()),
        study=study_of(str(held.protocol.title.en)),
        participant=_participant(held),
        events=_events(held),
        report=_report(held),
        assessments=_assessments(held),
        received=[*_received(held), *([now.astimezone(sponsor_zone())] if arrives else [])],
        expedited=held.standing.decision.susar if held.standing.decision else False,
        infusions=infusions_of(person.pk, person.site.zone),
        drugs=tuple(_drugs(held)),
        history=tuple(row.values for row in held.facts.all("medical_history")),
        death=_death(held),
        causality=held.protocol.safety.causality,
    )


def identifier(held: Held) -> str:
    """The identifier of a case all over the world: country, sender, participant, line."""
    letter = "AE" if held.known.kind is Kind.EVENT else "PR"
    sender = settings.SPONSOR_NAME or "SPONSOR"
    code = held.case.participant.code
    return f"{settings.SPONSOR_COUNTRY}-{sender}-{code}-{letter}{held.known.number}"


def study_of(title: str) -> Study:
    """The study and its sponsor, as the deployment names them; what is not named is missing."""
    pairs = (one.partition(":") for one in settings.STUDY_REGISTRATIONS)
    return Study(
        name=title,
        number=settings.SPONSOR_STUDY_NUMBER,
        sender=settings.SPONSOR_NAME,
        country=settings.SPONSOR_COUNTRY,
        registrations=tuple((number, country) for number, _colon, country in pairs),
    )


def infusions_of(participant_id: int, zone: Any) -> list[Infusion]:
    """The infusions that were begun, numbered in their order; times on the site's clock."""
    rows = Given.objects.filter(visit__participant=participant_id, started__isnull=False)
    times = rows.order_by("started").values_list("started", "ended")
    return [
        Infusion(number, begun.astimezone(zone), ended.astimezone(zone) if ended else None)
        for number, (begun, ended) in enumerate(times, 1)
        if begun is not None
    ]


def _participant(held: Held) -> Participant:
    person = held.facts.person
    signs = held.facts.all("vital_signs")
    return Participant(
        code=held.case.participant.code,
        sex=person.sex,
        birth_year=person.birth_year,
        weight_kg=_last(signs, "weight_kg"),
        height_cm=_last(signs, "height_cm"),
    )


def _last(rows: Sequence[Row], name: str) -> Any:
    return next((row[name] for row in reversed(rows) if not blank(row[name])), None)


def _events(held: Held) -> Mapping[int, Answers]:
    """The reported event; of a pregnancy its own event, or the exposure itself."""
    if held.known.kind is Kind.EVENT:
        return {held.known.number: held.row.values if held.row else {}}
    number = held.row["adverse_event"] if held.row else None
    event = held.facts.line("adverse_event", number)
    return {event.number: event.values} if event else {0: {"term": _PREGNANCY, "serious": False}}


def _report(held: Held) -> Answers:
    """The site's report of the event; of a pregnancy, its course as the narrative."""
    if held.known.kind is Kind.EVENT:
        lines = held.facts.all("serious_event")
        mine = [one for one in lines if one["adverse_event"] == held.known.number]
        return mine[-1].values if mine else {}
    return {"narrative": _of_pregnancy(held.row)} if held.row else {}


def _of_pregnancy(row: Row) -> str:
    form = pregnancy_report.FORM
    parts = [
        f"{question.label.en}: {_english(form, name, row)}."
        for name in ("who", "last_period", "due_on", "outcome", "outcome_on", "child")
        if not blank(row[name]) and (question := form.question(name))
    ]
    return " ".join([*parts, str(row["child_detail"] or ""), str(row["remark"] or "")]).strip()


def _assessments(held: Held) -> Mapping[int, Answers]:
    """The sponsor's view of the event: the newest answer of each question."""
    found: dict[str, Any] = {}
    for row in held.facts.all("sponsor_assessment"):
        if held.known.kind is Kind.EVENT and row["adverse_event"] == held.known.number:
            found |= {name: value for name, value in row.values.items() if not blank(value)}
    return {held.known.number: found} if found else {}


def _received(held: Held) -> list[datetime]:
    """When the sponsor got each piece of information, on its own calendar."""
    told = [one.sent_at for one in held.known.sent if one.report in OF_SITE]
    told += [
        row["received_at"]
        for row in held.facts.all("sponsor_assessment")
        if row["adverse_event"] == held.known.number
        and row["received_at"] is not None
        and held.known.kind is Kind.EVENT
    ]
    return [at.astimezone(sponsor_zone()) for at in sorted(told)]


def _death(held: Held) -> Answers | None:
    """The death, where it is that of the reported event."""
    events = _events(held)
    deaths = held.facts.all("death")
    return next((one.values for one in deaths if one["adverse_event"] in events), None)


def _drugs(held: Held) -> Iterator[Drug]:
    for row in held.facts.all("aih_therapy"):
        yield Drug(
            name=_english(aih_therapy.FORM, "drug", row),
            cause=_cause(row["drug"]),
            daily_dose=row["daily_mg"],
            unit="mg" if row["daily_mg"] is not None else "",
            started=row["started"] or "",
            stopped=row["stopped"] or "",
            route=_english(aih_therapy.FORM, "route", row),
            indication=_english(aih_therapy.FORM, "indication", row),
        )
    for row in held.facts.all("medication"):
        yield Drug(
            name=str(row["drug"] or ""),
            started=row["started"] or "",
            stopped=row["stopped"] or "",
            route=_english(medication.FORM, "route", row),
            indication=str(row["indication"] or ""),
        )


def _cause(drug: str) -> Cause | None:
    if drug in _STEROIDS:
        return Cause.STEROID
    return Cause.AZATHIOPRINE if drug == "azathioprine" else None


def _english(form: Form, name: str, row: Row) -> str:
    """An answer as the report says it: codes by their English label."""
    answer = row[name]
    if blank(answer):
        return ""
    question = form.question(name)
    return question.code(answer).label.en if question.kind == "choice" else str(answer)
