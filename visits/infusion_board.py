"""The infusion form put together: sections with their forms, the dose, the plan of vital signs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from patients.models import Participant
from trial.access.exceptions import Conflict, Refused
from trial.access.models import Site
from trial.access.refusals import show_refusal
from trial.access.selectors import protocol_at
from trial.protocol.dosing import DosingParameters
from visits import dosing
from visits.custody import State
from visits.dosing import Grade, WeightError
from visits.infusion_alerts import Vitals, alerts
from visits.infusion_forms import ReasonForm, SectionForm
from visits.infusion_sections import Section, parse
from visits.infusion_wording import ALERTS, STANDINGS, TONES, point_text
from visits.models import Bag, Visit
from visits.models.course import Phase, Term
from visits.models.infusion import GRADE_NAMES
from visits.selectors.infusions import PointRow, Sheet, order_of, point_rows, sheet_of
from visits.services.infusions import Entry
from visits.vitals_plan import BASELINE, Standing

REACTIONS = "reactions"
TONE_OF = {Grade.WITHIN: "green", Grade.WARNING: "amber", Grade.DEVIATION: "red"}
Text = str | Promise


@dataclass
class Part:
    """One section as it is drawn: its form, or those of the whole checklist."""

    name: str
    forms: list[SectionForm]
    about: ReasonForm
    difference: Sequence[Mapping[str, Any]]
    refused: bool = False

    @property
    def form(self) -> SectionForm:
        return self.forms[0]

    @property
    def stored(self) -> bool:
        """Whether something of it is recorded, so that a change needs a reason."""
        return any(form.stored for form in self.forms)

    @property
    def good(self) -> bool:
        """Whether everything could be read."""
        return all([form.is_valid() for form in self.forms] + [self.about.is_valid()])

    @property
    def entries(self) -> list[Entry]:
        """What is to be stored; of the checklist, the lines that were answered."""
        every = [Entry(form.section, form.values, form.base()) for form in self.forms]
        if self.name != REACTIONS:
            return every
        return [entry for entry in every if entry.values["occurred"] is not None]

    def refuse(self, refused: Refused) -> None:
        """Show a service's messages at their fields, and what somebody else has stored."""
        self.refused = True
        self.difference = refused.difference if isinstance(refused, Conflict) else []
        for name, texts in refused.errors.items():
            section, _dot, field = name.rpartition(".")
            form = next((f for f in self.forms if f.section.name == section), self.form)
            target = self.about if field == "reason" else form
            show_refusal(target, Refused({field: texts}))


