"""Snapshots: kept bytes, their manifest, their guard; two moments compared."""

import csv
import gzip
import hashlib
import io
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labs.models import Result
from labs.services import evaluation
from patients.models import Participant
from reports import datasets, exports, past
from reports.models import Snapshot, SnapshotChunk, SnapshotFile
from reports.selectors.comparison import Question, compared, differences
from reports.services import snapshots
from tests.factories import study
from tests.integration.api.conftest import MELD_INPUTS
from trial.access.exceptions import Refused
from trial.access.services import issue_token
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.audit.seal import last_seal
from visits.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def labs(cast):
    """Two participants at two sites, evaluated."""
    person, other = study.enrolled(cast.site), study.enrolled(cast.other_site)
    study.enter(person, "D0", {"ALT": "250", **MELD_INPUTS}, cast.laboratory)
    study.enter(other, "D0", {"ALT": "<12"}, cast.other_laboratory)
    evaluation.evaluate_pending(process="test")
    return person, other


@pytest.fixture
def by(cast):
    return Actor.of(cast.datamanager, role="datamanager")


@pytest.fixture
def get(client):
    def ask(user, path, **query):
        token = issue_token(user=user, by=study.SETUP)
        return client.get(f"/api/v1/{path}", query, headers={"Authorization": f"Token {token}"})

    return ask


def content(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def correct(person, laboratory, value, visit="D0"):
    study.enter(person, visit, {"ALT": value}, laboratory, reason="typing error, query 12")


# --- taking and giving out ------------------------------------------------------------------------
@pytest.mark.req("F-081")
def test_a_snapshot_keeps_every_dataset_of_one_moment_under_a_seal(cast, labs, by):
    taken = snapshots.take(name=" Interim ", note="before the DSMB", by=by)

    assert (taken.number, taken.name, taken.taken_by) == (1, "Interim", "datamanager")
    assert set(taken.files.values_list("dataset", "format")) == {
        (name, how) for name in datasets.DATASETS for how in exports.FORMATS
    }
    seal = last_seal()
    assert (taken.seal_number, taken.seal_root) == (seal.n, bytes(seal.root).hex())
    assert taken.protocols == {"01": "1.0", "02": "1.0"}
    event = Event.objects.get(kind="act:snapshot_taken")
    assert (event.actor, event.reason) == ("datamanager", "before the DSMB")
    hashes = {f"{f.dataset}.{f.format}": f.sha256 for f in taken.files.all()}
    assert event.details["files"] == hashes
    assert snapshots.take(name="Next", note="", by=by).number == 2


@pytest.mark.parametrize("how", exports.FORMATS)
def test_the_same_bytes_come_after_the_data_and_the_code_have_changed(
    cast, labs, by, get, monkeypatch, how
):
    then = content(get(cast.sponsor, "lab-results/", format=how))
    taken = snapshots.take(name="Interim", note="", by=by)
    correct(labs[1], cast.other_laboratory, "99")
    monkeypatch.setattr(exports, "write", None)  # whatever writes files has become of it
    answer = get(cast.sponsor, "lab-results/", format=how, snapshot=1)

    assert content(answer) == then
    file = taken.files.get(dataset="lab-results", format=how)
    assert answer["X-SHA256"] == file.sha256 == hashlib.sha256(then).hexdigest()
    assert (answer["X-Snapshot"], answer["Content-Length"]) == ("1", str(len(then)))
    act = Event.objects.filter(kind="act:exported").latest("id")
    assert act.details["snapshot"] == 1


def test_with_a_filter_the_snapshot_is_laid_out_anew(cast, labs, by, get):
    snapshots.take(name="Interim", note="", by=by)
    correct(labs[1], cast.other_laboratory, "99")
    answer = get(cast.sponsor, "lab-results/", format="csv", snapshot=1, site="02", analyte="ALT")
    [row] = csv.DictReader(io.StringIO(content(answer).decode()))
    assert row["value_text"] == "<12"
    page = get(cast.sponsor, "lab-results/", snapshot=1, site="02", analyte="ALT")
    assert [row["value_text"] for row in page.json()["results"]] == ["<12"]


def test_a_damaged_file_never_ends_as_if_it_were_whole(cast, labs, by, get, admin_connection):
    taken = snapshots.take(name="Interim", note="", by=by)
    file = taken.files.get(dataset="sites", format="csv")
    chunk = SnapshotChunk.objects.get(file=file)
    spoiled = gzip.compress(gzip.decompress(bytes(chunk.data)).replace(b"Hospital", b"hospital"))
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update reports_snapshotchunk set data = %s where id = %s",
                       [spoiled, chunk.pk])  # fmt: skip
    answer = get(cast.sponsor, "sites/", format="csv", snapshot=1)
    with pytest.raises(snapshots.Damaged):
        list(answer.streaming_content)


