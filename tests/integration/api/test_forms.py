"""Datasets of described forms, and the dictionary of all of them."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pyarrow.parquet
import pytest
from django.utils import timezone

from reports.datasets import DATASETS
from reports.form_datasets import FORM_DATASETS, dataset_of, name_of
from tests.factories import forms, study
from tests.integration.api.test_exports import body, read
from trial.audit.seal import seal_now
from trial.protocol import registry
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Form, Section, day
from trial.protocol.label import Label

pytestmark = pytest.mark.django_db(transaction=True)
VITALS = BY_CODE["vital_signs"]
by_form = forms.each_form


@pytest.fixture
def people(cast):
    """One at each site, with a row of every form."""
    found = study.enrolled(cast.site), study.enrolled(cast.other_site)
    for person in found:
        forms.every(person)
    return found


def test_a_row_says_everything_about_a_sheet(api, cast):
    person = study.enrolled(cast.site)
    row = forms.row(VITALS, person, temperature=Decimal("36.6"), oxygen=None, remark="Mrs Wang")
    assert api(cast.sponsor).rows("vital-signs/") == [
        {
            "id": row.pk, "site": "01", "participant": person.code, "visit": "D0",
            "visit_number": 0, "struck": False, "not_done": False, "measured_on": "2025-01-06",
            "position": "sitting",
            "systolic": 300, "diastolic": 200, "heart_rate": 250, "respiration": 60,
            "temperature": "36.6", "oxygen": None, "weight_kg": "300.0", "height_cm": 230,
            "version": 1,
            "changed_at": row.saved_at.astimezone(UTC).isoformat(timespec="microseconds"),
        }
    ]  # fmt: skip


@by_form
def test_what_was_not_answered_is_null_whatever_its_kind(api, cast, form):
    forms.blank(form, study.enrolled(cast.site))
    [row] = api(cast.sponsor).rows(f"{name_of(form)}/")
    asked = {question.name for question in form.questions} & set(row)
    assert {name: row[name] for name in asked} == dict.fromkeys(asked)


@pytest.mark.req("R-52")
@by_form
@pytest.mark.parametrize("how", ["csv", "ndjson"])
def test_of_a_sheet_not_done_only_that_leaves_and_not_why(api, cast, form, how):
    forms.blank(form, study.enrolled(cast.site), not_done="Mrs Wang's arm was in plaster")
    content = body(api(cast.sponsor).get(f"{name_of(form)}/", format=how)).decode()
    assert "plaster" not in content
    [row] = api(cast.sponsor).rows(f"{name_of(form)}/")
    assert row["not_done"] is True


@by_form
def test_a_line_entered_by_mistake_is_exported_as_such(api, cast, form):
    wrong = forms.row(form, study.enrolled(cast.site), struck=True)
    right = forms.row(form, study.enrolled(cast.site))
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    told = {row["id"]: row["struck"] for row in client.rows(name)}
    assert told == {wrong.pk: True, right.pk: False}
    assert [row["id"] for row in client.rows(name, struck="true")] == [wrong.pk]
    assert [row["id"] for row in client.rows(name, struck="false")] == [right.pk]
    assert client.get(name, struck="maybe").status_code == 400


def test_pandas_reads_numbers_exactly_and_knows_what_was_not_done(api, cast):
    person = study.enrolled(cast.site)
    forms.row(VITALS, person, "D0", temperature=Decimal("36.6"), weight_kg=Decimal("70.0"))
    forms.blank(VITALS, person, "W4", not_done="device broken")
    frame = read(api(cast.sponsor).get("vital-signs/", format="csv")).set_index("visit")
    assert Decimal(str(frame.loc["D0", "temperature"])) == Decimal("36.6")
    assert frame.loc["D0", "weight_kg"] == "70.0"
    assert dict(frame.not_done) == {"D0": "false", "W4": "true"}
    assert frame.loc["W4", "systolic"] == ""
    parquet = io.BytesIO(body(api(cast.sponsor).get("vital-signs/", format="parquet")))
    table = pyarrow.parquet.read_table(parquet).to_pandas().set_index("visit")
    assert table.loc["D0", "temperature"] == Decimal("36.6")
    assert pd.isna(table.loc["W4", "temperature"])
    assert table.loc["W4", "not_done"]


@by_form
def test_every_format_gives_the_same_values(api, cast, people, form):
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    pages = client.rows(name)
    lines = body(client.get(name, format="ndjson")).decode().splitlines()
    assert [json.loads(line) for line in lines] == pages
    parquet = io.BytesIO(body(client.get(name, format="parquet")))
    rows = pyarrow.parquet.read_table(parquet).to_pylist()
    assert [row["id"] for row in rows] == [row["id"] for row in pages]
    for row, page in zip(rows, pages, strict=True):
        assert {key: row[key] is None for key in row} == {key: page[key] is None for key in page}


@by_form
def test_filters_leave_what_they_name(api, cast, people, form):
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    here = people[0]
    assert [r["participant"] for r in client.rows(name, participant=here.code)] == [here.code]
    assert {r["site"] for r in client.rows(name, site="02")} == {"02"}
    if form.level == "visit":
        assert len(client.rows(name, visit="D0")) == 2
        assert client.rows(name, visit="W96") == []
    else:
        assert client.get(name, visit="D0").status_code == 400
    if any(question.kind == "date" for question in form.questions):
        assert len(client.rows(name, date_from="2025-01-06", date_to="2025-01-06")) == 2
        assert client.rows(name, date_from="2025-01-07") == []


@by_form
def test_a_correction_is_found_by_when_it_was_made(api, cast, people, form):
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    newest = max(row["changed_at"] for row in client.rows(name))
    after = (datetime.fromisoformat(newest) + timedelta(microseconds=1)).isoformat()
    assert client.rows(name, changed_since=after) == []
    stored = FORM_DATASETS[name_of(form)].rows.get(participant=people[1])
    forms.change(stored)
    assert [row["site"] for row in client.rows(name, changed_since=after)] == ["02"]
    assert [row["site"] for row in client.rows(name, ordering="-changed_at")] == ["02", "01"]


# --- the past -------------------------------------------------------------------------------------
@pytest.mark.req("F-080")
@by_form
def test_the_rows_as_they_were(api, cast, people, form):
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    seal_now()
    asked, before = timezone.now().isoformat(), client.rows(name)
    file = body(client.get(name, format="csv"))
    stored = FORM_DATASETS[name_of(form)].rows.get(participant=people[1])
    question = form.questions[0]
    forms.change(stored, **{question.name: question.empty}, not_done="later")
    assert client.rows(name) != before
    assert client.rows(name, as_of=asked) == before
    assert body(client.get(name, as_of=asked, format="csv")) == file
    then = client.rows(name, as_of=asked, site="02", participant=people[1].code)
    assert then == [row for row in before if row["site"] == "02"]


def test_an_old_answer_is_given_as_of_then(api, cast):
    row = forms.row(VITALS, study.enrolled(cast.site), systolic=180)
    seal_now()
    asked = timezone.now().isoformat()
    forms.change(row, systolic=118)
    client = api(cast.sponsor)
    assert [one["systolic"] for one in client.rows("vital-signs/", as_of=asked)] == [180]
    assert [one["systolic"] for one in client.rows("vital-signs/")] == [118]


@by_form
def test_pages_follow_each_other(api, cast, form):
    people = [study.enrolled(cast.site) for _n in range(5)]
    for person in people:
        forms.row(form, person)
    client, name = api(cast.sponsor), f"{name_of(form)}/"
    found, answer = [], client.get(name, page_size=2, ordering="-changed_at")
    while True:
        found += [row["participant"] for row in answer.json()["results"]]
        following = answer.json()["next"]
        if following is None:
            break
        answer = client.client.get(following, headers=client.headers())
    assert found == [person.code for person in reversed(people)]


@pytest.mark.req("R-60")
@by_form
def test_a_cell_leads_back_to_its_row(api, cast, people, form):
    client = api(cast.datamanager)
    row = client.rows(f"{name_of(form)}/")[0]
    name = next(q.name for q in form.questions if q.name in row)
    found = client.get("trace/", dataset=name_of(form), id=row["id"], column=name).json()
    assert found["source"] == {
        "table": form.table, "id": str(row["id"]), "fields": [name], "form": form.code,
        "version": 1,
    }  # fmt: skip
    assert found["changes"][0]["new"] is not None


# --- how they are made ----------------------------------------------------------------------------
def test_a_question_that_is_called_as_a_column_of_all_is_refused_when_the_dataset_is_made():
    wrong = Form(
        code="vital_signs", app="visits", label=Label("x", "x"), level="visit", domain="VS",
        sections=(Section("a", Label("x", "x"), (day("changed_at", Label("x", "x")),)),),
    )  # fmt: skip
    with pytest.raises(ValueError, match="changed_at"):
        dataset_of(wrong)


def test_a_column_says_label_unit_and_target():
    columns = {column.name: column for column in DATASETS["vital-signs"].columns}
    assert columns["systolic"].text == "Systolic pressure, mmHg. CDISC VS.SYSBP."
    assert (columns["systolic"].kind, columns["temperature"].kind) == ("integer", "decimal")


# --- the dictionary -------------------------------------------------------------------------------
def test_the_dictionary_says_what_is_asked(api, cast):
    found = api(cast.sponsor).get("forms/").json()
    assert found["protocol"] == registry.latest().number
    assert [one["code"] for one in found["forms"]] == [f.code for f in registry.latest().forms]
    form = next(one for one in found["forms"] if one["code"] == "vital_signs")
    assert (form["dataset"], form["domain"]) == ("vital-signs", "VS")
    [section] = form["sections"]
    questions = {one["name"]: one for one in section["questions"]}
    assert questions["temperature"] == {
        "name": "temperature", "label": {"en": "Temperature", "zh": "体温"}, "help": None,
        "type": "decimal", "kind": "number", "unit": "°C", "decimals": 1, "low": "30",
        "high": "43", "soft_low": "35", "soft_high": "38", "length": None, "codes": [],
        "line_of": None, "needed": True, "when": None, "cdisc": "VS.TEMP", "exported": True,
    }  # fmt: skip
    assert questions["remark"]["exported"] is False


@by_form
def test_the_dictionary_and_the_dataset_name_the_same_columns(api, cast, form):
    found = api(cast.sponsor).get("forms/").json()["forms"]
    described = next((one for one in found if one["code"] == form.code), None)
    if described is None:
        return  # the latest protocol does not ask for it any more
    questions = [q for section in described["sections"] for q in section["questions"]]
    columns = {column.name: column.kind for column in DATASETS[described["dataset"]].columns}
    assert {q["name"]: q["type"] for q in questions if q["exported"]}.items() <= columns.items()


@pytest.mark.parametrize("number", registry.numbers())
def test_the_dictionary_of_each_version(api, cast, number):
    found = api(cast.sponsor).get("forms/", protocol=number).json()
    assert found["protocol"] == number
    assert len(found["forms"]) == len(registry.get(number).forms)


@pytest.mark.parametrize("query", [{"protocol": "77"}, {"protocol": ""}, {"version": "1.0"}])
def test_a_version_that_is_not_there_is_refused_by_name(api, cast, query):
    answer = api(cast.sponsor).get("forms/", **query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(query)


def test_the_dictionary_holds_no_rows_and_takes_as_many_statements_whatever_there_is(
    api, cast, django_assert_num_queries
):
    client = api(cast.sponsor)
    client.get("forms/")
    with django_assert_num_queries(4):
        client.get("forms/")
    forms.every(study.enrolled(cast.site))
    with django_assert_num_queries(4):
        client.get("forms/")
