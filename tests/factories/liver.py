"""Courses of a treated participant: samples any day with any limits, beside the planned visits."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from labs.models import Laboratory, Panel, Result
from labs.services.series_lock import bump, lock_series
from patients.models import Participant
from tests.factories import custody, study
from trial.access.models import Site, User
from trial.audit.context import transaction
from visits.custody import State
from visits.models import Infusion, Status, Visit

START = study.DAY0
NORMAL: Mapping[str, tuple[str | None, str | None]] = {
    "ALT": ("7", "40"), "AST": ("13", "40"), "BILI": (None, "21"), "ALP": ("35", "120"),
    "GGT": ("7", "45"), "ALB": ("40", "55"), "INR": ("0.8", "1.2"), "PLAT": ("125", "350"),
    "WBC": ("3.5", "9.5"), "CREAT": ("41", "73"), "SODIUM": ("137", "147"),
}  # fmt: skip


def treated(site: Site, *, second: User, start: date = START) -> Participant:
    """An enrolled participant whose first infusion began in the morning of `start`, site time."""
    person = study.enrolled(site, day0=start)
    infuse(person, start, second=second)
    return person


def infuse(person: Participant, start: date, *, second: User) -> Infusion:
    """The start of the first infusion, as it is stored."""
    bag = custody.bag_for(person, state=State.VERIFIED, second=second)
    with transaction(by=study.SETUP):
        return Infusion.objects.create(
            visit=study.visit_of(person, "D0"), bag=bag, weight_kg=Decimal(60), weighed_on=start,
            ordered_cells=Decimal(30), started=datetime.combine(start, time(2), tzinfo=UTC),
            saved_at=timezone.now(), saved_by="test",
        )  # fmt: skip


def draw(
    person: Participant,
    laboratory: Laboratory,
    day: int,
    *,
    limits: Any = None,
    state: Any = "good",
    **values: str,
) -> Panel:
    """A sample `day` days after the start, at an unscheduled visit; "<5" is censored. `limits` are
    (lower, upper) by analyte, over NORMAL."""
    on = START + timedelta(days=day)
    ranges = {**NORMAL, **(limits or {})}
    with transaction(by=study.SETUP):
        series = lock_series(person.pk)
        number = Visit.objects.filter(participant=person, code="UNS").count() + 1
        visit = Visit.objects.create(
            participant=person, code="UNS", number=number, position=900, status=Status.HELD,
            held_on=on, protocol_version="1.0",
        )  # fmt: skip
        panel = Panel.objects.create(
            visit=visit, laboratory=laboratory, collected_on=on, sample_state=state,
            saved_at=timezone.now(), saved_by="test",
        )  # fmt: skip
        Result.objects.bulk_create(
            [_result(panel, analyte, text, ranges[analyte]) for analyte, text in values.items()]
        )
        bump(series)
    return panel


def _result(panel: Panel, analyte: str, text: str, limits: tuple[str | None, str | None]) -> Result:
    digits = text.lstrip("<>=")
    low, high = (None if one is None else Decimal(one) for one in limits)
    return Result(
        panel=panel, analyte=analyte, text=text, unit=study.UNITS.get(analyte, "U/L"),
        comparator=text[: len(text) - len(digits)], value=Decimal(digits),
        canonical=Decimal(digits), range_low=low, range_high=high,
    )  # fmt: skip


def correct(panel: Panel, **values: str) -> None:
    """Other values of a sample, as a correction stores them."""
    with transaction(by=study.SETUP, reason="typing error"):
        series = lock_series(panel.visit.participant_id)
        for analyte, text in values.items():
            found = Result.objects.filter(panel=panel, analyte=analyte)
            found.update(text=text, value=Decimal(text), canonical=Decimal(text))
        bump(series)
