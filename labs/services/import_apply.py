"""Writing a checked file: one transaction, in which either every planned panel is written or none.

All judging was done by the check, before any lock was taken, so that people who enter data wait
for moments only (F-026). Under the locks, participants whose records changed since are planned
again. Locks are taken as every save takes them: labs in the order of their rows, then visits,
then participants.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F
from django.utils import timezone

from labs.import_facts import bases, protocols_of, rules_mark, setting_of
from labs.importing.mapping import parse
from labs.importing.placing import UNSCHEDULED
from labs.models import ImportBatch, ImportPerson, ImportPlan, Panel, Result, Series, Source
from labs.services.import_check import (
    PEOPLE,
    parts,
    plan_people,
    planned_counts,
    samples_of,
)
from labs.services.import_progress import Report
from labs.services.series_lock import lock_many
from labs.services.soft_queries import ask_about_soft
from patients.models import Participant
from trial.audit.context import Actor
from visits.models import Status as VisitStatus
from visits.models import Visit
from visits.places import place_of


class ChangedSinceCheckError(Exception):
    """What the check allowed is no longer allowed: a person has to look again."""


# What a save of the form does to its visit, for all planned panels of some participants at once.
_HOLD = """
update visits_visit v
set status = 'held', held_on = p.collected_on, version = v.version + 1,
    reason = case when p.outside_window then %(reason)s else '' end
from labs_importplan p
where p.batch_id = %(batch)s and p.participant_id = any(%(people)s) and p.holds
  and v.id = p.visit_id
"""
_EXTEND = """
update labs_panel n
set version = n.version + 1, source = 'import', expected = p.expected, filled = p.filled,
    saved_at = %(now)s, saved_by = %(who)s
from labs_importplan p
where p.batch_id = %(batch)s and p.participant_id = any(%(people)s) and n.id = p.panel_id
"""
_RESULTS = """
insert into labs_result (panel_id, analyte, text, unit, comparator, value, canonical, not_done,
                         confirmed, comment, range_id, range_low, range_high, flag, changed_at)
select m.panel_id, r.analyte, r.text, r.unit, r.comparator, r.value, r.canonical, r.not_done,
       r.confirmed, r.comment, r.range_id, r.range_low, r.range_high, r.flag, %(now)s
from unnest(%(plans)s::bigint[], %(panels)s::bigint[]) m(plan_id, panel_id)
join labs_importplan p on p.id = m.plan_id,
jsonb_to_recordset(p.results) as r(
  analyte text, text text, unit text, comparator text, value numeric, canonical numeric,
  not_done text, confirmed boolean, comment text, range_id bigint, range_low numeric,
  range_high numeric, flag text)
