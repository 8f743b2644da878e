"""What can stand against saving a form besides a plain refusal."""

from collections.abc import Sequence

from trial.access.exceptions import Refused
from trial.protocol.edit_checks import Finding


class Unexplained(Refused):
    """Soft checks fire on what is to be saved: it is kept if each is explained, or corrected.

    `findings` are those without an explanation yet.
    """

    status = 422

    def __init__(self, findings: Sequence[Finding], message: str) -> None:
        self.findings = list(findings)
        super().__init__({"": [message]})
