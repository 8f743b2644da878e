"""Outcomes and scores of many participants at once, counted. One statement each."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from labs.models import MeldScore, ResponseAssessment
from reports.selectors.attention import FORMULA
from trial.access.policy import AnyUser
from trial.protocol import registry

# Outcomes of the endpoint that say there was a complete response to relapse from.
AFTER_RESPONSE = (
    "RELAPSE", "PENDING_CONFIRMATION", "LOSS_OF_CBR", "CBR_MAINTAINED", "NO_FOLLOW_UP",
)  # fmt: skip


def outcomes(
    user: AnyUser, sites: Collection[int], rules: Collection[str]
) -> dict[str, Counter[str]]:
    """How many participants have which outcome now, by rule."""
    rows = ResponseAssessment.objects.visible_to(user).current()
    rows = rows.filter(rule__in=rules, participant__site__in=sites).order_by()
    counted = rows.values("rule", "outcome").annotate(n=Count("pk"))
    found: dict[str, Counter[str]] = {rule: Counter() for rule in rules}
    for rule, outcome, count in counted.values_list("rule", "outcome", "n"):
        found[rule][outcome] = count
    return found


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Participants by score at baseline and in the newest sample; None: not computable."""

    baseline: Counter[int | None] = field(default_factory=Counter)
    newest: Counter[int | None] = field(default_factory=Counter)


def meld_counts(user: AnyUser, sites: Collection[int]) -> ScoreCounts:
    """MELD 3.0 of each participant at baseline and in the newest sample."""
    day0 = {
        v.code for n in registry.numbers() for v in registry.get(n).visits if v.kind == "baseline"
    }
    scores = MeldScore.objects.visible_to(user).current()
    scores = scores.filter(formula=FORMULA, panel__visit__participant__site__in=sites)
    newest = Window(
        RowNumber(),
        partition_by=F("panel__visit__participant_id"),
        order_by=[F("panel__collected_on").desc(), F("panel_id").desc()],
    )
    wanted = scores.annotate(newest=newest, visit=F("panel__visit__code")).filter(
        Q(newest=1) | Q(visit__in=day0)
    )
    found = ScoreCounts()
    for rank, visit, value in wanted.values_list("newest", "visit", "value"):
        if rank == 1:
            found.newest[value] += 1
        if visit in day0:
            found.baseline[value] += 1
    return found
