"""When visits are due: targets, windows and study days, as pure dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from trial.protocol.label import Label

VisitKind = Literal["screening", "baseline", "infusion", "follow_up", "unscheduled"]
WindowState = Literal["not_due", "due", "overdue"]
Placement = Literal["early", "in_window", "late"]


@dataclass(frozen=True, slots=True)
class VisitDefinition:
    """One visit of the protocol.

    ``week`` is the target counted from day 0 (the first infusion day); None for a visit that has
    no target (unscheduled). The window is ``window_before`` days before the target to
    ``window_after`` days after it, both ends included. ``panel`` lists LBTESTCDs in the order of a
    usual paper report, ``forms`` the codes of the case report forms in the order of the page.
    """

    code: str
    name: Label
    week: int | None
    window_before: int
    window_after: int
    kind: VisitKind
    panel: tuple[str, ...]
    order: int
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """The dates of one visit for one participant; the window ends are included."""

    code: str
    target_on: date
    opens_on: date
    closes_on: date


def plan(definitions: Sequence[VisitDefinition], day0: date) -> list[PlannedVisit]:
    """Return the dated visits of a participant whose first infusion is on ``day0``.

    Visits without a target week are left out; the result is in order of target, then ``order``.
    """
    scheduled = [(d.week, d.order, d) for d in definitions if d.week is not None]
    scheduled.sort(key=lambda entry: entry[:2])
    return [_dated(definition, day0 + timedelta(weeks=week)) for week, _, definition in scheduled]


def _dated(definition: VisitDefinition, target: date) -> PlannedVisit:
    return PlannedVisit(
        code=definition.code,
        target_on=target,
        opens_on=target - timedelta(days=definition.window_before),
        closes_on=target + timedelta(days=definition.window_after),
    )


def window_state(opens_on: date, closes_on: date, today: date) -> WindowState:
    """Say whether a visit that has not been held is not yet due, due, or overdue on ``today``."""
    if today < opens_on:
        return "not_due"
    return "due" if today <= closes_on else "overdue"


def placement(held_on: date, opens_on: date, closes_on: date) -> Placement:
    """Say where a held visit (or a sample) lies against its window."""
    if held_on < opens_on:
        return "early"
    return "in_window" if held_on <= closes_on else "late"


def study_day(on: date, day0: date) -> int:
    """Return the CDISC study day: 1 on ``day0``, -1 the day before; there is no day 0."""
    days = (on - day0).days
    return days + 1 if days >= 0 else days
