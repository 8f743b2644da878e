"""Reading what is sealed: asked for and committed first, then read, once (R-17, R-47, R-48).

Needs the database and nothing else: no broker, no worker, no mail. Each function opens and commits
a transaction of its own on the sealed alias, and refuses to work inside one that is open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeVar

from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

from patients.models import Participant
from randomization.models import CATEGORIES, Category, Kind, Unblinding
from randomization.models.unblinding import REASON_LENGTH
from randomization.wording import UNBLINDING_REFUSALS
from trial.access import reauth
from trial.access.exceptions import Refused
from trial.access.models import User
from trial.audit import context
from trial.audit.again import SealedError, again_if_torn, code_of
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction

T = TypeVar("T")
Pages = Literal["product", "trail"]
VALID_FOR = timedelta(minutes=10)  # as sealed.wish has it


class NotShown(Refused):
    """Nothing was shown, with the reason; 409."""

    status = 409


@dataclass(frozen=True, slots=True)
class Asking:
    """What the investigator gave: why, and the proof of who asks."""

    category: Category
    reason: str
    user: User
    username: str
    password: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class AllocatedArm:
    """One participant's arm in the list of all."""

    participant: str
    number: str
    stratum: str
    slot: int
    arm: str


def request_arm(*, participant: Participant, asking: Asking, by: Actor) -> Unblinding:
    """Ask for one participant's arm in an emergency; committed when this returns.

    Tells sponsor and safety officer in their inboxes, without the arm. The participant stays in
    the study. Raises Refused for a reason that says too little or a wrong proof, TooManyFailures
    while proofs are paused, NotShown where there is no arm or the person is no investigator of the
    site.
    """
    _require_reason(asking.reason)
    if asking.category not in CATEGORIES[Kind.EMERGENCY]:
        raise Refused({"category": [_("Choose one of the categories.")]})
    reauth.prove(
        user=asking.user,
        username=asking.username,
        password=asking.password,
        address=asking.address,
        act="unblind",
        by=by,
    )
    why = asking.reason.strip()
    made = _committed(
        "select sealed.request_arm(%s, %s, %s)",
        [participant.pk, asking.category.value, why],
        by=by,
        reason=why,
    )[0][0]
    return Unblinding.objects.get(pk=made)


def read_arm(*, unblinding: Unblinding, by: Actor) -> str:
    """The arm that was asked for, once, to the one who asked, within ten minutes.

    Raises NotShown otherwise: then nothing was read.
    """
    return str(
        _committed(
            "select sealed.read_arm(%s)", [unblinding.access_id], by=by, reason=unblinding.reason
        )[0][0]
    )


def read_everybody(*, reason: str, by: Actor) -> list[AllocatedArm]:
    """All arms, after the planned unblinding that two people agreed on, while the study is locked.

    The request is committed before anything is read. Raises Refused for a reason that says too
    little, NotShown where the database does not agree.
    """
    _require_reason(reason)
    why = reason.strip()
    asked = _committed("select sealed.request_all(%s)", [why], by=by, reason=why)[0][0]
    rows = _committed("select * from sealed.read_all(%s)", [asked], by=by, reason=why)
    return [AllocatedArm(*row) for row in rows]


def note_reading(*, kind: Pages, what: str, why: str, by: Actor) -> None:
    """Note that somebody is about to be shown lots, contents or the sealed trail; committed.

    `what` names the page and what it is about; `why` has at least ten characters.
    """
    _committed(
        "insert into sealed.access (kind, object, reason, asked_by, asked_by_id, read_at)"
        " values (%s, %s, %s, %s, %s, clock_timestamp()) returning id",
        [kind, what, why, by.name, by.id],
        by=by,
        reason=why,
    )


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_LENGTH:
        message = _("Say why in at least %(count)s characters.") % {"count": REASON_LENGTH}
        raise Refused({"reason": [message]})


def _committed(
    statement: str, values: Sequence[str | int | None], *, by: Actor, reason: str
) -> list[tuple[Any, ...]]:
    """The rows of one statement in a transaction of its own. Raises NotShown for a known no."""
    if context.is_open(SEALED_DB_ALIAS):
        raise RuntimeError("a reading inside a transaction: it could be undone")

    def act() -> list[tuple[Any, ...]]:
        with (
            transaction(by=by, reason=reason, using=SEALED_DB_ALIAS),
            connections[SEALED_DB_ALIAS].cursor() as cursor,
        ):
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    return _in_words(lambda: again_if_torn(act))


def _in_words(act: Callable[[], T]) -> T:
    try:
        return act()
    except DatabaseError as error:
        code = code_of(error)
    words = UNBLINDING_REFUSALS.get(code)
    if words is not None:
        raise NotShown({"": [words]})
    raise SealedError(code)
