"""The whole trail as a dataset: every event, with what is needed to verify it elsewhere (R-15).

`TRAIL` is for those who may read free text at all sites; `CODED_TRAIL` leaves out whatever may
name a person - reasons, comments, and the text under the seal, which holds them: those columns
are empty.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    Expression,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast

from randomization.models import Kind as UnblindingKind
from randomization.models import Unblinding
from reports import expressions as e
from reports.classification import FIELDS, Kind
from reports.columns import Column
from reports.columns import Kind as Type
from reports.dataset import Dataset
from reports.models import TrailRow
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.quality.casebook import FORM_OF_TABLE


def _coded_fields() -> dict[str, list[str]]:
    """The columns of each table that name nobody."""
    found = {}
    for model in apps.get_models():
        kinds = FIELDS.get(model._meta.label, {})
        found[model._meta.db_table] = [
            str(field.column)
            for field in model._meta.concrete_fields
            if kinds.get(field.name) in (Kind.EXPORTABLE, Kind.TECHNICAL)
        ]
    return found


class Coded(Func):
    """A row of the trail with its coded columns only; of an unknown table, with none."""

    template = (
        "(select jsonb_object_agg(k.key, k.value)::text from jsonb_each(%(row)s::jsonb) k"
        " where %(expressions)s -> table_name ? k.key)"
    )
    output_field = TextField()

    def __init__(self, row: str) -> None:
        known = Cast(Value(json.dumps(_coded_fields())), JSONField())
        super().__init__(known, row=row)


def _c(name: str, kind: Type, text: str, expression: Expression | None = None) -> Column:
    return Column(name, kind, text, expression)


def _after_unblinding() -> Expression:
    """Whether an arm was shown, or its becoming known recorded, before the event (R-51).

    By when it was recorded, not since when it was known: the same point of time gives the same
    file for ever.
    """
    own = Q(participant=OuterRef("participant_id")) | Q(participant=None)
    recorded = Q(read_at__lte=OuterRef("at"))
    recorded |= Q(kind=UnblindingKind.INADVERTENT, requested_at__lte=OuterRef("at"))
    return Case(
        When(Q(participant_id=None), then=Value(False)),
        default=Exists(Unblinding.objects.filter(own, recorded)),
        output_field=BooleanField(),
    )


TRAIL = Dataset(
    name="trail",
    text="The audit trail: every change and every act, with who, when and why.",
    rows=TrailRow.objects.all(),
    permission=Permission.TRAIL_VIEW,
    columns=(
        _c("id", "integer", "Number of the event; gaps are transactions that failed."),
        _c("at", "timestamp", "When it was written, by the server's clock."),
        _c("site", "text", "Site of the record; empty for what concerns no site."),
        _c("participant", "text", "Participant code."),
        _c("visit", "text", "Visit, as W36 or UNS 2."),
        Column("form", "text", "Form of the casebook.", e.lookup(FORM_OF_TABLE, F("table_name"))),
        _c("kind", "text", "insert, update, delete, or act: and what was done."),
        _c("table_name", "text", "Table of the record."),
        _c("record_id", "text", "Row of the record."),
        _c("changed_fields", "text", "Columns that an update changed, joined by ;"),
        _c("old", "text", "The row before, as JSON.", Cast(F("old_row"), TextField())),
        _c("new", "text", "The row after, as JSON.", Cast(F("new_row"), TextField())),
        _c("details", "text", "What an act says besides, as JSON."),
        _c("actor", "text", "User name, or the process that acted."),
        _c("actor_role", "text", "Role under which it was done."),
        _c("actor_site", "text", "Site under which it was done; empty for study-wide roles."),
        _c("reason", "text", "Why, as the person said."),
        _c("request_id", "text", "Request or job by which it came."),
        _c(
            "after_unblinding",
            "boolean",
            "Whether it was recorded by then that the participant's arm is known.",
            _after_unblinding(),
        ),
        _c("generation", "integer", "Counts restores of the database."),
        _c("xid", "text", "Transaction that wrote it; those of one transaction share it."),
        _c("nonce", "text", "Goes into the event's leaf before the canonical text."),
        _c("canonical", "text", "Text under the seal: leaf = SHA-256 of nonce and this, in UTF-8."),
    ),
    key=("id",),
    orders=("id",),
    append_only=True,
)
_HIDDEN = ("reason", "details", "nonce", "canonical")


def _nothing(row: Mapping[str, Any]) -> None:
    """What a column holds for those who may not read it."""


def _without_text(column: Column) -> Column:
    if column.name in ("old", "new"):
        return replace(column, expression=Coded(f"{column.name}_row"))
    return replace(column, derive=_nothing) if column.name in _HIDDEN else column


CODED_TRAIL = replace(TRAIL, columns=tuple(_without_text(column) for column in TRAIL.columns))


def trail_for(user: AnyUser) -> Dataset:
    """The trail as far as this user may take it out."""
    return TRAIL if sites_for(user, Permission.TRAIL_TEXT).everywhere else CODED_TRAIL
