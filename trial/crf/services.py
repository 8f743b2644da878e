"""Saving a form: a section at a time, a sheet as not done, a line as entered by mistake.

Every save is one transaction. The owner's rows are locked first, so that all saves of a participant
follow each other and each check sees what the others stored; what somebody else has changed since
the section was drawn is not overwritten (Conflict); what is recorded is changed only with a reason;
the protocol's edit checks look at the result among everything else of the participant before it is
kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.idempotency import once
from trial.audit.context import Actor, transaction
from trial.crf import checking
from trial.crf.consequences import Change, follow
from trial.crf.exceptions import Unexplained
from trial.crf.models import MODELS, Checked, FormRow, Objection
from trial.crf.owner import Owner
from trial.crf.selectors import facts_of
from trial.crf.values import mark_of, same, text_of, unit_text
from trial.protocol.crf import Form, Section, asked
from trial.protocol.edit_checks import Finding
from trial.quality.selectors.holds import require_open
from trial.web.formats import localized

NEW = 0  # the number of a line that is not there yet


@dataclass(frozen=True, slots=True)
class Entry:
    """One section as it was typed. `number`: the line, 1 for a sheet, NEW for a new line. `base`:
    the mark of what its page was drawn from. `answers`: explanations by check id."""

    form: Form
    section: Section
    values: Mapping[str, Any]
    base: str = ""
    number: int = 1
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """The line that was saved, whether anything changed, and whether it is a repeated request."""

    number: int
    changed: bool
    replayed: bool = False


def save(*, owner: Owner, entry: Entry, by: Actor, reason: str = "") -> Saved:
    """Store one section of a form.

    Raises Refused with messages by question ("" = the whole section), Unexplained where soft
    checks want an explanation, Conflict with what differs, Locked.
    """
    with transaction(by=by, reason=reason):
        _begin(owner, entry.form)
        work = _Save(owner, entry, reason)
        if entry.number == NEW and not work.changes:
            raise Refused({"": [_("Nothing is filled in.")]})
        if not work.changes:
            return Saved(work.row.number, changed=False)
        work.write(by)
        _check(owner, work.row, set(work.changes), entry.answers, by, reason)
        follow(Change(owner, work.row, work.before, by, reason))
        return Saved(work.row.number, changed=True)


def _begin(owner: Owner, form: Form) -> None:
    """Let nobody else save what is the owner's, and refuse what is held or did not take place."""
    owner.lock()
    require_open(owner.place(form.code))
    if owner.visit is not None and owner.visit.status == "missed":
        raise Refused({"": [_("The visit was missed: nothing is recorded at it.")]})


def save_once(*, key: str, owner: Owner, entry: Entry, by: Actor, reason: str = "") -> Saved:
    """`save` under an idempotency key: what is sent again is stored once."""
    if by.id is None:
        raise ValueError("an idempotency key is a person's own")
    body = {
        "at": [owner.participant.pk, owner.visit.pk if owner.visit else None],
        "form": [entry.form.code, entry.section.code, entry.number],
        "values": dict(entry.values), "base": entry.base, "reason": reason,
        "answers": dict(entry.answers),
    }  # fmt: skip

    def act() -> dict[str, Any]:
        saved = save(owner=owner, entry=entry, by=by, reason=reason)
        return {"number": saved.number, "changed": saved.changed}

    with transaction(by=by, reason=reason):
        answer, replayed = once(user_id=by.id, key=f"form:{key}", body=body, act=act)
    return Saved(int(answer["number"]), bool(answer["changed"]), replayed)


