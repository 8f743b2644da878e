"""Forms of the demo study entered one by one, section by section, as their pages do."""

from collections.abc import Mapping
from typing import Any

from patients.models import Participant
from trial.audit.context import Actor
from trial.crf import services
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE
from visits.models import Visit


def enter(
    person: Participant, code: str, answers: Mapping[str, Any], by: Actor, *,
    visit: Visit | None = None, line: int = services.NEW, reason: str = "",
    why: Mapping[str, str] | None = None,
) -> int:  # fmt: skip
    """A new line, or a correction of one or of a visit's sheet. Its number."""
    form, owner = BY_CODE[code], Owner(person, visit)
    number = line if form.repeats else 1
    for section in form.sections:
        names = [one.name for one in section.questions]
        typed = {name: answers[name] for name in names if name in answers}
        if not typed:
            continue
        row = MODELS[code].objects.filter(number=number, **owner.keys).first()
        stored = {name: getattr(row, name) for name in names} if row else {}
        entry = services.Entry(
            form=form, section=section, values=typed, base=mark_of(stored), number=number,
            answers=why or {},
        )  # fmt: skip
        number = services.save(owner=owner, entry=entry, by=by, reason=reason).number
    return number
