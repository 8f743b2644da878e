"""Making a list of randomisation, committing to it, putting it in force (clinical rules §9).

Runs in the processes that hold the sealed login, for the unblinded statistician. A list is drawn
from a secret seed, read from the statistician's file, or a row of draws for minimisation; in each
case its slots are stored in their order and hashed with a secret salt. The hash is published before
the first participant; salt, seed and slots come out after the last.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import DatabaseError, IntegrityError, connections
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from randomization import listfile, minimisation
from randomization.blocks import ALGORITHM, Design, Slot, generate
from randomization.commitment import SALT_BYTES, commit
from randomization.drbg import SEED_BYTES
from randomization.models import ListCommitment
from randomization.sealed.models import AllocationList
from trial.access.exceptions import Refused
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.audit.events import Act

# No draft, numbers given before, another list took force at the same moment.
_NOT_NOW = ("SE001", "SE005", "23505")
TAKEN = gettext_lazy("This list has been taken before.")


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
    *,
    data: bytes,
    arms: Sequence[str],
    strata: Sequence[str],
    by: Actor,
    first: Mapping[str, int] | None = None,
) -> AllocationList:
    """Take the statistician's file as it is. Raises ListFileError with what is wrong in it, Refused
    for a list that was taken before (F-011). `first` is where a stratum counts on, else 1."""
    slots = listfile.read(data, arms=arms, strata=strata, first=first)
    content = _checksum(slots)  # the same list with other line ends is the same list
    if AllocationList.objects.filter(method="file", design__content=content).exists():
        raise Refused({"file": [TAKEN]})
    design: dict[str, object] = {
        "arms": list(arms),
        "strata": list(strata),
        "form": asdict(listfile.form_of(data)),
        "content": content,
    }
    draft = _Draft("file", "file-1", design, None, listfile.checksum(data), slots)
    try:
        return _store(draft, by=by)
    except IntegrityError:  # of two who bring it at once, the second
        raise Refused({"file": [TAKEN]}) from None


def draft_minimisation(
    *,
    scheme: minimisation.Scheme,
    slots: int,
    by: Actor,
    seed: bytes | None = None,
    first: int = 1,
) -> AllocationList:
    """Draw the random element of each of `slots` decisions of a minimisation in advance, so that
    nothing random happens while people are randomised, and all can be replayed (F-020)."""
    if len(scheme.arms) != 2:
        raise Refused({"arms": [_("Minimisation is made for two arms.")]})
    secret = seed or secrets.token_bytes(SEED_BYTES)
    drawn = minimisation.drawn(secret, slots, first=first)
    design: dict[str, object] = {
        "arms": list(scheme.arms),
        "weights": dict(scheme.weights),
        "preferred": int(scheme.preferred * minimisation.PARTS),
        "slots": slots,
        "first": first,
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
            if getattr(error.__cause__, "pgcode", "") in _NOT_NOW:
                message = _("This list can't be put in force: it is no draft, or repeats numbers.")
                raise Refused({"": [message]}) from None
            raise
        published = ListCommitment.objects.using(SEALED_DB_ALIAS).create(
            list_id=found.pk,
            method=found.method,
            algorithm=found.algorithm,
            commitment=found.commitment,
            slots=found.slots,
            strata=found.strata,
            committed_at=timezone.now(),
            committed_by=by.name,
        )
        _tell(published)
        return published


def _tell(published: ListCommitment) -> None:
    """In the trail that everybody reads: that there is a list, and its hash. Within the same
    transaction, and so by the sealed login."""
    details = {"method": published.method, "algorithm": published.algorithm,
               "commitment": published.commitment}  # fmt: skip
    with connections[SEALED_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "select public.audit_act(%s, 'randomization_listcommitment', %s, %s::jsonb,"
            " null, null, null)",
            [Act.LIST_COMMITTED.value, str(published.pk), json.dumps(details)],
        )


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