class _Save:
    """A section on its way into the database: `changes` are the answers that become others."""

    def __init__(self, owner: Owner, entry: Entry, reason: str) -> None:
        self.entry, self.form, self.reason = entry, entry.form, reason
        self.row = _row(owner, entry.form, entry.number)
        self.before = self.row.values
        self._require_standing()
        stored = {name: self.before[name] for name in self._names}
        typed = {
            name: _clean(value) for name, value in entry.values.items()
            if name in stored and not same(stored[name], value)
        }  # fmt: skip
        self._require_unchanged(stored, typed)
        self.changes = self._with_consequences(typed)
        self._require_possible(typed)
        if self._corrects and not reason.strip():
            raise Refused({"reason": [_("Say why a recorded value is changed.")]})

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(question.name for question in self.entry.section.questions)

    def _require_standing(self) -> None:
        if self.row.struck:
            raise Refused({"": [_("This line was entered by mistake; nothing is added to it.")]})

    def _require_unchanged(self, stored: Mapping[str, Any], typed: Mapping[str, Any]) -> None:
        if self.row.pk is None or self.entry.base == mark_of(stored):
            return
        difference = [
            {
                "field": name,
                "label": localized(self.form.question(name).label),
                "base": None,
                "stored": text_of(self.form.question(name), stored[name], self.zone),
                "yours": text_of(self.form.question(name), value, self.zone),
            }
            for name, value in typed.items()
        ]
        if difference:
            message = _("Somebody saved this section after you opened it. Nothing was overwritten.")
            raise Conflict({"": [message]}, difference)

    @property
    def zone(self) -> Any:
        return self.row.participant.site.zone  # type: ignore[attr-defined]

    def _with_consequences(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """What was typed, without answers to what is not asked any more, in whichever section."""
        after = {**self.before, **typed}
        gone = {
            question.name: question.empty
            for question in self.form.questions
            if not asked(self.form, question, after)
            and not same(self.before[question.name], question.empty)
        }
        kept = {
            name: value for name, value in typed.items()
            if asked(self.form, self.form.question(name), after)
        }  # fmt: skip
        return kept | gone

    def _require_possible(self, typed: Mapping[str, Any]) -> None:
        errors = {}
        for name, value in typed.items():
            question = self.form.question(name)
            problem = question.problem(value)
            if problem:
                errors[name] = [problem_text(question, problem)]
        if errors:
            raise Refused(errors)

    @property
    def _corrects(self) -> bool:
        """Whether something is changed that was recorded: an answer, or that there is none."""
        return bool(self.row.not_done) or any(
            not same(self.before[name], self.form.question(name).empty) for name in self.changes
        )

    def write(self, by: Actor) -> None:
        """Store the row as it becomes."""
        for name, value in self.changes.items():
            question = self.form.question(name)
            setattr(self.row, name, question.empty if value is None else value)
        self.row.not_done = ""
        _store(self.row, by)


def _row(owner: Owner, form: Form, number: int) -> FormRow:
    """The row that is written: a stored one, a sheet's first, or the next line."""
    model = MODELS[form.code]
    rows = model.objects.filter(**owner.keys)
    if number != NEW:
        found: FormRow | None = (
            rows.select_related("participant__site").filter(number=number).first()
        )
        if found is not None:
            return found
        if form.repeats:
            raise Refused({"": [_("There is no such line.")]})
    last = rows.aggregate(last=Max("number"))["last"] or 0 if form.repeats else 0
    fresh: FormRow = model(number=last + 1, version=0, **owner.keys)
    return fresh


def _store(row: FormRow, by: Actor) -> None:
    row.version += 1
    row.saved_at, row.saved_by = timezone.now(), by.name
    row.save()


def _clean(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _check(
    owner: Owner, row: FormRow, changed: set[str], answers: Mapping[str, str], by: Actor,
    reason: str,
) -> None:  # fmt: skip
    """Try the checks on what was just written, and undo it by raising if it can't stay so."""
    facts = facts_of([owner.participant.pk])[owner.participant.pk]
    found = checking.found_in(checking.protocol_of(owner, facts.today), facts)
    mine = [one for one in found if one.row.form == row.form.code and one.row.id == row.pk]
    given = [one for one in mine if changed & set(one.check.fields)]
    known = checking.asked_already(owner.participant.pk, mine)
    fresh = [one for one in mine if checking.cause_of(one) not in known]
    _require_true(one for one in mine if one in given or one in fresh)
    _require_explained([one for one in given if one in fresh], answers)
    checking.ask(owner, found, answers, row.pk, by, reason)


def _require_true(found: Iterable[Finding]) -> None:
    """What can't be true is refused; but not again what came to be so by something else, and is
    asked about already: the rest of the row can still be filled in."""
    errors: dict[str, list[str]] = {}
    for one in found:
        if one.check.severity == "hard":
            errors.setdefault(one.check.fields[0], []).append(localized(one.check.says))
    if errors:
        raise Refused(errors)


def _require_explained(found: Sequence[Finding], answers: Mapping[str, str]) -> None:
    """What soft checks say about the answers that were just given has to be explained, once."""
    unexplained = [one for one in found if not answers.get(one.check.id, "").strip()]
    if unexplained:
        message = _("Please look at this again: correct it, or say why it is right.")
        raise Unexplained(unexplained, message)


def mark_not_done(*, owner: Owner, form: Form, why: str, by: Actor, reason: str = "") -> None:
    """Record that a sheet was not filled in, and why; answers that stood there are taken back.

    Raises Refused without a why, for a form of lines, and without `reason` where answers go.
    """
    if form.repeats:
        raise Refused({"": [_("A list of lines has nothing to be marked as not done.")]})
    if not why.strip():
        raise Refused({"why": [_("Say why.")]})
    with transaction(by=by, reason=reason or why):
        _begin(owner, form)
        row = _row(owner, form, 1)
        if row.not_done == why.strip():
            return
        before = row.values
        answered = [q for q in form.questions if not same(before[q.name], q.empty)]
        if (answered or row.not_done) and not reason.strip():
            raise Refused({"reason": [_("Say why a recorded value is changed.")]})
        for question in answered:
            setattr(row, question.name, question.empty)
        row.not_done = why.strip()
        _store(row, by)
        _recheck(owner, by)
        follow(Change(owner, row, before, by, reason or why))


def strike(*, owner: Owner, form: Form, number: int, by: Actor, reason: str) -> None:
    """Strike a line that was entered by mistake; it stays to be seen. Needs a reason."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})
    with transaction(by=by, reason=reason):
        _begin(owner, form)
        row = _row(owner, form, number)
        if row.pk is None or not form.repeats:
            raise Refused({"": [_("There is no such line.")]})
        if row.struck:
            return
        row.struck = True
        _store(row, by)
        _recheck(owner, by)
        follow(Change(owner, row, row.values, by, reason))


def _recheck(owner: Owner, by: Actor) -> None:
    """Try all checks on what is stored and settle the queries."""
    facts = facts_of([owner.participant.pk])[owner.participant.pk]
    found = checking.found_in(checking.protocol_of(owner, facts.today), facts)
    checking.ask(owner, found, {}, 0, by)


def recheck(*, owner: Owner, mark: str, by: Actor) -> bool:
    """Try all checks on a participant anew, and note what they were tried with
    (trial/crf/rechecking.py). Returns whether anything was to be done: another sweeper may have
    been here since it was asked."""
    with transaction(by=by):
        owner.lock()
        if Checked.objects.filter(participant_id=owner.participant.pk, checks=mark).exists():
            return False
        _recheck(owner, by)
        Checked.objects.update_or_create(
            participant_id=owner.participant.pk, defaults={"checks": mark, "at": timezone.now()}
        )
        return True


def object_to(
    *, owner: Owner, form: Form, row_id: int, check_id: str, text: str, by: Actor
) -> Objection:
    """Record that somebody holds a check to be wrong here; once each. Raises Refused without a
    text, and for a check or row that is not there."""
    if not text.strip():
        raise Refused({"text": [_("Say why.")]})
    facts = facts_of([owner.participant.pk])[owner.participant.pk]
    protocol = checking.protocol_of(owner, facts.today)
    known = {check.id for check in protocol.checks if check.form == form.code}
    if check_id not in known or row_id not in {row.id for row in facts.all(form.code)}:
        raise Refused({"": [_("There is no such check here.")]})
    person = owner.participant
    with transaction(by=by):
        made, _new = Objection.objects.get_or_create(
            check_id=check_id, form=form.code, row_id=row_id, made_by=by.name,
            defaults={
                "participant_id": person.pk, "participant_code": person.code,
                "site_id": person.site_id, "text": text.strip(), "made_at": timezone.now(),
            },
        )  # fmt: skip
        return made


def problem_text(question: Any, problem: str) -> str:
    """Why a typed answer can't be stored, in words."""
    low, high = question.low, question.high
    texts = {
        "not_a_code": _("This answer is not one of those offered."),
        "too_low": _("At least %(limit)s is possible."),
        "too_high": _("At most %(limit)s is possible."),
        "too_long": _("At most %(limit)s characters."),
        "not_a_date": _("Write a day, a month or a year: YYYY-MM-DD, YYYY-MM or YYYY."),
    }
    limit = {"too_low": low, "too_high": high, "too_long": question.length}.get(problem)
    unit = f" {unit_text(question.unit)}" if question.unit and problem != "too_long" else ""
    return texts[problem] % {"limit": f"{limit}{unit}"} if limit is not None else texts[problem]
