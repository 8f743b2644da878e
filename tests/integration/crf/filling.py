"""Forms filled in: through the service, or through HTTP as a browser does, from descriptions."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.urls import reverse

from tests.factories import study
from trial.audit.context import Actor
from trial.crf import services
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.services import NEW, Entry, Saved
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Form, Question, Section, asked

SITE = Actor(name="coordinator", role="coordinator")
VITALS = BY_CODE["vital_signs"]
HISTORY = BY_CODE["medical_history"]
GOOD: dict[str, Any] = {
    "measured_on": date(2025, 1, 6), "systolic": 118, "diastolic": 74, "heart_rate": 70,
    "temperature": Decimal("36.5"), "weight_kg": Decimal("62.0"),
}  # fmt: skip


def at_day_0(participant) -> Owner:
    """The forms of day 0."""
    return Owner(participant, study.visit_of(participant, "D0"))


def row_of(owner: Owner, form: Form, number: int = 1) -> Any:
    return MODELS[form.code].objects.get(**owner.keys, number=number)


def put(
    owner: Owner, form: Form, values: Mapping[str, Any], *, section: str = "", number: int = 1,
    reason: str = "", answers: Mapping[str, str] | None = None, base: str | None = None,
    by: Actor = SITE, key: str = "",
) -> Saved:  # fmt: skip
    """Save one section, drawn from what is stored now unless `base` says otherwise."""
    part = form.section(section) if section else form.sections[0]
    held = MODELS[form.code].objects.filter(**owner.keys, number=number).first()
    stored = {one.name: getattr(held, one.name) if held else None for one in part.questions}
    entry = Entry(
        form=form, section=part, values=values, number=number, answers=answers or {},
        base=mark_of(stored) if base is None else base,
    )  # fmt: skip
    if key:
        return services.save_once(key=key, owner=owner, entry=entry, by=by, reason=reason)
    return services.save(owner=owner, entry=entry, by=by, reason=reason)


def add(owner: Owner, form: Form, values: Mapping[str, Any], **more: Any) -> Saved:
    """Save a new line."""
    return put(owner, form, values, number=NEW, base="", **more)


# --- through HTTP -------------------------------------------------------------------------------
class Filler:
    """Answers to every question of a form, made from its description.

    `last`: of a list the last answer, of yes and no the no; else the first and yes, which leads to
    other questions. `FIXED` are texts with a format of their own, and what fits other answers.
    """

    FIXED: Mapping[str, str] = {"atc": "A02BC01", "visit_label": "D0", "grade": "2"}

    def __init__(self, on: date, *, last: bool, lines: bool) -> None:
        self.on, self.last, self.lines = on, last, lines
        self.at = datetime.combine(on, time(2, 30), tzinfo=UTC)

    def answer(self, question: Question) -> Any:
        """An answer that its question takes."""
        if question.name in self.FIXED:
            return self.FIXED[question.name]
        if question.kind == "choice":
            return question.codes[-1 if self.last else 0].code
        if question.kind == "yes_no":
            return not self.last
        if question.kind == "tick":
            return None if self.last else True
        if question.kind == "number":
            return self._number(question)
        if question.kind == "line":
            return 1 if self.lines else None
        times = {"date": self.on, "partial_date": self.on.isoformat(), "moment": self.at}
        return times.get(question.kind) or "as described"

    def _number(self, question: Question) -> Decimal | int:
        assert question.low is not None
        assert question.high is not None
        low = question.low if question.soft_low is None else question.soft_low
        high = question.high if question.soft_high is None else question.soft_high
        middle = (low + high) / 2
        return round(middle, question.decimals) if question.decimals else int(middle)

    def answers(self, form: Form) -> dict[str, Any]:
        """Answers to all questions that are asked, given the answers before them."""
        given: dict[str, Any] = {}
        for question in form.questions:
            if asked(form, question, given):
                given[question.name] = self.answer(question)
        return given


def posted(form: Form, section: Section, values: Mapping[str, Any], zone: Any) -> dict[str, str]:
    """Answers as a browser sends them."""
    texts = ((one.name, _text(one, values.get(one.name), zone)) for one in section.questions)
    return {f"{form.code}-{section.code}-{name}": text for name, text in texts if text != ""}


def _text(question: Question, value: Any, zone: Any) -> str:
    if question.kind == "tick":
        return "on" if value else ""  # a browser sends a box only if it is ticked
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def address(owner: Owner, form: Form, where: str, name: str, *more: str) -> str:
    return reverse(f"crf:{name}", args=[owner.participant.code, form.code, where, *more])


def where_of(owner: Owner, number: int = 1) -> str:
    if owner.visit is not None:
        return str(owner.visit.slug)
    return "new" if number == NEW else str(number)


def send(
    client: Any, owner: Owner, form: Form, section: Section, values: Mapping[str, Any], *,
    number: int = 1, htmx: bool = False, **more: Any,
) -> Any:  # fmt: skip
    """Post a section as the page's own form does; with `htmx` the answer is the sheet alone."""
    held = None
    if number != NEW:
        held = MODELS[form.code].objects.filter(**owner.keys, number=number).first()
    stored = {one.name: getattr(held, one.name) if held else None for one in section.questions}
    data = posted(form, section, values, owner.participant.site.zone)
    base = {f"{form.code}-{section.code}-base": mark_of(stored)}
    url = address(owner, form, where_of(owner, number), "save", section.code)
    body = {"key": uuid4().hex, "reason": ""} | base | data | more
    return client.post(url, body, headers={"hx-request": "true"} if htmx else None)
