"""Who was screened and not enrolled, by the criteria that excluded them (CONSORT 2010 item 13a)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from patients.models import Answer, CriterionAnswer, Participant, Status
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.criteria import Criterion


@dataclass(frozen=True, slots=True)
class Excluded:
    """A criterion and how many screening failures did not meet it, by site."""

    criterion: Criterion
    by_site: dict[int, int]

    @property
    def total(self) -> int:
        return sum(self.by_site.values())


@dataclass(frozen=True, slots=True)
class Failures:
    """All screening failures by site; `other`: those that no recorded answer excludes.

    Somebody may fail several criteria, and is counted with each of them.
    """

    by_site: dict[int, int]
    other: dict[int, int]
    excluded: list[Excluded]

    @property
    def total(self) -> int:
        return sum(self.by_site.values())

    @property
    def other_total(self) -> int:
        return sum(self.other.values())


def failures(user: AnyUser, sites: Iterable[int]) -> Failures:
    """The screening failures of these sites as far as the user sees them. Two statements."""
    people = Participant.objects.visible_to(user, Permission.REPORT_VIEW)
    failed = people.filter(status=Status.SCREEN_FAILED, site__in=list(sites)).order_by()
    unmet = _unmet()
    excluded = CriterionAnswer.objects.filter(unmet, participant=OuterRef("pk"))
    counted = failed.values("site_id").annotate(
        n=Count("pk"), with_reason=Count("pk", filter=Q(Exists(excluded)))
    )
    by_site, other = {}, {}
    for row in counted:
        by_site[row["site_id"]] = row["n"]
        other[row["site_id"]] = row["n"] - row["with_reason"]
    answers = CriterionAnswer.objects.filter(unmet, participant__in=failed).order_by()
    grouped = answers.values_list("criterion", "participant__site").annotate(n=Count("pk"))
    counts: dict[str, dict[int, int]] = {}
    for code, site, number in grouped:
        counts.setdefault(code, {})[site] = number
    known = registry.latest().criteria
    return Failures(
        by_site, other, [Excluded(one, counts[one.code]) for one in known if one.code in counts]
    )


def _unmet() -> Q:
    """Answers that exclude: no to an inclusion, yes to an exclusion, a score below the minimum."""
    protocol = registry.latest()
    codes: dict[str, list[str]] = {"inclusion": [], "exclusion": []}
    scores = []
    for one in protocol.criteria:
        codes[one.kind].append(one.code)
        if one.source == "score":
            scores.append(one.code)
    low = protocol.eligibility.minimum_score
    return (
        Q(criterion__in=codes["inclusion"], answer=Answer.NO)
        | Q(criterion__in=codes["exclusion"], answer=Answer.YES)
        | Q(criterion__in=scores, value__lt=low)
    )
