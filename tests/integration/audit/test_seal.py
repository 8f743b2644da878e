"""Whoever changes the record behind the application's back is found, and where is named."""

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from io import StringIO

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from patients.models import Participant
from tests.factories import study
from trial.audit import anchors, seal
from trial.audit.context import Actor, transaction
from trial.audit.models import Event, Seal
from trial.database import elsewhere

BY = Actor.system("test")
WHO = dict.fromkeys(("role", "site", "request", "reason"), "") | {"actor": "somebody"}
pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def record():
    """A participant with a relapse course, sealed in two seals."""
    site = study.make_site()
    laboratory = study.make_laboratory(site, "LAB01")
    person = study.enrolled(site)
    seal.seal_now()
    study.enter(person, "D0", study.RELAPSE_COURSE["D0"], laboratory)
    seal.seal_now()
    return person


def as_superuser(admin, *statements: str) -> None:
    """What somebody with every right does, past the triggers."""
    with admin.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def codes() -> list[str]:
    return [problem.code for problem in seal.verify().problems]


def test_an_untouched_record_is_as_it_was_sealed(record):
    report = seal.verify()
    assert report.ok
    assert (report.seals, report.events, report.unsealed) == (2, Event.objects.count(), 0)


def test_nothing_new_makes_no_seal(record):
    assert seal.seal_now() == 0
    assert Seal.objects.count() == 2


def test_the_seal_is_the_same_in_every_session(record, admin_connection):
    with admin_connection.cursor() as cursor:
        cursor.execute("set timezone = 'Asia/Kolkata'; set datestyle = 'German'")
        cursor.execute("select count(*) from audit_verify()")
        assert cursor.fetchone() == (0,)


@pytest.mark.req("R-05")
@pytest.mark.req("F-091")
@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set actor = 'somebody else' where id = {id}",
        "update audit_event set new = jsonb_set(new, '{{text}}', '\"31\"') where id = {id}",
        "update audit_event set at = at - interval '1 day' where id = {id}",
        "update audit_event set reason = 'typing error' where id = {id}",
        "update audit_event set fields = '{{flag}}' where id = {id}",
        "update audit_event set nonce = gen_random_uuid() where id = {id}",
    ],
)
def test_an_edited_event_is_named(record, admin_connection, statement):
    event = Event.objects.filter(table_name="labs_result").order_by("id")[2]
    as_superuser(admin_connection, statement.format(id=event.pk))
    (problem,) = [p for p in seal.verify().problems if p.code == "event_changed"]
    assert (problem.seal, problem.event) == (2, event.pk)


@pytest.mark.req("F-091")
def test_a_removed_event_is_named(record, admin_connection):
    event = Event.objects.filter(table_name="patients_consent").get()
    as_superuser(admin_connection, f"delete from audit_event where id = {event.pk}")
    problems = seal.verify().problems
    assert ("event_missing", 1, event.pk) in [(p.code, p.seal, p.event) for p in problems]


@pytest.mark.req("F-091")
def test_an_event_slipped_in_is_named(record, admin_connection):
    as_superuser(
        admin_connection,
        "insert into audit_event (xid, generation, actor, actor_role, actor_site, request_id,"
        " reason, kind, table_name, record_id, new) select xid, generation, actor, actor_role,"
        " actor_site, request_id, reason, 'update', table_name, record_id, new from audit_event"
        " where table_name = 'labs_panel'",
    )
    slipped = Event.objects.order_by("-id")[0]
    assert ("event_added", slipped.pk) in [(p.code, p.event) for p in seal.verify().problems]


@pytest.mark.req("F-091")
def test_reordered_events_are_found(record, admin_connection):
    first, second = Event.objects.filter(table_name="labs_result").order_by("id")[:2]
    as_superuser(
        admin_connection,
        "update audit_event e set record_id = o.record_id, new = o.new from audit_event o"
        f" where (e.id, o.id) in (({first.pk}, {second.pk}), ({second.pk}, {first.pk}))",
    )
    assert codes().count("event_changed") == 2


@pytest.mark.req("F-091")
def test_an_edited_seal_breaks_the_chain(record, admin_connection):
    as_superuser(admin_connection, "update audit_seal set root = sha256(root) where n = 1")
    problems = [(p.code, p.seal) for p in seal.verify().problems]
    assert ("seal_root", 1) in problems
    assert ("seal_chain", 2) in problems


