"""Signals of the liver: which participants wait to be looked at, and what a course shows now."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from django.db.models import DateTimeField, Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from labs.models import Series
from safety.episodes import Occurrence, occurrences
from safety.models import LiverLook, LiverSignal, LiverSignalStep
from safety.selectors.courses import LabCourse, first_product
from trial.access.policy import AnyUser

RULES = "liver-signals/1"
_NEVER = Value(datetime(1900, 1, 1, tzinfo=timezone.utc), DateTimeField())  # noqa: UP017


def pending() -> "QuerySet[Series]":
    """Labs whose newest version these rules have not looked at, or not with the first product.

    Pending is this query alone: nothing that is lost leaves a signal unseen.
    """
    looked = LiverLook.objects.annotate(given=Coalesce("product_at", _NEVER)).filter(
        participant=OuterRef("participant"),
        series_version=OuterRef("version"),
        given=OuterRef("given"),
        rules=RULES,
    )
    series = Series.objects.annotate(given=Coalesce(first_product("participant"), _NEVER))
    return series.filter(~Exists(looked))


def found_in(course: LabCourse) -> tuple[Occurrence, ...]:
    """The signals that a course holds today; none before the first product."""
    if course.liver is None:
        return ()
    today = course.participant.site.today()
    return occurrences(course.liver, course.symptoms, course.protocol.safety, today)


def signals_of(participants: Iterable[int]) -> "QuerySet[LiverSignal]":
    """All signals of participants with what happened to them, in their order. Two statements."""
    steps = Prefetch("steps", LiverSignalStep.objects.order_by("number"))
    return (
        LiverSignal.objects.filter(participant__in=list(participants))
        .select_related("panel__visit", "participant__site")
        .prefetch_related(steps)
    )


def listed(user: AnyUser, query: Any) -> "QuerySet[LiverSignal]":
    """The signals a user may see, those that wait for a judgement first; `query` may ask for the
    open ones alone."""
    found = LiverSignal.objects.visible_to(user).select_related("panel__visit", "participant__site")
    open_ones = Q(gone_at=None, state__in=("new", "under_review"))
    if query.get("show") == "all":
        return found.order_by("-occurred_on", "-pk")
    return found.filter(open_ones).order_by("-occurred_on", "-pk")
