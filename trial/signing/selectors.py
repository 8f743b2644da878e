"""Reading about signatures: which stand, which are broken, and what broke them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from trial.audit.models import Event, EventQuerySet
from trial.audit.watermark import Watermark
from trial.signing.canonical import Row, digest
from trial.signing.models import COVERED, Scope, Signature


class State(StrEnum):
    """Whether a signature stands. MISMATCH: the data differ from what was signed although the
    trail knows of no change, so somebody wrote past it."""

    INTACT = "intact"
    CHANGED = "changed"
    MISMATCH = "mismatch"


def changes_after(signature: Signature) -> EventQuerySet:
    """The changes of its record since a signature, oldest first; none: it stands."""
    return changes_since(signature.seen, signature.participant_id, signature.visit_id)


def changes_since(seen: Watermark, participant_id: int, visit_id: int | None) -> EventQuerySet:
    """What was changed of a casebook, or of one visit, after a cut through history."""
    found = Event.objects.changes(COVERED).after(seen).of_participant(participant_id)
    if visit_id is not None:
        found = found.filter(visit_id=visit_id)
    return found.order_by("id")


def matches(signature: Signature, rows: Iterable[Row]) -> bool:
    """Whether these rows are those that were signed, by this signer, of this record (R-25)."""
    return digest(signature.head, rows) == signature.sha256


def state_of(signature: Signature, rows: Iterable[Row]) -> State:
    """The state by trail and hash; `rows` are what the record holds now."""
    if signature.scope != Scope.ALLOCATION and changes_after(signature).exists():
        return State.CHANGED
    return State.INTACT if matches(signature, rows) else State.MISMATCH


@dataclass(frozen=True, slots=True)
class Signatures:
    """The current signatures over some participants, each with `changed`."""

    of_visit: Mapping[int, Signature]
    of_casebook: Mapping[int, Signature]

    def visit(self, visit_id: int) -> str:
        """ "intact", "broken", or "" where a visit is not signed."""
        return _word(self.of_visit.get(visit_id))

    def casebook(self, participant_id: int) -> str:
        """The same for a casebook."""
        return _word(self.of_casebook.get(participant_id))


def _word(signature: Signature | None) -> str:
    if signature is None:
        return ""
    return "broken" if signature.changed else "intact"  # type: ignore[attr-defined]  # annotated


def signatures_of(participant_ids: Iterable[int]) -> Signatures:
    """What is signed of these participants, and whether it stands. One statement."""
    rows = Signature.objects.filter(participant_id__in=list(participant_ids))
    of_visit: dict[int, Signature] = {}
    of_casebook: dict[int, Signature] = {}
    for signature in rows.current().with_changed().select_related("site"):
        if signature.visit_id is not None:
            of_visit[signature.visit_id] = signature
        elif signature.scope == Scope.CASEBOOK:
            of_casebook[signature.participant_id] = signature
    return Signatures(of_visit, of_casebook)
