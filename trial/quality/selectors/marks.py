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
    may_verify: bool

    @property
    def held(self) -> str:
        """Who holds it since when and why, as a sentence; "" if nobody does."""
        return Locked(self.hold).sentence if self.hold else ""

    @property
    def slug(self) -> str:
        """The visit in an address: "W36", "UNS-2"."""
        return self.place.visit_label.replace(" ", "-")


def marks_of(
    place: Place, user: AnyUser, signatures: Signatures | None = None, held: Standing | None = None
) -> Marks:
    """The hold and the signature over a visit, or over a casebook. Two statements; none of
    those whose answer, `signatures` or `held` of the participant, is read already."""
    participant_id = place.participant_id or 0
    found = signatures or signatures_of([participant_id])
    if place.visit_id is not None:
        signature, signed = found.of_visit.get(place.visit_id), found.visit(place.visit_id)
    else:
        signature, signed = found.of_casebook.get(participant_id), found.casebook(participant_id)
    return Marks(
        place=place,
        hold=held.over(place.site_id, participant_id) if held else hold_over(place),
        signature=signature,
        signed=signed,
        may_sign=bool(can(user, Permission.SIGN, place.site_id)),
        may_hold=bool(can(user, Permission.FREEZE, place.site_id)),
        may_verify=bool(can(user, Permission.SDV_PERFORM, place.site_id)),
    )
