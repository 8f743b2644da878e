"""Many sheets of one participant at once, as the demo study and transfers bring them.

What one save checks is checked here too, once for all: what is not possible or contradicts itself
refuses the whole, what soft checks find is asked about.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.crf import checking
from trial.crf.models import MODELS, FormRow
from trial.crf.owner import Owner
from trial.crf.selectors import facts_of
from trial.protocol.crf import Form
from trial.protocol.edit_checks import applicable
from trial.quality.selectors.holds import require_open
from trial.web.formats import localized


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet or line as a whole. `visit`: its visit, for a form of visits."""

    form: Form
    values: Mapping[str, Any] = field(default_factory=dict)
    visit: Any = None
    not_done: str = ""


def load(*, participant: Any, filled: Sequence[Filled], by: Actor, reason: str = "") -> int:
    """Store new sheets and lines of a participant, who comes with its site. Returns how many.

    Raises Refused with what is not possible, by "<form>.<question>", and for contradictions. Two
    statements for each form that has any, and a few more.
    """
    owner = Owner(participant)
    with transaction(by=by, reason=reason):
        owner.lock()
        require_open(owner.place(""))
        facts = facts_of([participant.pk])[participant.pk]
        rows: dict[str, list[FormRow]] = defaultdict(list)
        last = {code: max((row.number for row in facts.all(code)), default=0) for code in MODELS}
        for one in filled:
            code = one.form.code
            number = last[code] + len(rows[code]) + 1 if one.form.repeats else 1
            rows[code].append(_row(participant, one, number, by))
        for code, some in rows.items():
            MODELS[code].objects.bulk_create(some)
        _check(owner, by, reason)
    return len(filled)


def _row(participant: Any, one: Filled, number: int, by: Actor) -> FormRow:
    values = applicable(one.form, dict(one.values))
    wrong = {
        f"{one.form.code}.{question.name}": [problem]
        for question in one.form.questions
        if (problem := question.problem(values[question.name]))
    }
    if wrong or set(one.values) - set(values):
        raise Refused(wrong or {one.form.code: ["unknown_question"]})
    owner = {"participant": participant} | ({"visit": one.visit} if one.visit else {})
    kept = {} if one.not_done else values
    row: FormRow = MODELS[one.form.code](
        number=number, version=1, saved_at=timezone.now(), saved_by=by.name,
        not_done=one.not_done, **owner, **kept,
    )  # fmt: skip
    return row


def _check(owner: Owner, by: Actor, reason: str) -> None:
    facts = facts_of([owner.participant.pk])[owner.participant.pk]
    found = checking.found_in(checking.protocol_of(owner, facts.today), facts)
    hard = [one for one in found if one.check.severity == "hard"]
    if hard:
        raise Refused({one.check.id: [localized(one.check.says)] for one in hard})
    checking.ask(owner, found, {}, 0, by, reason)
