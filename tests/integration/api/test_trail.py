"""The trail over REST: whole, verifiable elsewhere, and no more than each may read; and traces."""

import hashlib
import io
import json
from itertools import product

import pandas as pd
import pytest
from django.db import connection
from django.utils import timezone
from pyarrow import parquet

from labs.models import Panel, Result
from reports.datasets import DATASETS
from reports.sources import SOURCES
from tests.factories import forms, study
from tests.integration.api.test_exports import body, cell
from trial.audit import events
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.audit.seal import seal_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def corrected(cast, labs):
    study.enter(labs.there, "D0", {"ALT": "99"}, cast.other_laboratory, reason="names Mrs Wang")
    return Result.objects.get(panel__visit__participant=labs.there, analyte="ALT")


@pytest.mark.req("R-15")
@pytest.mark.parametrize("how", ["csv", "ndjson", "parquet"])
def test_the_whole_trail_is_a_file_of_as_many_rows_as_there_are_events(api, cast, corrected, how):
    client = api(cast.datamanager)
    count = Event.objects.count()
    answer = client.get("trail/", format=how)
    content = body(answer)
    if how == "csv":
        rows = len(pd.read_csv(io.BytesIO(content), dtype=str))
    elif how == "ndjson":
        rows = len(content.splitlines())
    else:
        rows = parquet.read_table(io.BytesIO(content)).num_rows
    assert rows == count == int(answer["X-Row-Count"])
    assert Event.objects.latest("id").record_id == "trail"


def test_the_trail_is_a_file_for_spreadsheets_too(api, cast, corrected):
    answer = api(cast.datamanager).get("trail/", format="csv", excel="1")
    rows = pd.read_csv(io.BytesIO(body(answer)), dtype=str)
    assert len(rows) == int(answer["X-Row-Count"])


@pytest.mark.req("R-15")
def test_the_file_is_enough_to_compute_every_sealed_leaf(api, cast, corrected):
    seal_now()
    lines = body(api(cast.datamanager).get("trail/", format="ndjson")).splitlines()
    events_by_id = {row["id"]: row for row in map(json.loads, lines)}
    with connection.cursor() as cursor:
        cursor.execute("select ids, leaves from audit_seal order by n")
        sealed = cursor.fetchall()
    checked = 0
    for ids, leaves in sealed:
        for place, number in enumerate(ids):
            row = events_by_id[number]
            leaf = hashlib.sha256((row["nonce"] + row["canonical"]).encode()).digest()
            assert bytes(leaves)[32 * place : 32 * place + 32] == leaf
            checked += 1
    assert checked > 50


@pytest.mark.req("R-04")
def test_the_first_value_is_still_there_after_corrections(api, cast, corrected):
    rows = api(cast.monitor).rows("trail/", table="labs_result", record=str(corrected.pk))
    assert [json.loads(row["new"])["text"] for row in rows] == ["<12", "99"]
    assert rows[1]["changed_fields"].split(";") >= ["canonical", "comparator"]
    assert rows[1]["reason"] == "names Mrs Wang"


def test_the_sponsor_gets_the_trail_without_free_text(api, cast, corrected):
    client = api(cast.sponsor)
    content = body(client.get("trail/", format="ndjson")).decode()
    assert "Mrs Wang" not in content
    assert '"comment"' not in content
    [first, second] = client.rows("trail/", table="labs_result", record=str(corrected.pk))
    assert (json.loads(second["old"])["text"], json.loads(second["new"])["text"]) == ("<12", "99")
    assert (first["canonical"], first["nonce"], first["reason"]) == (None, None, None)


def test_a_site_reads_its_own_events_only_and_none_of_accounts(api, cast, corrected):
    events.record(events.Act.SIGNED_IN, by=Actor.of(cast.coordinator))
    rows = api(cast.coordinator).rows("trail/", page_size=1000)
    assert {row["site"] for row in rows} == {"01"}
    kinds = {row["kind"] for row in api(cast.monitor).rows("trail/", page_size=1000)}
    assert "act:signed_in" not in kinds
    assert api(cast.datamanager).rows("trail/", kind="act:signed_in")
    assert api(cast.coordinator).get("trail/", format="csv").status_code == 403


def test_an_old_state_of_the_trail_is_its_beginning(api, cast, labs):
    seal_now()
    client = api(cast.datamanager)
    asked = timezone.now().isoformat()
    study.enter(labs.there, "D0", {"ALT": "99"}, cast.other_laboratory, reason="later")
    found = client.rows("trail/", as_of=asked, table="labs_result", page_size=1000)
    assert all(row["reason"] != "later" for row in found)
    assert any(row["reason"] == "later" for row in client.rows("trail/", page_size=1000,
                                                               table="labs_result"))  # fmt: skip


