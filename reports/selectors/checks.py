"""How the edit checks of the protocol do: how often each fires now, and what became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import CharField, Count, F, Func, Q, Value

from trial.access.models import User
from trial.access.policy import sites_for
from trial.access.roles import Permission
from trial.crf.checking import PREFIX
from trial.crf.models import Objection
from trial.quality.models import Outcome, Query, Status

MANY = 500  # objections that are read; a check with more has been objected to enough


@dataclass(frozen=True, slots=True)
class Counts:
    """The queries of one check: that fire now, unanswered and answered, and that are closed."""

    open: int = 0
    answered: int = 0
    accepted: int = 0
    healed: int = 0

    @property
    def firing(self) -> int:
        """How often it fires now and nobody has accepted it."""
        return self.open + self.answered


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody holds a check to be wrong, with the query about it, if there is one."""

    objection: Objection
    query_id: int | None


_CHECK = Func(F("cause"), Value(":"), Value(2), function="split_part", output_field=CharField())


def counts_of(user: User) -> Mapping[str, Counts]:
    """The queries that checks of forms have opened at the sites of `user`, by check. One
    statement."""
    rows = (
        Query.objects.visible_to(user)
        .filter(cause__startswith=PREFIX)
        .annotate(check_id=_CHECK)
        .values("check_id")
        .annotate(
            open=Count("pk", filter=Q(status=Status.OPEN)),
            answered=Count("pk", filter=Q(status=Status.ANSWERED)),
            accepted=Count("pk", filter=Q(status=Status.CLOSED) & ~Q(outcome=Outcome.HEALED)),
            healed=Count("pk", filter=Q(outcome=Outcome.HEALED)),
        )
        .order_by()
    )
    return {
        row["check_id"]: Counts(row["open"], row["answered"], row["accepted"], row["healed"])
        for row in rows
    }


def objections_of(user: User) -> Mapping[str, Sequence[Said]]:
    """What was said against checks at the sites of `user`, the newest first. Two statements."""
    scope = sites_for(user, Permission.QUERY_VIEW)
    rows = Objection.objects.order_by("-made_at", "-pk")
    found = list((rows if scope.everywhere else rows.filter(site_id__in=scope.ids))[:MANY])
    about = _queries_about(found)
    said: dict[str, list[Said]] = defaultdict(list)
    for one in found:
        said[one.check_id].append(Said(one, about.get((one.check_id, one.form, one.row_id))))
    return said


def _queries_about(objections: Sequence[Objection]) -> Mapping[tuple[str, str, int], int]:
    """The newest query of each check and row that was objected to."""
    if not objections:
        return {}
    rows = Query.objects.annotate(check_id=_CHECK).filter(
        cause__startswith=PREFIX,
        check_id__in={one.check_id for one in objections},
        participant_id__in={one.participant_id for one in objections},
    )
    found = rows.order_by("pk").values_list("check_id", "form", "record_id", "pk")
    return {(check, form, record): pk for check, form, record, pk in found}
