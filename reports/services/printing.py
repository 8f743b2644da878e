"""Printing a casebook: the file, and the act in the trail of its participant."""

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.utils import timezone, translation

from patients.models import Participant
from reports.paper import filled
from reports.selectors.printed import printed
from trial.access.models import User
from trial.audit import events
from trial.audit.context import Actor, transaction

_IN_MEMORY = 2_000_000  # bytes of a file that need no disk


@dataclass(frozen=True, slots=True)
class Print:
    """A finished file, at its beginning, and when it was made."""

    file: IO[bytes]
    at: datetime
    pages: int
    sha256: str


def print_casebook(
    *, participant: Participant, user: User, language: str, audit: bool, by: Actor
) -> Print:
    """Print a participant's casebook and record that it was done.

    `participant` comes with its site; `language` is one of the interface's; with `audit` the print
    has the marks of changes and their list. What `user` may not read of queries is left out.
    """
    at = timezone.now().replace(microsecond=0)
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
    with transaction(by=by), translation.override(language):
        found = printed(participant, user, trail=audit)
        pages = filled.write(file, found, at, audit=audit)
        sha256 = _sha256(file)
        events.record(
            events.Act.CASEBOOK_PRINTED,
            by=by,
            record=f"patients_participant:{participant.pk}",
            subject=(participant.site_id, participant.pk, None),
            details={"language": language, "audit": audit, "pages": pages, "sha256": sha256,
                     "content": found.mark, "at": at.isoformat()},
        )  # fmt: skip
    return Print(file, at, pages, sha256)


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while part := file.read(65_536):
        found.update(part)
    file.seek(0)
    return found.hexdigest()
