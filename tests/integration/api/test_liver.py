"""Grades and signals as datasets: what the pages show, in each format, and as of then."""

import csv
import io
import json
from decimal import Decimal
from importlib import import_module

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from reports import exports, past
from reports.datasets import DATASETS
from safety.ctcae import DICTIONARIES
from safety.models import LiverSignal
from safety.selectors.courses import course_of
from safety.services.liver import look_pending
from tests.factories import liver
from trial.audit.seal import seal_now
from trial.sweeping import Budget

pytestmark = pytest.mark.django_db
TOXICITY, SIGNALS = DATASETS["lab-toxicity"], DATASETS["liver-signals"]


@pytest.fixture
def person(cast):
    person = liver.treated(cast.site, second=cast.coordinator)
    liver.draw(person, cast.laboratory, -1, ALT="200", BILI="20", ALP="100", INR="1.0")
    liver.draw(person, cast.laboratory, 20, ALT="30", BILI="<20", SODIUM="128", INR="1.2")
    liver.draw(person, cast.laboratory, 60, ALT="250", BILI="50", ALP="100", PLAT="24")
    liver.draw(person, cast.laboratory, 70, ALB="35", limits={"ALB": (None, None)}, ALT="90",
               state="haemolysed")  # fmt: skip
    look_pending(Budget.of(60))
    return person


def written(dataset, how="ndjson"):
    file = io.BytesIO()
    exports.write(dataset, dataset.everything(), how, file)
    return file.getvalue()


def test_every_row_has_the_grade_that_the_page_shows(cast, person):
    course = course_of(person)
    graded = [one for analyte in course.draws for one in course.grades(analyte)]
    shown = {
        f"{one.draw.observation.result_id}-{one.term}": (
            one.grade, one.by_upper, one.times_upper, one.times_nadir, ";".join(one.reasons) or None
        )
        for one in graded
    }  # fmt: skip
    rows = [json.loads(line) for line in written(TOXICITY).splitlines()]
    found = {
        row["id"]: (
            row["grade"],
            row["grade_by_uln"],
            None if row["x_uln"] is None else Decimal(row["x_uln"]),
            None if row["x_nadir"] is None else Decimal(row["x_nadir"]),
            row["reason"],
        )
        for row in rows
    }
    assert found == shown
    assert len(found) > 12
    assert {row["ctcae_version"] for row in rows} == {"5.0"}


def test_the_flare_stands_with_its_multiples(cast, person, api):
    [row] = [
        row
        for row in api(cast.sponsor).rows("lab-toxicity/", analyte="ALT")
        if row["collected_on"] == "2025-03-07"
    ]
    assert row["grade"] == 0
    assert (row["grade_by_uln"], row["baseline_kind"]) == (3, "abnormal_baseline")
    assert (row["x_uln"], row["x_baseline"], row["x_nadir"]) == ("6.25", "1.25", "8.3333")
    one = api(cast.sponsor).get(f"lab-toxicity/{row['id']}/")
    assert one.json() == row


def test_csv_ndjson_and_parquet_say_the_same(cast, person):
    lines = [json.loads(line) for line in written(TOXICITY).splitlines()]
    cells = list(csv.DictReader(io.StringIO(written(TOXICITY, "csv").decode())))
    table = pq.read_table(io.BytesIO(written(TOXICITY, "parquet"))).to_pylist()
    for column in ("id", "grade", "x_uln", "reason"):
        from_csv = [row[column] or None for row in cells]
        from_lines = [None if row[column] is None else str(row[column]) for row in lines]
        assert from_csv == from_lines
    assert [row["grade"] for row in table] == [row["grade"] for row in lines]
    assert [row["x_uln"] for row in table] == [
        None if row["x_uln"] is None else Decimal(row["x_uln"]) for row in lines
    ]


def test_another_site_has_no_rows(cast, person, api):
    client = api(cast.coordinator2)
    assert client.rows("lab-toxicity/") == client.rows("liver-signals/") == []
    result = course_of(person).draws["ALT"][0].observation.result_id
    assert client.get(f"lab-toxicity/{result}-ALT_UP/").status_code == 404


def test_the_view_knows_every_term(cast):
    terms = import_module("reports.migrations.0040_liver").TERMS
    assert set(terms) == {one.code for d in DICTIONARIES.values() for one in d.terms}


def test_signals_are_exported_without_what_was_written(cast, person, api):
    rows = api(cast.sponsor).rows("liver-signals/")
    [row] = [row for row in rows if row["kind"] == "hys_law"]
    assert (row["participant"], row["state"], row["standing"]) == (person.code, "new", True)
    assert row["against"] == "upper_limit;nadir"
    assert not {"note", "judged_by"} & set(row)


@pytest.mark.django_db(transaction=True)
def test_a_past_state_is_graded_by_what_could_be_seen_then(cast, person):
    seal_now()
    before = written(TOXICITY), written(SIGNALS)
    moment = past.at_time(timezone.now())
    panel = LiverSignal.objects.get(kind="hys_law").panel
    liver.correct(panel, ALT="39", BILI="10")
    look_pending(Budget.of(60))
    assert (written(TOXICITY), written(SIGNALS)) != before
    with past.seen(moment, TOXICITY.view):
        toxicity = written(TOXICITY)
    with past.seen(moment, SIGNALS.view):
        signals = written(SIGNALS)
    assert (toxicity, signals) == before
