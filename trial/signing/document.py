"""What is before the signer: the rows, and the cut through history at which they were read."""

from dataclasses import dataclass

from trial.access.models import Site
from trial.audit.watermark import Watermark
from trial.signing.canonical import Row, fingerprint
from trial.signing.models import Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """A visit or casebook that can be signed."""

    scope: Scope
    site: Site
    participant_id: int
    participant_code: str
    visit_id: int | None = None
    visit_label: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A subject's rows, read together with the watermark by one statement."""

    subject: Subject
    schema: int
    rows: tuple[Row, ...]
    seen: Watermark

    @property
    def mark(self) -> str:
        """What a page puts into its form, so that what is signed is what was shown."""
        return fingerprint(self.rows)
