"""Reading about holds: what lies over a place, over many, and what a write has to ask first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trial.audit.records import Place
from trial.quality.exceptions import Locked
from trial.quality.models import Hold, Kind, Scope


def hold_over(place: Place) -> Hold | None:
    """The strongest hold over a place: a lock before a freeze, the widest first. One statement."""
    # Ordered here: each write asks this, and there are none, or few.
    found = Hold.objects.lying_over(place).select_related("site").order_by("pk")
    return min(found, key=_strength, default=None)


def require_open(place: Place) -> None:
    """Raise Locked if `place` is frozen or locked (R-21).

    Every service that writes what was observed asks this first, so that the person gets a clear
    answer early. It is no guard: between this and the write somebody may place a hold. That is
    the database's affair (trial/quality/operations.py).
    """
    hold = hold_over(place)
    if hold is not None:
        raise Locked(hold)


@dataclass(frozen=True, slots=True)
class Standing:
    """The holds over the participants of a page, to be asked about each visit without SQL."""

    wide: tuple[Hold, ...] = ()
    of_site: Mapping[int, list[Hold]] = field(default_factory=dict)
    of_participant: Mapping[int, list[Hold]] = field(default_factory=dict)

    def over(
        self, site_id: int, participant_id: int, visit_id: int | None = None, form: str = ""
    ) -> Hold | None:
        """The strongest hold over a participant, visit or form; of forms only the one named."""
        found = [*self.wide, *self.of_site.get(site_id, ())]
        found += [
            hold
            for hold in self.of_participant.get(participant_id, ())
            if hold.scope == Scope.PARTICIPANT
            or (hold.scope == Scope.VISIT and hold.visit_id == visit_id)
            or (hold.scope == Scope.FORM and (hold.visit_id, hold.form) == (visit_id, form))
        ]
        return min(found, key=_strength, default=None)

    def mark(self, site_id: int, participant_id: int) -> str:
        """A text that is another one as soon as a hold over this participant comes or goes."""
        found = [*self.wide, *self.of_site.get(site_id, ())]
        found += self.of_participant.get(participant_id, ())
        return f".h{len(found)}-{max(hold.pk for hold in found)}" if found else ""


def _strength(hold: Hold) -> tuple[bool, int]:
    return hold.kind != Kind.LOCK, Scope.values.index(hold.scope)


def standing_over(participant_ids: Iterable[int]) -> Standing:
    """All holds that matter to these participants. One statement."""
    ids = set(participant_ids)
    wide: list[Hold] = []
    of_site: dict[int, list[Hold]] = defaultdict(list)
    of_participant: dict[int, list[Hold]] = defaultdict(list)
    rows = Hold.objects.standing().select_related("site").order_by("pk")
    wanted = rows.filter(participant_id=None) | rows.filter(participant_id__in=ids)
    for hold in wanted:
        if hold.scope == Scope.STUDY:
            wide.append(hold)
        elif hold.scope == Scope.SITE and hold.site_id is not None:
            of_site[hold.site_id].append(hold)
        elif hold.participant_id is not None:
            of_participant[hold.participant_id].append(hold)
    return Standing(tuple(wide), of_site, of_participant)
