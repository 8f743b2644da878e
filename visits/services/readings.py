"""Submitting a reading: whole, once, and corrected only with a reason."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.models import User
from trial.audit.context import Actor, transaction
from trial.crf.services import problem_text
from trial.crf.values import same
from trial.protocol.casebook.histology_reading import FORM
from trial.protocol.crf import asked, missing
from trial.quality.exceptions import Locked
from trial.quality.selectors.holds import require_open
from visits.models import HistologyReading, ReadingAssignment
from visits.places import place_of
from visits.services.final_histology import settle
from visits.services.slides import FORM as PLACE


class Closed(Refused):
    """What was read is frozen or locked. Unlike Locked it does not say whose it is, since a reader
    must not learn that."""

    status = 423


def submit(
    *, reader: User, code: str, values: Mapping[str, Any], base: int, by: Actor, reason: str = ""
) -> HistologyReading:
    """Keep what `reader` found in the specimen `code`; `base` is the version the form was drawn
    from, 0 for none. The same answers again change nothing.

    Raises ReadingAssignment.DoesNotExist for what is not the reader's, Refused by question for
    missing and impossible answers and for a correction without a reason, Conflict if it was
    submitted meanwhile, Closed where it is held.
    """
    with _not_saying_whose(), transaction(by=by, reason=reason):
        assignment = _lock(reader, code)
        require_open(place_of(assignment.biopsy.visit, PLACE))
        answers = _answers(values)
        last = assignment.readings.order_by("-number").first()
        if last is not None and all(same(last.values[name], one) for name, one in answers.items()):
            return last
        _require_fresh(last, base)
        _require_whole(answers)
        if last is not None and not reason.strip():
            raise Refused({"reason": [_("Say why the reading is corrected.")]})
        made = _keep(assignment, answers, last, by, reason)
        settle(biopsy_id=assignment.biopsy_id, by=by)
        return made


@contextmanager
def _not_saying_whose() -> Iterator[None]:
    try:
        yield
    except (Locked, DatabaseError) as error:
        if not isinstance(error, Locked) and Locked.of(error) is None:
            raise
        text = _("This specimen is closed: nothing was stored. Ask the data manager.")
        raise Closed({"": [text]}) from None


def _lock(reader: User, code: str) -> ReadingAssignment:
    rows = ReadingAssignment.objects.of_reader(reader).select_for_update(of=("self",))
    return rows.select_related("biopsy__visit__participant").get(code=code)


def _answers(values: Mapping[str, Any]) -> dict[str, Any]:
    """All answers of the form; what is not asked, given the others, is empty."""
    typed = {one.name: _clean(values.get(one.name, one.empty), one.empty) for one in FORM.questions}
    return {
        one.name: typed[one.name] if asked(FORM, one, typed) else one.empty
        for one in FORM.questions
    }


def _clean(value: Any, empty: Any) -> Any:
    value = value.strip() if isinstance(value, str) else value
    return empty if value is None else value


def _require_fresh(last: HistologyReading | None, base: int) -> None:
    if base != (last.number if last else 0):
        text = _("This was submitted after you opened the page. Nothing was overwritten.")
        raise Conflict({"": [text]}, [])


def _require_whole(answers: Mapping[str, Any]) -> None:
    errors = {
        one.name: [problem_text(one, problem)]
        for one in FORM.questions
        if (problem := one.problem(answers[one.name]))
    }
    for name in missing(FORM, answers):
        errors[name] = [_("This is not answered.")]
    if errors:
        raise Refused(errors)


def _keep(
    assignment: ReadingAssignment,
    answers: Mapping[str, Any],
    last: HistologyReading | None,
    by: Actor,
    reason: str,
) -> HistologyReading:
    now = timezone.now()
    made: HistologyReading = HistologyReading.objects.create(
        assignment=assignment, number=last.number + 1 if last else 1, submitted_at=now,
        submitted_by=by.name, reason=reason.strip() if last else "", **answers,
    )  # fmt: skip
    if last is None:
        assignment.submitted_at, assignment.submitted_by = now, by.name
        assignment.save(update_fields=["submitted_at", "submitted_by"])
    return made
