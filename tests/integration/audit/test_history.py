"""The trail is kept by the database, whoever writes and however."""

import psycopg2
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection

from labs.models import Result
from patients.models import Participant
from tests.factories import study
from trial.access.models import Membership, Site, User
from trial.access.services import end_role
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

# Tables of the application whose rows are no record of the trial.
TECHNICAL = {
    "access_failedsignin", "access_formerpassword", "access_idempotentrequest",
    "access_proofcount", "access_session", "access_tokenuse", "account_emailaddress",
    "account_emailconfirmation", "audit_event", "audit_generation", "audit_reading",
    "audit_redacted", "audit_seal", "auth_group", "auth_group_permissions", "auth_permission",
    "axes_accessattempt", "axes_accessattemptexpiration", "axes_accessfailurelog",
    "axes_accesslog", "crf_checked", "django_content_type", "django_migrations", "django_session",
    "labs_importchunk", "labs_importfinding", "labs_importperson", "labs_importplan",
    "labs_importprogress", "labs_importsample", "reports_snapshotchunk", "safety_liverlook",
    "visits_slidepixels",
    "sealed.event", "sealed.redacted", "sealed.seal",
}  # fmt: skip
BY = Actor.system("test")


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', schemaname, tablename)::regclass::text from pg_tables"
            " where schemaname in ('public', 'sealed')"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.req("R-01")
@pytest.mark.django_db
def test_every_table_that_is_not_technical_has_all_history_triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "select t.tgrelid::regclass::text, count(*) from pg_trigger t "
            "where t.tgname like 'history_%' and t.tgenabled = 'O' group by 1"
        )
        triggers = dict(cursor.fetchall())
    assert triggers == dict.fromkeys(tables() - TECHNICAL, 4)


def by_orm(participant):
    participant.status_reason = "x"
    participant.save(update_fields=["status_reason"])


def by_queryset(participant):
    Participant.objects.filter(pk=participant.pk).update(status_reason="x")


def by_bulk_update(participant):
    participant.status_reason = "x"
    Participant.objects.bulk_update([participant], ["status_reason"])


def by_raw_sql(participant):
    with connection.cursor() as cursor:
        cursor.execute(
            "update patients_participant set status_reason = 'x' where id = %s", [participant.pk]
        )


@pytest.mark.req("R-01")
@pytest.mark.parametrize("write", [by_orm, by_queryset, by_bulk_update, by_raw_sql])
def test_each_way_of_writing_leaves_one_event_per_changed_row(cast, write):
    participant = study.screened(cast.site)
    before = Event.objects.count()
    with transaction(by=BY, reason="because"):
        write(participant)

    (event,) = Event.objects.all()[before:]
    assert (event.kind, event.table_name) == ("update", "patients_participant")
    assert event.record_id == str(participant.pk)
    assert (event.old["status_reason"], event.new["status_reason"]) == ("", "x")
    assert (event.actor, event.reason, event.db_user) == ("system:test", "because", "ct_app")


@pytest.mark.req("R-01")
def test_an_update_of_many_rows_leaves_an_event_for_each_and_none_for_unchanged_ones(cast):
    first, second = study.screened(cast.site), study.screened(cast.site)
    with transaction(by=BY):
        Participant.objects.filter(pk=first.pk).update(status_reason="x")
    before = Event.objects.count()
    with transaction(by=BY):
        Participant.objects.all().update(status_reason="x")
    assert [event.record_id for event in Event.objects.all()[before:]] == [str(second.pk)]


@pytest.mark.req("R-58")
@pytest.mark.req("F-094")
def test_a_write_without_an_actor_is_refused(cast):
    participant = study.screened(cast.site)
    with pytest.raises(ProgrammingError, match="without an actor"):
        Participant.objects.filter(pk=participant.pk).update(status_reason="x")


@pytest.mark.req("F-086")
def test_the_actor_does_not_outlive_the_transaction(fresh_database):
    with transaction(by=BY):
        pass
    with pytest.raises(ProgrammingError, match="without an actor"):
        Site.objects.create(code="09", name="x", opened_on="2024-01-01")


