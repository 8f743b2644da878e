"""Reading about allocations; no arm is here to be read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import DateTimeField, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce, JSONObject

from patients.models import Participant
from patients.models import Status as ParticipantStatus
from patients.selectors import eligibility_of
from randomization.models import Allocation, Kind, Unblinding
from randomization.readiness import Against, Facts, against
from trial.access.models import Site, SiteProtocol
from trial.access.selectors import protocol_at
from trial.audit.records import Place
from trial.protocol import registry
from trial.protocol.allocation import AllocationParameters, StatusGroup, stratum
from trial.protocol.schedule import VisitDefinition
from trial.protocol.version import ProtocolVersion
from trial.quality.models import Kind as HoldKind
from trial.quality.selectors.holds import hold_over
from visits.models import Status as VisitStatus


@dataclass(frozen=True, slots=True)
class Candidate:
    """A participant before randomisation: the values that will be used, and what is against it."""

    participant: Participant
    protocol: str
    parameters: AllocationParameters
    group: StatusGroup | None
    reasons: tuple[Against, ...]

    @property
    def stratum(self) -> str:
        """The stratum's code; "" while the disease status is not known."""
        return stratum(self.participant.site.code, self.group.code) if self.group else ""

    @property
    def factors(self) -> dict[str, str]:
        """The values that decide, as they are frozen with the allocation (R-50)."""
        status = self.participant.disease_status
        group = self.group.code if self.group else ""
        return {"site": self.participant.site.code, "disease_status": status, "group": group}

    @property
    def needed_until(self) -> datetime:
        """How long a bag for the first infusion must last."""
        return needed_until(self.participant.site, self.participant.day0_on)


def needed_until(site: Site, planned_on: date | None) -> datetime:
    """How long a bag for an infusion must last: to the end of its day at the site, or of today
    where that day is past or not planned."""
    today = site.today()
    on = max(planned_on or today, today)
    return datetime.combine(on + timedelta(days=1), time(), tzinfo=site.zone).astimezone(UTC)


def candidate(participant: Participant) -> Candidate:
    """What randomising this participant would rest on. The participant comes with its site."""
    today = participant.site.today()
    protocol = protocol_at(participant.site, today)
    parameters = protocol.allocation
    group = parameters.by_state.get(participant.disease_status)
    first = participant.visits.filter(code=_first_infusion(protocol.visits), number=0).first()
    facts = Facts(
        enrolled=participant.status == ParticipantStatus.ENROLLED,
        consented=participant.consents.exists(),
        eligible=eligibility_of(participant).eligible,
        group=group.code if group else "",
        first_infusion_on=participant.day0_on,
        held=first is not None and first.status == VisitStatus.HELD,
        allocated=Allocation.objects.filter(participant=participant).exists(),
    )
    reasons = against(facts, today=today, within_hours=parameters.first_infusion_hours)
    return Candidate(participant, protocol.number, parameters, group, tuple(reasons))


def _first_infusion(visits: Iterable[VisitDefinition]) -> str:
    return next(visit.code for visit in visits if visit.kind == "baseline")


def allocation_of(participant: Participant) -> Allocation | None:
    """The participant's allocation, with its signature; None before randomisation."""
    found = Allocation.objects.filter(participant=participant)
    return found.select_related("signature__site").first()


def true_stratum(allocation: Allocation) -> str:
    """The stratum that what is recorded today would give; it differs where a value that was used
    was wrong. The slot stays (clinical rules §9)."""
    person = allocation.participant
    parameters = registry.get(allocation.protocol_version).allocation
    group = parameters.by_state.get(person.disease_status)
    return stratum(person.site.code, group.code) if group else ""


@dataclass(frozen=True, slots=True)
class PlannedUnblinding:
    """Where the unblinding at the end of the study stands; `agreed` only under the lock that stood
    when the second person agreed."""

    locked: bool
    waiting: Unblinding | None
    agreed: Unblinding | None


def planned_unblinding() -> PlannedUnblinding:
    """As the database judges it (sealed.agreed)."""
    hold = hold_over(Place(0))
    locked = hold is not None and hold.kind == HoldKind.LOCK
    rows = Unblinding.objects.filter(kind=Kind.PLANNED)
    agreed = rows.filter(approved_at__gt=hold.placed_at).first() if hold and locked else None
    return PlannedUnblinding(locked, rows.filter(approved_at=None).first(), agreed)


def newest_unblinding() -> Subquery:
    """Of each participant of a query: pk, kind and category of the newest unblinding, or null."""
    rows = Unblinding.objects.filter(participant=OuterRef("pk")).order_by("-pk")
    facts = JSONObject(pk="pk", kind="kind", category="category", by="requested_by")
    return Subquery(rows.values(facts=facts)[:1])


@dataclass(frozen=True, slots=True)
class Unblinded:
    """Since when arms are known: of some participants, and of all. Data that change from then on
    are marked (R-51)."""

    of_participant: Mapping[int, datetime]
    of_all: datetime | None

    def before(self, participant_id: int | None, at: datetime) -> bool:
        """Whether the participant's arm was known by `at`."""
        if participant_id is None:
            return False
        known = [self.of_participant.get(participant_id), self.of_all]
        return any(since is not None and since <= at for since in known)


def unblinded_among(participant_ids: Collection[int]) -> Unblinded:
    """Since when the arms of these participants are known. One statement."""
    # Of a request that was never read there is no moment: nobody learned anything.
    learned = Cast("learned_on", DateTimeField())
    dated = Unblinding.objects.annotate(moment=Coalesce("read_at", learned))
    theirs = Q(participant__isnull=True) | Q(participant__in=participant_ids)
    rows = dated.filter(theirs, moment__isnull=False)
    first: dict[int | None, datetime] = {}
    for whose, since in rows.order_by("moment").values_list("participant_id", "moment"):
        first.setdefault(whose, since)
    return Unblinded({k: v for k, v in first.items() if k is not None}, first.get(None))


@dataclass(frozen=True, slots=True)
class StratumPlace:
    """One stratum of the study: a site and a group of disease status."""

    site: Site
    group: StatusGroup

    @property
    def code(self) -> str:
        """The code under which lists and allocations have it."""
        return stratum(self.site.code, self.group.code)


def strata_at(sites: Iterable[Site]) -> list[StratumPlace]:
    """The strata of these sites, as the protocol has them that holds at each today; a site without
    one yet has those of the latest. Two statements, however many sites there are."""
    adopted: dict[int, list[tuple[str, date]]] = {}
    for row in SiteProtocol.objects.filter(site__in=(listed := list(sites))):
        adopted.setdefault(row.site_id, []).append((row.version, row.effective_from))
    return [
        StratumPlace(site, group)
        for site in listed
        for group in _protocol(adopted.get(site.pk, []), site.today()).allocation.groups
    ]


def _protocol(adopted: Sequence[tuple[str, date]], on: date) -> ProtocolVersion:
    try:
        return registry.get(registry.effective(adopted, on))
    except registry.NoVersionInForce:
        return registry.latest()
