"""A participant's casebook as what is printed: chapters of entries, in the order of the pages.

Made once, then drawn: so the small numbers are the same in the text and in the list at the end.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from labs.meld import NAMES as FORMULA_NAMES
from reports.infusion_records import ROWS as INFUSION_ROWS
from reports.infusion_records import name_of
from reports.paper import lists
from reports.paper.blank import range_text
from reports.paper.chapters import Block, Chapter, Entry
from reports.paper.lists import signature
from reports.paper.notes import Marks, by_spot
from reports.paper.words import answer, label_of, value_in, value_of
from reports.presenters.participant import finding, why_not
from reports.presenters.units import unit_text
from reports.presenters.words import FORMS as FORM_NAMES
from reports.records import KIND_OF_TABLE
from reports.selectors.printed import LABORATORY, OTHERS, Printed, columns_of
from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form, asked, blank
from trial.protocol.ranges import times_upper
from trial.quality.exceptions import Locked
from trial.signing.canonical import Row
from trial.signing.content import COLUMNS
from trial.signing.models import Scope
from trial.web.formats import clock, localized
from visits.models import Status, Visit
from visits.selectors.visits import visit_name

_INFUSIONS = tuple(model._meta.db_table for model in INFUSION_ROWS)
# Tables whose rows are one line of print each.
LINES = ("patients_criterionanswer", "labs_result", *_INFUSIONS)


class Book:
    """The chapters of one print. `audit`: with numbers and the list of changes."""

    def __init__(self, printed: Printed, at: datetime, *, audit: bool) -> None:
        self.printed, self.at, self.audit = printed, at, audit
        self.person = printed.participant
        self.zone = self.person.site.timezone
        self.marks = _marks(printed)

    def chapters(self) -> list[Chapter]:
        """All of it; the list of changes comes after everything that leads to it."""
        found = [self._person(), *map(self._visit, self.printed.visits), *self._forms()]
        if self.printed.assessments:
            found.append(self._assessments())
        one, zone = self.printed, self.zone
        back = [lists.changes(one, self.marks, LINES)] if self.audit else []
        back += [lists.queries(one, zone), lists.signatures(one)]
        return [self._front(), *found, *back]

    # --- the front ------------------------------------------------------------------------------
    def _front(self) -> Chapter:
        one, document = self.printed, self.printed.document
        title = _("Casebook of participant %(code)s") % {"code": self.person.code}
        facts = [
            (_("Site"), f"{self.person.site.code} {self.person.site.name}"),
            (_("Protocol"), f"{one.protocol.number}: {localized(one.protocol.title)}"),
            (_("Made"), clock(self.at, "UTC")),
            (_("SHA-256 of the data"), one.mark),
            (_("Watermark of the trail"),
             f"{document.seen.generation}/{document.seen.snapshot}"),
            (_("Changed answers"), str(len(self.marks.notes)) if self.audit else _("not shown")),
            (_("Open queries"), str(len(one.queries))),
            (_("Signatures"), "; ".join(self._signed(None)) or _("The casebook is not signed.")),
        ]  # fmt: skip
        block = Block(_("About this print"), entries=[Entry(str(k), v) for k, v in facts])
        return Chapter(title, self._held(None), [block])

    # --- the person -----------------------------------------------------------------------------
    def _person(self) -> Chapter:
        tables = {"patients_participant": "participant", "patients_consent": "consent"}
        blocks = [
            Block(str(FORM_NAMES[form]), entries=self._columns(row))
            for name, form in tables.items()
            for row in self.printed.rows(name)
        ]
        criteria = Block(str(FORM_NAMES["eligibility"]))
        criteria.entries = [self._criterion(row) for row in self._criteria()]
        return Chapter(_("Participant"), blocks=[*blocks, criteria])

    def _criteria(self) -> list[Row]:
        order = {one.code: n for n, one in enumerate(self.printed.protocol.criteria)}
        rows = self.printed.rows("patients_criterionanswer")
        return sorted(rows, key=lambda row: order.get(str(row.values["criterion"]), len(order)))

    def _criterion(self, row: Row) -> Entry:
        code = str(row.values["criterion"])
        texts = {one.code: localized(one.text) for one in self.printed.protocol.criteria}
        said = value_of(row.table, "answer", row.values["answer"], self.zone)
        score = row.values["value"]
        text = said if score is None else f"{said} ({score})"
        label = f"{code}  {texts.get(code, '')}".strip()
        return Entry(label, text, self.marks.at((row.table, row.id, ""), label))

    def _columns(self, row: Row, where: str = "") -> list[Entry]:
        """Every covered column of a row as an entry of its own."""
        found = []
        for name in columns_in_order(row):
            label = label_of(row.table, name)
            text = self._value(row.table, name, row.values[name])
            raised = self.marks.at((row.table, row.id, name), f"{where}{label}")
            found.append(Entry(label, text, raised))
        return found

    def _value(self, table: str, column: str, value: Any) -> str:
        return value_in(self.printed, table, column, value)

    # --- a visit --------------------------------------------------------------------------------
    def _visit(self, visit: Visit) -> Chapter:
        name = localized(visit_name(visit))
        says = [*self._held(visit.pk), *self._signed(visit.pk)]
        chapter = Chapter(name, says, alone=visit.status == Status.HELD)
        for row in self.printed.rows("visits_visit"):
            if row.id == visit.pk:
                chapter.blocks.append(
                    Block(str(FORM_NAMES["visit"]), entries=self._columns(row, f"{name}: "))
                )
        chapter.blocks += self._at_visit(visit, name)
        chapter.blocks += self._labs(visit, name)
        chapter.blocks += self._infusions(visit, name)
        return chapter

    def _at_visit(self, visit: Visit, name: str) -> Iterator[Block]:
        wanted = {one.code for one in registry.get(visit.protocol_version).forms_at(visit.code)}
        for form in (one for one in FORMS if one.level == "visit"):
            rows = self.printed.rows(form.table, visit_id=visit.pk)
            if not rows and form.code in wanted and visit.status == Status.HELD:
                yield Block(localized(form.label), says=[_("Nothing is entered.")])
            for row in rows:
                says = self._held(visit.pk, form.code)
                yield from self._sheet(form, row, f"{name}, {localized(form.label)}", says)

    # --- described forms ------------------------------------------------------------------------
    def _forms(self) -> Iterator[Chapter]:
        for form in (one for one in FORMS if one.level == "participant"):
            chapter = Chapter(localized(form.label), self._held(None, form.code))
            rows = self.printed.rows(form.table)
            for row in sorted(rows, key=lambda one: int(str(one.values["number"]))):
                number = f" {row.values['number']}" if form.repeats else ""
                where = f"{localized(form.label)}{number}"
                chapter.blocks += self._sheet(form, row, where, [])
            if not rows:
                chapter.says.append(_("Nothing is entered."))
            yield chapter

    def _sheet(self, form: Form, row: Row, where: str, says: list[str]) -> Iterator[Block]:
        """A sheet or line: its state, then a block for each section."""
        struck = bool(row.values["struck"])
        title = self._title(form, row)
        marks = [self.marks.at((form.table, row.id, name), f"{where}: {label_of(form.table, name)}")
                 for name in ("", "struck", "not_done")]  # fmt: skip
        head = Block(title, says=list(says), raised=" ".join(filter(None, marks)), struck=struck)
        if struck:
            head.says.append(_("Struck: entered by mistake."))
        if row.values["not_done"]:
            head.says.append(_("NOT DONE: %(why)s") % {"why": row.values["not_done"]})
        yield head
        if not row.values["not_done"]:
            yield from self._sections(form, row, where, struck)

    def _title(self, form: Form, row: Row) -> str:
        named = [answer(form.question(name), row.values.get(name), self.zone)
                 for name in form.titled_by]  # fmt: skip
        number = f" {row.values['number']}" if form.repeats else ""
        return " · ".join(filter(None, [f"{localized(form.label)}{number}", *named]))

    def _sections(self, form: Form, row: Row, where: str, struck: bool) -> Iterator[Block]:
        for section in form.sections:
            block = Block(localized(section.label), level=3, struck=struck)
            for question in section.questions:
                value = row.values.get(question.name)
                label = localized(question.label)
                spot = (form.table, row.id, question.name)
                raised = self.marks.at(spot, f"{where}: {label}")
                if asked(form, question, row.values) or not blank(value) or raised:
                    text = answer(question, value, self.zone)
                    block.entries.append(Entry(label, text, raised, struck))
                else:
                    block.unasked.append(label)
            yield block

    # --- labs -----------------------------------------------------------------------------------
    def _labs(self, visit: Visit, name: str) -> Iterator[Block]:
        protocol = registry.get(visit.protocol_version)
        order = {code: n for n, code in enumerate(protocol.visit(visit.code).panel)}
        for panel in self.printed.rows("labs_panel", visit_id=visit.pk):
            title = str(FORM_NAMES["labs"])
            block = Block(title, says=self._held(visit.pk, "labs"))
            block.entries = self._columns(panel, f"{name}, {title}: ")
            rows = self.printed.rows("labs_result", panel_id=panel.id)
            rows.sort(key=lambda row: (order.get(str(row.values["analyte"]), 99), row.id))
            block.header = (_("Test"), _("Result"), _("In the study's unit"), _("Range"),
                            _("Flag"), "×ULN", _("Remark"))  # fmt: skip
            block.widths = (38, 30, 30, 26, 14, 14, 28)
            block.rows = [self._result(row, name) for row in rows]
            yield block
            yield from self._scores(panel)

    def _result(self, row: Row, where: str) -> Sequence[Entry]:
        """A line of a panel: as entered, converted, against the laboratory's range."""
        values, code = row.values, str(row.values["analyte"])
        analyte = registry.latest().analyte(code)
        unit = unit_text(code, str(values["unit"] or ""))
        typed = f"{values['text']} {unit}".strip() if values["text"] else ""
        why = value_of(row.table, "not_done", values["not_done"], self.zone)
        canonical, low, high = (
            _decimal(values[n]) for n in ("canonical", "range_low", "range_high")
        )
        study = "" if canonical is None else (
            f"{values['comparator'] or ''}{canonical:.{analyte.decimals}f} "
            f"{unit_text(code, analyte.canonical_unit.code)}")  # fmt: skip
        times = times_upper(canonical, high) if canonical is not None else None
        bounds = range_text(low, high) if low is not None or high is not None else ""
        flags = {"L": _("low"), "H": _("high"), "N": ""}
        label = localized(analyte.name)
        raised = self.marks.at((row.table, row.id, ""), f"{where}: {label}")
        texts = (study.strip(), bounds, flags.get(str(values["flag"]), ""),
                 "" if times is None else f"{times:.1f}", str(values["comment"] or ""))  # fmt: skip
        return (Entry("", label), Entry("", typed or why or _("no value"), raised),
                *(Entry("", text) for text in texts))  # fmt: skip

    def _scores(self, panel: Row) -> Iterator[Block]:
        scores = [one for one in self.printed.scores if one.panel_id == panel.id]
        if scores:
            entries = [
                Entry(FORMULA_NAMES[one.formula],
                      why_not(one) if one.value is None else str(one.value))
                for one in sorted(scores, key=lambda one: one.formula)
            ]  # fmt: skip
            yield Block(_("Scores worked out"), level=3, entries=entries)

    # --- infusions ------------------------------------------------------------------------------
    def _infusions(self, visit: Visit, name: str) -> Iterator[Block]:
        for row in self.printed.rows("visits_infusion", visit_id=visit.pk):
            title = str(FORM_NAMES["infusion"])
            entries = self._columns(row, f"{name}, {title}: ")
            yield Block(title, says=self._held(visit.pk, "infusion"), entries=entries)
            block = Block(_("Course of the infusion"), level=3)
            for model, mark in INFUSION_ROWS.items():
                found = self.printed.rows(model._meta.db_table, infusion_id=row.id)
                block.entries += [self._line(one, mark, name) for one in found]
            if block.entries:
                yield block

    def _line(self, row: Row, mark: str, where: str) -> Entry:
        """A row below an infusion in one line."""
        label = capfirst(name_of(row.table, str(row.values[mark])))
        said = [
            f"{label_of(row.table, name)}: {text}"
            for name in columns_in_order(row)
            if name not in ("number", "struck", mark)
            and (text := self._value(row.table, name, row.values[name]))
        ]
        raised = self.marks.at((row.table, row.id, ""), f"{where}: {label}")
        return Entry(label, "; ".join(said), raised, bool(row.values.get("struck")))

    def _assessments(self) -> Chapter:
        found = [finding(one) for one in self.printed.assessments]
        entries = [Entry(one.name, f"{one.outcome}. {one.reason}") for one in found]
        block = Block(_("Outcome of each rule"), entries=entries)
        return Chapter(_("Response and relapse"), blocks=[block])

    # --- what holds -----------------------------------------------------------------------------
    def _held(self, visit_id: int | None, form: str = "") -> list[str]:
        """The hold over a place in words; of a form only one that is the form's own."""
        site, pk = self.person.site_id, self.person.pk
        over = self.printed.standing.over(site, pk, visit_id, form)
        if form and over == self.printed.standing.over(site, pk, visit_id):
            return []
        return [Locked(over).sentence] if over else []

    def _signed(self, visit_id: int | None) -> list[str]:
        return [
            signature(one) for one in self.printed.signatures
            if one.visit_id == visit_id and (visit_id or one.scope == Scope.CASEBOOK)
        ]  # fmt: skip


def columns_in_order(row: Row) -> list[str]:
    """The columns of a row that people enter, as its table has them: PostgreSQL sorts them."""
    left_out = {"code", "number"} if row.table == "visits_visit" else set()
    fields = KIND_OF_TABLE[row.table].model._meta.concrete_fields
    names = [str(one.column) for one in fields]
    return [
        name for name in names
        if name in row.values and name not in left_out
        and (name == LABORATORY or not name.endswith("_id"))
    ]  # fmt: skip


def _marks(printed: Printed) -> Marks:
    columns = {
        table: frozenset(name.partition(":")[0] for name in names.split())
        for table, names in COLUMNS[printed.document.schema].items()
    }
    columns |= {form.table: frozenset(columns_of(form)) for form in OTHERS}
    queries: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for one in printed.queries:
        queries.setdefault((one.table, one.record_id), []).append((one.field, one.pk))
    return Marks(by_spot(printed.changes, columns, LINES), queries)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