@pytest.mark.req("R-02")
def test_an_event_keeps_the_role_and_site_the_person_had_then(cast):
    person = Actor.of(cast.coordinator, role="coordinator", site="01", request_id="r-1")
    participant = study.screened(cast.site)
    with transaction(by=person, reason="typing error"):
        by_queryset(participant)
    membership = Membership.objects.get(user=cast.coordinator)
    end_role(membership=membership, by=BY, reason="left")

    event = Event.objects.get(table_name="patients_participant", kind="update")
    assert (event.actor, event.actor_id) == ("coordinator", cast.coordinator.pk)
    assert (event.actor_role, event.actor_site) == ("coordinator", "01")
    assert (event.request_id, event.reason) == ("r-1", "typing error")


def test_in_a_service_called_by_another_each_write_carries_its_own_reason(cast):
    participant = study.screened(cast.site)
    with transaction(by=BY, reason="outer"):
        by_queryset(participant)
        with transaction(by=BY, reason="inner"):
            Participant.objects.filter(pk=participant.pk).update(status_reason="y")
        Participant.objects.filter(pk=participant.pk).update(status_reason="z")
    found = Event.objects.filter(table_name="patients_participant", kind="update")
    assert [event.reason for event in found] == ["outer", "inner", "outer"]


@pytest.mark.req("R-05")
@pytest.mark.req("R-59")
@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set actor = 'x'",
        "delete from audit_event",
        "truncate audit_event",
        (
            "insert into audit_event (actor, actor_role, actor_site, request_id, reason, kind, "
            "table_name, record_id) values ('x', '', '', '', '', 'insert', 'x', '1')"
        ),
        "alter table audit_event disable trigger all",
        "alter table labs_result disable trigger history_update",
        "set session_replication_role = replica",
        "delete from labs_result",
        "delete from access_user",
        "truncate patients_participant cascade",
    ],
)
def test_the_application_may_not_touch_the_trail_nor_remove_records(cast, statement):
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.req("R-05")
@pytest.mark.parametrize(
    "statement",
    ["update audit_event set actor = 'x'", "delete from audit_event", "truncate audit_event"],
)
def test_not_even_the_owner_can_rewrite_the_trail(fresh_database, owner_connection, statement):
    study.make_site("05")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), owner_connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.req("R-35")
@pytest.mark.django_db
def test_the_application_login_owns_nothing_and_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles "
                       "where rolname = current_user")  # fmt: skip
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("select count(*) from pg_tables where tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_passwords_and_token_digests_never_enter_the_trail(cast):
    rows = Event.objects.filter(table_name__in=["access_user", "access_apitoken"])
    assert rows.exists()
    for row in rows:
        assert not {"password", "digest"} & set(row.new or {})


def test_an_act_without_a_row_is_an_event_of_its_own(cast):
    events.record(events.Act.EXPORTED, by=BY, record="export:lab-results", details={"rows": 3})
    event = Event.objects.get(kind="act:exported")
    assert (event.table_name, event.record_id, event.details) == (
        "export", "lab-results", {"rows": 3}
    )  # fmt: skip


def write_and_fail(participant):
    with transaction(by=BY):
        Participant.objects.filter(pk=participant.pk).update(status_reason="x")
        with connection.cursor() as cursor:
            cursor.execute("do $$ begin raise exception 'the trail failed'; end $$")


def test_if_the_trail_cannot_be_written_nothing_is(cast):
    """Habit: one transaction per service, its event inside it."""
    participant = study.screened(cast.site)
    with pytest.raises(InternalError):
        write_and_fail(participant)
    participant.refresh_from_db()
    assert participant.status_reason == ""


@pytest.mark.req("R-59")
@pytest.mark.django_db
def test_no_foreign_key_cascades():
    with connection.cursor() as cursor:
        cursor.execute("select conname from pg_constraint where contype = 'f' "
                       "and confdeltype <> 'a'")  # fmt: skip
        assert cursor.fetchall() == []


@pytest.mark.req("R-28")
def test_user_names_are_unique_whatever_their_case(cast):
    assert User.objects.filter(username__iexact="COORDINATOR").count() == 1
    with pytest.raises(IntegrityError, match="user_username_unique"), transaction(by=BY):
        User.objects.create(username="Coordinator", full_name="Another")


def test_results_have_no_second_way_in(cast):
    """The catalogue agrees: a result without its panel can't exist."""
    with pytest.raises(Exception, match="panel_id"), transaction(by=BY):
        Result.objects.create(analyte="ALT")
