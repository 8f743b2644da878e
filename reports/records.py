"""Every record that can be asked about: what it is called, where it is entered, who may see it.

The one place where the general parts (queries, verifications, signatures, locks, the trail), which
know a record as table, id and field, meet the apps that own the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.models import NotDone, Panel, Result, SampleState
from patients.models import Consent, CriterionAnswer, Participant
from reports.classification import FIELDS, Kind
from reports.form_records import answer_text, question_of, row_address, row_name, visit_of
from reports.infusion_records import NAMES, ROWS, address_of, name_of
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.audit.records import Place, Record
from trial.crf.models import MODELS
from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form
from trial.quality.casebook import FORM_OF_TABLE
from trial.web.formats import localized
from visits.models import Infusion, Visit
from visits.selectors.visits import visit_name

Row = Any  # a row of one of the models below
Text = str | Any  # a lazy text too


class NotThere(LookupError):  # noqa: N818 - what it says to the caller
    """No such record, or none that the user may see."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record. `owner` leads from a row to its participant, in Django's field paths."""

    code: str
    model: type[models.Model]
    permission: Permission
    owner: str
    related: tuple[str, ...]
    visit_of: Callable[[Row], Visit | None]
    name: Callable[[Row], str]
    address: Callable[[Row], str]
    labels: Mapping[str, Text]

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def form(self) -> str:
        return FORM_OF_TABLE[self.table]

    def visible_to(self, user: AnyUser) -> models.QuerySet[Any]:
        """The rows of the sites where `user` may read this kind."""
        scope = sites_for(user, self.permission)
        rows = self.model._default_manager.select_related(*self.related)
        site = "__".join(filter(None, (self.owner, "site__in")))
        return rows if scope.everywhere else rows.filter(**{site: scope.ids})


@dataclass(frozen=True, slots=True)
class Found:
    """One record with what people call it."""

    kind: RecordKind
    row: Row

    @property
    def participant(self) -> Participant:
        owner = self.row
        for step in filter(None, self.kind.owner.split("__")):
            owner = getattr(owner, step)
        found: Participant = owner
        return found

    @property
    def visit(self) -> Visit | None:
        return self.kind.visit_of(self.row)

    @property
    def place(self) -> Place:
        person, visit = self.participant, self.visit
        return Place(
            site_id=person.site_id,
            participant_id=person.pk,
            participant_code=person.code,
            visit_id=visit.pk if visit else None,
            visit_label=visit.label if visit else "",
            form=self.kind.form,
        )

    def record(self, field: str = "") -> Record:
        return Record(self.kind.table, self.row.pk, field)

    @property
    def label(self) -> str:
        """What a person calls it, in the language of the page: "ALT, W36"."""
        return self.kind.name(self.row)

    @property
    def url(self) -> str:
        """The screen on which it is entered."""
        return self.kind.address(self.row)

    @property
    def fields(self) -> Mapping[str, Text]:
        """The columns that hold what was observed, with their names for people."""
        return self.kind.labels

    def value(self, field: str) -> str:
        """One value as a person reads it; of a laboratory its code and name."""
        column: Any = self.kind.model._meta.get_field(field)
        zone = self.participant.site.timezone
        return shown(self.kind, field, getattr(self.row, column.name), zone)


_CHOICES: Mapping[tuple[str, str], Mapping[str, Text]] = {
    ("labs_result", "not_done"): dict(NotDone.choices),
    ("labs_panel", "sample_state"): dict(SampleState.choices),
}


def shown(kind: RecordKind, field: str, value: Any, zone: str = "UTC") -> str:
    """A stored value, of the row or of the trail, as a person reads it; times of described forms
    in the zone."""
    if value is None or value == "":
        return ""
    question = question_of(kind.table, field)
    if question is not None:
        return answer_text(question, value, zone)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = _CHOICES.get((kind.table, field)) or dict(
        getattr(kind.model._meta.get_field(field), "choices", None) or ()
    )
    return str(choices.get(str(value), value))


def _of_visit(visit: Visit) -> str:
    return reverse("visits:visit", args=[visit.participant.code, visit.slug])


def _screening(person: Participant) -> str:
    return reverse("patients:screening", args=[person.code])


def _analyte(row: Result) -> str:
    protocol = registry.get(row.panel.visit.protocol_version)
    name = localized(protocol.analyte(row.analyte).name)
    return f"{name}, {row.panel.visit.label}"


def _labels(model: type[models.Model], **named: Text) -> Mapping[str, Text]:
    """Names of a model's exportable and free-text columns; technical ones are nobody's question."""
    kinds = FIELDS[model._meta.label]
    fields = [
        field
        for field in model._meta.concrete_fields
        if kinds[field.name] in (Kind.EXPORTABLE, Kind.IDENTIFYING)
    ]
    return {field.name: named.get(field.name, field.verbose_name) for field in fields}


def _named(row: Row, mark: str, visit: Visit) -> str:
    return f"{name_of(row._meta.db_table, mark)}, {visit.label}"