order by m.panel_id
"""


def write(*, batch: ImportBatch, by: Actor, reason: str, report: Report) -> Counter[str]:
    """Write everything planned. Call inside the transaction; returns the counts as written.

    Raises ChangedSinceCheckError if replanning found errors that nobody has agreed to leave out.
    """
    lock_many(_planned(batch))
    _lock_visits(batch)
    _replan_changed(batch)
    counts = planned_counts(batch)
    file_errors = batch.counts.get("file_error", 0)
    if counts["error"] + file_errors and not batch.skip_errors:
        raise ChangedSinceCheckError
    done, planned = 0, _planned(batch)
    for ids in parts(planned):
        _write_people(batch, ids, by, reason)
        done += len(ids)
        report(done, len(planned))
    return counts


def _planned(batch: ImportBatch) -> dict[int, int]:
    """How many panels are to be written for each participant, in the order of their ids."""
    rows = ImportPlan.objects.filter(batch=batch).order_by("participant_id")
    counted = rows.values("participant_id").annotate(number=Count("id"))
    return dict(counted.values_list("participant_id", "number"))


def _lock_visits(batch: ImportBatch) -> None:
    plans = ImportPlan.objects.filter(batch=batch)
    held = Visit.objects.filter(pk__in=plans.filter(holds=True).values("visit_id"))
    list(held.select_for_update().order_by("pk").values_list("pk"))
    # A new unscheduled visit gets its number under the participant's lock, here as in the form.
    new = Participant.objects.filter(pk__in=plans.filter(visit_id=None).values("participant_id"))
    list(new.select_for_update().order_by("pk").values_list("pk"))


def _replan_changed(batch: ImportBatch) -> None:
    """Plan again whoever changed between check and lock, or everybody if the ranges did."""
    known = ImportPerson.objects.filter(batch=batch).order_by("participant_id")
    rows = list(known.values_list("participant_id", "basis"))
    same_rules = batch.rules == rules_mark(batch)
    setting = setting_of(batch, parse(batch.mapping))
    stale = set()
    for start in range(0, len(rows), PEOPLE):
        part = rows[start : start + PEOPLE]
        now = bases([participant_id for participant_id, _basis in part])
        stale |= {each for each, basis in part if not same_rules or now[each] != basis}
    for ids in parts({k: n for k, n in samples_of(batch).items() if k in stale} if stale else {}):
        plan_people(batch, ids, setting)


def _write_people(batch: ImportBatch, ids: Sequence[int], by: Actor, reason: str) -> None:
    """Write the panels of these participants. A fixed number of statements."""
    plans = list(
        ImportPlan.objects.filter(batch=batch, participant_id__in=ids)
        .defer("results")
        .order_by("participant_id", "collected_on", "id")
    )
    now = timezone.now()
    values: dict[str, Any] = {
        "batch": batch.pk, "people": list(ids), "reason": reason, "who": by.name, "now": now
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, values)
        cursor.execute(_EXTEND, values)
    visits = _new_visits(batch, plans, reason)
    panels = _new_panels(batch, plans, visits, by, now)
    values["plans"] = list(panels)
    values["panels"] = list(panels.values())
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS, values)
    _ask_about_soft(batch, panels.values(), by, reason)
    Series.objects.filter(participant__in=ids).update(version=F("version") + 1, changed_at=now)


def _ask_about_soft(batch: ImportBatch, panels: Iterable[int], by: Actor, reason: str) -> None:
    """As a save of the form does, for all panels at once. A fixed number of statements.

    Every unusual value has a comment: that of who confirmed it, or the check's own remark.
    """
    rows = Result.objects.filter(panel__in=list(panels)).exclude(text="").exclude(comment="")
    protocol = protocols_of(batch.site)
    ask_about_soft(
        rows=list(rows.select_related("panel__visit__participant")),
        stored=(),
        protocol_of=lambda row: protocol(row.panel.collected_on),
        place_of=lambda row: place_of(row.panel.visit, "labs"),
        by=by,
        reason=reason,
    )


def _new_visits(batch: ImportBatch, plans: Sequence[ImportPlan], reason: str) -> dict[int, int]:
    """Make the unscheduled visits. Returns the visit of every plan."""
    wanted = [row for row in plans if row.visit_id is None]
    numbers: Counter[int] = Counter(
        Visit.objects.filter(
            participant__in={row.participant_id for row in wanted}, code=UNSCHEDULED
        ).values_list("participant_id", flat=True)
    )
    protocol = protocols_of(batch.site)
    new = []
    for row in wanted:
        numbers[row.participant_id] += 1
        version = protocol(row.collected_on)
        new.append(
            Visit(
                participant_id=row.participant_id,
                code=UNSCHEDULED,
                number=numbers[row.participant_id],
                position=version.visit(UNSCHEDULED).order,
                status=VisitStatus.HELD,
                held_on=row.collected_on,
                reason=reason,
                protocol_version=version.number,
            )
        )
    Visit.objects.bulk_create(new)
    made = {row.pk: visit.pk for row, visit in zip(wanted, new, strict=True)}
    return made | {row.pk: row.visit_id for row in plans if row.visit_id is not None}


def _new_panels(
    batch: ImportBatch,
    plans: Sequence[ImportPlan],
    visits: Mapping[int, int],
    by: Actor,
    now: datetime,
) -> dict[int, int]:
    """Make the panels that are not there. Returns the panel of every plan."""
    wanted = [row for row in plans if row.panel_id is None]
    new = [
        Panel(
            visit_id=visits[row.pk],
            laboratory_id=batch.laboratory_id,
            collected_on=row.collected_on,
            source=Source.IMPORT,
            expected=row.expected,
            filled=row.filled,
            saved_at=now,
            saved_by=by.name,
        )
        for row in wanted
    ]
    Panel.objects.bulk_create(new)
    made = {row.pk: panel.pk for row, panel in zip(wanted, new, strict=True)}
    return made | {row.pk: row.panel_id for row in plans if row.panel_id is not None}