# --- Parquet of the datasets ----------------------------------------------------------------------
@forms.each("name", DATASETS)
def test_parquet_holds_what_the_csv_holds_each_column_in_its_type(api, cast, labs, name):
    client = api(cast.sponsor)
    frame = pd.read_csv(
        io.BytesIO(body(client.get(f"{name}/", format="csv"))), dtype=str, keep_default_na=False
    )
    table = parquet.read_table(io.BytesIO(body(client.get(f"{name}/", format="parquet"))))
    kinds = {column.name: column.kind for column in DATASETS[name].columns}
    assert table.column_names == list(frame.columns)
    for column in table.column_names:
        values = [as_csv(kinds[column], value) for value in table[column].to_pylist()]
        assert values == list(frame[column]), column
    types = {column: str(table.schema.field(column).type) for column in table.column_names}
    wanted = {"decimal": "decimal128(38, 18)", "date": "date32[day]", "integer": "int64",
              "timestamp": "timestamp[us, tz=UTC]"}  # fmt: skip
    assert all(types[c] == wanted[k] for c, k in kinds.items() if k in wanted)


def as_csv(kind, value):
    if value is None:
        return ""
    if kind == "decimal":
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if kind == "timestamp":
        return value.isoformat(timespec="microseconds")
    return cell(value)


# --- traces ---------------------------------------------------------------------------------------
@pytest.mark.req("R-60")
def test_a_cell_leads_back_to_form_version_person_reason_signature_and_row(
    api, cast, labs, corrected
):
    answer = api(cast.datamanager).get(
        "trace/", dataset="lab-results", id=str(corrected.pk), column="value_text"
    )
    found = answer.json()
    assert found["value"] == "99"
    assert found["source"] == {"table": "labs_result", "id": str(corrected.pk), "fields": ["text"],
                               "form": "labs", "version": None}  # fmt: skip
    assert [(c["old"], c["new"]) for c in found["changes"]] == [
        ({"text": "<12"}, {"text": "99"}),
        (None, {"text": "<12"}),
    ]
    assert found["changes"][0]["reason"] == "names Mrs Wang"
    assert found["changes"][0]["user"] == "system:test-setup"
    assert [s["user"] for s in found["signatures"]] == ["investigator2"]


def test_the_version_of_a_row_is_told_whatever_act_concerned_it_last(api, cast, labs):
    row = api(cast.datamanager).rows("visits/")[0]
    record = f"visits_visit:{row['id']}"
    events.record(events.Act.REDACTED, by=Actor.system("test"), record=record)
    answer = api(cast.datamanager).get(
        "trace/", dataset="visits", id=str(row["id"]), column="status"
    )
    assert answer.json()["source"]["version"] == row["version"]


@pytest.mark.req("R-60")
@forms.each("name", DATASETS)
def test_every_column_of_every_dataset_has_a_source(api, cast, everything, name):
    assert set(SOURCES[name]) == set(DATASETS[name].names)
    client = api(cast.datamanager)
    rows = client.rows(f"{name}/")
    assert rows or name == "queries"  # nobody has asked anything here
    for row, column in product(rows[:1], DATASETS[name].names):
        answer = client.get("trace/", dataset=name, id=str(row["id"]), column=column)
        assert answer.status_code == 200, (column, answer.content)
        found = answer.json()
        assert found["value"] == row[column]
        if found["source"]["id"] and found["source"]["fields"] not in ([], ["id"]):
            assert found["changes"], column


def test_a_trace_is_for_those_who_see_the_row_and_refuses_by_name(api, cast, labs):
    there = Panel.objects.get(visit__participant=labs.there).results.first()
    asked = {"dataset": "lab-results", "id": str(there.pk), "column": "value"}
    assert api(cast.coordinator).get("trace/", **asked).status_code == 404
    assert api(cast.statistician).get("trace/", **asked).status_code == 403
    for wrong in ("dataset", "column"):
        answer = api(cast.monitor).get("trace/", **(asked | {wrong: "x"}))
        assert list(answer.json()["errors"]) == [wrong]
    assert api(cast.monitor).get("trace/", **(asked | {"id": "x"})).status_code == 404
    sponsor = api(cast.sponsor).get("trace/", **asked).json()
    assert {c["reason"] for c in sponsor["changes"]} == {""}
