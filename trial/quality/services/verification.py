"""Recording what was compared with the source, taking it back, and planning what is to be."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.events import Act, Line
from trial.audit.records import Place, Record
from trial.audit.watermark import Watermark
from trial.quality.models import Scope, Verification, VerificationPlan
from trial.quality.models.query import FORMS
from trial.quality.selectors.verification import broken

_LOCK = 7_301_645  # the advisory lock of a participant's verifications


@dataclass(frozen=True, slots=True)
class Target:
    """What was compared: a whole form (record None), or one value of it."""

    place: Place
    record: Record | None = None

    @property
    def key(self) -> tuple[object, ...]:
        record = self.record or Record("", 0)
        return (
            self.place.visit_id,
            self.place.form,
            record.table,
            record.id if self.record else None,
            record.field,
        )


def verify(*, targets: Sequence[Target], seen: Watermark, by: Actor) -> list[Verification]:
    """Record that `by` found these of one participant equal to the source, as of `seen`.

    `seen` is the watermark of the page that was compared: what was written after it shows as
    changed since at once. What is verified and unchanged already stays as it is; what has changed
    is verified anew. Returns the new rows.
    """
    if not targets:
        raise Refused({"": [_("Tick what you have compared with the source.")]})
    participant_id = targets[0].place.participant_id
    with transaction(by=by):
        _lock(participant_id)
        standing = {
            _key(row): row
            for row in Verification.objects.standing().filter(participant_id=participant_id)
        }
        stale = broken([participant_id] if participant_id else [])
        wanted = {target.key: target for target in targets}
        new = [
            target
            for key, target in wanted.items()
            if key not in standing or standing[key].pk in stale
        ]
        _replace([standing[target.key] for target in new if target.key in standing], by)
        rows = Verification.objects.bulk_create(_row(target, seen, by) for target in new)
        events.record_many(Act.VERIFIED, [_line(row) for row in rows])
        return rows


def _lock(participant_id: int | None) -> None:
    """One after the other for a participant, so that nothing is verified twice."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, participant_id or 0])


def _key(row: Verification) -> tuple[object, ...]:
    return row.visit_id, row.form, row.table_name, row.record_id, row.field


def _replace(rows: Sequence[Verification], by: Actor) -> None:
    if rows:
        Verification.objects.filter(pk__in=[row.pk for row in rows]).update(
            withdrawn_at=timezone.now(), withdrawn_by=by.name, replaced=True
        )


def _row(target: Target, seen: Watermark, by: Actor) -> Verification:
    place, record = target.place, target.record
    return Verification(
        site_id=place.site_id,
        participant_id=place.participant_id,
        participant_code=place.participant_code,
        visit_id=place.visit_id,
        visit_label=place.visit_label,
        form=place.form,
        table_name=record.table if record else "",
        record_id=record.id if record else None,
        field=record.field if record else "",
        seen_generation=seen.generation,
        seen_snapshot=seen.snapshot,
        verified_at=timezone.now(),
        verified_by=by.name,
    )


def _line(row: Verification) -> Line:
    about = f"{row.table_name}:{row.record_id}:{row.field}" if row.table_name else row.form
    return Line(
        record=f"quality_verification:{row.pk}",
        subject=row.place.subject,
        details={"about": about, "form": row.form},
    )


def withdraw(*, verification: Verification, reason: str, by: Actor) -> None:
    """Take a verification back; it stays as evidence. Raises Refused without a reason."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why the verification is taken back.")]})
    with transaction(by=by, reason=reason):
        rows = Verification.objects.select_for_update().standing()
        row = rows.filter(pk=verification.pk).first()
        if row is None:
            return
        row.withdrawn_at, row.withdrawn_by = timezone.now(), by.name
        row.withdrawn_reason = reason.strip()
        row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        events.record_many(Act.VERIFICATION_WITHDRAWN, [_line(row)])


def make_plan(
    *,
    site: Site | None,
    forms: Sequence[str],
    scope: Scope,
    share: int,
    reason: str,
    by: Actor,
    seed: str = "",
) -> VerificationPlan:
    """What is to be verified from now on at a site, or at all without a plan of their own.

    The plan before ends and stays as evidence. A seed is drawn unless one is given; it is kept,
    so that the sample can be drawn again by anybody. Raises Refused by field.
    """
    _require_plan(forms, share, reason)
    with transaction(by=by, reason=reason):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, 0)", [_LOCK + 1])
        now = timezone.now()
        VerificationPlan.objects.filter(site=site, ended_at=None).update(
            ended_at=now, ended_by=by.name
        )
        return VerificationPlan.objects.create(
            site=site,
            forms=[form for form in FORMS if form in forms],
            scope=scope,
            share=share,
            seed=seed or secrets.token_hex(8),
            reason=reason.strip(),
            made_at=now,
            made_by=by.name,
        )


def _require_plan(forms: Sequence[str], share: int, reason: str) -> None:
    if not forms or set(forms) - set(FORMS):
        raise Refused({"forms": [_("Choose at least one form.")]})
    if not 1 <= share <= 100:
        raise Refused({"share": [_("Give a share of 1 to 100 percent.")]})
    if not reason.strip():
        raise Refused({"reason": [_("Say what the plan rests on.")]})
