"""What deserves a look: pending evaluations, relapses, high or rising scores, doubtful values."""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Lag, RowNumber

from labs.models import (
    Laboratory,
    MeldScore,
    Panel,
    ReferenceRange,
    ResponseAssessment,
    Result,
    SampleState,
    Series,
)
from labs.selectors import pending
from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.protocol import registry

ENDPOINT, RELAPSE = "TRIAL-REL", "RELAPSE"
FORMULA = "MELD30"
# Study defaults: a score from which referral for transplantation is usually discussed, and a rise
# between two samples that is more than day-to-day variation.
HIGH_SCORE, JUMP = 15, 5


def pending_series(user: AnyUser) -> QuerySet[Series]:
    """Participants whose labs wait for their evaluation, the longest wait first."""
    visible = Participant.objects.visible_to(user, Permission.REPORT_VIEW)
    rows = pending().filter(participant__in=visible).select_related("participant__site")
    return rows.order_by("changed_at")


def relapses(user: AnyUser) -> QuerySet[ResponseAssessment]:
    """Participants whose endpoint currently says relapse, the newest first."""
    rows = ResponseAssessment.objects.visible_to(user).current()
    rows = rows.filter(rule=ENDPOINT, outcome=RELAPSE).select_related("participant__site")
    return rows.order_by("-occurred_on", "participant__code")


def high_or_rising(user: AnyUser) -> QuerySet[MeldScore]:
    """Each participant's newest MELD 3.0, where it is high or has jumped; with `previous`."""
    scores = MeldScore.objects.visible_to(user).current()
    scores = scores.filter(formula=FORMULA, value__isnull=False)
    patient = F("panel__visit__participant_id")
    by_day = [F("panel__collected_on"), F("panel_id")]
    rows = scores.annotate(
        previous=Window(Lag("value"), partition_by=patient, order_by=by_day),
        newest=Window(RowNumber(), partition_by=patient, order_by=[one.desc() for one in by_day]),
    ).filter(Q(value__gte=HIGH_SCORE) | Q(value__gte=F("previous") + JUMP), newest=1)
    return rows.select_related("panel__visit__participant__site").order_by("-value", "panel_id")


def recent_panels(user: AnyUser) -> QuerySet[Panel]:
    """Panels by when they were last saved, the newest first."""
    rows = Panel.objects.visible_to(user).select_related("visit__participant__site")
    return rows.order_by("-saved_at", "-id")


def soft_confirmed(user: AnyUser) -> QuerySet[Result]:
    """Values outside the soft limits, kept with a confirmation and a comment; newest first."""
    panels = Panel.objects.visible_to(user)
    rows = Result.objects.filter(_outside_soft_limits(), panel__in=panels, confirmed=True)
    return rows.select_related("panel__visit__participant__site").order_by("-changed_at", "-id")


def _outside_soft_limits() -> Q:
    """The newest protocol's soft limits, analyte by analyte; a tick alone makes nothing unusual."""
    outside = Q(pk__in=[])
    for analyte in registry.latest().analytes:
        limits = analyte.limits
        lows = [low for low in (limits.soft_low, limits.swap_low) if low is not None]
        if lows:
            outside |= Q(analyte=analyte.code, canonical__lt=max(lows))
        if limits.soft_high is not None:
            outside |= Q(analyte=analyte.code, canonical__gt=limits.soft_high)
    return outside


def unusable_samples(user: AnyUser) -> QuerySet[Panel]:
    """Panels of haemolysed or rejected samples."""
    return recent_panels(user).exclude(sample_state=SampleState.GOOD)


def laboratories_with_gaps(user: AnyUser) -> QuerySet[Laboratory]:
    """Laboratories without any range, or with results no range applied to.

    Each with `ranges_kept` (analytes that have a range) and `unranged` (results without).
    """
    scope = sites_for(user, Permission.LAB_VIEW)
    visible = Laboratory.objects.all()
    if not scope.everywhere:
        visible = visible.filter(Q(site=None) | Q(site__in=scope.ids))
    ranges = ReferenceRange.objects.filter(laboratory=OuterRef("pk")).order_by()
    kept = ranges.values("laboratory").annotate(n=Count("analyte", distinct=True)).values("n")
    bare = Result.objects.filter(
        panel__laboratory=OuterRef("pk"), canonical__isnull=False, range=None
    ).order_by()
    unranged = bare.values("panel__laboratory").annotate(n=Count("pk")).values("n")
    rows = visible.annotate(ranges_kept=Subquery(kept), unranged=Subquery(unranged))
    return rows.filter(Q(unranged__gt=0) | ~Exists(ranges)).select_related("site").order_by("code")
