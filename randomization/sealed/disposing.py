"""Deciding about a lot, with a signature over its record (clinical rules §8.2; 21 CFR 11.50)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from randomization.release import Case, Disposition, Objection, digest, objections
from randomization.sealed.models import Lot, LotDisposition
from randomization.sealed.product import Known, known, lots
from trial.access.exceptions import Conflict, Refused
from trial.access.models import User
from trial.access.reauth import prove
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction

ACT = "disposition"
NAMES: dict[Disposition, str | Promise] = {
    Disposition.QUARANTINE: gettext_lazy("in quarantine"),
    Disposition.RELEASED: gettext_lazy("released"),
    Disposition.CONDITIONAL: gettext_lazy("released on condition"),
    Disposition.REJECTED: gettext_lazy("rejected"),
    Disposition.RECALLED: gettext_lazy("recalled"),
    Disposition.DESTROYED: gettext_lazy("destroyed"),
}
# What the signature means, as the signer reads it (21 CFR 11.50(a)(3)).
MEANINGS: dict[Disposition, str | Promise] = {
    Disposition.RELEASED: gettext_lazy(
        "I have reviewed the lot's record: it fulfils its specification and may be used."
    ),
    Disposition.CONDITIONAL: gettext_lazy(
        "I have reviewed the lot's record: it may be used before its sterility test is final."
    ),
    Disposition.REJECTED: gettext_lazy("This lot must not be used."),
    Disposition.RECALLED: gettext_lazy("This lot is recalled: no bag of it may be used any more."),
    Disposition.DESTROYED: gettext_lazy("What is left of this lot has been destroyed."),
}
OBJECTIONS: dict[Objection, tuple[str, str | Promise]] = {
    Objection.NOT_A_STEP: ("disposition", gettext_lazy("The lot can't become this now.")),
    Objection.EXPIRED: ("disposition", gettext_lazy("The lot has expired.")),
    Objection.NO_COA: ("disposition", gettext_lazy("There is no certificate of analysis.")),
    Objection.FAILS: ("disposition", gettext_lazy("A result is outside the specification.")),
    Objection.INCOMPLETE: ("disposition", gettext_lazy("A test that is needed has no result.")),
    Objection.NOTHING_PENDING: (
        "disposition",
        gettext_lazy("No sterility result is pending: release the lot without a condition."),
    ),
    Objection.NO_FOLLOW_UP: (
        "follow_up_on",
        gettext_lazy("Say when the final sterility result is due."),
    ),
    Objection.NO_REASON: ("reason", gettext_lazy("Give the reason.")),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a lot. `shown`: the mark of the record that was on the page."""

    disposition: Disposition
    reason: str = ""
    follow_up_on: date | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and what was given to prove it: both components, each time."""

    user: User
    username: str
    password: str
    address: str = ""


def dispose(*, lot: Lot, decision: Decision, signer: Signer, by: Actor) -> LotDisposition:
    """Prove who signs, then decide.

    Raises Refused for a wrong proof or with what stands against it (R-30), Conflict if the lot's
    record has changed since it was shown.
    """
    prove_signer(signer, by=by)
    return put(lot=lot, decision=decision, signer=signer.user, by=by)


def prove_signer(signer: Signer, *, by: Actor) -> None:
    """Raises Refused("username" or "password") unless the person is who has signed in."""
    if not signer.username.strip():
        raise Refused({"username": [_("Enter your user name.")]})
    prove(
        user=signer.user, username=signer.username, password=signer.password,
        address=signer.address, act=ACT, by=by,
    )  # fmt: skip


def put(*, lot: Lot, decision: Decision, signer: User, by: Actor) -> LotDisposition:
    """The decision of a signer who has proved to be the one; joins the caller's transaction."""
    with transaction(by=by, reason=decision.reason, using=SEALED_DB_ALIAS):
        # The row first, what is read of it after: nobody changes it in between.
        Lot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
        found = known(lots().get(pk=lot.pk))
        if decision.shown and decision.shown != found.mark:
            raise Conflict({"": [_("The lot was changed after you opened this page.")]}, [])
        now = timezone.now()
        _require(found, decision, now)
        row = _row(found, decision, signer, by, now)
        row.save(force_insert=True)
        Lot.objects.filter(pk=lot.pk).update(disposition=decision.disposition.value)
    return row


def _require(found: Known, decision: Decision, now: datetime) -> None:
    case = Case(
        found.findings,
        has_certificate=bool(found.lot.coa_sha256),
        expires_at=found.lot.expires_at,
        now=now,
        reason=decision.reason,
        follow_up_on=decision.follow_up_on,
    )
    against = objections(Disposition(found.lot.disposition), decision.disposition, case)
    errors: dict[str, list[str | Promise]] = {}
    for one in against:
        place, words = OBJECTIONS[one]
        errors.setdefault(place, []).append(words)
    if errors:
        raise Refused(errors)


def _row(
    found: Known, decision: Decision, signer: User, by: Actor, now: datetime
) -> LotDisposition:
    row = LotDisposition(
        lot=found.lot,
        number=found.lot.dispositions.count() + 1,
        before=found.lot.disposition,
        disposition=decision.disposition.value,
        meaning=decision.disposition.value,
        reason=decision.reason,
        follow_up_on=decision.follow_up_on
        if decision.disposition is Disposition.CONDITIONAL
        else None,
        signer_id=signer.pk,
        printed_name=signer.get_full_name(),
        role=by.role,
        signed_at=now,
        signed_by=signer.username,
        record=found.record,
    )
    row.head = _head(row)
    row.sha256 = digest(row.head, row.record)
    return row


def _head(row: LotDisposition) -> dict[str, object]:
    return {
        "lot": row.lot_id,
        "number": row.number,
        "before": row.before,
        "disposition": row.disposition,
        "meaning": row.meaning,
        "reason": row.reason,
        "follow_up_on": row.follow_up_on.isoformat() if row.follow_up_on else None,
        "signer_id": row.signer_id,
        "printed_name": row.printed_name,
        "username": row.signed_by,
        "role": row.role,
        "at": row.signed_at.isoformat(timespec="microseconds"),
    }
