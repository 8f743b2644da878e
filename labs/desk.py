"""What the lab form needs from the database, read once for a request."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labs.entry import Entry
from labs.forms import HeadForm, initial_of, new_key, shown
from labs.models import Laboratory, Panel, Result
from labs.reading import Person
from labs.selectors import laboratories_for, last_panels, ranges_of, results_of, units_of
from labs.sheet import Row, Source, entry_of, past_of, rows_of
from labs.standing import Standing, standing_of
from patients.models import Participant
from patients.models import Status as ParticipantStatus
from trial.access import policy
from trial.access.models import Site, User
from trial.access.roles import Permission
from trial.access.selectors import protocol_at
from trial.protocol.version import ProtocolVersion
from trial.quality.selectors.asked import Flags
from trial.quality.selectors.marks import Marks
from visits.models import Visit

OPEN = (ParticipantStatus.SCREENING, ParticipantStatus.ENROLLED)


class Desk:
    """A visit with its panel, the participant's other results, and the site's laboratories.

    Read when first asked for: a save that succeeds draws no rows and needs none of it.
    """

    def __init__(self, visit: Visit) -> None:
        """`visit` comes with participant, site, panel, and whether its participant's labs are
        `pending` and which was their newest `run`."""
        self.visit = visit
        self.panel: Panel | None = getattr(visit, "panel", None)
        self.pending: bool = getattr(visit, "pending", False)
        self.run: int | None = getattr(visit, "run", None)

    @cached_property
    def protocol(self) -> ProtocolVersion:
        """The protocol of the sample's day, or of the visit's as long as there is none."""
        visit = self.visit
        on = visit.held_on or visit.target_on or visit.participant.screened_on
        return protocol_at(self.site, self.panel.collected_on if self.panel else on)

    @cached_property
    def results(self) -> Sequence[Result]:
        return results_of(self.participant.pk)

    @cached_property
    def laboratories(self) -> Sequence[Laboratory]:
        return laboratories_for(self.site.pk)

    @cached_property
    def remembered(self) -> Mapping[int, Panel]:
        """What a new panel proposes, by laboratory; nothing for a stored one, which has its own."""
        return {} if self.panel else last_panels(self.site.pk)

    @property
    def participant(self) -> Participant:
        return self.visit.participant

    @property
    def site(self) -> Site:
        return self.visit.participant.site

    @property
    def stored(self) -> dict[str, Result]:
        """The panel's results by LBTESTCD."""
        number = self.panel.pk if self.panel else None
        return {row.analyte: row for row in self.results if row.panel_id == number}

    @property
    def version(self) -> int:
        return self.panel.version if self.panel else 0

    @property
    def initial(self) -> dict[str, Any]:
        """The head as stored, or for a new panel what the site entered last."""
        if self.panel is not None:
            return initial_of(self.panel)
        last = max(self.remembered.values(), key=lambda panel: panel.saved_at, default=None)
        only = self.laboratories[0].pk if self.laboratories else None
        return {
            "laboratory": last.laboratory_id if last else only,
            "collected_on": self.visit.held_on,
            "sample_state": "good",
            "pt_isi": shown(last.pt_isi) if last else "",
            "pt_mnpt": shown(last.pt_mnpt) if last else "",
            "version": 0,
        }

    def form(self, data: QueryDict | None = None, *, reason: str = "") -> HeadForm:
        """The head's form, with a new idempotency key; `reason` is proposed, to be changed."""
        return HeadForm(
            data,
            laboratories=lambda: self.laboratories,
            visit_date=self.visit.held_on or self.visit.target_on,
            initial=None if data else self.initial | {"key": new_key(), "reason": reason},
        )

    def likely_day(self, head: Mapping[str, Any]) -> date:
        """The day of the sample as far as it is known: ranges need one before it is typed."""
        known = head.get("collected_on") or self.initial["collected_on"]
        return known or min(self.visit.target_on or self.site.today(), self.site.today())

    def source(
        self,
        head: Mapping[str, Any],
        errors: Mapping[str, Sequence[str]] | None = None,
        asked: Flags | None = None,
    ) -> Source:
        """What the rows are made of, for the laboratory and day of `head`. Two statements."""
        day = self.likely_day(head)
        laboratory = head.get("laboratory") or self.initial["laboratory"] or 0
        person = Person(self.participant.sex, self.participant.birth_year, day)
        return Source(
            protocol=self.protocol,
            visit_code=self.visit.code,
            person=person,
            ranges=ranges_of(laboratory, [one.code for one in self.protocol.analytes]),
            units=units_of(laboratory),
            stored=self.stored,
            past=past_of(self.results, self.panel.pk if self.panel else None, day),
            errors=errors or {},
            asked=asked or {},
        )

    def standing(self) -> Standing | None:
        """What is stored for the panel; None as long as there is none. Two statements."""
        if self.panel is None:
            return None
        return standing_of(self.participant, self.panel.pk, pending=self.pending, run=self.run)

    def rows(self, source: Source, entries: Mapping[str, Entry]) -> list[Row]:
        """The form's rows with these entries."""
        return rows_of(source, entries)

    def stored_entries(self) -> dict[str, Entry]:
        """What is stored, as it was entered."""
        return {code: entry_of(row) for code, row in self.stored.items()}


def why_closed(user: User, participant: Participant, marks: Marks) -> str | Promise:
    """Why `user` may not change this visit's labs; "" if they may."""
    decision = policy.can(user, Permission.LAB_ENTER, participant.site)
    if isinstance(decision, policy.Denied):
        return decision.reason
    if marks.hold is not None:
        return _("The visit is frozen or locked.")
    if participant.status not in OPEN:
        return _("The participant has left the study: no new values.")
    return ""
