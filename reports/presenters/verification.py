"""The page on which a monitor compares a form with the source: every value, and what of it is
verified, or was changed since, with what stood there then."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.models import Laboratory
from reports.form_records import DESCRIBED, NAMES, question_of
from reports.presenters.rows import row_text
from reports.presenters.units import unit_text
from reports.records import KIND_OF_TABLE, MARKS, RecordKind, shown
from reports.selectors.form_rows import form_rows
from trial.access.models import Site
from trial.audit.records import Place
from trial.protocol import registry
from trial.protocol.label import Label
from trial.quality.models import Mode, VerificationPlan
from trial.quality.selectors.verification import Counts, Item, items_of
from trial.quality.verification_sql import VALUES
from trial.web.formats import clock, localized

Text = str | Promise
FORM_NAMES: Mapping[str, Text] = {
    "participant": gettext_lazy("Participant"),
    "consent": gettext_lazy("Consent"),
    "eligibility": gettext_lazy("Eligibility"),
    "visit": gettext_lazy("Visit"),
    "labs": gettext_lazy("Laboratory values"),
    "infusion": gettext_lazy("Infusion"),
    **NAMES,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One value: what it is now, and if it was changed since it was verified, what it was."""

    item: Item
    name: str
    value: str
    remark: str
    before: str | None

    @property
    def key(self) -> str:
        return str(self.item.record)

    @property
    def verified(self) -> str:
        """By whom and when it was compared last, as a sentence."""
        if self.item.verified_at is None:
            return ""
        return _("%(who)s, %(at)s UTC") % {
            "who": self.item.verified_by, "at": clock(self.item.verified_at, "UTC")
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One form with its values."""

    form: str
    title: Text
    url: str
    lines: Sequence[Line]
    counts: Counts

    @property
    def standing(self) -> bool:
        """Whether there is a verification that could be withdrawn."""
        return any(line.item.verified_at for line in self.lines)


def blocks(place: Place) -> list[Block]:
    """The forms of a visit, or of a participant without one.

    One statement, one per table (three for all described forms), and one for the laboratory of a
    sample, now and before a change.
    """
    items = items_of(place)
    rows = _rows(items)
    found: dict[str, list[Item]] = {form: [] for form in FORM_NAMES}
    for item in sorted(items, key=_in_order):
        found[item.form].append(item)
    return [_block(form, mine, rows) for form, mine in found.items() if mine]


Rows = Mapping[tuple[str, int], Any]


def _rows(items: Sequence[Item]) -> Rows:
    ids: dict[str, set[int]] = defaultdict(set)
    for item in items:
        ids[item.record.table].add(item.record.id)
    found: dict[tuple[str, int], Model] = {**form_rows(ids)}
    for table in set(ids) - set(DESCRIBED):
        kind = KIND_OF_TABLE[table]
        rows = kind.model._default_manager.select_related(*kind.related)
        for row in rows.filter(pk__in=ids[table]):
            found[table, row.pk] = row
    return found


def _in_order(item: Item) -> tuple[str, int, int]:
    columns = VALUES.get(item.record.table, ())
    number = columns.index(item.record.field) if item.record.field in columns else 0
    return item.record.table, item.record.id, number


def _block(form: str, items: Sequence[Item], rows: Rows) -> Block:
    lines = [_line(item, rows[item.record.table, item.record.id]) for item in items]
    first = items[0].record
    kind = KIND_OF_TABLE[first.table]
    return Block(
        form=form,
        title=FORM_NAMES[form],
        url=kind.address(rows[first.table, first.id]).partition("#")[0],
        lines=lines,
        counts=counts_of(items),
    )


def counts_of(items: Sequence[Item]) -> Counts:
    """The counts of some items."""
    return Counts(
        items=len(items),
        required=sum(item.required for item in items),
        verified=sum(item.state == "verified" for item in items),
        changed=sum(item.state == "changed" for item in items),
        left=sum(item.required and item.state != "verified" for item in items),
    )


def _line(item: Item, row: Any) -> Line:
    kind = KIND_OF_TABLE[item.record.table]
    now = {field.attname: getattr(row, field.attname) for field in kind.model._meta.concrete_fields}
    old = item.change.old if item.change else None
    return Line(
        item=item,
        name=_name(kind, item, row),
        value=_value(kind, item, now),
        remark=str(now.get("comment") or "") if item.record.table == "labs_result" else "",
        before=_value(kind, item, old) if old is not None else None,
    )


def _name(kind: RecordKind, item: Item, row: Any) -> str:
    if item.record.table == "labs_result":
        return localized(_analyte_name(row.analyte))
    if not item.record.field:
        return kind.name(row)
    name = kind.labels[item.record.field]
    return f"{name} ({kind.name(row)})" if kind.table in MARKS else str(name)


def _analyte_name(code: str) -> Label:
    known: Label | None = next(
        (one.name for one in registry.latest().analytes if one.code == code), None
    )
    return known or Label(code, code)


def _value(kind: RecordKind, item: Item, values: Mapping[str, Any]) -> str:
    """What stands, or stood, there, as a person reads it."""
    if item.record.table == "labs_result":
        unit = unit_text(values["analyte"], values["unit"]) if values["unit"] else ""
        text = f"{values['text']} {unit}".strip() if values["text"] else ""
        return text or shown(kind, "not_done", values["not_done"])
    if item.record.table == "patients_criterionanswer":
        score = f" ({values['value']})" if values["value"] is not None else ""
        return shown(kind, "answer", values["answer"]) + score
    if not item.record.field:
        return row_text(kind, values)
    value = values.get(item.record.field)
    if question_of(item.record.table, item.record.field):
        return shown(kind, item.record.field, value)
    if item.record.field == "laboratory_id":
        found = Laboratory.objects.filter(pk=value or 0).first()
        return found.name if found else ""
    if isinstance(value, datetime):
        return clock(value, "UTC") + " UTC"
    return shown(kind, item.record.field, value)


# --- plans ---------------------------------------------------------------------------------------
def plan_text(plan: VerificationPlan) -> str:
    """How much a plan asks for, as a sentence."""
    forms = ", ".join(str(FORM_NAMES[form]).lower() for form in plan.forms)
    match plan.mode:
        case Mode.ALL:
            return _("Everything of: %(forms)s") % {"forms": forms}
        case Mode.CRITICAL:
            return _("Critical fields of: %(forms)s") % {"forms": forms}
    words = {"percent": plan.percent, "forms": forms, "seed": plan.seed}
    if plan.critical_of_others:
        return (
            _(
                "Everything of %(percent)s %% of the participants (seed %(seed)s), critical fields "
                "of the others, of: %(forms)s"
            )
            % words
        )
    return _("Everything of %(percent)s %% of the participants (seed %(seed)s), of: %(forms)s") % (
        words
    )


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site with its plan (its own, or the study's) and how far it is."""

    site: Site
    plan: str
    own: bool
    counts: Counts


def site_lines(
    sites: Sequence[Site], plans: Sequence[VerificationPlan], counts: Mapping[int, Counts]
) -> list[SiteLine]:
    """The progress of sites; `plans` are the standing ones."""
    of_site = {plan.site_id: plan for plan in plans}
    found = []
    for site in sites:
        plan = of_site.get(site.pk) or of_site.get(None)
        text = plan_text(plan) if plan else ""
        found.append(SiteLine(site, text, site.pk in of_site, counts.get(site.pk, Counts())))
    return found
