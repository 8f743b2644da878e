"""A participant with an adverse event, its report, the sponsor's view, and rows to be varied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from trial.protocol.crf import Case, Facts, Form, Person, Row, VisitFact, blank
from trial.protocol.edit_checks import Check

BEIJING = timezone(timedelta(hours=8))
TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
PERSON = Person(
    sex="F", birth_year=1980, childbearing_potential=True, screened_on=date(2026, 1, 5),
    consented_on=date(2026, 1, 5), day0_on=date(2026, 2, 2),
)  # fmt: skip


def at(text: str) -> datetime:
    """A moment of the site's clock: "2026-03-01 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


EVENT: dict[str, Any] = {
    "term": "Fever after the infusion", "ctcae_term": "fever", "grade": "2", "severity": "moderate",
    "starts_on": "2026-03-02", "started_at": at("2026-03-02 15:00"), "ongoing": False,
    "ends_on": "2026-03-04", "ended_at": at("2026-03-04 08:00"), "outcome": "recovered",
    "serious": True, "aware_at": at("2026-03-02 16:00"), "hospitalisation": True,
    "hospital_on": "2026-03-02", "cause_product": "possible", "cause_steroid": "unrelated",
    "cause_azathioprine": "unrelated", "cause_infusion": "probable", "cause_biopsy": "unrelated",
    "action_product": "interrupted", "action_steroid": "not_changed",
    "action_azathioprine": "not_changed", "discontinuation": False, "treated": True,
    "medication": 2, "after_infusion": True, "infusion": 2, "hours_after": 5, "after_biopsy": False,
    "special_interest": True, "aesi_infusion": True,
}  # fmt: skip
FATAL = {
    "grade": "5", "severity": "severe", "outcome": "fatal", "death": True, "died_on": "2026-03-04",
}  # fmt: skip
REPORT: dict[str, Any] = {
    "adverse_event": 1, "report": "follow_up", "follow_up": 1, "news_at": at("2026-03-05 09:00"),
    "news": "Discharged.", "qualification": "physician", "narrative": "Fever of 39 degrees.",
    "admitted_on": date(2026, 3, 2), "discharged_on": date(2026, 3, 4), "dechallenge": "not_done",
    "rechallenge": "not_done", "autopsy": "not_applicable",
}  # fmt: skip
ASSESSMENT: dict[str, Any] = {
    "adverse_event": 1, "received_at": at("2026-03-02 18:00"), "minimum_known": True,
    "sponsor_product": "possible", "sponsor_steroid": "unrelated",
    "sponsor_azathioprine": "unlikely", "sponsor_infusion": "related",
    "sponsor_biopsy": "unrelated", "expectedness": "expected", "ib_version": "3.0",
    "reasoning": "Known.", "assessed_at": at("2026-03-03 10:00"),
}  # fmt: skip
PREGNANCY: dict[str, Any] = {
    "who": "participant", "aware_at": at("2026-04-01 10:00"), "last_period": "2026-02-20",
    "due_on": date(2026, 11, 27), "outcome": "ongoing",
}  # fmt: skip
DEATH: dict[str, Any] = {
    "died_on": "2026-03-04", "cause": "Septic shock", "place": "study_hospital", "autopsy": "no",
    "adverse_event": 1, "related_product": True, "related_infusion": True,
}  # fmt: skip
MEDICATION = {"drug": "paracetamol"}

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Try:
    """Changes of the row that is checked, of the rows beside it, and of the person."""

    row: Mapping[str, Any] = field(default_factory=dict)
    beside: Rows = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    visits: tuple[VisitFact, ...] = ()


def case_of(form: Form, base: Mapping[str, Any], world: Rows, one: Try) -> Case:
    """The first row of a form as `base` and `one` have it; rows beside it are of other forms, or
    further lines of the same."""
    answers = {question.name: question.empty for question in form.questions}
    changed = {**base, **one.row}
    unknown = set(changed) - set(answers)
    assert not unknown, unknown
    first = Row(form.code, 1, 1, {**answers, **changed})
    rows = {
        code: tuple(Row(code, number, number, values) for number, values in enumerate(lines, 1))
        for code, lines in {**world, **one.beside}.items()
        if code != form.code
    }
    further = tuple(
        Row(form.code, number, number, {**answers, **values})
        for number, values in enumerate(one.beside.get(form.code, ()), 2)
    )
    person = replace(PERSON, **one.person)
    facts = Facts(person, TODAY, {**rows, form.code: (first, *further)}, one.visits, NOW)
    return Case(first, facts)


def found(checks: Sequence[Check], case: Case) -> set[str]:
    """The ids of the checks that find something in a case."""
    return {check.id for check in checks if check.finds(case)}


def without(case: Case, name: str) -> Case:
    """The case with one answer taken away."""
    old = case.row.values[name]
    assert not blank(old), f"{name} is not answered"
    row = replace(case.row, values={**case.row.values, name: "" if isinstance(old, str) else None})
    others = tuple(one for one in case.facts.all(row.form) if one.id != row.id)
    rows = {**case.facts.rows, row.form: (row, *others)}
    return Case(row, replace(case.facts, rows=rows))


def needed_by(check: Check) -> tuple[str, ...]:
    """The answers without which a check must stay silent."""
    return check.fields if check.needs is None else check.needs
