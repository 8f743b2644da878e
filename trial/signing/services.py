"""Signing: proved once, then one signature for each record, each in a transaction of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.exceptions import Conflict, Refused
from trial.access.models import User
from trial.access.policy import Allowed, Denied
from trial.access.reauth import prove
from trial.audit import events, seal
from trial.audit.context import Actor, transaction
from trial.audit.watermark import Watermark
from trial.signing.canonical import digest
from trial.signing.document import Document, Subject
from trial.signing.models import MEANING_OF, Components, Signature
from trial.signing.rules import Obstacle, blocking
from trial.signing.selectors import changes_since
from trial.signing.signers import may_sign
from trial.signing.wording import obstacles_text


class NotSignable(Refused):
    """Something stands against the signature; `obstacles` says what (R-30)."""

    status = 409

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__({"": [obstacles_text(self.obstacles)]})


@dataclass(frozen=True, slots=True)
class Request:
    """One record to be signed.

    `read` gives its document, `against` what stands against it, both as they are now. What was
    before the signer must still hold: `shown` is the mark of the document that was on the page,
    `since` the cut through history at which a list was drawn. `confirmed`: warnings were seen.
    """

    subject: Subject
    read: Callable[[], Document]
    against: Callable[[], Sequence[Obstacle]]
    shown: str = ""
    since: Watermark | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: a signature, or why there is none."""

    subject: Subject
    signature: Signature | None
    refused: Refused | None = None


def sign(
    *,
    requests: Sequence[Request],
    signer: User,
    username: str | None,
    password: str,
    components: Components,
    by: Actor,
    address: str = "",
) -> list[Outcome]:
    """Prove who signs, then sign each record; what stands against one does not stop the others.

    Raises Refused("username", "password") if the proof fails: then nothing is signed (R-27).
    """
    prove_signer(
        signer=signer,
        username=username,
        password=password,
        components=components,
        by=by,
        address=address,
    )
    return [_outcome(request, signer, components, by) for request in requests]


def prove_signer(
    *,
    signer: User,
    username: str | None,
    password: str,
    components: Components,
    by: Actor,
    address: str = "",
) -> None:
    """Prove who signs, before the transaction of what is signed is opened.

    Raises Refused("username", "password") if the proof fails.
    """
    if components == Components.BOTH and not (username or "").strip():
        raise Refused({"username": [_("Enter your user name.")]})
    given = username if components == Components.BOTH else None
    prove(user=signer, username=given, password=password, address=address, act="sign", by=by)
    seal.seal_now()  # what is signed rests on a trail that is sealed up to here


def _outcome(request: Request, signer: User, components: Components, by: Actor) -> Outcome:
    try:
        return Outcome(request.subject, put(request, signer, components, by))
    except Refused as refused:
        return Outcome(request.subject, None, refused)


def put(request: Request, signer: User, components: Components, by: Actor) -> Signature:
    """The signature of a proved signer, within the caller's transaction if there is one.

    Raises Conflict if what was shown has changed, NotSignable with what stands against it.
    """
    subject = request.subject
    decision = may_sign(signer, subject.site)
    if isinstance(decision, Denied):
        raise Refused({"": [decision.reason]})
    # Many are signed at once at several sites: each is told under the role held at its own.
    by = replace(by, role=decision.role.value, site=subject.site.code)
    with transaction(by=by):
        document = request.read()
        _require_as_shown(request, document)
        _require_signable(request)
        signature = _signature(document, signer, decision, components)
        signature.save(force_insert=True)
        _tell(signature, by)
    return signature


def _require_as_shown(request: Request, document: Document) -> None:
    """What is signed is what the signer saw. Raises Conflict."""
    changed = bool(request.shown) and request.shown != document.mark
    if request.since is not None:
        subject = request.subject
        events_since = changes_since(request.since, subject.participant_id, subject.visit_id)
        changed = changed or events_since.exists()
    if changed:
        message = _("The data were changed after you opened this page. Read them again.")
        raise Conflict({"": [message]}, [])


def _require_signable(request: Request) -> None:
    against = request.against()
    stopping = blocking(against) if request.confirmed else tuple(against)
    if stopping:
        raise NotSignable(stopping)


def _signature(
    document: Document, signer: User, decision: Allowed, components: Components
) -> Signature:
    subject = document.subject
    signature = Signature(
        scope=subject.scope,
        site=subject.site,
        participant_id=subject.participant_id,
        participant_code=subject.participant_code,
        visit_id=subject.visit_id,
        visit_label=subject.visit_label,
        meaning=MEANING_OF[subject.scope],
        signer=signer,
        printed_name=signer.get_full_name(),
        role=decision.role.value,
        signed_at=timezone.now(),
        signed_by=signer.username,
        schema=document.schema,
        seen_generation=document.seen.generation,
        seen_snapshot=document.seen.snapshot,
        components=components,
    )
    signature.sha256 = digest(signature.head, document.rows)
    return signature


def _tell(signature: Signature, by: Actor) -> None:
    events.record(
        events.Act.SIGNED,
        by=by,
        record=f"signing_signature:{signature.pk}",
        details={"scope": signature.scope, "meaning": signature.meaning,
                 "visit": signature.visit_label, "sha256": signature.sha256},
        subject=(signature.site_id, signature.participant_id, signature.visit_id),
    )  # fmt: skip