@pytest.mark.req("F-092")
def test_a_cut_tail_is_found_by_an_anchor_kept_outside(record, admin_connection, tmp_path):
    kept = tmp_path / "anchor.json"
    kept.write_text(anchors.make().text())
    as_superuser(
        admin_connection,
        "delete from audit_event where id = any (select unnest(ids) from audit_seal where n = 2)",
        "delete from audit_seal where n = 2",
        # Whoever cuts the tail takes what it recorded along.
        "delete from labs_meldscore",
        "delete from labs_result",
        "delete from labs_panel",
        "delete from labs_series",
        "delete from labs_laboratoryunit",
        "update visits_visit set status = 'planned', held_on = null where status = 'held'"
        " and code = 'D0'",
    )
    assert not any(p.code.startswith(("event", "seal")) for p in seal.verify().problems)
    with pytest.raises(CommandError, match="anchor_missing, seal 2"):
        call_command("verify_audit", "--without-data", anchor=[kept], stdout=StringIO())


def test_an_anchor_whose_text_was_changed_is_refused(record):
    text = anchors.make().text()
    assert anchors.read(text).seal == 2
    with pytest.raises(ValueError, match="signature"):
        anchors.read(text.replace('"seal": 2', '"seal": 1'))
    with pytest.raises(ValueError, match="not an anchor"):
        anchors.read('{"seal": 2}')


UNRECORDED = """
insert into patients_consent (participant_id, form_version, given_at, recorded_by)
select participant_id, '2.0', given_at, recorded_by from patients_consent
"""


@pytest.mark.req("R-36")
@pytest.mark.req("F-093")
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("update labs_result set text = '31' where analyte = 'ALT'", "row_changed"),
        ("delete from labs_result where analyte = 'ALT'", "row_missing"),
        (UNRECORDED, "row_without_event"),
    ],
)
def test_data_written_past_the_triggers_is_found(record, admin_connection, statement, code):
    as_superuser(admin_connection, statement)
    (problem,) = seal.verify().problems
    assert problem.code == code
    assert problem.record.startswith(("labs_result:", "patients_consent:"))


