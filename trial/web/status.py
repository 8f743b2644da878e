"""The states a visit or form can be in, each with a colour, a shape and a word."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Status(StrEnum):
    """Four colours: grey not due, blue to do, amber needs you, green done.

    MISSED and PENDING are shades of grey and blue with their own shape and word.
    """

    NOT_DUE = "not-due"
    TO_DO = "to-do"
    NEEDS_YOU = "needs-you"
    DONE = "done"
    MISSED = "missed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Look:
    """The CSS tone, the icon that carries the shape, and the word."""

    tone: str
    icon: str
    word: str | Promise


LOOKS: dict[Status, Look] = {
    Status.NOT_DUE: Look("grey", "circle-dashed", _("Not due")),
    Status.TO_DO: Look("blue", "circle", _("To do")),
    Status.NEEDS_YOU: Look("amber", "alert-triangle", _("Needs you")),
    Status.DONE: Look("green", "circle-check", _("Done")),
    Status.MISSED: Look("grey", "circle-x", _("Missed")),
    Status.PENDING: Look("blue", "hourglass", _("Pending")),
}
