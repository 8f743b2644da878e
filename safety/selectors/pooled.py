"""What the stopping rules count, in both arms together (clinical rules §10.3). No arm is known.

Not counted here: bags that proved contaminated, which the sealed record of the lot knows, and the
Bayesian boundary, which is that of one arm and belongs to the committee's report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from patients.models import Participant
from safety.models import AdverseEvent, SponsorAssessment
from safety.seriousness import related_to_product
from safety.stopping import Counts, Pause, pause
from trial.protocol.casebook.ctcae_terms import THROMBOEMBOLIC
from trial.protocol.safety import Cause, Relatedness, SafetyParameters
from trial.protocol.truth import Truth, any_true
from visits.models import Infusion

_SEPSIS = ("sepsis",)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The counts, what follows, and how far the planned reviews are."""

    counts: Counts
    pause: Pause
    treated: int
    enrolled: int
    reviews_reached: tuple[int, ...]
    next_review: int | None


def pooled(parameters: SafetyParameters) -> Pooled:
    """The whole study, as everybody blinded may know it. Four statements."""
    halted = _halted()
    enrolled = Participant.objects.filter(day0_on__isnull=False).count()
    counts = replace(_counts(parameters), halted=halted)
    after = parameters.stopping.review_after
    return Pooled(
        counts=counts,
        pause=pause(counts, parameters.stopping),
        treated=len(halted),
        enrolled=enrolled,
        reviews_reached=tuple(one for one in after if len(halted) >= one),
        next_review=next((one for one in after if len(halted) < one), None),
    )


def _halted() -> tuple[bool, ...]:
    """For each treated participant, by their first infusion, whether any was stopped early."""
    found: dict[int, bool] = {}
    rows = Infusion.objects.filter(started__isnull=False).order_by("started", "pk")
    for person, early in rows.values_list("visit__participant_id", "stopped_early"):
        found[person] = found.get(person, False) or bool(early)
    return tuple(found.values())


def _counts(parameters: SafetyParameters) -> Counts:
    kinds: dict[str, list[Truth]] = {
        "deaths": [], "grade_4_or_5": [], "thromboembolic": [], "sepsis": []
    }  # fmt: skip
    views = _sponsors_views()
    for event in _grave_events():
        is_related = _related(event, views, parameters)
        for kind in _kinds(event):
            kinds[kind].append(is_related)
    sure = {kind: found.count(True) for kind, found in kinds.items()}
    undecided = {kind: found.count(None) for kind, found in kinds.items()}
    return Counts(
        related_deaths=sure["deaths"],
        related_grade_4_or_5=sure["grade_4_or_5"],
        related_thromboembolic=sure["thromboembolic"],
        related_sepsis=sure["sepsis"],
        undecided_deaths=undecided["deaths"],
        undecided_grade_4_or_5=undecided["grade_4_or_5"],
        undecided_thromboembolic=undecided["thromboembolic"],
        undecided_sepsis=undecided["sepsis"],
    )


def _grave_events() -> Any:
    causes = [f"cause_{cause}" for cause in Cause]
    grave = (
        Q(grade__in=("4", "5"))
        | Q(outcome="fatal")
        | Q(death=True)
        | Q(aesi_thromboembolism=True)
        | Q(ctcae_term__in=(*THROMBOEMBOLIC, *_SEPSIS))
    )
    return AdverseEvent.objects.standing().filter(grave).values(
        "participant_id", "number", "serious", "grade", "outcome", "death",
        "aesi_thromboembolism", "ctcae_term", *causes,
    )  # fmt: skip


def _sponsors_views() -> Mapping[tuple[int, int], dict[Cause, Relatedness]]:
    """The sponsor's judgement of each cause by event: the newest answer counts."""
    found: dict[tuple[int, int], dict[Cause, Relatedness]] = {}
    causes = {cause: f"sponsor_{cause}" for cause in Cause}
    rows = SponsorAssessment.objects.standing().filter(adverse_event__isnull=False)
    for row in rows.order_by("number").values("participant_id", "adverse_event", *causes.values()):
        views = found.setdefault((row["participant_id"], row["adverse_event"]), {})
        views.update({one: Relatedness(row[name]) for one, name in causes.items() if row[name]})
    return found


def _related(
    event: Mapping[str, Any],
    views: Mapping[tuple[int, int], dict[Cause, Relatedness]],
    parameters: SafetyParameters,
) -> Truth:
    """In the view of investigator or sponsor; unknown where neither holds it related and one has
    not judged. The sponsor need not judge what is not serious: no answer is no view then."""
    own = {one: Relatedness(event[f"cause_{one}"]) for one in Cause if event[f"cause_{one}"]}
    sponsors = views.get((event["participant_id"], event["number"]))
    first = related_to_product(own, parameters.causality)
    if event["serious"] is False and sponsors is None:
        return first
    return any_true(first, related_to_product(sponsors or {}, parameters.causality))


def _kinds(event: Mapping[str, Any]) -> list[str]:
    fatal = event["outcome"] == "fatal" or event["death"] or event["grade"] == "5"
    term = event["ctcae_term"]
    held = {
        "deaths": fatal,
        "grade_4_or_5": fatal or event["grade"] == "4",
        "thromboembolic": event["aesi_thromboembolism"] or term in THROMBOEMBOLIC,
        "sepsis": term in _SEPSIS,
    }
    return [kind for kind, counted in held.items() if counted]