def _of_infusion(model: type[models.Model], mark: str) -> RecordKind:
    """A row of an infusion; `mark` is the column that tells it from its neighbours."""
    return RecordKind(
        code=str(NAMES[model._meta.db_table].code),
        model=model,
        permission=Permission.REPORT_VIEW,
        owner="infusion__visit__participant",
        related=("infusion__visit__participant__site", "infusion__bag"),
        visit_of=lambda row: row.infusion.visit,
        name=lambda row: _named(row, str(getattr(row, mark)), row.infusion.visit),
        address=lambda row: address_of(row.infusion.bag),
        labels=_labels(model),
    )


def _of_form(form: Form) -> RecordKind:
    """A sheet or line of a described form."""
    model = MODELS[form.code]
    visit = ("visit",) if form.level == "visit" else ()
    labels = _labels(model)
    return RecordKind(
        code=form.code,
        model=model,
        permission=Permission.REPORT_VIEW,
        owner="participant",
        related=("participant__site", *visit),
        visit_of=visit_of,
        name=row_name,
        address=row_address,
        labels={**{one.name: labels[one.name] for one in form.questions}, **labels},
    )


KINDS: Mapping[str, RecordKind] = {
    kind.code: kind
    for kind in (
        RecordKind(
            code="participant",
            model=Participant,
            permission=Permission.PARTICIPANT_VIEW,
            owner="",
            related=("site",),
            visit_of=lambda row: None,
            name=lambda row: _("participant %(code)s") % {"code": row.code},
            address=_screening,
            labels=_labels(Participant),
        ),
        RecordKind(
            code="consent",
            model=Consent,
            permission=Permission.REPORT_VIEW,
            owner="participant",
            related=("participant__site",),
            visit_of=lambda row: None,
            name=lambda row: _("consent %(version)s") % {"version": row.form_version},
            address=lambda row: _screening(row.participant),
            labels=_labels(Consent),
        ),
        RecordKind(
            code="criterion",
            model=CriterionAnswer,
            permission=Permission.REPORT_VIEW,
            owner="participant",
            related=("participant__site",),
            visit_of=lambda row: None,
            name=lambda row: _("criterion %(code)s") % {"code": row.criterion},
            address=lambda row: _screening(row.participant),
            labels=_labels(
                CriterionAnswer, answer=gettext_lazy("answer"), value=gettext_lazy("score")
            ),
        ),
        RecordKind(
            code="visit",
            model=Visit,
            permission=Permission.PARTICIPANT_VIEW,
            owner="participant",
            related=("participant__site",),
            visit_of=lambda row: row,
            name=lambda row: localized(visit_name(row)),
            address=_of_visit,
            labels=_labels(Visit),
        ),
        RecordKind(
            code="panel",
            model=Panel,
            permission=Permission.LAB_VIEW,
            owner="visit__participant",
            related=("visit__participant__site", "laboratory"),
            visit_of=lambda row: row.visit,
            name=lambda row: _("lab sample, %(visit)s") % {"visit": row.visit.label},
            address=lambda row: reverse("labs:entry", args=[row.visit_id]),
            labels={"laboratory_id": gettext_lazy("laboratory"), **_labels(Panel)},
        ),
        RecordKind(
            code="result",
            model=Result,
            permission=Permission.LAB_VIEW,
            owner="panel__visit__participant",
            related=("panel__visit__participant__site",),
            visit_of=lambda row: row.panel.visit,
            name=_analyte,
            address=lambda row: (
                reverse("labs:entry", args=[row.panel.visit_id]) + f"#v-{row.analyte}"
            ),
            labels=_labels(
                Result,
                text=gettext_lazy("value"),
                value=gettext_lazy("value as a number"),
                canonical=gettext_lazy("value in the study's unit"),
                unit=gettext_lazy("unit"),
                not_done=gettext_lazy("why not done"),
                confirmed=gettext_lazy("confirmed"),
                comment=gettext_lazy("comment"),
            ),
        ),
        RecordKind(
            code="infusion",
            model=Infusion,
            permission=Permission.REPORT_VIEW,
            owner="visit__participant",
            related=("visit__participant__site", "bag"),
            visit_of=lambda row: row.visit,
            name=lambda row: _named(row, "", row.visit),
            address=lambda row: address_of(row.bag),
            labels=_labels(Infusion),
        ),
        *(_of_infusion(model, mark) for model, mark in ROWS.items()),
        *(_of_form(form) for form in FORMS),
    )
}
KIND_OF_TABLE: Mapping[str, RecordKind] = {kind.table: kind for kind in KINDS.values()}
# The column that tells a row from its neighbours on the same form.
MARKS: Mapping[str, str] = {
    "labs_result": "analyte",
    "patients_criterionanswer": "criterion",
    "patients_consent": "form_version",
    **{model._meta.db_table: mark for model, mark in ROWS.items()},
    **{form.table: "number" for form in FORMS if form.repeats},
}


def find(user: AnyUser, kind: str, pk: int) -> Found:
    """The record, if `user` may see it. Raises NotThere otherwise, whether it exists or not."""
    wanted = KINDS.get(kind)
    row = wanted.visible_to(user).filter(pk=pk).first() if wanted else None
    if wanted is None or row is None:
        raise NotThere
    return Found(wanted, row)
