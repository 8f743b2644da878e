"""Every form of the casebook is filled in over HTTP, with answers made from its description."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from tests.factories import study
from tests.integration.crf.filling import Filler, add, address, row_of, send, where_of
from tests.integration.labs.forms import problems
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.services import NEW, problem_text
from trial.crf.values import same
from trial.protocol import registry
from trial.protocol.casebook.forms import BY_CODE, CHECKS, FORMS
from trial.protocol.crf import Form, Question, Section, missing
from trial.quality.models import Query

pytestmark = pytest.mark.django_db
WRITERS = {"site": "coordinator", "safety": "safety"}
EXPLAINED = {check.id: "so it is" for check in CHECKS}
# Forms whose lines other forms name.
NAMED = ("adverse_event", "medical_history", "medication")
ids = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def visit_with(form: Form) -> str:
    """The first visit that has a form."""
    visits = registry.get("1.0").visits
    return next(one.code for one in visits if form.code in one.forms)


def owner_of(person, form: Form) -> Owner:
    if form.level == "participant":
        return Owner(person)
    return Owner(person, study.visit_of(person, visit_with(form)))


def name_lines(person):
    """A line in each form whose lines are named elsewhere."""
    for code in NAMED:
        form = BY_CODE[code]
        add(Owner(person), form, {form.titled_by[0]: "named elsewhere"}, answers=EXPLAINED)


def said(response) -> list[str]:
    """What a refused section says."""
    html = response.content.decode()
    texts = re.findall(r'class="invalid-feedback[^"]*"[^>]*>(.*?)</', html, re.S)
    return [*problems(response), *(unescape(text).strip() for text in texts)]


def whys(response) -> dict[str, Any]:
    """The explanations that a refused section asks for, given."""
    return dict.fromkeys(re.findall(r'name="(why-[^"]+)"', response.content.decode()), "so it is")


def fill(client, owner, form, answers):
    """Fill in every section; soft checks are explained when they ask."""
    number = NEW if form.repeats else 1
    for section in form.sections:
        values = {one.name: answers.get(one.name) for one in section.questions}
        if not any(value not in (None, "") for value in values.values()):
            continue
        sent = send(client, owner, form, section, values, number=number)
        if sent.status_code == 422:
            assert whys(sent), (section.code, said(sent))
            sent = send(client, owner, form, section, values, number=number, **whys(sent))
        assert sent.status_code == 302, (section.code, said(sent))
        if number == NEW:
            number = int(sent.url.rstrip("/").rpartition("/")[2])
    return row_of(owner, form, number)


@ids
@pytest.mark.parametrize("last", [False, True], ids=["first answers", "last answers"])
def test_a_form_is_filled_in_and_complete(cast, person, sign_in, form, last):
    name_lines(person)
    owner = owner_of(person, form)
    on = owner.visit.target_on if owner.visit and owner.visit.target_on else study.DAY0
    answers = Filler(on, last=last, lines=True).answers(form)
    client = sign_in(cast.users[WRITERS[form.writer]])
    row = fill(client, owner, form, answers)
    assert missing(form, row.values) == ()
    wrong = {name: (row.values[name], value) for name, value in answers.items()
             if not same(row.values[name], value)}  # fmt: skip
    assert wrong == {}
    open_ones = Query.objects.filter(status="open", table=form.table, record_id=row.pk)
    assert list(open_ones.values_list("cause", flat=True)) == []
    page = client.get(address(owner, form, where_of(owner, row.number), "sheet"), follow=True)
    assert page.status_code == 200


def impossible(form: Form, question: Question) -> list[tuple[str, str]]:
    """What may be typed that can't be, and what is said to it."""
    if question.kind == "number":
        assert question.low is not None
        assert question.high is not None
        step = Decimal(1).scaleb(-question.decimals)
        low, high = str(question.low - step), str(question.high + step)
        limits = ((low, "too_low"), (high, "too_high"))
        return [(typed, problem_text(question, problem)) for typed, problem in limits]
    said_to = {
        "partial_date": ("2025-02-30", problem_text(question, "not_a_date")),
        "date": ("yesterday", "YYYY-MM-DD"),
        "moment": ("2025-01-06 25:00", "YYYY-MM-DD HH:MM"),
        "choice": ("77", "not one of the available choices"),
        "line": ("77", "not one of the available choices"),
        "text": ("x" * (question.length + 1), str(question.length)),
        "note": ("x" * (question.length + 1), str(question.length)),
    }
    return [said_to[question.kind]] if question.kind in said_to else []


def trials(form: Form) -> Iterator[tuple[Section, dict[str, tuple[str, str]]]]:
    """What is sent at once: all questions that are asked anyhow, those of a condition each alone;
    apart those that the page refuses and those that the service refuses."""
    for section in form.sections[:1] if form.repeats else form.sections:  # as a new line begins
        together: list[dict[int, Any]] = [defaultdict(dict), defaultdict(dict)]
        for question in section.questions:
            for at, (typed, answer) in enumerate(impossible(form, question)):
                served = question.kind in ("number", "partial_date")
                if question.when:
                    yield section, {question.name: (typed, answer)}
                else:
                    together[served][at][question.name] = (typed, answer)
        yield from ((section, batch) for group in together for batch in group.values())


@ids
def test_what_cannot_be_is_refused_at_each_question_and_kept_on_the_page(
    cast, person, sign_in, form
):
    owner = owner_of(person, form)
    client = sign_in(cast.users[WRITERS[form.writer]])
    for section, wrong in trials(form):
        prefix = f"{form.code}-{section.code}"
        values = leading_to(form, form.question(next(iter(wrong))))
        values = {one.name: values.get(one.name) for one in section.questions}
        sent = send(
            client, owner, form, section, values, number=NEW if form.repeats else 1, htmx=True,
            **{f"{prefix}-{name}": typed for name, (typed, _answer) in wrong.items()},
        )  # fmt: skip
        assert sent.status_code == 422, wrong
        for name, (typed, answer) in wrong.items():
            field = sent.content.decode().partition(f'data-question="{name}"')[2]
            field = unescape(field.partition("data-question=")[0])
            assert answer in field, (name, answer)
            assert "aria-invalid" in field, name
            assert typed in field or form.question(name).kind in ("choice", "line"), name
    assert not MODELS[form.code].objects.exists()


def leading_to(form: Form, question: Question) -> dict[str, object]:
    """The answers without which the question is not asked."""
    values: dict[str, object] = {}
    while question.when:
        on, code = form.question(question.when.question), question.when.codes[0]
        values[on.name] = code == "yes" if on.kind in ("yes_no", "tick") else code
        question = on
    return values