def test_a_column_that_came_later_is_no_difference(record, owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute("alter table patients_consent add later text default 'x'")
        try:
            assert seal.verify().ok
        finally:
            cursor.execute("alter table patients_consent drop later")


def test_the_command_says_ok_or_names_the_first_bad_seal_and_event(record, admin_connection):
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().splitlines()[-1] == "ok"
    event = Event.objects.filter(table_name="labs_panel").get()
    as_superuser(admin_connection, f"update audit_event set actor = 'x' where id = {event.pk}")
    with pytest.raises(CommandError, match=f"event_changed, seal 2, event {event.pk}"):
        call_command("verify_audit", stdout=StringIO())


def test_what_is_not_finished_is_not_sealed(record, app_connection):
    app_connection.autocommit = False
    with app_connection.cursor() as cursor:
        cursor.execute("select set_config('app.context', %s, true)", [json.dumps(WHO)])
        cursor.execute("update patients_participant set status_reason = 'y'")
        with transaction(by=BY):
            Participant.objects.create(
                site=record.site, code="01-9991", sex="M", sex_for_meld="M", birth_year=1980,
                screened_on="2025-01-01",
            )  # fmt: skip
        assert seal.seal_now() == 0  # the newer one is final, but must not be sealed before it
        app_connection.commit()
    assert seal.seal_now() == 2
    assert seal.verify().ok


def test_a_long_row_of_events_gets_several_seals(record, admin_connection, owner_connection):
    """With two events a seal: none is lost at the edges, a larger transaction goes in whole."""
    with owner_connection.cursor() as cursor:
        cursor.execute("select pg_get_functiondef('audit_seal_now()'::regprocedure)")
        [usual] = cursor.fetchone()
        cursor.execute(usual.replace("most constant int := 50000", "most constant int := 2"))
        try:
            as_superuser(admin_connection, "delete from audit_seal")
            assert seal.seal_now() == Event.objects.count()
        finally:
            cursor.execute(usual)
    sizes = [len(s.ids) for s in Seal.objects.all()]
    assert len(sizes) > 5
    assert max(sizes) > 2
    assert seal.verify().ok


def test_two_at_once_seal_each_event_once(record):
    for number in range(20):
        with transaction(by=BY):
            Participant.objects.filter(pk=record.pk).update(status_reason=str(number))

    def work():
        try:
            seal.seal_now()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = [i for s in Seal.objects.all() for i in s.ids]
    assert sorted(sealed) == sorted(Event.objects.values_list("id", flat=True))
    assert seal.verify().ok


@pytest.mark.req("F-142")
def test_after_a_restore_a_new_generation_is_sealed(record, owner_connection, admin_connection):
    """A dump brought back into a new cluster: transaction numbers begin low again."""
    as_superuser(
        admin_connection,
        "update audit_event set xid = (xid::text::bigint + 1000000)::text::xid8",
        "update audit_seal set upto_xid = (upto_xid::text::bigint + 1000000)::text::xid8",
        "delete from audit_seal",
    )
    with admin_connection.cursor() as cursor:  # sealed as the other cluster would have
        cursor.execute(
            "set session_replication_role = replica;"
            "insert into audit_seal (n, generation, upto_xid, ids, leaves, previous, root)"
            " select 1, 1, (max(xid::text::bigint) + 1)::text::xid8,"
            " array_agg(id order by xid, id),"
            " string_agg(audit_leaf(e), ''::bytea order by xid, id), '\\x',"
            " audit_root('\\x', array_agg(id order by xid, id),"
            " string_agg(audit_leaf(e), ''::bytea order by xid, id)) from audit_event e"
        )
    with owner_connection.cursor() as cursor:
        cursor.execute(
            "insert into audit_generation (number, started_by, reason) values (2, 'x', 'restored')"
        )
    with transaction(by=BY):
        Participant.objects.filter(pk=record.pk).update(status_reason="after")
    assert seal.seal_now() == 1
    assert seal.verify().ok


@pytest.mark.req("R-05")
@pytest.mark.parametrize(
    "statement",
    [
        "update audit_seal set n = n",
        "delete from audit_seal",
        "truncate audit_seal",
        "insert into audit_seal (n) values (99)",
        "insert into audit_redacted (event_id, leaf, request_id) values (1, '', 1)",
        "delete from audit_generation",
        "update audit_event set actor = 'x'",
        "alter table audit_event disable trigger audit_append_only",
        "set session_replication_role = replica",
    ],
)
def test_the_application_can_not_touch_what_proves_the_trail(record, app_connection, statement):
    with app_connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(statement)


@pytest.mark.req("R-05")
@pytest.mark.parametrize("table", ["audit_event", "audit_seal", "audit_generation"])
def test_not_even_the_owner_changes_the_trail_by_an_ordinary_statement(
    record, owner_connection, table
):
    for statement in (f"delete from {table}", f"truncate {table}"):
        with (
            owner_connection.cursor() as cursor,
            pytest.raises(psycopg2.Error, match="append-only"),
        ):
            cursor.execute(statement)


@pytest.mark.parametrize(
    "work",
    [
        "create temporary table busy (id int); insert into busy values (1)",
        "select pg_current_xact_id()",  # locks nothing that belongs to its database
    ],
)
def test_who_works_in_another_database_of_the_server_is_not_waited_for(record, work):
    """Two trials on one server: a long import of one must not keep the other unsealed."""
    with closing(
        psycopg2.connect(elsewhere(os.environ["ADMIN_DATABASE_URL"], "postgres"))
    ) as other:
        with other.cursor() as cursor:
            cursor.execute(work)
        with transaction(by=BY):
            Participant.objects.filter(pk=record.pk).update(status_reason="meanwhile")
        assert seal.seal_now() == 1
    assert seal.verify().ok


def test_short_work_in_another_database_holds_no_seal_back(record):
    """Transactions there begin and end while it is asked which are under way."""
    url = elsewhere(os.environ["ADMIN_DATABASE_URL"], "postgres")
    with busy(url, "perform pg_current_xact_id()"):
        for number in range(120):
            with transaction(by=BY):
                Participant.objects.filter(pk=record.pk).update(status_reason=f"change {number}")
            assert seal.seal_now() == 1
    assert seal.verify().ok


def test_no_event_slips_in_before_a_seal_that_is_made_while_it_is_written(record):
    """Many short transactions begin, write and end while seal after seal is made."""
    change = (
        f"perform set_config('app.context', '{json.dumps(WHO)}', true);"
        f" update patients_participant set status_reason = n || 'x' where id = {record.pk}"
    )
    # Bounded: where writing is faster than sealing, each seal would find more than the one before.
    with busy(os.environ["DATABASE_URL"], change, hundreds=100):
        for _number in range(200):
            seal.seal_now()
    seal.seal_now()
    assert seal.verify().ok
    assert sum(len(one.ids) for one in Seal.objects.all()) == Event.objects.count()


@contextmanager
def busy(url: str, work: str, *, hundreds: int = 100_000) -> Iterator[None]:
    """Three sessions that do this in one small transaction after another, until the block ends or
    each has done so many hundreds of them."""
    ended = threading.Event()

    def one_after_the_other() -> None:
        block = f"do $$ begin for n in 1 .. 100 loop {work}; commit; end loop; end $$"
        with closing(psycopg2.connect(url)) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute("set synchronous_commit = off")
                for _block in range(hundreds):
                    if not ended.is_set():
                        cursor.execute(block)

    with ThreadPoolExecutor(3) as pool:
        sessions = [pool.submit(one_after_the_other) for _n in range(3)]
        try:
            yield
        finally:
            ended.set()
        for session in sessions:
            session.result()