@dataclass(frozen=True, slots=True)
class Folded:
    """A section that lies folded away unless it is its turn."""

    part: Part
    open: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what the figures say: "Ordered", "31.0 ×10⁶", and how it lies."""

    label: Text
    value: str
    tone: str = ""
    word: Text = ""


@dataclass(frozen=True, slots=True)
class VitalsPart:
    """A point of the plan with its form."""

    row: PointRow
    part: Part
    text: str
    word: Text
    tone: str
    alerts: list[Text]

    @property
    def open(self) -> bool:
        """Whether its form is drawn open: it is due, missing, or was just refused."""
        return self.part.refused or self.row.standing in (Standing.DUE, Standing.MISSING)


class Board:
    """The infusion of a bag as the page shows it. The bag comes with visit, site and shipment."""

    def __init__(self, bag: Bag, *, reason: str = "", may_write: bool = True) -> None:
        self.bag, self.reason, self.may_write = bag, reason, may_write
        self.now = timezone.now()
        self.sheet: Sheet = sheet_of(bag)
        self.typed: Part | None = None

    @property
    def visit(self) -> Visit:
        if self.bag.visit is None:
            raise LookupError("a bag without a visit has no infusion")
        return self.bag.visit

    @property
    def participant(self) -> Participant:
        return self.visit.participant

    @property
    def site(self) -> Site:
        return self.participant.site

    @cached_property
    def dosing(self) -> DosingParameters:
        """The rules of the infusion's day."""
        on = (self.sheet.started or self.now).astimezone(self.site.zone).date()
        return protocol_at(self.site, on).dosing

    # --- sections ---------------------------------------------------------------------------------
    def part(self, name: str, data: QueryDict | None = None) -> Part:
        """A section, with what was just typed into it if it is the one. Raises UnknownSection."""
        if data is None and self.typed is not None and self.typed.name == name:
            return self.typed
        names = [f"reaction-{term}" for term in Term.values] if name == REACTIONS else [name]
        forms = [self._form(parse(one), data) for one in names]
        initial = {"key": uuid4().hex, "reason": self.reason}
        return Part(name, forms, ReasonForm(data, initial=initial, auto_id=f"{name}-%s"), [])

    def _form(self, section: Section, data: QueryDict | None) -> SectionForm:
        return SectionForm(section, self.sheet, self.site.zone, data)

    def parts(self, names: Iterable[str]) -> list[Part]:
        return [self.part(name) for name in names]

    @property
    def sonography(self) -> Mapping[str, Folded]:
        """The three sonographies; the one whose time it is lies open."""
        now = {"before": Phase.BEFORE, "running": Phase.DURING, "ended": Phase.AFTER}[self.state]
        parts = {phase: self.part(f"sonography-{phase}") for phase in Phase.values}
        return {
            phase: Folded(part, part.refused or (phase == now and not part.stored))
            for phase, part in parts.items()
        }

    def lines(self, kind: str) -> list[Part]:
        """The stored lines of a kind, and the empty one that adds another."""
        rows = self.sheet.rows.get(kind, ())
        return self.parts([*(f"{kind}-{row.number}" for row in rows), f"{kind}-new"])

    @property
    def rates(self) -> list[Part]:
        return self.lines("rate")

    @property
    def drugs(self) -> list[Part]:
        return self.lines("drug")

    @property
    def single(self) -> Mapping[str, Part]:
        """The sections of which there is one."""
        names = ("order", "preparation", "line", "start", "end", REACTIONS)
        return {name: self.part(name) for name in names}

    # --- vital signs ------------------------------------------------------------------------------
    @cached_property
    def _points(self) -> list[PointRow]:
        return point_rows(self.sheet, self.now)

    @property
    def baseline(self) -> list[VitalsPart]:
        return [self._vitals(row) for row in self._points if row.point.code == BASELINE]

    @property
    def during(self) -> list[VitalsPart]:
        return [self._vitals(row) for row in self._points if row.point.code != BASELINE]

    def _vitals(self, row: PointRow) -> VitalsPart:
        part = self.part(f"vitals-{row.point.code}")
        words = [ALERTS[alert] for alert in row.alerts]
        return VitalsPart(
            row, part, point_text(row.point.code), STANDINGS[row.standing], TONES[row.standing],
            words,
        )  # fmt: skip

    @property
    def missing(self) -> list[str]:
        """The points that were due and have nothing."""
        late = [row for row in self._points if row.standing is Standing.MISSING]
        return [point_text(row.point.code) for row in late]

    @property
    def alerted(self) -> list[tuple[str, Text]]:
        """Every alert with its point, the newest first."""
        found = [
            (point_text(row.point.code), ALERTS[alert])
            for row in self._points
            for alert in row.alerts
        ]
        return found[::-1]

    # --- what it says -----------------------------------------------------------------------------
    @property
    def state(self) -> str:
        """How far the infusion is: "before", "running" or "ended"."""
        if self.sheet.started is None:
            return "before"
        return "running" if self.sheet.ended is None else "ended"

    @property
    def minutes(self) -> int:
        """For how long it has run, or ran."""
        if self.sheet.started is None:
            return 0
        until: datetime = self.sheet.ended or self.now
        return max(0, int((until - self.sheet.started).total_seconds()) // 60)

    @property
    def verified(self) -> bool:
        """Whether the bag was verified at the bedside."""
        return self.bag.state in (State.VERIFIED, State.INFUSED)

    @property
    def warns_of_filter(self) -> bool:
        return bool(self.sheet.infusion and self.sheet.infusion.filter == "leukocyte")

    @property
    def dose(self) -> list[Told]:
        """The stored dose: ordered, prepared, given."""
        row = self.sheet.infusion
        if row is None:
            return []
        return told_dose(self.dosing, row.ordered_cells, row.ordered_ml, row.prepared_cells,
                         row.prepared_ml, row.given_ml)  # fmt: skip

    def live(self, name: str, data: QueryDict) -> list[Told] | list[Text]:
        """What the figures typed so far say: of the dose, or of vital signs."""
        form = self.part(name, data).form
        if form.section.kind == "vitals":
            return self._live_alerts(form)
        return self._live_dose(form)

    def _live_dose(self, form: SectionForm) -> list[Told]:
        row = self.sheet.infusion
        typed = form.typed

        def known(field: str) -> Any:
            return typed[field] if field in typed else getattr(row, field, None)

        weight = known("weight_kg")
        try:
            found = None if weight is None else order_of(self.dosing, weight, self.bag.shipment)
        except WeightError:
            return [Told(_("Weight"), _("A weight lies between 25 and 250 kg."), "red")]
        cells, volume = (found.cells, found.volume) if found else (None, None)
        return told_dose(self.dosing, cells, volume, known("prepared_cells"),
                         known("prepared_ml"), known("given_ml"))  # fmt: skip

    def _live_alerts(self, form: SectionForm) -> list[Text]:
        typed = form.typed
        now = Vitals(typed["systolic"], typed["oxygen"], typed["temperature"], typed["heart_rate"])
        before = None if form.section.which == BASELINE else self.sheet.baseline
        return [ALERTS[alert] for alert in alerts(now, before)]


def told_dose(
    parameters: DosingParameters,
    ordered: Decimal | None,
    volume: Decimal | None,
    prepared: Decimal | None,
    prepared_ml: Decimal | None,
    given_ml: Decimal | None,
) -> list[Told]:
    """Ordered, prepared and given, each against the order."""
    if ordered is None:
        return []
    amount = f"{ordered} ×10⁶" + (f" = {volume} mL" if volume is not None else "")
    found = [Told(_("Ordered"), amount)]
    if prepared is not None and prepared > 0:
        found.append(_against(parameters, _("Prepared"), ordered, prepared))
    if prepared is None or prepared_ml is None or given_ml is None:
        return found
    if prepared_ml > 0 and 0 <= given_ml <= prepared_ml:
        cells = dosing.given_cells(prepared, prepared_ml, given_ml)
        found.append(_against(parameters, _("Given"), ordered, cells))
        found.append(Told(_("Share of the volume"), f"{given_ml * 100 / prepared_ml:.0f} %"))
    return found


def _against(parameters: DosingParameters, label: Text, ordered: Decimal, cells: Decimal) -> Told:
    grade = dosing.grade(parameters, ordered, cells)
    percent = dosing.deviation_percent(ordered, cells)
    return Told(label, f"{cells:.1f} ×10⁶ ({percent:+.1f} %)", TONE_OF[grade], GRADE_NAMES[grade])
