"""The trail of what is sealed: sealed without a sweeper, compared by a command, read on a page."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from randomization.sealed.reading import note_reading
from tests.integration.randomization.unblinding import asked
from trial.audit import seal
from trial.audit.context import Actor
from trial.audit.models import Event


@pytest.mark.req("R-17")
def test_each_commit_of_a_sealed_transaction_seals_what_is_final(cast, person, admin_connection):
    asked(person, cast.investigator)
    with admin_connection.cursor() as cursor:
        cursor.execute("select count(*) from sealed.event")
        (events,) = cursor.fetchone()
        cursor.execute("select sum(cardinality(ids)) from sealed.seal")
        assert cursor.fetchone()[0] == events


def test_the_command_says_that_all_is_as_it_was_sealed(cast, person, capsys):
    asked(person, cast.investigator)
    call_command("verify_audit", "--sealed")
    told = capsys.readouterr().out
    assert "0 not sealed yet" in told
    assert told.endswith("ok\n")


@pytest.mark.req("R-05")
def test_an_edited_event_is_found(cast, person, admin_connection):
    seal.verify_sealed()
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            "update sealed.event set actor = 'nobody' where id = (select min(id) from sealed.event)"
        )
    with pytest.raises(CommandError, match="event_changed"):
        call_command("verify_audit", "--sealed")


def test_without_the_login_the_command_says_so(db, settings):
    settings.SEALED = False
    with pytest.raises(CommandError, match="SEALED_DATABASE_URL"):
        call_command("verify_audit", "--sealed")
    with pytest.raises(CommandError, match="SEALED_DATABASE_URL"):
        call_command("reconcile_allocation")


@pytest.mark.req("R-17")
def test_looking_at_the_trail_is_noted_first(cast, person, sign_in, accesses):
    page = sign_in(cast.statistician).get(reverse("unblinding:trail"))
    assert page.status_code == 200
    assert ("trail", "statistician", True) in accesses()
    assert sign_in(cast.sponsor).get(reverse("unblinding:trail")).status_code == 403


def test_the_trail_is_paged(cast, person, sign_in):
    by = Actor.of(cast.statistician, role="statistician")
    for number in range(60):
        note_reading(kind="product", what=f"lot:{number}", why="many readings", by=by)
    client = sign_in(cast.statistician)
    first = client.get(reverse("unblinding:trail"))
    second = client.get(reverse("unblinding:trail") + first.context["older"])
    seen = [event.pk for event, *_rest in first.context["lines"]]
    assert len(seen) == 50
    assert max(event.pk for event, *_rest in second.context["lines"]) < min(seen)


@pytest.mark.req("R-17")
def test_reading_lots_is_noted_with_what_and_why(cast, admin_connection):
    by = Actor.of(cast.pharmacist, role="pharmacist", site="01")
    note_reading(kind="product", what="lots of site 01", why="packs a shipment", by=by)
    with admin_connection.cursor() as cursor:
        cursor.execute("select kind, object, reason, asked_by, asked_by_id from sealed.access")
        assert cursor.fetchall() == [
            ("product", "lots of site 01", "packs a shipment", "pharmacist", cast.pharmacist.pk)
        ]
    assert not Event.objects.filter(reason="packs a shipment").exists()
