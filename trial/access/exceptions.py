"""Errors that services raise and both doors, pages and REST, know how to show."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise


class Refused(Exception):  # noqa: N818 - it is an answer more than an error
    """A service says no: messages by field ("" = the whole form), each ready to be shown.

    `status` is what REST answers with.
    """

    status = 400

    def __init__(self, errors: Mapping[str, Sequence[str | Promise]]) -> None:
        self.errors = {field: list(messages) for field, messages in errors.items()}
        super().__init__(self.errors)

    @property
    def page_status(self) -> int:
        """What a page answers with that shows its form again: of a plain refusal, 422."""
        return 422 if self.status == 400 else self.status


class Conflict(Refused):
    """The record has changed since it was read. `difference`: one entry per field that differs,
    {field, label, base, stored, yours}."""

    status = 409

    def __init__(
        self, errors: Mapping[str, Sequence[str | Promise]], difference: Sequence[Mapping[str, Any]]
    ) -> None:
        super().__init__(errors)
        self.difference = list(difference)


class TooManyFailures(Refused):
    """A proof has failed too often: none is looked at for a while."""

    status = 429


class KeyReused(Refused):
    """An Idempotency-Key came again with another body."""

    status = 422
