"""Recording an infusion, section by section (clinical rules §8.4).

Every save is one transaction and of one section. The visit's row is locked first, so that two
saves of one infusion follow each other. A section that somebody else has changed since it was
drawn is not overwritten (Conflict); changing what is stored needs a reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from patients.models import Participant
from trial.access.exceptions import Conflict, Refused
from trial.access.idempotency import once
from trial.access.models import Site
from trial.access.roles import Role
from trial.access.selectors import protocol_at
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item
from trial.inbox.services import close_item, raise_item
from trial.protocol import registry
from trial.protocol.dosing import DosingParameters
from trial.quality.selectors.holds import require_open
from visits.custody import Event, State
from visits.infusion_sections import Section, blank, mark_of, values_of
from visits.models import Bag, Infusion, Visit
from visits.models import Status as VisitStatus
from visits.models.course import InfusionReaction
from visits.places import place_of
from visits.selectors.infusions import Sheet, sheet_of
from visits.services import schedule
from visits.services.bags import Step, move
from visits.services.infusion_checks import Desk, Errors, errors_of
from visits.services.turns import require_turn

REACTION_ITEM = "infusion_reaction"


@dataclass(frozen=True, slots=True)
class Entry:
    """One section as it was typed. `base`: the mark of what its form was drawn from."""

    section: Section
    values: Mapping[str, Any]
    base: str


def record(*, bag: Bag, entries: Sequence[Entry], by: Actor, reason: str = "") -> bool:
    """Store sections of a bag's infusion, all or none. Returns whether anything was written.

    Raises Refused with messages by field ("" = the whole section; with several entries the
    section's name stands before the field: "reaction-fever.onset"), Conflict with what differs,
    NotMovable or OutOfTurn where the infusion can't start, Locked.
    """
    with transaction(by=by, reason=reason):
        visit = _lock(bag)
        require_open(place_of(visit, "infusion"))
        sheet = sheet_of(Bag.objects.select_related("shipment", "site").get(pk=bag.pk))
        rules = _Rules(visit.participant.site)
        saves = [_Save(visit, sheet, entry, by, reason, rules) for entry in entries]
        changed = [save for save in saves if save.changes]
        _require_good(changed)
        if changed:
            _write(sheet, changed, by)
        return bool(changed)


def record_once(
    *, key: str, bag: Bag, entries: Sequence[Entry], by: Actor, reason: str = ""
) -> tuple[bool, bool]:
    """`record` under an idempotency key: what is sent again after a dropped network is stored once.

    Returns (whether anything was written the first time, whether this is a repeat).
    """
    if by.id is None:
        raise ValueError("an idempotency key is a person's own")
    body = {
        "bag": bag.number,
        "reason": reason,
        "entries": [[entry.section.name, dict(entry.values), entry.base] for entry in entries],
    }
    with transaction(by=by, reason=reason):
        answer, replayed = once(
            user_id=by.id,
            key=f"infusion:{key}",
            body=body,
            act=lambda: {"changed": record(bag=bag, entries=entries, by=by, reason=reason)},
        )
    return bool(answer["changed"]), replayed


def _lock(bag: Bag) -> Visit:
    if bag.visit_id is None or bag.reserved_for_id is None:
        raise Refused({"": [_("This bag is reserved for nobody.")]})
    return schedule.lock(Visit(pk=bag.visit_id))


def _require_good(saves: Sequence["_Save"]) -> None:
    """Everything that stands against the saves, at once."""
    difference: list[dict[str, Any]] = []
    errors: Errors = {}
    for save in saves:
        prefix = f"{save.section.name}." if len(saves) > 1 else ""
        difference += save.difference()
        errors |= {f"{prefix}{name}": texts for name, texts in save.errors().items()}
    if difference:
        message = _("Somebody saved this section after you opened it. Nothing was overwritten.")
        raise Conflict({"": [message]}, difference)
    if errors:
        raise Refused(errors)


def _write(sheet: Sheet, saves: Sequence["_Save"], by: Actor) -> None:
    """Store each row once, whatever it holds of several sections: the infusion's own first, then
    the others, new ones with one statement for each kind of them."""
    for save in saves:
        save.settle()
    rows: dict[int, Any] = {id(save.row): save.row for save in saves}
    infusion = sheet.infusion
    if infusion is not None and infusion._state.adding:
        rows = {id(infusion): infusion, **rows}
    new: dict[type[Model], list[Any]] = {}
    for row in sorted(rows.values(), key=lambda one: not isinstance(one, Infusion)):
        row.version += 1
        row.saved_at, row.saved_by = timezone.now(), by.name
        if row.pk is not None or isinstance(row, Infusion):
            row.save()
        else:
            new.setdefault(type(row), []).append(row)
    for model, some in new.items():
        model._default_manager.bulk_create(some)
    for save in saves:
        save.tell()


class _Rules:
    """The dosing rules of a day at a site, read once however many sections are saved."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.known: dict[date, DosingParameters] = {}

    def on(self, day: date) -> DosingParameters:
        if day not in self.known:
            self.known[day] = protocol_at(self.site, day).dosing
        return self.known[day]


class _Save:
    """One section on its way into the database."""

    def __init__(
        self, visit: Visit, sheet: Sheet, entry: Entry, by: Actor, reason: str, rules: _Rules
    ) -> None:
        self.visit, self.sheet, self.section = visit, sheet, entry.section
        self.by, self.reason, self.base, self.rules = by, reason, entry.base, rules
        self.before = ""  # the state of a reaction
        self.row: Any = sheet.row(entry.section) or self._new_row()
        self.stored = values_of(self.row if self.row.pk else None, self.section.fields)
        self.changes = {
            name: _clean(value)
            for name, value in entry.values.items()
            if not _same(self.stored[name], value)
        }

    def _new_row(self) -> Any:
        if self.section.model is Infusion:
            return self._infusion()
        row = self.section.model(version=0)
        key = None if self.section.adds else self.section.which
        setattr(row, self.section.key, key)
        return row

    def difference(self) -> list[dict[str, Any]]:
        """Where what is stored and what was typed differ, if somebody was faster."""
        if self.section.adds or self.base == mark_of(self.stored):
            return []
        return [
            {
                "field": name,
                "label": _label(self.row, name),
                "base": None,
                "stored": _text(self.stored[name], self.zone),
                "yours": _text(value, self.zone),
            }
            for name, value in self.changes.items()
        ]

    @property
    def zone(self) -> Any:
        return self.visit.participant.site.zone

    def errors(self) -> Errors:
        """What stands against this save. The row has the new values from here on."""
        for name, value in self.changes.items():
            setattr(self.row, name, _filled(self.row, name, value))
        found = errors_of(self._desk(), self.section, self.row)
        corrects = any(not blank(self.stored[name]) for name in self.changes)
        if corrects and not self.reason.strip():
            found.setdefault("reason", []).append(_("Say why a recorded value is changed."))
        return found

    def _desk(self) -> Desk:
        now = timezone.now()
        site = self.visit.participant.site
        on = (self.sheet.started or now).astimezone(site.zone).date()
        return Desk(self.visit, self.sheet, self.rules.on(on), now)

    def settle(self) -> None:
        """Make the row ready to be stored; a start also hangs up the bag."""
        infusion = self._infusion()
        if self.section.kind == "start":
            self._start(infusion.started)
        if self.row is not infusion:
            self.row.infusion = infusion
        if self.section.adds:
            self.row.number = len(self.sheet.rows.get(self.section.kind, ())) + 1
        if isinstance(self.row, InfusionReaction):
            self.before, self.row.state = self.row.state, _state_of(self.row)
            if not self.row.occurred:
                self.row.onset, self.row.grade = None, None

    def _infusion(self) -> Infusion:
        """The infusion that the row belongs to; made with the first section that is saved."""
        if self.sheet.infusion is None:
            self.sheet.infusion = Infusion(visit=self.visit, bag=self.sheet.bag, version=0)
        return self.sheet.infusion

    def _start(self, started: datetime | None) -> None:
        """The first start hangs up the bag and holds the visit; a corrected one moves nothing."""
        bag = self.sheet.bag
        if bag.state == State.INFUSED or started is None:
            return
        self._hold(started)
        people = Participant.objects.select_for_update(of=("self",)).select_related("site")
        person = people.get(pk=self.visit.participant_id)
        require_turn(self.visit, person)
        step = Step(Event.INFUSE, site=person.site, participant=person, visit=self.visit)
        move(bags=[bag.pk], step=step, by=self.by, at=started, reason=self.reason)

    def _hold(self, started: datetime) -> None:
        if self.visit.status == VisitStatus.HELD:
            return
        kind = registry.get(self.visit.protocol_version).visit(self.visit.code).kind
        on = started.astimezone(self.zone).date()
        try:
            schedule.hold_locked(
                visit=self.visit, held_on=on, kind=kind, by=self.by, reason=self.reason
            )
        except Refused as refused:
            names = {"held_on": "started"}
            errors = {names.get(name, name): texts for name, texts in refused.errors.items()}
            raise Refused(errors) from refused

    def tell(self) -> None:
        """Put a reaction before the investigator; take the item away with the reaction."""
        row = self.row
        if not isinstance(row, InfusionReaction) or row.state == self.before:
            return
        if row.state == InfusionReaction.State.DRAFT:
            self._raise(row)
            return
        for item in Item.objects.filter(cause__startswith=_cause(row), done_at=None):
            close_item(item=item, note=self.reason, by=self.by)

    def _raise(self, row: InfusionReaction) -> None:
        person = self.visit.participant
        on = row.onset.astimezone(self.zone).date().isoformat() if row.onset else ""
        params = {"term": row.term, "visit": self.visit.label, "occurred_on": on,
                  "grade": row.grade, "bag": self.sheet.bag.number}  # fmt: skip
        raise_item(
            kind=REACTION_ITEM, cause=f"{_cause(row)}{row.version}", site=person.site,
            role=Role.INVESTIGATOR, participant_id=person.pk, participant_code=person.code,
            params=params, by=self.by,
        )  # fmt: skip


def _cause(row: InfusionReaction) -> str:
    return f"{REACTION_ITEM}:{row.pk}:"


def _state_of(row: InfusionReaction) -> str:
    if row.occurred:
        return InfusionReaction.State.DRAFT.value
    return InfusionReaction.State.WITHDRAWN.value if row.state else ""


def _clean(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _same(stored: Any, typed: Any) -> bool:
    if blank(stored) and blank(_clean(typed)):
        return True
    return bool(stored == _clean(typed))


def _filled(row: Any, name: str, value: Any) -> Any:
    """No text is an empty one; every other column has NULL for nothing."""
    column = row._meta.get_field(name)
    return "" if value is None and column.empty_strings_allowed and not column.null else value


def _label(row: Any, name: str) -> str | Promise:
    label: str | Promise = row._meta.get_field(name).verbose_name
    return label


def _text(value: Any, zone: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if blank(value) else str(value)
