"""Giving biopsies to readers: under names drawn at random, in an order drawn at random (§5.3)."""

import secrets
from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.policy import can
from trial.access.roles import Permission
from trial.audit.context import Actor, transaction
from visits.central_reading import ALGORITHM, SEED_BYTES, Specimen, reading_order
from visits.double_reading import State
from visits.models import (
    Biopsy,
    FinalHistology,
    ReadingAssignment,
    ReadingBatch,
    SlideImage,
)
from visits.models.reading import FIRST, SECOND, THIRD, BiopsyRow

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no word, no visit and no number can be read out of them
LENGTH = 8
_LOCK = 7_202_702  # one batch at a time: its number is the next one
Places = Mapping[int, User]


def assign(*, biopsies: Sequence[int], first: User, second: User, by: Actor) -> ReadingBatch:
    """Give biopsies, by their rows, to two readers. Each gets codes and an order of their own.

    Raises Refused for one reader twice, for who is no reader, for no biopsy, and for a biopsy that
    has no pictures or readers already.
    """
    if first == second:
        raise Refused({"second": [_("Two readings are of two readers.")]})
    with transaction(by=by):
        found = _locked(biopsies)
        _require_unread(found)
        return _give(found, {FIRST: first, SECOND: second}, by)


def assign_third(*, biopsies: Sequence[int], reader: User, by: Actor) -> ReadingBatch:
    """Give biopsies on which two readers differ to a third, who is not told so.

    Raises Refused unless they wait for a third reader, and for who has read one of them.
    """
    with transaction(by=by):
        found = _locked(biopsies)
        waiting = FinalHistology.objects.filter(biopsy__in=found, state=State.ADJUDICATE)
        given = ReadingAssignment.objects.standing().filter(biopsy__in=found)
        if waiting.count() != len(found) or given.filter(place=THIRD).exists():
            raise Refused({"": [_("Not all of these wait for a third reader.")]})
        if given.filter(reader=reader).exists():
            raise Refused({"reader": [_("Who settles a difference has not read it before.")]})
        return _give(found, {THIRD: reader}, by)


def replace(
    *, assignment: ReadingAssignment, reader: User, why: str, by: Actor
) -> ReadingAssignment:
    """Take a biopsy back from a reader who has not submitted, and give it to another.

    Raises Refused without a reason, once it is submitted, and for who reads it already.
    """
    if not why.strip():
        raise Refused({"why": [_("Say why.")]})
    with transaction(by=by, reason=why):
        found = _locked([assignment.biopsy_id])
        row = ReadingAssignment.objects.select_for_update().get(pk=assignment.pk)
        _require_replaceable(row, reader)
        row.withdrawn_at, row.withdrawn_by = timezone.now(), by.name
        row.withdrawn_why = why.strip()
        row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_why"])
        batch = _give(found, {row.place: reader}, by)
        return batch.assignments.get()


def _require_replaceable(row: ReadingAssignment, reader: User) -> None:
    if row.withdrawn_at is not None or row.submitted_at is not None:
        raise Refused({"": [_("It is submitted, or was taken back, already.")]})
    reads = ReadingAssignment.objects.standing().filter(biopsy=row.biopsy_id, reader=reader)
    if reads.exists():
        raise Refused({"reader": [_("This reader reads the biopsy already.")]})


def _locked(ids: Sequence[int]) -> list[BiopsyRow]:
    """The biopsies, locked in the order of their ids, after every other batch."""
    if not ids:
        raise Refused({"": [_("Choose at least one biopsy.")]})
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    rows = Biopsy.objects.select_for_update(of=("self",)).filter(pk__in=ids, not_done="")
    found: list[BiopsyRow] = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise Refused({"": [_("One of these biopsies is not there.")]})
    return found


def _require_unread(found: Sequence[BiopsyRow]) -> None:
    if ReadingAssignment.objects.standing().filter(biopsy__in=found).exists():
        raise Refused({"": [_("One of these biopsies has readers already.")]})


def _require_shown(found: Sequence[BiopsyRow]) -> None:
    images = SlideImage.objects.filter(biopsy__in=found, struck_at=None)
    if len(set(images.values_list("biopsy_id", flat=True))) != len(found):
        raise Refused({"": [_("One of these biopsies has no pictures yet.")]})


def _give(found: Sequence[BiopsyRow], places: Places, by: Actor) -> ReadingBatch:
    """A batch with everybody's specimens in their order."""
    _require_shown(found)
    for reader in places.values():
        if not can(reader, Permission.HISTOLOGY_READ):
            raise Refused({"": [_("%(name)s is no central reader.") % {"name": reader}]})
    batch = _draw(by)
    for place, reader in places.items():
        ReadingAssignment.objects.bulk_create(_specimens(batch, found, place, reader, by))
    return batch


def _draw(by: Actor) -> ReadingBatch:
    last = ReadingBatch.objects.aggregate(last=Max("number"))["last"] or 0
    return ReadingBatch.objects.create(
        number=last + 1, seed=secrets.token_bytes(SEED_BYTES).hex(), algorithm=ALGORITHM,
        drawn_at=timezone.now(), drawn_by=by.name,
    )  # fmt: skip


def _specimens(
    batch: ReadingBatch, found: Sequence[BiopsyRow], place: int, reader: User, by: Actor
) -> list[ReadingAssignment]:
    by_code = {_code(): biopsy for biopsy in found}
    order = order_of(batch, reader, {code: one.participant_id for code, one in by_code.items()})
    return [
        ReadingAssignment(
            batch=batch, biopsy=by_code[one.code], reader=reader, place=place, code=one.code,
            position=position, assigned_at=batch.drawn_at, assigned_by=by.name,
        )
        for position, one in enumerate(order, start=1)
    ]  # fmt: skip


def order_of(batch: ReadingBatch, reader: User, people: Mapping[str, int]) -> tuple[Specimen, ...]:
    """The order of a batch for a reader, as it was drawn and can be drawn again. `people`: whose
    biopsy each code is."""
    earlier = ReadingAssignment.objects.filter(reader=reader, batch__number__lt=batch.number)
    last = earlier.order_by("-batch__number", "-position").values_list("biopsy__participant_id")
    after = next((str(participant) for (participant,) in last[:1]), None)
    return reading_order(
        [Specimen(code, str(participant)) for code, participant in people.items()],
        seed=bytes.fromhex(batch.seed), reader=str(reader.pk), batch=str(batch.number), after=after,
    )  # fmt: skip


def _code() -> str:
    """A new code; that two are one happens once in 25 billion, and is refused by the database."""
    return "".join(secrets.choice(LETTERS) for _n in range(LENGTH))
