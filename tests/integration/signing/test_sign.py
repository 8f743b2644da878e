"""Signing: who may, what is asked, what is stored, and what breaks it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from labs.models import Result
from patients import services as patients
from reports.services.signing import request_casebook, request_visit
from tests.factories import study
from tests.integration.signing.signing import (
    attempt,
    ended,
    sign_casebook,
    sign_visit,
    visit,
)
from trial.access.exceptions import Refused
from trial.access.models import Kind
from trial.access.roles import Role
from trial.access.services import appoint_principal, confirm_training, grant_role
from trial.audit.context import Actor, transaction
from trial.audit.models import Event, Seal
from trial.signing.content import signed
from trial.signing.models import Components, Signature
from trial.signing.selectors import State, changes_after, signatures_of, state_of
from trial.signing.services import NotSignable

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def person(cast):
    """A short casebook, complete and evaluated; nothing signed."""
    return ended(study.enrolled(cast.site), cast.laboratory)


def state(signature: Signature) -> State:
    signature = Signature.objects.select_related("site").get(pk=signature.pk)
    return state_of(signature, signed(signature).rows)


def correct(person, reason="typing error"):
    """Somebody corrects a value of D0 after all."""
    with transaction(by=study.SETUP, reason=reason):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")


@pytest.mark.req("R-24")
def test_a_signature_keeps_name_time_meaning_and_role_as_they_were(cast, person):
    before = timezone.now()
    signature = sign_visit(cast.investigator, person, "D0")
    signature.refresh_from_db()
    assert (signature.printed_name, signature.signed_by, signature.role) == (
        "Investigator", "investigator", "investigator",
    )  # fmt: skip
    assert before <= signature.signed_at <= timezone.now()
    assert str(signature.words) == "I have reviewed this visit's data and they are correct."
    assert (signature.participant_code, signature.visit_label) == (person.code, "D0")
    assert state(signature) == State.INTACT
    (event,) = Event.objects.filter(kind="act:signed")
    assert (event.visit_id, event.details["sha256"]) == (signature.visit_id, signature.sha256)


def test_the_trail_is_sealed_before_something_is_signed(cast, person):
    Seal.objects.all()
    sign_visit(cast.investigator, person, "D0")
    sealed = {i for ids in Seal.objects.values_list("ids", flat=True) for i in ids}
    covered = Event.objects.of_participant(person.pk).changes().values_list("id", flat=True)
    rows = set(covered.exclude(table_name="signing_signature"))
    assert rows
    assert rows <= sealed


# --- who may ------------------------------------------------------------------------------------
@pytest.mark.req("R-29")
@pytest.mark.parametrize("who", ["coordinator", "investigator2", "monitor", "admin", "outsider"])
def test_only_an_investigator_of_the_site_signs(cast, person, who):
    with pytest.raises(Refused):
        sign_visit(cast.users[who], person, "D0")
    assert not Signature.objects.exists()


@pytest.mark.req("R-29")
def test_where_the_site_keeps_its_log_only_who_is_named_there_signs(cast, person):
    other = study.make_user("principal", Role.INVESTIGATOR, cast.site)
    appoint_principal(
        user=other, site=cast.site, from_on=study.DAY0, by=study.SETUP, reason="site opened"
    )
    with pytest.raises(Refused, match="delegation log"):
        sign_visit(cast.investigator, person, "D0")
    assert sign_visit(other, person, "D0").signed_by == "principal"


@pytest.mark.req("R-31")
def test_who_has_not_agreed_does_not_sign(cast, person):
    new = study.make_user("new")
    grant_role(user=new, role=Role.INVESTIGATOR, site=cast.site, by=study.SETUP)
    with pytest.raises(Refused, match="binds you"):
        sign_visit(new, person, "D0", agreeing=False)
    confirm_training(user=new, kind=Kind.AGREEMENT, language="zh-hans", by=Actor.of(new))
    assert sign_visit(new, person, "D0").signed_by == "new"


# --- proof --------------------------------------------------------------------------------------
@pytest.mark.req("R-27")
@pytest.mark.parametrize(
    "proof",
    [
        {"password": "wrong"},
        {"password": ""},
        {"username": "investigator2"},
        {"username": ""},
        {"components": Components.PASSWORD, "password": "wrong"},
    ],
)
def test_a_wrong_proof_signs_nothing(cast, person, proof):
    with pytest.raises(Refused):
        attempt(cast.investigator, request_visit(visit(person, "D0")), **proof)
    assert not Signature.objects.exists()


@pytest.mark.req("R-38")
def test_five_wrong_passwords_pause_signing(cast, person):
    for _n in range(5):
        with pytest.raises(Refused):
            attempt(cast.investigator, request_visit(visit(person, "D0")), password="wrong")
    with pytest.raises(Refused) as caught:
        sign_visit(cast.investigator, person, "D0")
    assert caught.value.status == 429
    assert not Signature.objects.exists()


def test_one_proof_signs_many_and_what_stands_against_one_does_not_stop_the_others(cast, person):
    outcomes = attempt(
        cast.investigator,
        *(request_visit(visit(person, code)) for code in ("W12", "SCR", "D0")),
        request_casebook(person),
    )
    assert [one.signature is not None for one in outcomes] == [False, True, True, True]
    assert "W12 has not taken place." in str(outcomes[0].refused)


# --- what stands against it ---------------------------------------------------------------------
@pytest.mark.req("R-30")
def test_a_visit_is_not_signed_before_it_is_held_complete_and_evaluated(cast):
    person = study.enrolled(cast.site)
    with pytest.raises(NotSignable, match="has not taken place"):
        sign_visit(cast.investigator, person, "W12")
    study.enter(person, "D0", {"ALT": "30"}, cast.laboratory)
    with pytest.raises(NotSignable, match=r"neither a result nor a reason.*wait for"):
        sign_visit(cast.investigator, person, "D0")


@pytest.mark.req("R-30")
def test_a_casebook_is_not_signed_before_its_visits_nor_before_the_end(cast, person):
    with pytest.raises(NotSignable, match=r"SCR is not signed\. D0 is not signed"):
        sign_casebook(cast.investigator, person)
    for code in ("SCR", "D0"):
        sign_visit(cast.investigator, person, code)
    assert sign_casebook(cast.investigator, person).scope == "casebook"
    with pytest.raises(NotSignable, match="still in the study"):
        sign_casebook(cast.investigator, study.enrolled(cast.site))


@pytest.mark.req("R-25")
def test_what_is_signed_is_what_was_shown(cast, person):
    from reports.casebook_content import of_visit  # noqa: PLC0415
    from trial.signing.content import read  # noqa: PLC0415

    shown = read(of_visit(visit(person, "D0"))).mark
    correct(person)
    (outcome,) = attempt(cast.investigator, request_visit(visit(person, "D0"), shown=shown))
    assert outcome.signature is None
    assert outcome.refused.status == 409


# --- what breaks it -----------------------------------------------------------------------------
@pytest.mark.req("R-26")
def test_a_change_after_signing_breaks_the_signature_and_says_what_and_by_whom(cast, person):
    visit_signature = sign_visit(cast.investigator, person, "D0")
    sign_visit(cast.investigator, person, "SCR")
    casebook = sign_casebook(cast.investigator, person)
    correct(person)

    assert state(visit_signature) == state(casebook) == State.CHANGED
    (event,) = changes_after(visit_signature)
    assert (event.table_name, event.fields, event.actor, event.reason) == (
        "labs_result", ["text"], "system:test-setup", "typing error",
    )  # fmt: skip
    found = signatures_of([person.pk])
    assert found.visit(visit(person, "D0").pk) == "broken"
    assert found.visit(visit(person, "SCR").pk) == "intact"
    assert found.casebook(person.pk) == "broken"


@pytest.mark.req("R-26")
def test_signing_again_supersedes_the_broken_signature_and_keeps_it(cast, person):
    first = sign_visit(cast.investigator, person, "D0")
    correct(person)
    second = sign_visit(cast.investigator, person, "D0")
    assert list(Signature.objects.current()) == [second]
    assert Signature.objects.filter(pk=first.pk).exists()
    assert signatures_of([person.pk]).visit(visit(person, "D0").pk) == "intact"


@pytest.mark.req("R-26")
def test_a_change_that_commits_only_after_the_signature_breaks_it(cast, person, app_connection):
    """It was written before, but the signer could not see it: no clock decides."""
    app_connection.autocommit = False
    with app_connection.cursor() as cursor:
        cursor.execute(
            'select set_config(\'app.context\', \'{"actor": "late", "role": "", "site": "",'
            ' "request": "", "reason": ""}\', true)'
        )
        cursor.execute(
            "update labs_result set comment = 'late' where analyte = 'ALT' and panel_id in"
            " (select id from labs_panel where visit_id = %s)",
            [visit(person, "D0").pk],
        )
    signature = sign_visit(cast.investigator, person, "D0")
    assert state(signature) == State.INTACT
    app_connection.commit()
    assert state(signature) == State.CHANGED


def test_bookkeeping_does_not_break_a_signature(cast, person):
    signature = sign_visit(cast.investigator, person, "D0")
    with transaction(by=study.SETUP):
        patients.note_course_change(participant=person, by=study.SETUP)
        Result.objects.filter(analyte="ALT").update(changed_at=timezone.now())
    assert state(signature) == State.INTACT


@pytest.mark.req("R-25")
@pytest.mark.req("R-36")
def test_a_change_past_the_trail_is_found_by_the_hash(cast, person, admin_connection):
    signature = sign_visit(cast.investigator, person, "D0")
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute("update labs_result set text = '29' where analyte = 'ALT'")
    assert state(signature) == State.MISMATCH
    with pytest.raises(CommandError, match="1 signatures do not fit"):
        call_command("verify_signatures", stdout=StringIO())


@pytest.mark.req("R-25")
def test_a_signature_row_copied_to_another_record_does_not_verify(cast, person, admin_connection):
    signature = sign_visit(cast.investigator, person, "D0")
    other = visit(person, "SCR")
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update signing_signature set visit_id = %s, visit_label = 'SCR'", [other.pk]
        )
    assert state(signature) == State.MISMATCH


def test_the_command_counts_and_a_change_through_the_system_is_no_fault(cast, person):
    sign_visit(cast.investigator, person, "SCR")
    sign_visit(cast.investigator, person, "D0")
    correct(person)
    out = StringIO()
    call_command("verify_signatures", stdout=out)
    assert "2 signatures: 1 intact, 1 changed since, 0 mismatch" in out.getvalue()


# --- the row ------------------------------------------------------------------------------------
@pytest.mark.req("R-05")
def test_nobody_changes_or_removes_a_signature(cast, person, owner_connection):
    signature = sign_visit(cast.investigator, person, "D0")
    with pytest.raises(DatabaseError), transaction(by=study.SETUP):
        Signature.objects.filter(pk=signature.pk).update(printed_name="Somebody else")
    for statement in ("update signing_signature set role = 'x'", "delete from signing_signature"):
        with owner_connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("signature_scope_has_its_record", {"visit_id": None}),
        ("signature_scope_has_its_record", {"scope": "casebook", "meaning": "casebook_complete"}),
        ("signature_meaning_fits_scope", {"meaning": "casebook_complete"}),
        ("signature_hash_is_one", {"sha256": "0"}),
        ("signature_has_name", {"printed_name": ""}),
        ("signature_components_known", {"components": "none"}),
    ],
)
def test_the_database_refuses(cast, name, wrong):
    good = {
        "scope": "visit", "site": cast.site, "participant_id": 1, "participant_code": "01-0016",
        "visit_id": 1, "visit_label": "D0", "meaning": "visit_reviewed",
        "signer": cast.investigator, "printed_name": "I", "role": "investigator",
        "signed_at": timezone.now(), "signed_by": "investigator", "schema": 1,
        "sha256": "0" * 64, "seen_generation": 1, "seen_snapshot": "1:1:", "components": "both",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=name), transaction(by=study.SETUP):
        Signature.objects.create(**{**good, **wrong})
