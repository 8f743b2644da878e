"""What stands over a place, as pages show it: the hold, and the signature with its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Model, Subquery
from django.db.models.functions import JSONObject

from trial.access.models import Site
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.audit.records import Place
from trial.quality.exceptions import Locked
from trial.quality.models import Hold
from trial.quality.selectors.holds import Standing
from trial.signing.models import Scope as SignatureScope
from trial.signing.models import Signature
from trial.signing.selectors import Signatures

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Marks:
    """`signed` is "intact", "broken" or ""."""

    place: Place
    hold: Hold | None
    signature: Signature | None
    signed: str
    may_sign: bool
    may_hold: bool
    may_verify: bool

    @property
    def held(self) -> str:
        """Who holds it since when and why, as a sentence; "" if nobody does."""
        return Locked(self.hold).sentence if self.hold else ""


def marks_of(place: Place, user: AnyUser) -> Marks:
    """The hold and the signature over a visit or form, or over a casebook.

    One statement; one more names the site of a hold over a site.
    """
    scope = SignatureScope.CASEBOOK if place.visit_id is None else SignatureScope.VISIT
    signatures = Signature.objects.filter(
        scope=scope, participant_id=place.participant_id or 0, visit_id=place.visit_id
    )
    newest = signatures.with_changed().order_by("-pk")
    row = Site.objects.filter(pk=place.site_id).values_list(
        Subquery(Hold.objects.over(place).values(row=_json(Hold))[:1]),
        Subquery(newest.values(row=_json(Signature, "changed"))[:1]),
    )[0]
    hold, signature = _read(Hold, row[0]), _read(Signature, row[1])
    signed = ("broken" if row[1]["changed"] else "intact") if signature else ""
    return _marks(place, user, hold, signature, signed)


def marks_from(place: Place, user: AnyUser, held: Standing, signed: Signatures) -> Marks:
    """Those over a participant and their casebook, from what a page has read. No statement."""
    participant_id = place.participant_id or 0
    return _marks(
        place,
        user,
        held.over(place.site_id, participant_id),
        signed.of_casebook.get(participant_id),
        signed.casebook(participant_id),
    )


def _marks(
    place: Place, user: AnyUser, hold: Hold | None, signature: Signature | None, signed: str
) -> Marks:
    return Marks(
        place=place,
        hold=hold,
        signature=signature,
        signed=signed,
        may_sign=bool(can(user, Permission.SIGN, place.site_id)),
        may_hold=bool(can(user, Permission.FREEZE, place.site_id)),
        may_verify=bool(can(user, Permission.SDV_PERFORM, place.site_id)),
    )


def _json(model: type[Model], *more: str) -> JSONObject:
    """A whole row as one value, so that two tables are read by one statement."""
    names = [*(field.attname for field in model._meta.concrete_fields), *more]
    return JSONObject(**{name: F(name) for name in names})


def _read(model: type[Row], values: Mapping[str, Any] | None) -> Row | None:
    if values is None:
        return None
    fields = model._meta.concrete_fields
    return model(**{one.attname: one.to_python(values[one.attname]) for one in fields})
