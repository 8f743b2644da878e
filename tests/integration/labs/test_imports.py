"""Importing a laboratory's file, on real PostgreSQL with the application's rights."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labs import tasks
from labs.importing import mapping as mappings
from labs.management.commands.sweep import sweep
from labs.models import (
    ImportChunk,
    ImportPlan,
    ImportSample,
    ImportStatus,
    Panel,
    Result,
    Series,
)
from labs.selectors import pending
from labs.services import import_apply, imports
from labs.services.panels import RESULT_FIELDS, record_panel
from labs.services.ranges import create_laboratory
from patients import services as patients
from patients.models import Participant
from tests.factories import study
from tests.integration.labs.importing import again, bring, by, findings, table
from trial.access.exceptions import Refused
from trial.audit.models import Event
from visits.models import Status, Visit
from visits.services.schedule import hold


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def visit(participant):
    return study.visit_of(participant, "W12")


@pytest.fixture
def rows(participant, visit):
    start = f"{participant.code},W12,{visit.target_on}"
    return (
        f"{start},ALT,35,U/L,",
        f'{start},AST,"30,5",U/L,',
        f"{start},BILI,1.2,mg/dl,",
        f"{start},IGG,<5,g/L,",
    )


def results():
    return {row.analyte: row for row in Result.objects.all()}


# --- what is written -----------------------------------------------------------------------------
def test_a_file_becomes_a_panel_of_its_visit(cast, rows, visit):
    batch = bring(cast, table(*rows))

    assert batch.status == ImportStatus.APPLIED, batch.failure
    panel = Panel.objects.get()
    found = results()
    assert (found["AST"].text, found["AST"].value) == ("30,5", Decimal("30.5"))
    assert (found["BILI"].unit, found["BILI"].canonical) == ("mg/dL", Decimal("20.5248"))
    assert (found["IGG"].comparator, found["IGG"].value) == ("<", Decimal(5))
    assert (panel.filled, panel.expected, panel.version) == (4, 14, 1)
    assert (panel.source, panel.saved_by) == ("import", "coordinator")
    visit.refresh_from_db()
    assert (visit.status, visit.held_on, visit.reason) == (Status.HELD, visit.target_on, "")


def test_import_and_form_write_the_same(cast, participant, visit, rows):
    """The same values through both doors leave the same rows, save who and through which door."""
    bring(cast, table(*rows))
    twin = study.enrolled(cast.site)
    entries = {
        "ALT": study.Entry(text="35", unit="U/L"),
        "AST": study.Entry(text="30,5", unit="U/L"),
        "BILI": study.Entry(text="1.2", unit="mg/dL"),
        "IGG": study.Entry(text="<5", unit="g/L"),
    }
    theirs = study.visit_of(twin, "W12")
    data = replace(study.panel_entry(cast.laboratory, theirs.target_on, {}), entries=entries)
    data = replace(data, dialysis=None)
    record_panel(visit=theirs, data=data, base_version=0, by=by(cast))

    def kept(who):
        panel = Panel.objects.get(visit__participant=who, visit__code="W12")
        fields = [name for name in RESULT_FIELDS if name != "changed_at"]
        rows = panel.results.order_by("analyte").values("analyte", *fields)
        names = ("laboratory_id", "collected_on", "sample_state", "dialysis", "expected", "filled",
                 "version", "saved_by")  # fmt: skip
        held = Visit.objects.values("status", "held_on", "reason", "version").get(pk=panel.visit_id)
        series = Series.objects.get(participant=who).version
        return list(rows), [getattr(panel, name) for name in names], held, series

    assert kept(participant) == kept(twin)


def test_every_row_is_in_the_trail_under_the_user_with_file_and_hash(cast, rows):
    batch = bring(cast, table(*rows), name="lab 7.csv")
    events = Event.objects.filter(table_name="labs_result", kind="insert")
    assert events.count() == 4
    assert {(e.actor, e.actor_role, e.reason) for e in events} == {
        ("coordinator", "coordinator", f"import lab 7.csv {batch.sha256[:12]}")
    }
    act = Event.objects.get(kind="act:imported")
    assert (act.record_id, act.details["new"]) == (str(batch.pk), 4)


def test_a_sample_between_windows_becomes_an_unscheduled_visit_named_after_the_file(
    cast, participant, visit
):
    on = visit.closes_on + timedelta(days=1)
    start = f"{participant.code},,{on}"
    bring(cast, table(f"{start},ALT,35,U/L,", f"{start},AST,30,U/L,"))
    made = Visit.objects.get(code="UNS")
    assert (made.number, made.held_on, made.status) == (1, on, Status.HELD)
    assert made.reason.startswith("import results.csv ")
    assert Panel.objects.get(visit=made).results.count() == 2


def test_an_unusual_value_is_kept_unconfirmed_and_the_comment_says_so(cast, participant, visit):
    batch = bring(cast, table(f"{participant.code},W12,{visit.target_on},ALT,1200,U/L,recheck"))
    row = results()["ALT"]
    assert not row.confirmed
    assert row.comment.startswith("recheck imported, unusual: Unusually high")
    assert (batch.counts["warning"], findings(batch)) == (1, [(2, "value", "soft_high")])


def test_a_panel_entered_by_hand_is_completed_and_nothing_of_it_changed(cast, participant, rows):
    panel = study.enter(participant, "W12", {"ALT": "35"}, cast.laboratory)
    before = Series.objects.get().version
    batch = bring(cast, table(*rows))

    assert (batch.counts["same"], batch.counts["new"], batch.counts["panels_changed"]) == (1, 3, 1)
    panel.refresh_from_db()
    assert (panel.version, panel.filled, Series.objects.get().version) == (2, 4, before + 1)
    assert results()["ALT"].comment == "checked"


def test_many_participants_in_one_file(cast, rows):
    others = [study.enrolled(cast.site) for _ in range(3)]
    more = [f"{p.code},W24,{study.visit_of(p, 'W24').target_on},ALT,40,U/L," for p in others]
    batch = bring(cast, table(*more, *rows))
    assert batch.counts["panels_new"] == Panel.objects.count() == 4
    assert Series.objects.filter(version=2).count() == 4


# --- again ---------------------------------------------------------------------------------------
def test_the_same_file_again_writes_nothing(cast, rows):
    bring(cast, table(*rows))
    clinical = Event.objects.filter(table_name__in=["labs_panel", "labs_result", "labs_series"])
    before = clinical.count()

    batch = bring(cast, table(*rows))

    assert (batch.status, batch.counts["same"], batch.counts.get("new", 0)) == ("applied", 4, 0)
    assert clinical.count() == before
    assert Result.objects.count() == 4


def test_the_same_unscheduled_sample_again_is_the_same(cast, participant, visit):
    on = visit.closes_on + timedelta(days=1)
    content = table(f"{participant.code},,{on},ALT,35,U/L,")
    bring(cast, content)
    batch = bring(cast, content)
    assert batch.counts["same"] == 1
    assert Visit.objects.filter(code="UNS").count() == 1


def test_a_corrected_file_shows_conflicts_and_changes_nothing(cast, participant, visit, rows):
    bring(cast, table(*rows))
    day = visit.target_on
    batch = bring(cast, table(f"{participant.code},W12,{day},ALT,36,U/L,",
                              f"{participant.code},W12,{day},AST,,U/L,"))  # fmt: skip
    (conflict,) = batch.findings.all()
    assert (conflict.stored, conflict.given, conflict.line) == ("35 U/L", "36 U/L", 2)
    assert (results()["ALT"].text, results()["AST"].text) == ("35", "30,5")


def test_a_value_given_twice_in_one_file_far_apart_is_found(cast, participant, visit, monkeypatch):
    monkeypatch.setattr("labs.services.import_check.ROWS", 2)
    start = f"{participant.code},W12,{visit.target_on}"
    rows = [f"{start},ALT,35,U/L,", f"{start},AST,30,U/L,", f"{start},ALB,40,g/L,",
            f"{start},ALT,36,U/L,", f"{start},AST,30,U/L,"]  # fmt: skip
    batch = bring(cast, table(*rows), skip_errors=True)
    assert findings(batch) == [(2, "value", "given_twice"), (5, "value", "given_twice")]
    assert batch.counts["repeated"] == 1
    assert set(results()) == {"AST", "ALB"}, "neither of the two is chosen"
    assert Panel.objects.count() == 1, "one sample, in however many pieces it was read"


# --- errors --------------------------------------------------------------------------------------
def test_a_file_with_errors_is_not_imported_unless_they_are_left_out(cast, participant, rows):
    bad = f"{participant.code},W12,2025-03-31,ALB,4.2,g/L,"
    batch = bring(cast, table(*rows, bad))
    assert (batch.status, batch.counts["error"]) == ("checked", 1)
    assert not Panel.objects.exists()

    with pytest.raises(Refused) as refused:
        imports.confirm(batch=batch, by=by(cast))
    assert "skip_errors" in refused.value.errors
    imports.confirm(batch=batch, by=by(cast), skip_errors=True)
    imports.work(batch_id=batch.pk, process="test")
    assert (again(batch).status, len(results())) == ("applied", 4)


def test_errors_name_row_and_column(cast, participant, visit, rows):
    other = study.enrolled(cast.other_site)
    day = visit.target_on
    batch = bring(
        cast,
        table(
            f"{other.code},W12,{day},ALT,35,U/L,",
            f"{participant.code},W12,31/03/2025,ALT,35,U/L,",
            f"{participant.code},W12,{day},Lipase,35,U/L,",
            f"{participant.code},W12,{day},ALT,abc,U/L,",
            f"{participant.code},W12,{day},AST,30,mg/dL,",
            f"{participant.code},W12",
        ),
        apply=False,
    )
    assert findings(batch) == [
        (2, "", "participant_unknown"),
        (3, "collected_on", "date_ambiguous"),
        (4, "analyte", "analyte_unknown"),
        (5, "value", "not_a_number"),
        (6, "value", "unknown_unit"),
        (7, "", "columns_differ"),
    ]


@pytest.mark.req("F-105")
def test_a_wrong_encoding_fails_with_a_sentence_and_stores_nothing(cast, rows):
    batch = bring(cast, table(*rows).replace(b"35,U/L,", "35,U/L,复查".encode("gb18030")))
    assert (batch.status, batch.failure["code"]) == ("failed", "encoding")
    assert not ImportSample.objects.exists()
    assert not Panel.objects.exists()


def test_a_chinese_file_in_gb18030_is_read_as_written(cast, participant, visit):
    header = "受试者编号,访视,采样日期,检验项目,结果,单位,备注"
    day = f"{visit.target_on:%Y/%-m/%-d}"
    content = table(f"{participant.code},第12周,{day},总胆红素,１７．１,μmol/L,复查", header=header)
    mapping = mappings.builtin("chinese-long")
    batch = bring(cast, content.decode().encode("gb18030"), mapping=mapping)
    assert batch.status == ImportStatus.APPLIED, (batch.failure, findings(batch))
    row = results()["BILI"]
    assert (row.text, row.unit, row.canonical) == ("１７．１", "umol/L", Decimal("17.1"))
    assert row.comment == "复查"


@pytest.mark.req("F-121")
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-1.7"])
def test_what_is_no_csv_is_refused_at_once(cast, content):
    with pytest.raises(Refused) as refused:
        bring(cast, content)
    assert list(refused.value.errors) == ["file"]
    assert not ImportChunk.objects.exists()


@pytest.mark.req("F-122")
def test_a_file_over_the_limit_is_refused(cast, rows, settings):
    settings.IMPORT_MAX_BYTES = 100
    with pytest.raises(Refused):
        bring(cast, table(*rows))


@pytest.mark.req("F-123")
@pytest.mark.req("F-106")
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\labs\\a.csv", "a.csv"),
        ("a\u202evsc.csv", "avsc.csv"),
        ("a\x00\n.csv", "a.csv"),
        ("..", "file.csv"),
        ("", "file.csv"),
        ("<b>结果</b>.csv", "b>.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_file_name_is_kept_without_folders_and_tricks(given, kept):
    assert imports.plain_name(given) == kept


def test_a_laboratory_of_another_site_is_refused(cast, rows):
    with pytest.raises(Refused) as refused:
        bring(cast, table(*rows), laboratory=cast.other_laboratory)
    assert "laboratory" in refused.value.errors


# --- one transaction -----------------------------------------------------------------------------
def test_a_failure_in_the_middle_leaves_nothing(cast, rows, monkeypatch):
    people = [study.enrolled(cast.site) for _ in range(3)]
    more = [f"{p.code},W24,{study.visit_of(p, 'W24').target_on},ALT,40,U/L," for p in people]
    monkeypatch.setattr("labs.services.import_check.PEOPLE", 2)
    written = []

    def fail_at_the_second(*args):
        written.append(Panel.objects.count())
        if len(written) == 2:
            raise RuntimeError("power cut")
        real(*args)

    real = import_apply._write_people
    monkeypatch.setattr(import_apply, "_write_people", fail_at_the_second)
    batch = bring(cast, table(*more, *rows))

    assert written == [0, 2], "the first part was written before the failure"
    assert (batch.status, batch.failure["code"]) == ("failed", "internal")
    assert not Panel.objects.exists()
    assert not Visit.objects.filter(code="W24", status=Status.HELD).exists()


def test_the_number_of_statements_does_not_grow_with_the_file(cast, participant):
    def statements(weeks):
        lines = []
        for week in weeks:
            day = study.visit_of(participant, week).target_on
            lines += [f"{participant.code},{week},{day},{code},20,U/L," for code in ("ALT", "AST")]
        with CaptureQueriesContext(connection) as queries:
            batch = bring(cast, table(*lines))
        assert batch.status == ImportStatus.APPLIED
        return len(queries)

    statements(["D0"])  # makes the row of the participant's labs
    assert statements(["W12"]) == statements(["W24", "W36", "W48", "W72"])


# --- what changes between check and import -------------------------------------------------------
def test_what_was_entered_after_the_check_is_seen_at_the_import(cast, participant, rows):
    batch = bring(cast, table(*rows), apply=False)
    study.enter(participant, "W12", {"ALT": "36", "AST": "30.5"}, cast.laboratory)

    imports.confirm(batch=batch, by=by(cast))
    imports.work(batch_id=batch.pk, process="test")

    batch = again(batch)
    counts = batch.counts
    assert (counts["conflict"], counts["same"], counts["new"]) == (1, 1, 2)
    assert results()["ALT"].text == "36"
    assert findings(batch) == [(2, "value", "differs")]


def test_a_range_corrected_after_the_check_applies(cast, rows):
    batch = bring(cast, table(*rows), apply=False)
    row = cast.laboratory.ranges.get(analyte="ALT", sex="F")
    study.ranges.correct_range(
        row=row, low=row.low, high=Decimal(30), unit=row.unit, valid_to=None, reason="new lot",
        by=study.SETUP,
    )  # fmt: skip
    imports.confirm(batch=batch, by=by(cast))
    imports.work(batch_id=batch.pk, process="test")
    assert (results()["ALT"].range_high, results()["ALT"].flag) == (30, "H")


def test_a_participant_who_left_after_the_check_stops_the_import(cast, participant, rows):
    batch = bring(cast, table(*rows), apply=False)
    patients.withdraw(participant=participant, on=study.DAY0, reason="moved", by=study.SETUP)
    imports.confirm(batch=batch, by=by(cast))
    imports.work(batch_id=batch.pk, process="test")
    imports.work(batch_id=batch.pk, process="test")

    batch = again(batch)
    assert (batch.status, batch.counts["error"], batch.confirmed_by) == ("checked", 4, None)
    assert not Panel.objects.exists()


def test_a_visit_recorded_after_the_check_is_not_held_twice(cast, participant, visit, rows):
    batch = bring(cast, table(*rows), apply=False)
    hold(visit=visit, held_on=visit.target_on + timedelta(days=1), by=study.SETUP)
    imports.confirm(batch=batch, by=by(cast))
    imports.work(batch_id=batch.pk, process="test")
    visit.refresh_from_db()
    assert (visit.version, visit.held_on) == (2, visit.target_on + timedelta(days=1))
    assert Panel.objects.get().collected_on == visit.target_on


# --- who does the work ---------------------------------------------------------------------------
def uploaded(cast, rows):
    return imports.upload(
        site=cast.site, laboratory=cast.laboratory, file=io.BytesIO(table(*rows)),
        file_name="a.csv", mapping=mappings.builtin("long"), by=by(cast), apply_when_checked=True,
    )  # fmt: skip


def test_a_worker_does_it_on_the_hint_and_leaves_the_task_s_id(cast, rows):
    batch = uploaded(cast, rows)
    tasks.import_file.apply(args=[batch.pk], task_id="task-7")
    assert again(batch).status == ImportStatus.APPLIED
    result = Event.objects.filter(table_name="labs_result").first()
    check = Event.objects.get(kind="act:dry_run")
    assert (result.actor, result.request_id) == ("coordinator", "task-7")
    assert (check.actor, check.request_id) == ("system:import", "task-7")


def test_the_sweeper_does_it_and_evaluates_what_came(cast, rows):
    batch = uploaded(cast, rows)
    sweep()
    assert again(batch).status == ImportStatus.APPLIED
    assert not pending().exists()
    assert sweep() == 0


# --- decisions -----------------------------------------------------------------------------------
def test_a_dry_run_writes_nothing_clinical(cast, rows):
    batch = bring(cast, table(*rows), apply=False)
    assert (batch.status, batch.counts["new"]) == ("checked", 4)
    assert not Panel.objects.exists()
    assert not Series.objects.exists()


def test_a_discarded_file_leaves_only_its_record(cast, rows):
    batch = bring(cast, table(*rows), apply=False)
    imports.discard(batch=batch, by=by(cast))
    assert again(batch).status == ImportStatus.DISCARDED
    assert not ImportChunk.objects.exists()
    assert not ImportPlan.objects.exists()
    with pytest.raises(Refused):
        imports.confirm(batch=batch, by=by(cast))


def test_what_was_staged_goes_and_the_file_itself_stays(cast, rows):
    batch = bring(cast, table(*rows))
    assert not ImportSample.objects.exists()
    assert b"".join(bytes(c.data) for c in batch.chunks.order_by("number")) == table(*rows)


def test_the_batch_s_own_history_is_in_the_trail(cast, rows):
    batch = bring(cast, table(*rows))
    events = Event.objects.filter(table_name="labs_importbatch", record_id=str(batch.pk))
    steps = [json.loads(json.dumps(e.new))["status"] for e in events if e.new]
    assert steps == ["uploaded", "checking", "checked", "confirmed", "applying", "applied"]


def test_a_central_laboratory_serves_every_site(cast, rows):
    central = create_laboratory(site=None, code="CENTRAL", name="x", by=study.SETUP)
    assert bring(cast, table(*rows), laboratory=central).status == ImportStatus.APPLIED
    assert Participant.objects.count() == 1
