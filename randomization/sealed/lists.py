"""Making a list of randomisation, committing to it, putting it in force (clinical rules §9).

Runs in the processes that hold the sealed login, for the unblinded statistician. A list is drawn
from a secret seed, read from the statistician's file, or a row of draws for minimisation; in each
case its slots are stored in their order and hashed with a secret salt. The hash is published before
the first participant; salt, seed and slots come out after the last.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import DatabaseError, connections
from django.utils import timezone
from django.utils.translation import gettext as _

from randomization import listfile, minimisation
from randomization.blocks import ALGORITHM, Design, Slot, generate
from randomization.commitment import SALT_BYTES, commit
from randomization.drbg import SEED_BYTES, Stream
from randomization.models import ListCommitment
from randomization.sealed.models import AllocationList
from trial.access.exceptions import Refused
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction

EVERYWHERE = "all"  # the one stratum of a minimisation: its factors do the balancing
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a list consists of before it is stored."""

    method: str
    algorithm: str
    design: dict[str, object]
    seed: bytes | None
    checksum: str
    slots: Sequence[Slot]
    draws: bool = False


def draft_blocks(*, design: Design, by: Actor, seed: bytes | None = None) -> AllocationList:
    """Draw a list of permuted blocks. `seed` is drawn too, unless one is given to repeat a list."""
    secret = seed or secrets.token_bytes(SEED_BYTES)
    slots = generate(design, secret)
    return _store(
        _Draft("blocks", ALGORITHM, asdict(design), secret, _checksum(slots), slots), by=by
    )


def draft_file(
    *, data: bytes, arms: Sequence[str], strata: Sequence[str], by: Actor
) -> AllocationList:
    """Take the statistician's file as it is. Raises ListFileError with what is wrong in it, Refused
    for a file that was taken before (F-011)."""
    slots = listfile.read(data, arms=arms, strata=strata)
    checksum = listfile.checksum(data)
    if AllocationList.objects.filter(method="file", checksum=checksum).exists():
        raise Refused({"file": [_("This file has been taken before.")]})
    design: dict[str, object] = {"arms": list(arms), "strata": list(strata)}
    return _store(_Draft("file", "file-1", design, None, checksum, slots), by=by)


def draft_minimisation(
    *, scheme: minimisation.Scheme, slots: int, by: Actor, seed: bytes | None = None
) -> AllocationList:
    """Draw the random element of each of `slots` decisions of a minimisation in advance, so that
    nothing random happens while people are randomised, and all can be replayed (F-020)."""
    if len(scheme.arms) != 2:
        raise Refused({"arms": [_("Minimisation is made for two arms.")]})
    secret = seed or secrets.token_bytes(SEED_BYTES)
    stream = Stream(secret, minimisation.ALGORITHM)
    drawn = [Slot(EVERYWHERE, n + 1, 0, str(stream.below(_DRAWS))) for n in range(slots)]
    design: dict[str, object] = {
        "arms": list(scheme.arms),
        "weights": dict(scheme.weights),
        "preferred": int(scheme.preferred * _DRAWS),
    }
    draft = _Draft(
        "minimisation", minimisation.ALGORITHM, design, secret, _checksum(drawn), drawn, draws=True
    )
    return _store(draft, by=by)


def put_in_force(*, found: AllocationList, by: Actor) -> ListCommitment:
    """Publish the commitment and let the study run on this list from now on.

    Raises Refused for a list that is no draft, or that gives a number a second time.
    """
    with transaction(by=by, using=SEALED_DB_ALIAS):
        try:
            with connections[SEALED_DB_ALIAS].cursor() as cursor:
                cursor.execute("select sealed.activate(%s, %s)", [found.pk, by.name])
        except DatabaseError as error:
            if getattr(error.__cause__, "pgcode", "") in ("SE001", "SE005"):
                message = _("This list can't be put in force: it is no draft, or repeats numbers.")
                raise Refused({"": [message]}) from None
            raise
        published: ListCommitment = ListCommitment.objects.using(SEALED_DB_ALIAS).create(
            list_id=found.pk,
            method=found.method,
            algorithm=found.algorithm,
            commitment=found.commitment,
            slots=found.slots,
            strata=found.strata,
            committed_at=timezone.now(),
            committed_by=by.name,
        )
        return published


def _checksum(slots: Sequence[Slot]) -> str:
    return listfile.checksum(listfile.write(slots))


def _store(draft: _Draft, *, by: Actor) -> AllocationList:
    salt = secrets.token_bytes(SALT_BYTES)
    strata = list(dict.fromkeys(slot.stratum for slot in draft.slots))
    head = [
        draft.method, draft.algorithm, json.dumps(draft.design), draft.seed, salt, draft.checksum,
        commit(draft.slots, salt), len(draft.slots), strata, by.name,
    ]  # fmt: skip
    with transaction(by=by, using=SEALED_DB_ALIAS):
        with connections[SEALED_DB_ALIAS].cursor() as cursor:
            cursor.execute(
                "insert into sealed.list (method, algorithm, design, seed, salt, checksum,"
                " commitment, slots, strata, made_by) values (%s, %s, %s::jsonb, %s, %s, %s, %s,"
                " %s, %s, %s) returning id",
                head,
            )
            (pk,) = cursor.fetchone()
            cursor.execute(
                "insert into sealed.stratum (list_id, code) select %s, unnest(%s)", [pk, strata]
            )
            cursor.execute(
                "insert into sealed.slot (list_id, stratum, number, block, arm, draw)"
                " select %s, * from unnest(%s::text[], %s::int[], %s::int[], %s::text[],"
                " %s::int[])",
                [pk, *_columns(draft)],
            )
        return AllocationList.objects.get(pk=pk)


def _columns(draft: _Draft) -> list[list[object]]:
    """The slots by column, in the order of the list."""
    slots = draft.slots
    nothing: list[object] = [None] * len(slots)
    outcomes: list[object] = [slot.arm for slot in slots]
    return [
        [slot.stratum for slot in slots],
        [slot.number for slot in slots],
        [slot.block for slot in slots],
        nothing if draft.draws else outcomes,
        [int(str(one)) for one in outcomes] if draft.draws else nothing,
    ]
