"""What stands over a place, as pages show it: the hold, and the signature with its state."""

from dataclasses import dataclass

from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.audit.records import Place
from trial.quality.exceptions import Locked
from trial.quality.models import Hold
from trial.quality.selectors.holds import Standing, hold_over
from trial.signing.models import Signature
from trial.signing.selectors import Signatures, signatures_of


@dataclass(frozen=True, slots=True)
class Marks:
    """`signed` is "intact", "broken" or ""."""

    place: Place
    hold: Hold | None
    signature: Signature | None
    signed: str
    may_sign: bool
    may_hold: bool

    @property
    def held(self) -> str:
        """Who holds it since when and why, as a sentence; "" if nobody does."""
        return Locked(self.hold).sentence if self.hold else ""


def marks_of(place: Place, user: AnyUser) -> Marks:
    """The hold and the signature over a visit or form, or over a casebook. Two statements."""
    return _marks(place, user, hold_over(place), signatures_of([place.participant_id or 0]))


def marks_from(place: Place, user: AnyUser, held: Standing, signed: Signatures) -> Marks:
    """The same from what a page has read already. No statement."""
    hold = held.over(place.site_id, place.participant_id or 0, place.visit_id, place.form)
    return _marks(place, user, hold, signed)


def _marks(place: Place, user: AnyUser, hold: Hold | None, found: Signatures) -> Marks:
    participant_id, visit_id = place.participant_id or 0, place.visit_id
    if visit_id is not None:
        signature, signed = found.of_visit.get(visit_id), found.visit(visit_id)
    else:
        signature, signed = found.of_casebook.get(participant_id), found.casebook(participant_id)
    return Marks(
        place=place,
        hold=hold,
        signature=signature,
        signed=signed,
        may_sign=bool(can(user, Permission.SIGN, place.site_id)),
        may_hold=bool(can(user, Permission.FREEZE, place.site_id)),
    )
