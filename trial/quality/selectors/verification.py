"""What is to be compared with the source, and what of it is: set-based, read off the trail.

An item is what a monitor ticks: a result as a whole (what was typed, its unit, or why there is
none), or one value of a sample, a visit, a consent or a participant. It is verified if some
standing verification covers it (its form, its row or itself) and nothing observed of it was
changed after that one's cut through history; if all that cover it lie before a change, it is
changed since verified. So a corrected ALT puts one value of a verified form back, not the form.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from trial.access.policy import AnyUser, SiteScope, sites_for
from trial.access.roles import Permission
from trial.audit.records import Place, Record
from trial.quality.verification_sql import CHANGES_ITEM, parameters, with_state

At = tuple[int, int | None]  # participant, and visit where it is about one


@dataclass(frozen=True, slots=True)
class Counts:
    """Of some items: how many the plan asks for, are verified (of all), changed since, and how
    many of the required ones are not verified as they are now."""

    items: int = 0
    required: int = 0
    verified: int = 0
    changed: int = 0
    left: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.items + other.items,
            self.required + other.required,
            self.verified + other.verified,
            self.changed + other.changed,
            self.left + other.left,
        )

    @property
    def state(self) -> str:
        """ "changed", "verified" (all that is required, or everything), "partly" or ""."""
        if self.changed:
            return "changed"
        if self.verified and not self.left and (self.required or self.verified == self.items):
            return "verified"
        return "partly" if self.verified else ""

    @property
    def done(self) -> int:
        """How many of the required ones are verified as they are now."""
        return self.required - self.left


_COUNTS = """count(*)::int, count(*) filter (where required)::int,
  count(*) filter (where state = 'verified')::int, count(*) filter (where state = 'changed')::int,
  count(*) filter (where required and state <> 'verified')::int"""


@dataclass(frozen=True, slots=True)
class Progress:
    """The forms of some participants, each with its counts."""

    forms: Mapping[tuple[int, int | None, str], Counts] = field(default_factory=dict)

    def form(self, participant_id: int, visit_id: int | None, form: str) -> Counts:
        return self.forms.get((participant_id, visit_id, form), Counts())

    def at(self, participant_id: int, visit_id: int | None) -> Counts:
        """All forms of a visit, or (None) of the participant themselves."""
        at = (participant_id, visit_id)
        return sum((c for key, c in self.forms.items() if key[:2] == at), Counts())

    def by_place(self) -> dict[At, Counts]:
        found: dict[At, Counts] = {}
        for (person, visit, _form), counts in self.forms.items():
            found[person, visit] = found.get((person, visit), Counts()) + counts
        return found


def progress_of(participant_ids: Collection[int]) -> Progress:
    """Every form of these participants. One statement."""
    sql = f"""{with_state(people="p.id = any(%(people)s)")}
    select participant_id, visit_id, form, {_COUNTS} from state group by 1, 2, 3"""  # noqa: S608
    rows = _rows(sql, {"people": list(participant_ids)})
    return Progress({(row[0], row[1], row[2]): Counts(*row[3:]) for row in rows})


def unverified_forms(participant_ids: Collection[int]) -> Counter[At]:
    """How many forms the plan still asks for, by participant and visit. One statement."""
    found: Counter[At] = Counter({(pk, None): 0 for pk in participant_ids})
    for (person, visit, _form), counts in progress_of(participant_ids).forms.items():
        found[person, visit] += bool(counts.left)
    return found


# --- one visit, or one participant ---------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Change:
    """The first change after a verification, and what the row was then (None: it is new)."""

    at: datetime
    by: str
    reason: str
    old: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tick, with its state: open, verified or changed."""

    form: str
    record: Record
    critical: bool
    required: bool
    state: str
    verified_at: datetime | None
    verified_by: str | None
    change: Change | None


def items_of(place: Place) -> list[Item]:
    """The items of a visit (all its forms), or of a participant without a visit. One statement."""
    where = "i.visit_id is not distinct from %(visit)s::bigint"
    sql = f"""{with_state(people="p.id = %(person)s", items=where)}
    select a.form, a.table_name, a.record_id, a.field, a.critical, a.required, a.state,
           a.verified_at, a.verified_by, f.at, f.actor, f.reason, f.old
    from state a
    left join lateral (
      select e.at, e.actor, e.reason, e.old
      from audit_event e, (select a.seen_generation, a.seen_snapshot) v
      where a.changed and {CHANGES_ITEM}
      order by e.id limit 1
    ) f on true
    order by a.form, a.table_name, a.record_id"""  # noqa: S608
    rows = _rows(sql, {"person": place.participant_id, "visit": place.visit_id})
    return [_item(*row) for row in rows]


