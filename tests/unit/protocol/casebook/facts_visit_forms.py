"""Participants for the checks of forms at a visit, of deviations and of the end of participation.

A form's checks are tried with rows of one example: what fires, and what lies just this side of it.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from trial.protocol.crf import Case, Facts, Form, Person, Row, VisitFact
from trial.protocol.edit_checks import Check

CONSENT = date(2026, 1, 8)
DAY_0 = date(2026, 2, 5)
TODAY = date(2026, 12, 1)
WOMAN = Person(
    sex="F",
    birth_year=1980,
    childbearing_potential=True,
    day0_on=DAY_0,
    consented_on=CONSENT,
)


def week(number: int) -> date:
    """The target day of a visit."""
    return DAY_0 + timedelta(weeks=number)


def a_row(form, values, *, pk=1, number=1, visit="", on=None, not_done=False):
    """A stored row; `visit` is a label, by which rows of one visit belong together."""
    visit_id = hash(visit) if visit else None
    return Row(form, pk, number, values, visit, visit_id, on, not_done)


def a_visit(label, held_on=None, status="held"):
    return VisitFact(hash(label), label, status, held_on)


class Watched(dict):
    """Rows by form that remember which forms were looked at."""

    def __init__(self, rows):
        super().__init__(rows)
        self.seen = set()

    def get(self, form, default=None):
        self.seen.add(form)
        return super().get(form, default)


@dataclass
class Example:
    """One row with everything else of its participant, and what it is to show."""

    check: str
    values: dict
    row: dict = field(default_factory=dict)
    others: tuple[Row, ...] = ()
    person: Person = WOMAN
    visits: tuple[VisitFact, ...] = ()
    form: str = ""

    def __str__(self) -> str:
        return f"{self.check} {self.values}"

    def case(self, form: Form, **changed) -> Case:
        """The case of this row, with some answers changed."""
        code = self.form or form.code
        row = a_row(code, self.values | changed, **self.row)
        rows: dict[str, list] = {}
        for one in (row, *self.others):
            rows.setdefault(one.form, []).append(one)
        watched = Watched({key: tuple(some) for key, some in rows.items()})
        return Case(row, Facts(self.person, TODAY, watched, self.visits))


def finds(checks, form, example, **changed):
    """Whether the check of the example fires on it; it may look only at what it says it reads."""
    (check,) = (one for one in checks if one.id == example.check)
    case = example.case(form, **changed)
    found = check.finds(case)
    assert case.facts.rows.seen <= {check.form, *check.reads}
    return found


def needs(check: Check) -> tuple[str, ...]:
    """The questions without whose answers a check does not fire."""
    return check.fields if check.needs is None else check.needs


def without_each_need(checks, form, examples):
    """Every example that fires, once for each answer it needs, without that answer."""
    by_id = {check.id: check for check in checks}
    return [(one, name) for one in examples for name in needs(by_id[one.check])]


def well_formed(form: Form, checks) -> None:
    """What holds of every form and its checks: names, languages, fields that there are."""
    assert len(form.code) <= 20
    taken = {"id", "participant", "visit", "number", "version", "saved_at", "saved_by"}
    for question in form.questions:
        assert len(question.name) <= 30
        assert question.name not in taken | {"not_done", "struck", "form"}
        labels = [question.label, question.help, *(code.label for code in question.codes)]
        assert all(label.en and label.zh for label in labels if label)
        assert all(len(code.code) <= 20 for code in question.codes)
        assert len({code.code for code in question.codes}) == len(question.codes)
        assert question.cdisc
        if question.when:
            _answers(form, question.when)
    assert all(form.question(name) for name in form.titled_by)
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        assert check.says.en.endswith(".")
        assert check.says.zh.endswith("。")
        if check.form == form.code:
            assert all(form.question(name) for name in (*check.fields, *needs(check)))


def _answers(form, when) -> None:
    """A condition waits for answers that its question can have."""
    on = form.question(when.question)
    possible = {"yes", "no"} if on.kind in ("yes_no", "tick") else {one.code for one in on.codes}
    assert set(when.codes) <= possible
