"""The rows that a signature covers, read with the cut through history in one statement.

One statement has one snapshot: rows and watermark belong together, whatever is committed beside
it. The columns are listed here by version, because a later migration must not make an old
signature look broken: a signature says by which list it was made, and old lists stay for ever.
Bookkeeping is left out, as in the trail: what the trail calls no change is none here
(tests/integration/signing/test_content.py compares the two). The tables of the apps above are
known by name, as in trial/quality/casebook.py.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import connection

from trial.audit.watermark import Watermark
from trial.protocol.casebook.forms import OF_THE_SITE
from trial.protocol.crf import Form, Question
from trial.signing.canonical import Row
from trial.signing.document import Document, Subject
from trial.signing.models import Scope, Signature

_FIRST: Mapping[str, str] = {
    "patients_participant": "site_id code sex sex_for_meld birth_year childbearing_potential "
    "status status_reason screened_on enrolled_on day0_on "
    "induction_started_on ended_on",
    "patients_consent": "participant_id form_version given_at:time recorded_at:time recorded_by",
    "patients_criterionanswer": "participant_id criterion answer value protocol_version",
    "visits_visit": "participant_id code number status held_on reason",
    "labs_panel": "visit_id laboratory_id collected_on collected_time sample_state "
    "dialysis pt_isi:number pt_mnpt:number",
    "labs_result": "panel_id analyte text unit comparator value:number canonical:number "
    "not_done confirmed comment range_low:number range_high:number flag",
}
_INFUSION: Mapping[str, str] = {
    "visits_infusion": "visit_id bag_id weight_kg:number weighed_on ordered_cells:number "
    "ordered_ml:number prepared_cells:number prepared_ml:number prepared_grade preparation_note "
    "line gauge filter started:time ended:time given_ml:number given_cells:number given_grade "
    "residual_ml:number flush_ml:number stopped_early stop_reason end_note",
    "visits_infusionsonography": "infusion_id phase examined:time operator device portal_vein "
    "hepatic_veins thrombus ascites images finding",
    "visits_infusionvitals": "infusion_id point measured:time heart_rate systolic diastolic "
    "respiration oxygen temperature:number not_done",
    "visits_infusionratechange": "infusion_id number since:time rate_ml_h:number note struck",
    "visits_infusionpremedication": "infusion_id number drug dose given:time struck",
    "visits_infusionreaction": "infusion_id term occurred onset:time grade note state",
}
# column, or column:number (exact, no trailing zeros), column:time (UTC, microseconds). What is
# put into JSON is ISO 8601 for dates whatever the session is set to.
_SECOND: Mapping[str, str] = {
    **_FIRST,
    "patients_participant": _FIRST["patients_participant"] + " disease_status",
}
_THIRD: Mapping[str, str] = {**_SECOND, **_INFUSION}


def _column(question: Question) -> str:
    """A question's column, with how it is written."""
    if question.kind == "moment":
        return f"{question.name}:time"
    return f"{question.name}:number" if question.decimals else question.name


def _of_form(form: Form, schema: int) -> str:
    owner = ("participant_id", "visit_id") if form.level == "visit" else ("participant_id",)
    asked = (_column(question) for question in form.questions if question.since <= schema)
    return " ".join((*owner, "number", "not_done", "struck", *asked))


def _with_forms(schema: int) -> Mapping[str, str]:
    """The third list with the described forms, and of those the questions that were there then: a
    question says since which list it is signed (`since`, trial/protocol/crf.py)."""
    forms = [form for form in OF_THE_SITE if any(one.since <= schema for one in form.questions)]
    return {**_THIRD, **{form.table: _of_form(form, schema) for form in forms}}


