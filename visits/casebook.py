"""The casebook of a participant as its pages draw it: forms by visit, forms about the person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from patients.models import Participant
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.access.selectors import protocol_at
from trial.crf.owner import Owner
from trial.crf.selectors import facts_of
from trial.crf.services import NEW
from trial.crf.sheets import Sheet, row_in
from trial.protocol import registry
from trial.protocol.crf import Facts, Form, Row, RowState, missing, state_of
from trial.protocol.version import ProtocolVersion
from visits.models import Status as VisitStatus
from visits.models import Visit

WRITERS: Mapping[str, Permission] = {
    "site": Permission.VISIT_RECORD,
    "safety": Permission.SAFETY_ASSESS,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A form at a visit, or a form about the person, with how far it is. `expected`: the protocol
    asks for it now."""

    form: Form
    state: RowState
    missing: int
    where: str
    lines: int = 0
    expected: bool = True

    @property
    def tone(self) -> str:
        """The look of the state."""
        if self.state in ("complete", "not_done"):
            return "green" if self.state == "complete" else "grey"
        if not self.expected:
            return "grey"
        return "amber" if self.state == "partial" else "blue"


class Casebook:
    """Everything that was entered about a participant by forms. Two statements."""

    def __init__(self, participant: Participant, user: AnyUser) -> None:
        """`participant` comes with its site."""
        self.participant, self.user = participant, user

    @cached_property
    def facts(self) -> Facts:
        return facts_of([self.participant.pk])[self.participant.pk]

    @cached_property
    def protocol(self) -> ProtocolVersion:
        """The protocol in force at the site today: its checks hold, its forms are shown."""
        return protocol_at(self.participant.site, self.facts.today)

    def protocol_of(self, visit: Visit) -> ProtocolVersion:
        """The protocol that says which forms a visit has."""
        return registry.get(visit.protocol_version)

    def may_write(self, form: Form, *, held: bool = False) -> bool:
        """Whether the user may save this form here; `held`: frozen or locked."""
        return not held and bool(can(self.user, WRITERS[form.writer], self.participant.site))

    # --- one form ---------------------------------------------------------------------------------
    def sheet(self, form: Form, where: str, visit: Visit | None, *, held: bool = False) -> Sheet:
        """The sheet or line of a form at `where`: "new" or a line's number where it has no visit.

        Raises LookupError for a line that is not there.
        """
        owner = Owner(self.participant, visit)
        number = _number(form, where, visit)
        sheet = Sheet(owner, form, self.facts, self.protocol, number)
        sheet.row = row_in(self.facts, form, owner, number)
        if form.repeats and number != NEW and sheet.row is None:
            raise LookupError(where)
        sheet.may_write = self.may_write(form, held=held) and (
            visit is None or visit.status != VisitStatus.MISSED
        )
        return sheet

    def sheets_at(self, visit: Visit, *, held: bool = False) -> list[Sheet]:
        """The sheets of all forms of a visit, in the protocol's order; also those that are filled
        in although a later protocol asks for them no more."""
        asked = self.protocol_of(visit).forms_at(visit.code)
        known = {form.code for form in asked}
        more = [
            form
            for form in self.protocol.forms
            if form.code not in known
            and any(row.visit_id == visit.pk for row in self.facts.all(form.code))
        ]
        return [self.sheet(form, visit.slug, visit, held=held) for form in (*asked, *more)]

    # --- the overview -----------------------------------------------------------------------------
    @property
    def forms_at_visits(self) -> list[Form]:
        """The forms that any visit has, in the protocol's order."""
        return [form for form in self.protocol.forms if form.level == "visit"]

    def cells_of(self, visit: Visit) -> list[Cell | None]:
        """How far each of `forms_at_visits` is at a visit; None where it has none."""
        asked = {form.code for form in self.protocol_of(visit).forms_at(visit.code)}
        return [
            self._cell(form, visit) if form.code in asked or self._row_at(form, visit) else None
            for form in self.forms_at_visits
        ]

    def _row_at(self, form: Form, visit: Visit) -> Row | None:
        return next((row for row in self.facts.all(form.code) if row.visit_id == visit.pk), None)

    def _cell(self, form: Form, visit: Visit) -> Cell:
        row = self._row_at(form, visit)
        held = visit.status == VisitStatus.HELD
        return _cell(form, row, where=visit.slug, expected=held)

    @property
    def about_person(self) -> list[Cell]:
        """How far the forms about the person are; of lines, how many there are."""
        return [
            self._lines_cell(form) if form.repeats else _cell(form, self._only(form), where="1")
            for form in self.protocol.forms
            if form.level == "participant"
        ]

    def _only(self, form: Form) -> Row | None:
        return next(iter(self.facts.all(form.code)), None)

    def _lines_cell(self, form: Form) -> Cell:
        rows = self.facts.all(form.code)
        states = [state_of(form, row.values) for row in rows]
        state: RowState = "blank" if not rows else "complete"
        if "partial" in states:
            state = "partial"
        open_ones = sum(len(missing(form, row.values)) for row in rows)
        return Cell(form, state, open_ones, "", lines=len(rows), expected=False)

    def rows(self, form: Form) -> Sequence[Row]:
        """The standing lines of a form."""
        return self.facts.all(form.code)


def _cell(form: Form, row: Row | None, *, where: str, expected: bool = True) -> Cell:
    done = bool(row and row.not_done)
    values = row.values if row else None
    open_ones = 0 if done or values is None else len(missing(form, values))
    return Cell(form, state_of(form, values, not_done=done), open_ones, where, expected=expected)


def _number(form: Form, where: str, visit: Visit | None) -> int:
    if visit is not None or (not form.repeats and where == "1"):
        return 1
    if form.repeats and where == "new":
        return NEW
    if not (form.repeats and where.isascii() and where.isdecimal() and 0 < int(where[:6]) < 10_000):
        raise LookupError(where)
    return int(where)
