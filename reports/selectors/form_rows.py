"""Rows of described forms in one statement, however many forms there are."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from patients.models import Participant
from reports.form_records import DESCRIBED
from trial.crf.models import MODELS, FormRow
from trial.crf.selectors import values_from
from trial.protocol.crf import Form
from visits.models import Visit

_ROWS = "select '{table}', to_jsonb(t)::text from {table} t where t.id = any(%({table})s)"
_COMMON = ("id", "number", "not_done", "struck", "version", "saved_by", "participant_id")


def form_rows(wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], FormRow]:
    """The rows with these ids by table and id, each with participant, site and visit.

    Tables that are no described form's are left alone. At most three statements.
    """
    ids = {table: list(pks) for table, pks in wanted.items() if table in DESCRIBED}
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(_ROWS.format(table=table) for table in ids), ids)
        held = [(table, json.loads(text, parse_float=Decimal)) for table, text in cursor]
    rows = {(table, one["id"]): _row(DESCRIBED[table], one) for table, one in held}
    _with_owners([one for _table, one in held], rows.values())
    return rows


def _row(form: Form, held: Mapping[str, Any]) -> FormRow:
    visit = {"visit_id": held["visit_id"]} if form.level == "visit" else {}
    row: FormRow = MODELS[form.code](
        **{name: held[name] for name in _COMMON},
        **visit,
        saved_at=datetime.fromisoformat(held["saved_at"]),
        **values_from(form, held, UTC),
    )
    return row


def _with_owners(held: Collection[Mapping[str, Any]], rows: Collection[FormRow]) -> None:
    people = Participant.objects.select_related("site").in_bulk(
        {one["participant_id"] for one in held}
    )
    visits = Visit.objects.in_bulk({one["visit_id"] for one in held if "visit_id" in one})
    for row in rows:
        own: Any = row
        own.participant = people[own.participant_id]
        if own.form.level == "visit":
            own.visit = visits[own.visit_id]