@pytest.mark.parametrize("model", [Snapshot, SnapshotFile, SnapshotChunk])
def test_nobody_changes_a_snapshot(cast, labs, by, model, owner_connection):
    snapshots.take(name="Interim", note="", by=by)
    table = model._meta.db_table
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update {table} set id = id")
    statements = (f"update {table} set id = id", f"delete from {table}", f"truncate {table}")
    for statement in statements:
        with (
            owner_connection.cursor() as cursor,
            pytest.raises(Exception, match=r"append-only|foreign key"),
        ):
            cursor.execute(statement)


def test_two_are_not_taken_at_once(cast, labs, by, app_connection):
    with app_connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [snapshots._LOCK])
    with pytest.raises(Refused):
        snapshots.take(name="Interim", note="", by=by)
    assert not Snapshot.objects.exists()


def test_a_failure_leaves_nothing(cast, labs, by, monkeypatch):
    monkeypatch.setattr("trial.audit.events.record", None)
    with pytest.raises(TypeError):
        snapshots.take(name="Interim", note="", by=by)
    assert not Snapshot.objects.exists()


def test_the_command_takes_one_in_the_name_of_who_may(cast, labs, capsys):
    call_command("snapshot", "By night", "--by", "datamanager")
    assert Snapshot.objects.get().taken_by == "datamanager"
    with pytest.raises(Exception, match="may not"):
        call_command("snapshot", "By night", "--by", "sponsor")


# --- pages ----------------------------------------------------------------------------------------
def test_a_data_manager_takes_one_on_the_page_and_reads_its_manifest(cast, labs, sign_in):
    client = sign_in(cast.datamanager)
    answer = client.post(reverse("reports:snapshots"), {"name": "DSMB 2", "note": ""})
    assert answer["Location"] == reverse("reports:snapshot", args=[1])
    page = client.get(answer["Location"]).content.decode()
    assert "DSMB 2" in page
    manifest = json.loads(client.get(reverse("reports:manifest", args=[1])).content)
    files = {file["name"]: file for file in manifest["files"]}
    assert files["lab-results.csv"]["rows"] == Result.objects.count()
    assert files["lab-results.csv"]["sha256"] in page
    assert manifest["seal"]["root"] == bytes(last_seal().root).hex()
    assert client.get(reverse("reports:snapshots")).status_code == 200


def test_a_snapshot_without_a_name_is_refused_at_the_field(cast, sign_in):
    answer = sign_in(cast.datamanager).post(reverse("reports:snapshots"), {"name": " "})
    assert answer.status_code == 422
    assert not Snapshot.objects.exists()


def test_the_page_shows_each_difference_with_who_and_why(cast, labs, by, sign_in):
    snapshots.take(name="Interim", note="", by=by)
    correct(labs[1], cast.other_laboratory, "77")
    correct(labs[1], cast.other_laboratory, "99")
    client = sign_in(cast.datamanager)
    page = client.get(reverse("reports:compare"), {"since": "1"}).content.decode()
    assert "typing error" in page
    assert ">99<" in page
    assert ">77<" not in page
    steps = client.get(reverse("reports:compare"), {"since": "1", "steps": "on"}).content.decode()
    assert ">77<" in steps
    file = client.get(reverse("reports:compare"), {"since": "1", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(content(file).decode())))
    assert ("text", "<12", "99") in {(row["field"], row["old"], row["new"]) for row in rows}
    assert Event.objects.filter(kind="act:exported", record_id="comparison").exists()
    elsewhere = client.get(reverse("reports:compare"), {"since": "1", "site": "01"})
    assert ">99<" not in elsewhere.content.decode()