def verified_results(place: Place) -> dict[int, str]:
    """By lab result of a visit: "verified" or "changed"; those nobody compared are left out."""
    return {
        item.record.id: item.state
        for item in items_of(place)
        if item.record.table == "labs_result" and item.state != "open"
    }


def _item(form: str, table: str, pk: int, name: str, *facts: Any) -> Item:
    critical, required, state, verified_at, verified_by, *change = facts
    return Item(
        form=form,
        record=Record(table, pk, name),
        critical=critical,
        required=required,
        state=state,
        verified_at=verified_at,
        verified_by=verified_by,
        change=_change(*change) if state == "changed" else None,
    )


def _change(at: datetime, by: str, reason: str, old: str | None) -> Change:
    return Change(at, by, reason, json.loads(old) if old else None)


# --- lists ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Line:
    """One visit, or one participant (no visit), of the work list."""

    participant_id: int
    code: str
    site_id: int
    visit_id: int | None
    visit: str
    held_on: date | None
    counts: Counts

    @property
    def slug(self) -> str:
        return self.visit.replace(" ", "-")


STATES: Mapping[str, str] = {
    "left": "left_over > 0",
    "changed": "changed > 0",
    "done": "left_over = 0 and required > 0",
    "all": "true",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the list is narrowed down to."""

    state: str = "left"
    site_id: int | None = None
    participant: str = ""


def work(user: AnyUser, choice: Choice, *, offset: int, limit: int) -> tuple[list[Line], int]:
    """A page of the visits and participants to verify, those changed since first; and how many
    there are. One statement."""
    sql = f"""{with_state(people=_SCOPED)},
    counted as (
      select participant_id, visit_id, count(*)::int as items,
             count(*) filter (where required)::int as required,
             count(*) filter (where state = 'verified')::int as verified,
             count(*) filter (where state = 'changed')::int as changed,
             count(*) filter (where required and state <> 'verified')::int as left_over
      from state group by 1, 2
    )
    select c.participant_id, p.code, p.site_id, c.visit_id,
           coalesce(v.code || case when v.number > 0 then ' ' || v.number else '' end, ''),
           v.held_on, c.items, c.required, c.verified, c.changed, c.left_over,
           count(*) over ()::int
    from counted c join people p on p.id = c.participant_id
    left join visits_visit v on v.id = c.visit_id
    where {STATES[choice.state]}
    order by c.changed = 0, p.code, v.position nulls first, v.id
    offset %(offset)s limit %(limit)s"""  # noqa: S608
    rows = _rows(sql, {**_scope(user, choice), "offset": offset, "limit": limit})
    lines = [_work_line(*row[:6], counts=Counts(*row[6:11])) for row in rows]
    return lines, rows[0][11] if rows else 0


def _work_line(
    participant_id: int,
    code: str,
    site_id: int,
    visit_id: int | None,
    visit: str,
    held_on: date | None,
    *,
    counts: Counts,
) -> Line:
    return Line(participant_id, code, site_id, visit_id, visit, held_on, counts)


def by_site(user: AnyUser) -> dict[int, Counts]:
    """The progress of the sites that a user may see. One statement."""
    sql = f"""{with_state(people=_SCOPED)}
    select site_id, {_COUNTS} from state group by 1"""  # noqa: S608
    return {row[0]: Counts(*row[1:]) for row in _rows(sql, _scope(user, Choice()))}


_SCOPED = """(%(everywhere)s or p.site_id = any(%(sites)s))
  and (%(site)s::bigint is null or p.site_id = %(site)s)
  and (%(code)s = '' or p.code = %(code)s)"""


def _scope(user: AnyUser, choice: Choice) -> dict[str, Any]:
    scope: SiteScope = sites_for(user, Permission.REPORT_VIEW)
    return {
        "everywhere": scope.everywhere,
        "sites": list(scope.ids),
        "site": choice.site_id,
        "code": choice.participant,
    }


def _rows(sql: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters(), **given})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
