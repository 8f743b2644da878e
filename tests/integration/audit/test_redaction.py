"""A name goes out of data and trail; the seals still hold, and who wanted it stays."""

import re

import psycopg2
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.urls import reverse

from labs.models import Result
from reports.records import KINDS, Found
from reports.services import redaction
from reports.views import redactions
from tests.factories import forms, study
from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit import seal
from trial.audit.context import Actor, transaction
from trial.audit.models import Event, RedactionRequest
from trial.protocol.casebook.forms import BY_CODE

pytestmark = [pytest.mark.usefixtures("fresh_database"), pytest.mark.req("R-07")]
NAME = "brother of Zhang Wei"


@pytest.fixture
def people(cast):
    second = study.make_user("second", Role.DATA_MANAGER)
    return Actor.of(cast.datamanager, role="datamanager"), Actor.of(second, role="datamanager")


@pytest.fixture
def found(cast):
    """A result whose comment names somebody, in two versions, sealed."""
    person = study.enrolled(cast.site)
    study.enter(person, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    row = Result.objects.select_related("panel__visit__participant__site").get(analyte="ALT")
    for text in (f"asked the {NAME}", f"asked the {NAME} again"):
        with transaction(by=study.SETUP, reason="remark"):
            Result.objects.filter(pk=row.pk).update(comment=text)
    seal.seal_now()
    return Found(KINDS["result"], row)


def whole_trail() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(e::text, '') from audit_event e")
        return cursor.fetchone()[0]


def test_the_name_is_nowhere_any_more_and_the_seals_hold(found, people):
    first, second = people
    row = redaction.request(found=found, field="comment", reason="names a relative", by=first)
    redaction.approve(row=row, by=second)

    found.row.refresh_from_db()
    assert found.row.comment == redaction.TOMBSTONE
    assert NAME not in whole_trail()
    seal.seal_now()
    report = seal.verify()
    assert report.ok
    assert report.redacted > 1


def test_the_command_says_how_many(found, people, capsys):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    done = redaction.approve(row=row, by=people[1])
    call_command("verify_audit")
    assert capsys.readouterr().out.splitlines()[-1] == f"ok, {done.events} redacted"


def test_who_asked_who_agreed_and_why_stays_in_the_trail(found, people):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    redaction.approve(row=row, by=people[1])
    event = Event.objects.get(kind="act:redacted")
    assert (event.actor, event.reason) == ("second", "a name")
    assert event.details["requested_by"] == "datamanager"
    assert event.participant_id == found.participant.pk


def test_nobody_agrees_to_their_own_request(found, people):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    with pytest.raises(Refused, match="second person"):
        redaction.approve(row=row, by=people[0])
    with (
        pytest.raises(IntegrityError, match="redaction_needs_two_people"),
        transaction(by=people[0]),
    ):
        RedactionRequest.objects.filter(pk=row.pk).update(
            approved_at=row.requested_at, approved_by="x", approved_by_id=row.requested_by_id
        )


def test_the_database_redacts_nothing_that_two_have_not_agreed_to(found, people, app_connection):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    with app_connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("select audit_redact(%s)", [row.pk])
    assert NAME in whole_trail()


@pytest.mark.parametrize("field", ["text", "flag", "value"])
def test_a_value_is_corrected_never_redacted(found, people, field):
    with pytest.raises(Refused, match="free text"):
        redaction.request(found=found, field=field, reason="a name", by=people[0])


def test_a_line_of_text_in_a_form_is_free_text_too(cast, people):
    person = study.enrolled(cast.site)
    row = forms.row(BY_CODE["adverse_event"], person, term=f"fell over the {NAME}")
    found = Found(KINDS["adverse_event"], row)
    offered = set(redaction.redactable(found))
    assert "term" in offered
    assert not {"saved_by", "grade", "ctcae_term"} & offered
    request = redaction.request(found=found, field="term", reason="a relative", by=people[0])
    redaction.approve(row=request, by=people[1])
    row.refresh_from_db()
    assert row.values["term"] == redaction.TOMBSTONE
    assert NAME not in whole_trail()
    seal.seal_now()
    assert seal.verify().ok


def test_a_refused_request_changes_nothing(found, people):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    redaction.refuse(row=row, by=people[1], reason="nobody is named")
    with pytest.raises(Refused, match="settled"):
        redaction.approve(row=row, by=people[1])
    assert NAME in whole_trail()


def test_who_refused_and_why_is_an_act_like_asking_and_agreeing(found, people):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    redaction.refuse(row=row, by=people[1], reason="nobody is named")
    act = Event.objects.get(kind="act:redaction_refused")
    assert (act.actor, act.reason) == ("second", "nobody is named")
    assert (act.table_name, act.record_id) == ("labs_result", str(found.row.pk))
    assert act.participant_id == found.place.participant_id
    assert (act.details["request"], act.details["requested_by"]) == (row.pk, "datamanager")


def test_what_waits_comes_before_what_was_turned_down(found, people, cast, sign_in):
    other = Result.objects.select_related("panel__visit__participant__site").get(analyte="AST")
    waiting = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    beside = Found(KINDS["result"], other)
    refused = redaction.request(found=beside, field="comment", reason="a name", by=people[0])
    redaction.refuse(row=refused, by=people[1], reason="nobody is named")
    answer = sign_in(cast.datamanager).get(reverse("reports:redactions"))
    assert [line[0].pk for line in answer.context["lines"]] == [waiting.pk, refused.pk]
    assert f"Labs {found.row.pk} · comment" in answer.content.decode()


def test_it_is_asked_for_and_agreed_to_in_the_browser(found, people, cast, sign_in):
    ask = reverse("reports:redaction_ask", args=["result", found.row.pk, "comment"])
    assert sign_in(cast.datamanager).get(ask).status_code == 200
    assert sign_in(cast.datamanager).post(ask, {"reason": ""}).status_code == 422
    assert sign_in(cast.datamanager).post(ask, {"reason": "a name"}).status_code == 302
    row = RedactionRequest.objects.get()
    decide = reverse("reports:redaction_decide", args=[row.pk])
    own = sign_in(cast.datamanager).post(decide)
    assert own.status_code == 422
    second = study.make_user("third", Role.DATA_MANAGER)
    page = sign_in(second).get(reverse("reports:redactions"))
    assert "Agree and redact" in page.content.decode()
    assert sign_in(second).post(decide).status_code == 302
    assert NAME not in whole_trail()
    assert "Redacted" in sign_in(second).get(reverse("reports:redactions")).content.decode()


def test_what_is_refused_is_said_on_the_page_it_was_sent_from(
    found, people, cast, sign_in, monkeypatch
):
    monkeypatch.setattr(redactions, "PAGE", 1)
    beside = Result.objects.select_related("panel__visit__participant__site").get(analyte="AST")
    rows = [
        redaction.request(found=one, field="comment", reason="a name", by=people[0])
        for one in (found, Found(KINDS["result"], beside))
    ]
    client = sign_in(study.make_user("third", Role.DATA_MANAGER))
    page = client.get(reverse("reports:redactions"), {"page": 2})
    assert [line[0] for line in page.context["lines"]] == [rows[0]]
    (action,) = re.findall(r'action="(/redactions/[^"]+)"', page.content.decode())
    answer = client.post(action, {"refuse": "1", "reason": ""})
    assert answer.status_code == 422
    assert [line[0] for line in answer.context["lines"]] == [rows[0]]
    assert "Say why." in answer.content.decode()


@pytest.mark.parametrize("whose", ["their own", "settled meanwhile"])
def test_what_is_refused_where_no_form_is_any_more_is_said_above(
    found, people, cast, sign_in, whose
):
    row = redaction.request(found=found, field="comment", reason="a name", by=people[0])
    decide, who = reverse("reports:redaction_decide", args=[row.pk]), cast.datamanager
    if whose == "settled meanwhile":
        who = study.make_user("third", Role.DATA_MANAGER)
        redaction.refuse(row=row, by=people[1], reason="nobody is named")
    answer = sign_in(who).post(decide)
    said = "A second person must agree" if whose == "their own" else "settled already"
    assert answer.content.decode().count(said) == 1
