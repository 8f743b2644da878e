"""Recording donors, lots and the results of their release tests (clinical rules §8.1, §8.2)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import IntegrityError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from randomization.release import Disposition
from randomization.sealed.models import Donor, Lot, LotTest
from randomization.sealed.product import newest, specification, tests_mark
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.protocol import registry
from trial.protocol.product import ReleaseTest

Row = TypeVar("Row", Donor, Lot)
CHANGED = gettext_lazy("Somebody else has changed this meanwhile. Read it again.")
# What the database refuses, by the name of its constraint: the field and the words.
REFUSALS: dict[str, tuple[str, str | Promise]] = {
    "donor_code_once": ("code", gettext_lazy("There is a donor with this code.")),
    "donor_code_is_coded": (
        "code",
        gettext_lazy("A code of 2 to 20 capital letters, digits and hyphens; never a name."),
    ),
    "lot_number_once": ("number", gettext_lazy("There is a lot with this number.")),
    "lot_viable_within_total": (
        "viable_cells",
        gettext_lazy("There can't be more viable cells than cells."),
    ),
    "lot_made_before_it_expires": (
        "expires_at",
        gettext_lazy("A lot expires after it is manufactured."),
    ),
}


@dataclass(frozen=True, slots=True)
class NewResult:
    """A result as it was typed: a number or a choice, or nothing at all."""

    value: Decimal | None = None
    choice: str = ""
    tested_on: date | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of analysis: its name and the hash of its bytes; the file stays outside."""

    name: str
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> "Certificate":
        return cls(name[:200], hashlib.sha256(data).hexdigest())


def record_donor(*, values: Mapping[str, Any], by: Actor) -> Donor:
    """Add a donor under a code. Raises Refused for a code that is taken or is none."""
    made = {"recorded_at": timezone.now(), "recorded_by": by.name}
    return _stored(Donor(**values, **made), by, "")


def correct_donor(
    *, donor: Donor, values: Mapping[str, Any], version: int, reason: str, by: Actor
) -> Donor:
    """Change what is recorded of a donor. Raises Conflict if it was changed since `version`."""
    with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS):
        found = Donor.objects.select_for_update().get(pk=donor.pk)
        return _changed(found, values, version, reason, by)


def record_lot(
    *, values: Mapping[str, Any], certificate: Certificate | None = None, by: Actor
) -> Lot:
    """Add a lot, in quarantine, under the specification of the latest protocol.

    Raises Refused for a number that is taken, Refused("donor") for cells without a donor.
    """
    made = {
        "protocol_version": registry.latest().number,
        "made_at": timezone.now(),
        "made_by": by.name,
    }
    lot = Lot(**values, **_file(certificate), **made)
    _require_donor(lot)
    return _stored(lot, by, "")


def correct_lot(
    *,
    lot: Lot,
    values: Mapping[str, Any],
    version: int,
    reason: str,
    by: Actor,
    certificate: Certificate | None = None,
) -> Lot:
    """Change what is recorded of a lot while it is in quarantine; then it is signed, and stays.

    Raises Refused for a lot that has left quarantine, Conflict if it was changed since `version`.
    """
    with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS):
        found = Lot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
        if found.disposition != Disposition.QUARANTINE:
            raise Refused({"": [_("The lot has left quarantine: its record is signed.")]})
        return _changed(found, {**values, **_file(certificate)}, version, reason, by)


def _file(certificate: Certificate | None) -> dict[str, str]:
    if certificate is None:
        return {}
    return {"coa_name": certificate.name, "coa_sha256": certificate.sha256}


def _require_donor(lot: Lot) -> None:
    if specification(lot).made_of[lot.arm] == "cells" and lot.donor_id is None:
        raise Refused({"donor": [_("A lot of cells has a donor.")]})


def _changed(row: Row, values: Mapping[str, Any], version: int, reason: str, by: Actor) -> Row:
    if row.version != version:
        raise Conflict({"": [CHANGED]}, [])
    for name, value in values.items():
        setattr(row, name, value)
    if isinstance(row, Lot):
        _require_donor(row)
    row.version += 1
    return _stored(row, by, reason)


def _stored(row: Row, by: Actor, reason: str) -> Row:
    try:
        with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS):
            row.save()
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name not in REFUSALS:
            raise
        place, words = REFUSALS[name]
        raise Refused({place: [words]}) from None
    return row


# --- results ------------------------------------------------------------------------------------
def record_tests(
    *, lot: Lot, results: Mapping[str, NewResult], by: Actor, reason: str = "", shown: str = ""
) -> list[LotTest]:
    """Add the results that differ from those recorded. What was recorded stays beside them.

    `shown`: the mark of the results that were on the page. Raises Conflict if others were recorded
    since, Refused("reason") where one that is there is changed without saying why, Refused(code)
    for a result that is none.
    """
    with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS):
        found = Lot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
        before = newest([found])[found.pk]
        if shown and shown != tests_mark(before):
            raise Conflict({"": [CHANGED]}, [])
        rows = [
            _row(found, test, before.get(test.code), results[test.code], by, reason)
            for test in specification(found).typed
            if test.code in results and _differs(before.get(test.code), results[test.code])
        ]
        if any(row.number > 1 for row in rows) and not reason.strip():
            raise Refused({"reason": [_("Say why a recorded result is changed.")]})
        return LotTest.objects.bulk_create(rows)


def _differs(before: LotTest | None, new: NewResult) -> bool:
    if before is None:
        return new.value is not None or new.choice != ""
    return (before.value, before.choice, before.tested_on) != (
        new.value, new.choice, new.tested_on
    )  # fmt: skip


def _row(
    lot: Lot, test: ReleaseTest, before: LotTest | None, new: NewResult, by: Actor, reason: str
) -> LotTest:
    choices = {code for code, _label in test.choices}
    if (new.choice and new.choice not in choices) or (new.value is not None and choices):
        raise Refused({test.code: [_("This is no result of this test.")]})
    return LotTest(
        lot=lot, code=test.code, number=before.number + 1 if before else 1,
        value=new.value, choice=new.choice, tested_on=new.tested_on,
        reason=reason if before else "", recorded_at=timezone.now(), recorded_by=by.name,
    )  # fmt: skip
