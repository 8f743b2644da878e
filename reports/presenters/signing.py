"""A record as its signer reads it: made from the very rows that are signed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from labs.models import Laboratory
from patients.models import Participant
from reports import form_records
from reports.form_records import DESCRIBED
from reports.infusion_records import ROWS, name_of
from reports.presenters.rows import row_text
from reports.presenters.units import unit_text
from reports.records import KIND_OF_TABLE, RecordKind, shown
from reports.selectors.changes import laboratories_in, named_changes
from reports.selectors.listed import first
from trial.audit.models import Event
from trial.protocol import registry
from trial.protocol.label import Label
from trial.signing.canonical import Row, Value
from trial.signing.document import Document
from trial.signing.models import Signature
from trial.signing.selectors import changes_after
from trial.web.formats import clock, localized

Text = str | Promise
CHANGES = 20


@dataclass(frozen=True, slots=True)
class Result:
    """One line of a panel."""

    name: str
    value: str
    range: str
    flag: str
    remark: str


@dataclass(slots=True)
class Part:
    """A visit of the record, with the sample and the results of it; or the participant's forms."""

    title: str
    facts: list[tuple[Text, object]] = field(default_factory=list)
    sample: list[tuple[Text, object]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    infusion: list[tuple[Text, str]] = field(default_factory=list)


def parts(document: Document) -> list[Part]:
    """The whole record: the participant's forms, if they are in it, then visit by visit."""
    by_table: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(document.rows, key=lambda row: row.id):
        by_table[row.table].append(row)
    panels = {row.values["visit_id"]: row for row in by_table["labs_panel"]}
    results: dict[object, list[Row]] = defaultdict(list)
    for row in by_table["labs_result"]:
        results[row.values["panel_id"]].append(row)
    laboratories = Laboratory.objects.in_bulk([r.values["laboratory_id"] for r in panels.values()])
    found = [_person(row, by_table) for row in by_table["patients_participant"]]
    for visit in sorted(by_table["visits_visit"], key=_in_time):
        part = Part(_visit_name(visit), _facts(visit) + form_lines(by_table, visit.id))
        panel = panels.get(visit.id)
        if panel is not None:
            laboratory = laboratories.get(panel.values["laboratory_id"])
            part.sample = [(_("Laboratory"), laboratory), *_facts(panel)]
            part.results = [_result(row) for row in sorted(results[panel.id], key=_as_asked)]
        part.infusion = infusion_lines(by_table, visit.id)
        found.append(part)
    return found


def infusion_lines(by_table: Mapping[str, Sequence[Row]], visit_id: int) -> list[tuple[Text, str]]:
    """The infusions of a visit: every row that is signed, as its name and all of its values."""
    rows = [
        row for row in by_table.get("visits_infusion", ()) if row.values["visit_id"] == visit_id
    ]
    ids = {row.id for row in rows}
    for model, mark in ROWS.items():
        table = model._meta.db_table
        mine = [row for row in by_table.get(table, ()) if row.values["infusion_id"] in ids]
        rows += sorted(mine, key=lambda row: (str(row.values[mark]), row.id))
    return [_infusion_line(row) for row in rows]


def form_lines(
    by_table: Mapping[str, Sequence[Row]], visit_id: int | None = None
) -> list[tuple[Text, object]]:
    """The described forms of a visit, or without one those of the participant: every row that is
    signed, as its name and all of its answers."""
    return [
        (form_records.name_of(form, str(row.values["number"])),
         form_records.row_text(form, row.values))
        for table, form in DESCRIBED.items()
        for row in sorted(by_table.get(table, ()), key=_by_number)
        if row.values.get("visit_id") == visit_id
    ]  # fmt: skip


def _by_number(row: Row) -> tuple[int, int]:
    return int(str(row.values["number"])), row.id


def _infusion_line(row: Row) -> tuple[Text, str]:
    mark = next((m for model, m in ROWS.items() if model._meta.db_table == row.table), "")
    name = name_of(row.table, str(row.values[mark]) if mark else "")
    return capfirst(name), row_text(KIND_OF_TABLE[row.table], row.values)


_ORDER = {one.code: place for place, one in enumerate(registry.latest().analytes)}


def _as_asked(result: Row) -> tuple[int, int]:
    """In the order of the protocol, as on the form."""
    return _ORDER.get(str(result.values["analyte"]), len(_ORDER)), result.id


def _in_time(visit: Row) -> tuple[bool, str, int]:
    """Those that were held by their day, then the others in the order of their plan."""
    return visit.values["held_on"] is None, str(visit.values["held_on"]), visit.id


def _visit_name(visit: Row) -> str:
    code, number = str(visit.values["code"]), visit.values["number"]
    label: Label | None = next(
        (one.name for one in registry.latest().visits if one.code == code), None
    )
    name = localized(label) if label else code
    return f"{name} {number}" if number else name


def _person(row: Row, by_table: Mapping[str, list[Row]]) -> Part:
    part = Part(_("Participant"), _facts(row))
    for consent in by_table["patients_consent"]:
        part.facts += _facts(consent)
    for answer in by_table["patients_criterionanswer"]:
        values = answer.values
        text = shown(KIND_OF_TABLE[answer.table], "answer", values["answer"])
        score = f" ({values['value']})" if values["value"] is not None else ""
        part.facts.append((_("Criterion %s") % values["criterion"], text + score))
    part.facts += form_lines(by_table)
    return part


_IN_THE_TITLE = {("visits_visit", "code"), ("visits_visit", "number")}


def _facts(row: Row) -> list[tuple[Text, object]]:
    """Every covered column with its name and its value as a person reads it."""
    kind = KIND_OF_TABLE[row.table]
    return [
        (_name(row.table, column), shown(kind, column, value))
        for column, value in row.values.items()
        if not column.endswith("_id") and (row.table, column) not in _IN_THE_TITLE
    ]


def _name(table: str, column: str) -> Text:
    kind = KIND_OF_TABLE[table]
    field: Any = kind.model._meta.get_field(column)
    return capfirst(str(kind.labels.get(field.attname) or field.verbose_name))


def _result(row: Row) -> Result:
    values = row.values
    code = str(values["analyte"])
    kind = KIND_OF_TABLE[row.table]
    name = next((localized(a.name) for a in registry.latest().analytes if a.code == code), code)
    unit = unit_text(code, str(values["unit"])) if values["unit"] else ""
    value = f"{values['text']} {unit}".strip() or shown(kind, "not_done", values["not_done"])
    return Result(
        name=name,
        value=value,
        range=_range(values["range_low"], values["range_high"]),
        flag={"L": _("low"), "H": _("high")}.get(str(values["flag"]), ""),
        remark=str(values["comment"] or ""),
    )


def _range(low: Value, high: Value) -> str:
    if low is not None and high is not None:
        return f"{low} – {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}" if high is not None else ""


# --- what broke a signature -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change after a signature."""

    at: str
    who: str
    what: str
    old: str
    new: str
    why: str


def changes(signature: Signature) -> tuple[list[ChangeLine], int]:
    """What was changed after a signature, oldest first, and how many events more there are."""
    found = first(changes_after(signature), CHANGES)
    named = laboratories_in(found.rows)
    return [line for event in found.rows for line in _lines(event, named)], found.more


def _lines(event: Event, laboratories: Mapping[int, str]) -> list[ChangeLine]:
    kind = KIND_OF_TABLE.get(event.table_name)
    lines = []
    for change in named_changes(event, laboratories):
        if kind is None or change.field == "id":
            continue
        what = (_about(event), str(_name(event.table_name, _plain(change.field))))
        lines.append(
            ChangeLine(
                at=clock(event.at, "UTC"), who=event.actor, what=" ".join(filter(None, what)),
                old=_said(kind, change.field, change.old),
                new=_said(kind, change.field, change.new), why=event.reason,
            )
        )  # fmt: skip
    return lines


def _about(event: Event) -> str:
    """Whose value a change is of, where its field alone does not tell."""
    row = event.new or event.old or {}
    form = DESCRIBED.get(event.table_name)
    if form is not None:
        return form_records.name_of(form, str(row.get("number", ""))) + ":"
    return str(row.get("analyte", ""))


def _said(kind: RecordKind, field: str, value: Any) -> str:
    if kind.table in DESCRIBED and not isinstance(value, dict):
        return shown(kind, field, value)
    return "" if value is None else str(value)


def _plain(column: str) -> str:
    return column.removesuffix("_id")


def title_of(person: Participant, label: str = "") -> str:
    """What is to be signed, in words."""
    if label:
        return _("%(visit)s of %(code)s") % {"visit": label, "code": person.code}
    return _("Casebook of %(code)s") % {"code": person.code}
