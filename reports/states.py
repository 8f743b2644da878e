"""What state a visit and its labs are in: the one reading that pages, counts and cells share."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from trial.protocol import registry
from trial.protocol.label import Label
from visits.models import Status as VisitStatus
from visits.selectors.visits import EXPECTED


class State(StrEnum):
    """The states of a visit's cell, in the order of a legend."""

    NOT_DUE = "not_due"
    TO_DO = "to_do"
    NEEDS_LABS = "needs_labs"
    OVERDUE = "overdue"
    INCOMPLETE = "incomplete"
    DONE = "done"
    MISSED = "missed"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True, slots=True)
class Look:
    """Colour, shape, word, and the sentence of the legend."""

    tone: str
    icon: str
    word: str | Promise
    meaning: str | Promise


LOOKS: dict[State, Look] = {
    State.NOT_DUE: Look("grey", "circle-dashed", _("Not due"), _("The window has not opened yet.")),
    State.TO_DO: Look("blue", "circle", _("To do"), _("The window is open.")),
    State.NEEDS_LABS: Look(
        "amber", "alert-triangle", _("Needs you"), _("The visit was held, its labs are missing.")
    ),
    State.OVERDUE: Look(
        "amber", "clock-exclamation", _("Overdue"), _("The window has closed without a visit.")
    ),
    State.INCOMPLETE: Look(
        "amber", "circle-half-2", _("Incomplete"), _("Some values of the panel are missing.")
    ),
    State.DONE: Look("green", "circle-check", _("Done"), _("Every value is answered.")),
    State.MISSED: Look("grey", "circle-x", _("Missed"), _("Recorded as missed, with the reason.")),
    State.NOT_EXPECTED: Look(
        "grey", "circle-minus", _("Not expected"), _("The participant has left the study.")
    ),
}


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as lists and cells need it; `expected` and `filled` are None without a panel.

    `today` is the date at the visit's site.
    """

    id: int
    participant_id: int
    participant: str
    participant_status: str
    site_id: int
    code: str
    number: int
    position: int
    status: str
    target_on: date | None
    opens_on: date | None
    closes_on: date | None
    held_on: date | None
    reason: str
    protocol_version: str
    expected: int | None
    filled: int | None
    today: date

    @property
    def name(self) -> Label:
        """The visit's name in both languages, with its number if it is an unscheduled one."""
        name = registry.get(self.protocol_version).visit(self.code).name
        return (
            Label(f"{name.en} {self.number}", f"{name.zh} {self.number}") if self.number else name
        )

    @property
    def label(self) -> str:
        """The code, with its number for an unscheduled visit: "W36", "UNS 2"."""
        return f"{self.code} {self.number}" if self.number else self.code

    @property
    def slug(self) -> str:
        """The visit in an address: "W36", "UNS-2"."""
        return self.label.replace(" ", "-")

    @property
    def state(self) -> State:
        """Planned visits by their window, held ones by their panel."""
        if self.status == VisitStatus.MISSED:
            return State.MISSED
        if self.status == VisitStatus.HELD:
            return self._state_of_labs()
        if self.participant_status not in EXPECTED:
            return State.NOT_EXPECTED
        if self.opens_on is None or self.today < self.opens_on:
            return State.NOT_DUE
        if self.closes_on is not None and self.today > self.closes_on:
            return State.OVERDUE
        return State.TO_DO

    def _state_of_labs(self) -> State:
        if self.filled is None or self.expected is None:
            wanted = registry.get(self.protocol_version).visit(self.code).panel
            return State.NEEDS_LABS if wanted else State.DONE
        return State.INCOMPLETE if self.filled < self.expected else State.DONE

    @property
    def look(self) -> Look:
        return LOOKS[self.state]

    @property
    def missing(self) -> int:
        """How many values of the panel are not answered."""
        return max((self.expected or 0) - (self.filled or 0), 0)

    @property
    def out_of_window(self) -> bool:
        """Whether it was held before the window opened or after it closed."""
        if self.held_on is None or self.opens_on is None or self.closes_on is None:
            return False
        return not self.opens_on <= self.held_on <= self.closes_on

    @property
    def days_overdue(self) -> int:
        """Days since the window closed; 0 while it is open."""
        return max((self.today - self.closes_on).days, 0) if self.closes_on else 0

    @property
    def detail(self) -> str:
        """What the state means here, in a few words: the days or values it is about."""
        match self.state:
            case State.OVERDUE:
                days = self.days_overdue
                return ngettext("by %(days)s day", "by %(days)s days", days) % {"days": days}
            case State.TO_DO:
                return gettext("until %(day)s") % {"day": self.closes_on}
            case State.NOT_DUE:
                return gettext("from %(day)s") % {"day": self.opens_on} if self.opens_on else ""
            case State.INCOMPLETE:
                count = self.missing
                text = ngettext("%(count)s value missing", "%(count)s values missing", count)
                return text % {"count": count}
            case State.NEEDS_LABS:
                return gettext("labs of %(day)s") % {"day": self.held_on}
            case State.DONE:
                return str(self.held_on)
            case State.MISSED:
                return self.reason
            case _:
                return ""
