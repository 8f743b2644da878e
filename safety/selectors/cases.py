"""Cases with where they stand: a page of them costs a few statements, whatever their number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils import timezone

from safety.cases import Kind, Known, Sent, Stage, Standing, event_of, standing
from safety.models import CaseNews, SafetyCase, SafetyCaseQuerySet, Seriousness, Submission
from trial.access.models import Site, SiteProtocol
from trial.crf.selectors import facts_of
from trial.protocol import registry
from trial.protocol.crf import Facts, Row
from trial.protocol.safety import Party, Report
from trial.protocol.version import ProtocolVersion

# What the list can be narrowed down to. "overdue" depends on the time, the others are stages.
OVERDUE = "overdue"


def sponsor_zone() -> ZoneInfo:
    """The zone whose calendar days count for the sponsor's reports."""
    return ZoneInfo(settings.SPONSOR_TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Held:
    """A case with everything known of it, and where it stands at `now`."""

    case: SafetyCase
    known: Known
    facts: Facts
    protocol: ProtocolVersion
    standing: Standing
    now: datetime

    @property
    def row(self) -> Row | None:
        """The line the case is about; None once it was struck."""
        return event_of(self.known, self.facts)

    @property
    def overdue(self) -> bool:
        """Whether a report was not sent in time and still is not."""
        due = self.standing.due_at
        return due is not None and due <= self.now


def held(cases: Iterable[SafetyCase], now: datetime | None = None) -> list[Held]:
    """The cases (with participant and site) in their order. Five statements, or none."""
    found = list(cases)
    if not found:
        return []
    now, zone = now or timezone.now(), sponsor_zone()
    knowns = known_of(found)
    facts = facts_of({case.participant_id for case in found})
    protocols = protocols_of({case.participant.site for case in found}, now)
    made = []
    for case in found:
        about, protocol = facts[case.participant_id], protocols[case.participant.site_id]
        at = standing(knowns[case.pk], about, protocol.safety, zone, now)
        made.append(Held(case, knowns[case.pk], about, protocol, at, now))
    return made


def known_of(cases: Sequence[SafetyCase]) -> Mapping[int, Known]:
    """What is stored of cases beside the forms, by case. Three statements."""
    ids = [case.pk for case in cases]
    since = _since(ids)
    news: dict[int, list[datetime]] = defaultdict(list)
    for case_id, at in CaseNews.objects.filter(case__in=ids).values_list("case_id", "learned_at"):
        news[case_id].append(at)
    sent: dict[int, list[Sent]] = defaultdict(list)
    for one in Submission.objects.filter(case__in=ids).select_related("receipt"):
        sent[one.case_id].append(_sent(one))
    return {
        case.pk: Known(
            kind=Kind(case.kind),
            number=case.number,
            since=since.get(case.pk, case.opened_at),
            news=tuple(news[case.pk]),
            sent=tuple(sent[case.pk]),
        )
        for case in cases
    }


def _since(ids: Collection[int]) -> dict[int, datetime]:
    """When each case last became serious."""
    rows = Seriousness.objects.filter(case__in=ids, serious=True).order_by("pk")
    return dict(rows.values_list("case_id", "noted_at"))


def _sent(one: Submission) -> Sent:
    receipt = getattr(one, "receipt", None)
    return Sent(
        report=Report(one.report),
        recipient=Party(one.recipient),
        follow_up=one.follow_up,
        sent_at=one.sent_at,
        acknowledged_at=receipt.acknowledged_at if receipt else None,
    )


def protocols_of(sites: Collection[Site], now: datetime) -> Mapping[int, ProtocolVersion]:
    """The protocol that holds today at each site. One statement."""
    adopted: dict[int, list[tuple[str, date]]] = defaultdict(list)
    rows = SiteProtocol.objects.filter(site__in=sites).order_by("effective_from")
    for row in rows:
        adopted[row.site_id].append((row.version, row.effective_from))
    return {
        site.pk: registry.get(
            registry.effective(adopted[site.pk], now.astimezone(site.zone).date())
        )
        for site in sites
    }


def overdue_first(cases: SafetyCaseQuerySet) -> SafetyCaseQuerySet:
    """By the earliest limit; cases without one after those, the newest first."""
    return cases.select_related("participant__site").order_by(
        F("due_at").asc(nulls_last=True), "-pk"
    )


def in_state(cases: SafetyCaseQuerySet, state: str, now: datetime) -> SafetyCaseQuerySet:
    """The cases of a stage, or those that are overdue; all for what is neither."""
    if state == OVERDUE:
        return cases.filter(due_at__lte=now)
    if state == Stage.DUE:
        return cases.filter(Q(due_at__gt=now) | Q(due_at=None), stage=Stage.DUE)
    return cases.filter(stage=state) if state in set(Stage) else cases


def counts_of(cases: SafetyCaseQuerySet, now: datetime) -> dict[str, int]:
    """How many cases are overdue, have a report due, or a receipt to be confirmed."""
    late = Q(due_at__lte=now)
    found: dict[str, int] = cases.aggregate(
        overdue=Count("pk", filter=late),
        due=Count("pk", filter=~late & Q(stage=Stage.DUE) | Q(stage=Stage.DUE, due_at=None)),
        sent=Count("pk", filter=Q(stage=Stage.SENT)),
    )
    return found


def case_of(participant_id: int, kind: Kind, number: int) -> SafetyCase | None:
    """The case of a line; None where it was never one."""
    rows = SafetyCase.objects.filter(participant=participant_id, kind=kind, number=number)
    return rows.first()
