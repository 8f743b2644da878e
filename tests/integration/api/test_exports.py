"""Whole datasets as files: every value exact, the same in every format, from one snapshot."""

import hashlib
import io
import json
import threading
from datetime import datetime
from decimal import Decimal

import pandas as pd
import pytest
from django.db import connection

from labs.entry import Entry, PanelEntry
from labs.models import Result
from labs.services.panels import record_panel
from reports import exports
from reports.datasets import DATASETS, LAB_RESULTS
from tests.factories import forms, study
from tests.integration.api.conftest import MELD_INPUTS
from trial.audit.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def read(answer) -> pd.DataFrame:
    """A CSV answer, every cell as text."""
    return pd.read_csv(io.BytesIO(body(answer)), dtype=str, keep_default_na=False)


def body(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def cell(value: object) -> str:
    """A JSON value as the CSV file writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture
def odd(cast, labs):
    """Values that a careless export would change."""
    visit = study.visit_of(labs.there, "W12")
    entries = {
        "ALT": Entry("0,5", "ukat/L"),
        "AST": Entry("＞１０", "U/L", comment='=SUM("A1"),\n\\N', confirmed=True),
        "BILI": Entry("1.20", "mg/dL"),
        "PT": Entry(not_done="not_drawn"),
        "IGG": Entry("<0.90", "g/L", comment="low", confirmed=True),
    }
    assert visit.target_on is not None
    data = PanelEntry(
        laboratory_id=cast.other_laboratory.pk, collected_on=visit.target_on, entries=entries
    )
    record_panel(visit=visit, data=data, base_version=0, by=study.SETUP)
    return labs


def test_the_csv_holds_exactly_what_is_stored(api, cast, odd):
    frame = read(api(cast.sponsor).get("lab-results/", format="csv")).set_index("id")

    stored = Result.objects.order_by("pk")
    assert list(frame.index) == [str(row.pk) for row in stored]
    for row in stored:
        line = frame.loc[str(row.pk)]
        assert (line.value_text, line.unit, line.comparator) == (row.text, row.unit, row.comparator)
        assert line.not_done_reason == row.not_done
        for name, value in (("value", row.value), ("canonical_value", row.canonical)):
            assert (Decimal(str(line[name])) if line[name] else None) == value
    assert set(frame.site) == {"01", "02"}


@forms.each("name", DATASETS)
def test_every_format_gives_the_same_values(api, cast, odd, everything, name):
    client = api(cast.sponsor)
    pages = client.rows(f"{name}/", page_size=1000)
    frame = read(client.get(f"{name}/", format="csv"))
    lines = body(client.get(f"{name}/", format="ndjson")).decode().splitlines()

    assert list(frame.columns) == list(pages[0])
    assert [json.loads(line) for line in lines] == pages
    assert frame.to_dict("records") == [{k: cell(v) for k, v in row.items()} for row in pages]
    assert len(pages) > 1


def test_the_answer_says_how_many_rows_which_bytes_and_when(api, cast, labs):
    answer = api(cast.sponsor).get("lab-results/", format="csv", site="01")
    content = body(answer)

    assert answer["X-Row-Count"] == str(len(content.splitlines()) - 1) == "32"
    assert answer["X-SHA256"] == hashlib.sha256(content).hexdigest()
    assert int(answer["Content-Length"]) == len(content)
    assert datetime.fromisoformat(answer["X-Snapshot-At"]).utcoffset() is not None
    assert answer["X-Next-Changed-Since"] < answer["X-Snapshot-At"]
    assert answer["Content-Disposition"].startswith('attachment; filename="lab-results_2')


@pytest.mark.req("R-60")
def test_an_export_is_in_the_trail_with_who_what_and_the_hash(api, cast, labs):
    answer = api(cast.sponsor).get("meld-scores/", format="ndjson", formula="MELD")
    content = body(answer)

    event = Event.objects.get(kind="act:exported")
    assert (event.actor, event.actor_role, event.record_id) == ("sponsor", "sponsor", "meld-scores")
    assert event.details["filters"] == {"formula": "MELD"}
    assert event.details["rows"] == len(content.splitlines())
    assert event.details["sha256"] == hashlib.sha256(content).hexdigest()


def test_reading_pages_is_no_export(api, cast, labs):
    api(cast.sponsor).rows("lab-results/")
    assert not Event.objects.filter(kind="act:exported").exists()


@pytest.mark.parametrize("how", ["csv", "ndjson"])
def test_a_coordinator_reads_pages_but_takes_no_file(api, cast, labs, how):
    answer = api(cast.coordinator).get("lab-results/", format=how)

    assert answer.status_code == 403
    assert answer.json()["detail"]
    assert not Event.objects.filter(kind="act:exported").exists()


def test_a_filter_holds_in_the_file_too(api, cast, labs):
    frame = read(api(cast.sponsor).get("lab-results/", format="csv", analyte="ALT", site="02"))
    assert list(frame.value_text) == ["<12"]


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
def test_the_accept_header_chooses_the_format(api, cast, labs, accept):
    answer = api(cast.sponsor).get("sites/", headers={"Accept": accept})
    assert answer["Content-Type"].startswith(accept)
    assert body(answer)


@pytest.mark.req("F-080")
def test_a_file_shows_one_state_of_the_data(cast, labs, app_connection):
    """While the snapshot is open, somebody corrects a value: the file knows nothing of it."""
    before = Result.objects.get(panel__visit__participant=labs.there, analyte="ALT")
    with exports.snapshot():
        first = list(LAB_RESULTS.visible_to(cast.sponsor).values_list("value_text", flat=True))
        thread = threading.Thread(target=_correct, args=(labs.there, cast.other_laboratory))
        thread.start()
        thread.join()
        again = list(LAB_RESULTS.visible_to(cast.sponsor).values_list("value_text", flat=True))

    assert first == again
    before.refresh_from_db()
    assert before.text == "99"


def _correct(participant, laboratory):
    try:
        study.enter(participant, "D0", {"ALT": "99"}, laboratory, reason="typing error")
    finally:
        connection.close()


def test_the_snapshot_refuses_to_write(cast):
    with pytest.raises(Exception, match="read-only"), exports.snapshot():
        study.make_user("late")


CORPUS = ("=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1")


@pytest.mark.req("F-124")
@pytest.mark.parametrize("text", CORPUS)
@pytest.mark.parametrize("name", ["sites", "response-assessments"], ids=["copy", "cursor"])
def test_a_cell_like_a_formula_is_disarmed_for_spreadsheets_only(
    api, cast, labs, monkeypatch, text, name
):
    """`sites` is written by COPY, `response-assessments` row by row."""
    if name == "sites":
        with_name(cast.site, text)
        column, filters = "name", {"site": "01"}
    else:
        monkeypatch.setattr("reports.datasets.reason_text", lambda code, params: text)
        column, filters = "reason", {"site": "01", "rule": "RS1"}
    client = api(cast.sponsor)

    machine = body(client.get(f"{name}/", format="csv", **filters))
    safe = body(client.get(f"{name}/", format="csv", excel="1", **filters))

    assert safe.startswith(b"\xef\xbb\xbf")
    assert not machine.startswith(b"\xef\xbb\xbf")
    assert list(rows(machine)[column]) == [text]
    assert list(rows(safe)[column]) == [f"'{text}"]


def rows(content: bytes) -> pd.DataFrame:
    text = content.decode("utf-8-sig")
    return pd.read_csv(io.StringIO(text, newline=""), dtype=str, keep_default_na=False)


def with_name(site, name):
    from trial.audit.context import transaction  # noqa: PLC0415

    with transaction(by=study.SETUP):
        type(site).objects.filter(pk=site.pk).update(name=name)


def test_a_negative_number_stays_a_number(api, cast, labs):
    frame = read(api(cast.sponsor).get("response-assessments/", format="csv"))
    assert not any(value.startswith("'") for column in frame for value in frame[column])


def test_the_number_of_statements_does_not_grow_with_the_rows(
    api, cast, labs, django_assert_num_queries
):
    client = api(cast.sponsor)
    with django_assert_num_queries(COPY_STATEMENTS):
        body(client.get("lab-results/", format="csv"))
    study.enter(labs.there, "W12", {"ALT": "30", **MELD_INPUTS}, cast.other_laboratory)
    with django_assert_num_queries(COPY_STATEMENTS):
        body(client.get("lab-results/", format="csv"))


COPY_STATEMENTS = 17