def test_the_sponsor_gets_no_free_text(cast, labs, by, sign_in):
    snapshots.take(name="Interim", note="", by=by)
    correct(labs[1], cast.other_laboratory, "99")
    client = sign_in(cast.sponsor)
    file = client.get(reverse("reports:compare"), {"since": "1", "format": "csv"})
    assert b"typing error" not in content(file)
    assert (
        "typing error"
        not in client.get(reverse("reports:compare"), {"since": "1"}).content.decode()
    )
    assert "comment" in compared(text=True)["labs_result"]
    assert "comment" not in compared(text=False)["labs_result"]


def test_a_period_that_ends_before_it_begins_is_refused(cast, labs, by, sign_in):
    snapshots.take(name="One", note="", by=by)
    snapshots.take(name="Two", note="", by=by)
    asked = {"since": "2", "until": "1"}
    answer = sign_in(cast.datamanager).get(reverse("reports:compare"), asked)
    assert answer.status_code == 422


# --- the differences are the difference ----------------------------------------------------------
TABLES = {"labs_result": Result, "visits_visit": Visit, "patients_participant": Participant}


def state():
    """Every compared value now, by (table, row, field); empty ones left out."""
    found = {}
    for table, model in TABLES.items():
        with connection.cursor() as cursor:
            cursor.execute(f"select id, to_jsonb(t) from {model._meta.db_table} t")
            for pk, row in cursor.fetchall():
                values = json.loads(row, parse_float=str)
                for field in compared(text=True)[table]:
                    value = values[field]
                    if value not in (None, ""):
                        text = str(value).lower() if isinstance(value, bool) else str(value)
                        found[table, str(pk), field] = text
    return found


EDITS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.sampled_from(["D0", "W4", "W12"]),
        st.sampled_from(["30", "<12", "250"]),
    ),
    max_size=6,
)


@settings(
    max_examples=6, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(before=EDITS, after=EDITS)
def test_the_differences_applied_to_the_older_state_give_the_newer(cast, labs, before, after):
    places = [(labs[0], cast.laboratory), (labs[1], cast.other_laboratory)]
    for which, visit, value in before:
        correct(places[which][0], places[which][1], value, visit)
    since, old = past.now(), state()
    for which, visit, value in after:
        correct(places[which][0], places[which][1], value, visit)
    study.screened(cast.site)
    found, total = differences(Question(since.seen, past.now().seen, text=True))
    assert total == len(found)
    for one in found:
        if one.table_name not in TABLES:
            continue
        key = (one.table_name, one.record_id, one.field)
        assert old.pop(key, None) == one.old
        if one.new is not None:
            old[key] = one.new
    assert old == state()


def test_what_is_changed_back_differs_in_nothing_but_its_steps_show(cast, labs):
    since = past.now()
    correct(labs[1], cast.other_laboratory, "99")
    correct(labs[1], cast.other_laboratory, "<12")
    until = past.now()
    assert differences(Question(since.seen, until.seen, text=False))[0] == []
    steps, _total = differences(Question(since.seen, until.seen, text=False, steps=True))
    assert [(s.old, s.new) for s in steps if s.field == "text"] == [("<12", "99"), ("99", "<12")]


def test_the_comparison_takes_one_statement_at_any_size(cast, labs, django_assert_num_queries):
    since = past.now()
    for value in ("31", "32", "33"):
        correct(labs[1], cast.other_laboratory, value)
    until = past.now()
    with django_assert_num_queries(1):
        differences(Question(since.seen, until.seen, text=True, steps=True), limit=50)


def test_a_time_names_an_end_too(cast, labs, by, sign_in):
    snapshots.take(name="Interim", note="", by=by)
    when = timezone.now().isoformat()
    correct(labs[1], cast.other_laboratory, "99")
    page = sign_in(cast.datamanager).get(reverse("reports:compare"), {"since": when})
    assert ">99<" in page.content.decode()
