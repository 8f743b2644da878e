"""Recording what was compared with the source, taking it back, and planning how much is to be."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.meanwhile import refused_if
from trial.access.models import Site
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.models import Event
from trial.audit.records import Place, Record
from trial.audit.watermark import Watermark
from trial.quality.casebook import FORM_OF_TABLE, tables_of
from trial.quality.drawing import drawn
from trial.quality.models import Mode, Verification, VerificationPlan
from trial.quality.observed import observed

WHOLE_FORM = Record("", 0)


@dataclass(frozen=True, slots=True)
class Target:
    """What was compared: `place` with its form, and of it everything or one record or value."""

    place: Place
    record: Record = WHOLE_FORM


def verify(*, targets: Sequence[Target], seen: Watermark, by: Actor) -> list[Verification]:
    """Record that somebody has compared these with the source, as they were at `seen`.

    `seen` is the cut through history of the page on which they were read, taken before it was
    read: so what is kept is what was looked at, whatever is saved beside it. Raises Refused with
    nothing chosen or for a record that is of another form, Conflict if one was changed after
    `seen`. One transaction, one act for each form (R-09).
    """
    if not targets:
        raise Refused({"": [_("Choose at least one value.")]})
    for target in targets:
        if target.record.table and FORM_OF_TABLE.get(target.record.table) != target.place.form:
            raise Refused({"": [_("This value belongs to another form.")]})
    with transaction(by=by):
        if changed(targets, seen):
            message = _("Values were changed while you compared them. Read them again.")
            raise Conflict({"": [message]}, [])
        rows = Verification.objects.bulk_create(_row(one, seen, by) for one in targets)
        for place, records in _by_place(targets).items():
            _tell(events.Act.VERIFIED, place, records, by)
    return rows


def changed(targets: Iterable[Target], seen: Watermark) -> bool:
    """Whether anything of these was changed after `seen`. One statement."""
    covered = Q(pk__in=[])
    for target in targets:
        if target.record.table:
            covered |= observed(target.record.field) & Q(
                table_name=target.record.table, record_id=str(target.record.id)
            )
        else:
            covered |= observed() & Q(
                table_name__in=tables_of(target.place.form), visit_id=target.place.visit_id
            )
    people = {target.place.participant_id for target in targets}
    return Event.objects.after(seen).filter(covered, participant_id__in=people).exists()


def _row(target: Target, seen: Watermark, by: Actor) -> Verification:
    place, record = target.place, target.record
    return Verification(
        site_id=place.site_id,
        participant_id=place.participant_id or 0,
        participant_code=place.participant_code,
        visit_id=place.visit_id,
        visit_label=place.visit_label,
        form=place.form,
        table_name=record.table,
        record_id=record.id if record.table else None,
        field=record.field,
        seen_generation=seen.generation,
        seen_snapshot=seen.snapshot,
        verified_by=by.name,
    )


def _by_place(targets: Iterable[Target]) -> dict[Place, list[str]]:
    found: dict[Place, list[str]] = {}
    for target in targets:
        found.setdefault(target.place, []).append(
            str(target.record) if target.record.table else "form"
        )
    return found


def withdraw(*, place: Place, reason: str, by: Actor) -> int:
    """Take back every verification of a form, of values in it too; how many there were.

    Raises Refused without a reason, or where nothing is verified.
    """
    _require_reason(reason)
    with transaction(by=by, reason=reason):
        standing = Verification.objects.standing().of_form(place).select_for_update(of=("self",))
        ids = list(standing.order_by("pk").values_list("pk", flat=True))
        if not ids:
            raise Refused({"": [_("Nothing of this form is verified.")]})
        Verification.objects.filter(pk__in=ids).update(
            withdrawn_at=timezone.now(), withdrawn_by=by.name, withdraw_reason=reason.strip()
        )
        _tell(events.Act.VERIFICATION_WITHDRAWN, place, [str(pk) for pk in ids], by)
    return len(ids)


@dataclass(frozen=True, slots=True)
class Share:
    """How much a plan asks for. `percent` and `critical_of_others` only go with a sample."""

    forms: Sequence[str]
    mode: Mode
    percent: int | None = None
    critical_of_others: bool = False
    seed: int | None = None


def plan(
    *, site: Site | None, share: Share, codes: Iterable[str], reason: str, by: Actor
) -> VerificationPlan:
    """Say how much of a site, or of the study, is to be verified from now on; ends the plan before.

    A sample without a seed gets one by chance; the act in the trail keeps who of `codes`, the
    participants there are, was drawn. Raises Refused without a reason, forms or share, Conflict
    if somebody else makes a plan of the same at the same instant.
    """
    _require_reason(reason)
    _check(share)
    sample = share.mode == Mode.SAMPLE
    meanwhile = Conflict(
        {"": [_("Somebody is saving just now. Nothing was changed; try again.")]}, []
    )
    with transaction(by=by, reason=reason), refused_if("plan_one_standing", meanwhile):
        _end_plan(site, by)
        made = VerificationPlan.objects.create(
            site=site,
            forms=list(share.forms),
            mode=share.mode,
            percent=share.percent if sample else None,
            seed=_seed(share) if sample else None,
            critical_of_others=sample and share.critical_of_others,
            reason=reason.strip(),
            planned_by=by.name,
        )
        events.record(
            events.Act.VERIFICATION_PLANNED,
            by=by,
            record=f"quality_verificationplan:{made.pk}",
            details={"mode": made.mode, "percent": made.percent, "seed": made.seed,
                     "forms": made.forms, "drawn": drawn_of(made, codes)},
            subject=(made.site_id, None, None),
            reason=reason,
        )  # fmt: skip
    return made


def _end_plan(site: Site | None, by: Actor) -> None:
    """End the standing plan of a site, or of the study, if there is one."""
    standing = VerificationPlan.objects.filter(site=site, ended_at=None)
    standing.update(ended_at=timezone.now(), ended_by=by.name)


def drawn_of(made: VerificationPlan, codes: Iterable[str]) -> list[str]:
    """Who of these is in a plan's sample; nobody where it has none."""
    if made.seed is None or made.percent is None:
        return []
    return [code for code in sorted(codes) if drawn(made.seed, made.percent, code)]


def _seed(share: Share) -> int:
    return secrets.randbelow(10**9) if share.seed is None else share.seed


def _check(share: Share) -> None:
    unknown = set(share.forms) - set(FORM_OF_TABLE.values())
    if not share.forms or unknown:
        raise Refused({"forms": [_("Choose at least one form.")]})
    if share.mode == Mode.SAMPLE and not 1 <= (share.percent or 0) <= 100:
        raise Refused({"percent": [_("Give a share from 1 to 100 %.")]})


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused({"reason": [_("Say why.")]})


def _tell(act: events.Act, place: Place, records: Sequence[str], by: Actor) -> None:
    events.record(
        act,
        by=by,
        record=f"{tables_of(place.form)[0]}:{place.visit_id or place.participant_id}",
        details={"form": place.form, "visit": place.visit_label, "records": list(records)},
        subject=place.subject,
    )
