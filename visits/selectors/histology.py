"""Reading about biopsies: what counts for each, where their reading stands, who reads."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from trial.access.models import User
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission, Role
from trial.protocol.truth import Truth
from visits.double_reading import State
from visits.histology import Outcome, Stage, System
from visits.models import (
    Biopsy,
    FinalHistology,
    HistologyReading,
    ReadingAssignment,
    SlideImage,
)
from visits.models.reading import FIRST, SECOND, THIRD, BiopsyRow


class Why(StrEnum):
    """Why a biopsy has no grade that counts."""

    COUNTS = ""
    INADEQUATE = "inadequate"
    SIZE_UNKNOWN = "size_unknown"
    NOT_READ = "not_read"
    ADJUDICATE = "adjudicate"


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts for a biopsy: its grade and stage, or `why` there is none.

    `taken_on` is local to the site, None while nobody said when it was taken. `adequate` is known
    before anybody has read it where the core is too small.
    """

    biopsy_id: int
    participant_id: int
    visit_id: int
    taken_on: date | None
    mhai: int | None
    stage: Stage | None
    adequate: Truth
    outcome: Outcome
    why: Why


def final_readings(participant_ids: Iterable[int]) -> dict[int, tuple[Counted, ...]]:
    """Each participant's biopsies in the order in which they were taken (those of an unknown day
    last), with what counts for each. One statement, whatever was read. Nothing of a reading that
    does not count yet is in it."""
    rows = Biopsy.objects.filter(participant__in=list(participant_ids), not_done="")
    found: dict[int, list[Counted]] = defaultdict(list)
    for row in rows.select_related("final", "participant__site").order_by("taken_at", "pk"):
        found[row.participant_id].append(counted(row, _final(row)))
    return {person: tuple(held) for person, held in found.items()}


def _final(row: BiopsyRow) -> FinalHistology | None:
    return getattr(row, "final", None)


def counted(row: BiopsyRow, final: FinalHistology | None) -> Counted:
    """A biopsy, with its participant's site, and what counts for it."""
    taken = row.taken_at.astimezone(row.participant.site.zone).date() if row.taken_at else None
    return Counted(
        biopsy_id=row.pk,
        participant_id=row.participant_id,
        visit_id=row.visit_id,
        taken_on=taken,
        mhai=final.mhai if final else None,
        stage=_stage(final),
        adequate=final.adequate if final else None,
        outcome=Outcome(final.outcome) if final else Outcome.NOT_EVALUABLE,
        why=_why(final),
    )


def _stage(final: FinalHistology | None) -> Stage | None:
    if final is None or final.stage is None:
        return None
    return Stage(System(final.stage_system), final.stage)


def _why(final: FinalHistology | None) -> Why:
    if final is None:
        return Why.NOT_READ
    if final.mhai is not None:
        return Why.COUNTS
    if final.adequate is False:
        return Why.INADEQUATE
    if final.state == State.ADJUDICATE:
        return Why.ADJUDICATE
    return Why.SIZE_UNKNOWN if final.settled else Why.NOT_READ


# --- the desk of the data manager -----------------------------------------------------------------
class Step(StrEnum):
    """What a biopsy waits for."""

    SLIDES = "slides"
    READERS = "readers"
    READING = "reading"
    THIRD = "third"
    DONE = "done"


def biopsies(user: AnyUser) -> QuerySet[Any]:
    """The biopsies that were taken, at the sites where `user` manages their reading, each with its
    `step`."""
    scope = sites_for(user, Permission.HISTOLOGY_MANAGE)
    rows: QuerySet[Any] = Biopsy.objects.filter(not_done="")
    if not scope.everywhere:
        rows = rows.filter(participant__site__in=scope.ids)
    return _with_step(rows).select_related("participant__site", "visit", "final")


def _with_step(rows: QuerySet[Any]) -> QuerySet[Any]:
    mine = ReadingAssignment.objects.standing().filter(biopsy=OuterRef("pk"))
    shown = SlideImage.objects.filter(biopsy=OuterRef("pk"), struck_at=None)
    marked = rows.annotate(
        shown=Exists(shown), given=Exists(mine), third=Exists(mine.filter(place=THIRD))
    )
    stepped: QuerySet[Any] = marked.annotate(
        step=Case(
            When(final__state__in=[State.AGREED, State.ADJUDICATED], then=Value(Step.DONE.value)),
            When(final__state=State.ADJUDICATE, third=False, then=Value(Step.THIRD.value)),
            When(given=True, then=Value(Step.READING.value)),
            When(shown=True, then=Value(Step.READERS.value)),
            default=Value(Step.SLIDES.value),
        )
    )
    return stepped


def counts_of(rows: QuerySet[Any]) -> Mapping[str, int]:
    """How many biopsies wait for what. One statement."""
    found = rows.order_by().select_related(None).values("step").annotate(number=Count("pk"))
    counts = {one["step"]: one["number"] for one in found}
    return {step.value: counts.get(step.value, 0) for step in Step}


def readers() -> QuerySet[User]:
    """Everybody who reads biopsies now, by name."""
    held = Q(memberships__role=Role.READER, memberships__ended_at=None, is_active=True)
    return User.objects.filter(held).distinct().order_by("username")


def assignments_of(rows: Sequence[BiopsyRow]) -> dict[int, list[ReadingAssignment]]:
    """Who reads each of some biopsies, in the order of their places. One statement."""
    standing = ReadingAssignment.objects.standing().filter(biopsy__in=rows)
    found: dict[int, list[ReadingAssignment]] = defaultdict(list)
    for one in standing.select_related("reader").order_by("biopsy", "place"):
        found[one.biopsy_id].append(one)
    return found


def images_of(biopsy: BiopsyRow) -> list[SlideImage]:
    """The pictures of a biopsy that are shown to readers, in their order."""
    return list(SlideImage.objects.filter(biopsy=biopsy, struck_at=None).order_by("number"))


def history_of(biopsy: BiopsyRow) -> dict[int, list[HistologyReading]]:
    """All readings of a biopsy, each reader's newest first, by the reader's place."""
    rows = HistologyReading.objects.filter(
        assignment__biopsy=biopsy, assignment__withdrawn_at=None
    ).select_related("assignment__reader")
    found: dict[int, list[HistologyReading]] = {FIRST: [], SECOND: [], THIRD: []}
    for row in rows.order_by("assignment__place", "-number"):
        found[row.assignment.place].append(row)
    return found