_NEWEST = max((one.since for form in OF_THE_SITE for one in form.questions), default=4)
COLUMNS: Mapping[int, Mapping[str, str]] = {
    1: _FIRST,
    2: _SECOND,
    3: _THIRD,
    **{schema: _with_forms(schema) for schema in range(4, _NEWEST + 1)},
}
SCHEMA = max(COLUMNS)
_AS: Mapping[str, str] = {
    "": "t.{0}",
    "number": "trim_scale(t.{0})::text",
    "time": "to_char(t.{0} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
}
_OF_INFUSION = tuple(table for table in _INFUSION if table != "visits_infusion")
_OF_PARTICIPANT: Mapping[str, str] = {
    "patients_participant": "t.id = %(participant)s",
    "patients_consent": "t.participant_id = %(participant)s",
    "patients_criterionanswer": "t.participant_id = %(participant)s",
    "visits_visit": "t.participant_id = %(participant)s",
    "labs_panel": "t.visit_id in (select id from visits_visit where participant_id ="
    " %(participant)s)",
    "labs_result": "t.panel_id in (select p.id from labs_panel p join visits_visit v"
    " on v.id = p.visit_id where v.participant_id = %(participant)s)",
    "visits_infusion": "t.visit_id in (select id from visits_visit where participant_id ="
    " %(participant)s)",
    **dict.fromkeys(
        _OF_INFUSION,
        "t.infusion_id in (select i.id from visits_infusion i join visits_visit v"
        " on v.id = i.visit_id where v.participant_id = %(participant)s)",
    ),
    **{form.table: "t.participant_id = %(participant)s" for form in OF_THE_SITE},
}
_SEEN = "select audit_generation_now(), pg_current_snapshot()::text,"
_OF_VISIT: Mapping[str, str] = {
    "visits_visit": "t.id = %(visit)s and t.participant_id = %(participant)s",
    "labs_panel": "t.visit_id = %(visit)s",
    "labs_result": "t.panel_id in (select id from labs_panel where visit_id = %(visit)s)",
    "visits_infusion": "t.visit_id = %(visit)s",
    **dict.fromkeys(
        _OF_INFUSION,
        "t.infusion_id in (select id from visits_infusion where visit_id = %(visit)s)",
    ),
    **{form.table: "t.visit_id = %(visit)s" for form in OF_THE_SITE if form.level == "visit"},
}

# What an investigator answers for who has somebody randomised: the person, consent, criteria.
_WHERES: Mapping[str, Mapping[str, str]] = {
    Scope.VISIT: _OF_VISIT,
    Scope.CASEBOOK: _OF_PARTICIPANT,
    Scope.ALLOCATION: {
        table: _OF_PARTICIPANT[table]
        for table in ("patients_participant", "patients_consent", "patients_criterionanswer")
    },
}


def read(subject: Subject, schema: int = SCHEMA) -> Document:
    """The rows of a subject as they are now. One statement."""
    columns = COLUMNS[schema]
    wheres = {t: where for t, where in _WHERES[subject.scope].items() if t in columns}
    parts = [_part(table, columns[table], where) for table, where in wheres.items()]
    rows_sql = " union all ".join(parts)
    sql = f"{_SEEN} (select json_agg(json_build_array(u.t, u.id, u.v)) from ({rows_sql}) u)"  # noqa: S608
    values = {"participant": subject.participant_id, "visit": subject.visit_id}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        generation, snapshot, found = cursor.fetchone()
    rows = tuple(Row(table, number, held) for table, number, held in found or ())
    return Document(subject, schema, rows, Watermark(generation, snapshot))


_PAIRS = 50  # a function of PostgreSQL takes a hundred arguments


def _part(table: str, columns: str, where: str) -> str:
    pairs = []
    for column in columns.split():
        name, _colon, kind = column.partition(":")
        pairs.append(f"'{name}', {_AS[kind].format(name)}")
    some = [", ".join(pairs[start : start + _PAIRS]) for start in range(0, len(pairs), _PAIRS)]
    built = " || ".join(f"jsonb_build_object({part})" for part in some)
    return f"select '{table}' as t, t.id, ({built})::json as v from {table} t where {where}"  # noqa: S608


def signed(signature: Signature) -> Document:
    """What the record of a signature holds now, by the columns that were signed.

    An allocation keeps the rows it was signed on: what is corrected later changes nothing of it.
    """
    subject = Subject(
        Scope(signature.scope),
        signature.site,
        signature.participant_id,
        signature.participant_code,
        signature.visit_id,
        signature.visit_label,
    )
    document = read(subject, signature.schema)
    if subject.scope != Scope.ALLOCATION:
        return document
    return replace(document, rows=_frozen(signature))


def _frozen(signature: Signature) -> tuple[Row, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select frozen from randomization_allocation where signature_id = %s", [signature.pk]
        )
        found = cursor.fetchone()
    rows = json.loads(found[0]) if found else ()
    return tuple(
        Row(table, number, {name: value for name, _kind, value in values})
        for table, number, values in rows
    )


def values_of(document: Document, table: str) -> list[tuple[int, Mapping[str, Any]]]:
    """(id, values) of the document's rows of one table, by id."""
    return sorted((row.id, row.values) for row in document.rows if row.table == table)
