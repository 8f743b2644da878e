"""Anchors: a signed statement of how far the trail was sealed, which leaves the system.

Only an anchor that somebody else keeps shows that the newest seals were cut off (F-092). Each is
signed with Ed25519 (RFC 8032); whoever keeps one needs nothing of ours to check the signature.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.utils import timezone

from trial.audit.models import Seal
from trial.audit.seal import Problem, last_seal


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest seal when it was made. `root` covers all seals before it."""

    study: str
    seal: int
    generation: int
    root: str
    events: int
    sealed_at: str
    made_at: str
    key: str
    signature: str = ""

    def statement(self) -> bytes:
        """What is signed: the fields without the signature, as JSON with sorted keys."""
        fields = {name: value for name, value in asdict(self).items() if name != "signature"}
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()

    def text(self) -> str:
        """The whole anchor as JSON, to be kept."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False)


def _key() -> Ed25519PrivateKey:
    """ANCHOR_KEY (64 hexadecimal digits), else one that follows from the SECRET_KEY."""
    given: str = settings.ANCHOR_KEY
    from_secret = hashlib.sha256(f"anchor:{settings.SECRET_KEY}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given) if given else from_secret)


def make() -> Anchor | None:
    """An anchor of the newest seal; None while there is none."""
    seal = last_seal()
    if seal is None:
        return None
    key = _key()
    anchor = Anchor(
        study=str(settings.STUDY_NAME),
        seal=seal.n,
        generation=seal.generation,
        root=bytes(seal.root).hex(),
        events=_sealed_events(),
        sealed_at=_utc(seal.at),
        made_at=_utc(timezone.now()),
        key=key.public_key().public_bytes_raw().hex(),
    )
    signature = key.sign(anchor.statement()).hex()
    return Anchor(**{**asdict(anchor), "signature": signature})


def _sealed_events() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(sum(cardinality(ids)), 0) from audit_seal")
        return int(cursor.fetchone()[0])


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def read(text: str) -> Anchor:
    """An anchor that somebody kept. Raises ValueError if it is none or its signature is wrong."""
    try:
        given: Mapping[str, object] = json.loads(text)
        anchor = Anchor(**given)  # type: ignore[arg-type]  # checked by the signature
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(anchor.key))
        public.verify(bytes.fromhex(anchor.signature), anchor.statement())
    except InvalidSignature as error:
        raise ValueError("The anchor's signature does not fit its text.") from error
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"This is not an anchor: {error}") from error
    return anchor


def compare(anchor: Anchor) -> list[Problem]:
    """What the trail of now lacks of an anchor of before."""
    found = Seal.objects.filter(n=anchor.seal).values_list("root", flat=True).first()
    if found is None:
        return [Problem("anchor_missing", seal=anchor.seal)]
    if bytes(found).hex() != anchor.root:
        return [Problem("anchor_changed", seal=anchor.seal)]
    return []
