"""The screens of signing: what is asked, what is shown, where signatures and their state stand."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labs.models import Panel, Result
from tests.factories import study
from tests.factories.signatures import agree
from tests.factories.study import PASSWORD
from tests.integration.signing.signing import (
    complete,
    ended,
    sign_casebook,
    sign_visit,
    visit,
)
from trial.access.roles import Role
from trial.access.services import grant_role, issue_token
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.signing.models import Components, Signature

pytestmark = pytest.mark.usefixtures("fresh_database")
LIMIT = 15


@pytest.fixture
def person(cast):
    agree(cast.investigator)
    return ended(study.enrolled(cast.site), cast.laboratory)


def text(answer) -> str:
    return answer.content.decode()


def page_of(person, label="D0") -> str:
    return reverse("reports:sign_visit", args=[person.code, label])


def send(client, address, **body):
    shown = client.get(address).context["mark"]
    given = {"shown": shown, "username": "investigator", "password": PASSWORD, **body}
    return client.post(address, given)


# --- one record ---------------------------------------------------------------------------------
@pytest.mark.req("R-24")
def test_the_whole_record_is_before_the_signer_and_then_the_signature(cast, person, sign_in):
    client = sign_in(cast.investigator)
    page = text(client.get(page_of(person)))
    assert "I have reviewed this visit&#x27;s data and they are correct." in page
    assert page.count("not ordered") > 10  # every analyte without a value says why
    answer = send(client, page_of(person))
    signature = Signature.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("reports:signature", args=[signature.pk])
    shown = text(client.get(answer["Location"]))
    for part in ("Investigator", signature.moment, signature.sha256, "The record is what was"):
        assert part in shown


@pytest.mark.req("R-27")
def test_user_name_and_password_are_asked_for_once_then_the_password_alone(cast, person, sign_in):
    client = sign_in(cast.investigator)
    assert 'name="username"' in text(client.get(page_of(person, "SCR")))
    send(client, page_of(person, "SCR"))
    assert 'name="username"' not in text(client.get(page_of(person)))
    send(client, page_of(person), username="")
    asked = Signature.objects.order_by("id").values_list("components", flat=True)
    assert list(asked) == [Components.BOTH, Components.PASSWORD]


@pytest.mark.req("R-27")
def test_after_a_pause_and_after_signing_out_both_are_asked_for_again(cast, person, sign_in):
    client = sign_in(cast.investigator)
    send(client, page_of(person, "SCR"))
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=5)):
        assert 'name="username"' in text(client.get(page_of(person)))
    client.logout()
    client = sign_in(cast.investigator)
    assert 'name="username"' in text(client.get(page_of(person)))


@pytest.mark.req("R-27")
@pytest.mark.req("R-38")
def test_a_wrong_password_signs_nothing_is_counted_and_both_are_asked_for_again(
    cast, person, sign_in
):
    client = sign_in(cast.investigator)
    send(client, page_of(person, "SCR"))
    answer = send(client, page_of(person), password="wrong")
    assert answer.status_code == 422
    assert 'name="username"' in text(answer)
    assert "wrong" in text(answer)
    assert Signature.objects.count() == 1
    assert Event.objects.filter(kind="act:reauth_failed").count() == 1


@pytest.mark.req("R-25")
def test_data_changed_while_the_page_was_open_are_to_be_read_again(cast, person, sign_in):
    client = sign_in(cast.investigator)
    shown = client.get(page_of(person)).context["mark"]
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    body = {"shown": shown, "username": "investigator", "password": PASSWORD}
    answer = client.post(page_of(person), body)
    assert answer.status_code == 409
    assert "Read them again" in text(answer)
    assert not Signature.objects.exists()


@pytest.mark.req("R-25")
def test_without_the_mark_of_what_was_shown_nothing_is_signed(cast, person, sign_in):
    body = {"username": "investigator", "password": PASSWORD}
    answer = sign_in(cast.investigator).post(page_of(person), body)
    assert answer.status_code == 422
    assert "shown" in answer.context["form"].errors
    assert not Signature.objects.exists()


@pytest.mark.req("R-30")
def test_what_stands_against_it_is_said_and_the_box_is_not_there(cast, sign_in):
    person = study.enrolled(cast.site)
    answer = sign_in(cast.investigator).get(page_of(person, "W12"))
    assert "W12 has not taken place." in text(answer)
    assert 'name="password"' not in text(answer)


@pytest.mark.req("R-29")
@pytest.mark.parametrize(("who", "status"), [("investigator2", 404), ("coordinator", 403)])
def test_nobody_else_gets_the_page(cast, person, sign_in, who, status):
    client = sign_in(cast.users[who])
    assert client.get(page_of(person)).status_code == status
    assert client.post(page_of(person), {"password": PASSWORD}).status_code == status


# --- the work list ------------------------------------------------------------------------------
def test_many_are_signed_with_one_proof_and_each_has_its_result(cast, person, sign_in):
    client = sign_in(cast.investigator)
    address = reverse("reports:to_sign")
    page = client.get(address)
    assert [row["code"] for row in page.context["rows"]] == [person.code, person.code]
    body = {
        "seen": page.context["seen"], "username": "investigator", "password": PASSWORD,
        "record": [row["id"] for row in page.context["rows"]],
    }  # fmt: skip
    answer = client.post(address, body)
    assert text(answer).count('status-word">Signed') == 2
    assert Signature.objects.count() == 2
    assert client.get(address).context["rows"] == []


def test_many_signed_at_two_sites_are_told_each_at_its_own(cast, person, sign_in):
    """The role there, and the site, stand with each event that a signature writes."""
    grant_role(user=cast.investigator, role=Role.INVESTIGATOR, site=cast.other_site, by=study.SETUP)
    ended(study.enrolled(cast.other_site), cast.other_laboratory)
    client, address = sign_in(cast.investigator), reverse("reports:to_sign")
    page = client.get(address)
    body = {
        "seen": page.context["seen"], "username": "investigator", "password": PASSWORD,
        "record": [row["id"] for row in page.context["rows"]],
    }  # fmt: skip
    client.post(address, body)
    signed = Event.objects.filter(table_name="signing_signature")
    told = signed.values_list("kind", "actor_role", "actor_site").order_by("id")
    one = [("insert", "investigator"), ("act:signed", "investigator")]
    assert sorted(told) == sorted(
        (*facts, site) for site in ("01", "01", "02", "02") for facts in one
    )


@pytest.mark.req("R-25")
def test_a_line_changed_after_the_list_was_drawn_is_not_signed(cast, person, sign_in):
    client = sign_in(cast.investigator)
    address = reverse("reports:to_sign")
    page = client.get(address)
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    body = {
        "seen": page.context["seen"], "username": "investigator", "password": PASSWORD,
        "record": [row["id"] for row in page.context["rows"]],
    }  # fmt: skip
    answer = client.post(address, body)
    assert list(Signature.objects.values_list("visit_label", flat=True)) == ["SCR"]
    assert "Read them again" in text(answer)


@pytest.mark.parametrize("seen", ["", "x", "1/1:1:", "WzEsIjE6MToiXQ:1abc:def"])
def test_a_mark_nobody_drew_never_breaks_the_page(cast, person, sign_in, seen):
    client = sign_in(cast.investigator)
    body = {
        "seen": seen, "username": "investigator", "password": PASSWORD,
        "record": [str(visit(person, "D0").pk)],
    }  # fmt: skip
    answer = client.post(reverse("reports:to_sign"), body)
    assert "Read them again" in text(answer)
    assert not Signature.objects.exists()


def test_another_sites_visit_cannot_be_chosen(cast, person, sign_in):
    client = sign_in(cast.investigator2)
    body = {
        "username": "investigator2", "password": PASSWORD,
        "record": [str(visit(person, "D0").pk)],
    }  # fmt: skip
    assert client.post(reverse("reports:to_sign"), body).status_code == 422
    assert not Signature.objects.exists()


# --- where it is shown --------------------------------------------------------------------------
def addresses(person):
    code, found = person.code, visit(person, "D0")
    return {
        "visit": reverse("visits:visit", args=[code, "D0"]),
        "labs": reverse("labs:entry", args=[found.pk]),
        "schedule": reverse("visits:schedule", args=[code]),
        "visits": reverse("visits:list", args=[code]),
        "participant": reverse("reports:participant", args=[code]),
        "casebook": reverse("reports:matrix"),
    }


@pytest.mark.req("R-24")
@pytest.mark.req("R-26")
@pytest.mark.parametrize(
    "where", ["visit", "labs", "schedule", "visits", "participant", "casebook"]
)
def test_a_signature_is_shown_and_shown_as_broken_once_something_was_changed(
    cast, person, sign_in, where
):
    sign_visit(cast.investigator, person, "SCR")
    signature = sign_visit(cast.investigator, person, "D0")
    client = sign_in(cast.coordinator)
    before = text(client.get(addresses(person)[where]))
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    after = text(client.get(addresses(person)[where]))
    changed = "no longer holds" if where in ("visit", "labs") else "hanged after signing"
    assert after.count(changed) > before.count(changed)
    if where in ("visit", "labs", "schedule"):
        assert "Investigator" in before
        assert signature.moment in before


@pytest.mark.req("R-26")
def test_the_signatures_page_says_what_was_changed_by_whom_and_why(cast, person, sign_in):
    signature = sign_visit(cast.investigator, person, "D0")
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    page = text(sign_in(cast.monitor).get(reverse("reports:signature", args=[signature.pk])))
    for part in ("Changed after this signature", "system:test-setup", "typing error", "ALT"):
        assert part in page


def test_the_signatures_page_names_the_laboratory_that_a_sample_got(cast, person, sign_in):
    signature = sign_visit(cast.investigator, person, "D0")
    other = study.make_laboratory(cast.site, "LAB01B")
    with transaction(by=study.SETUP, reason="sent elsewhere"):
        Panel.objects.filter(visit=visit(person, "D0")).update(laboratory=other)
    page = text(sign_in(cast.monitor).get(reverse("reports:signature", args=[signature.pk])))
    for part in ("Laboratory", "LAB01 Lab LAB01", "LAB01B Lab LAB01B"):
        assert part in page


@pytest.mark.req("R-24")
def test_rest_gives_name_time_meaning_and_state(cast, person, client):
    sign_visit(cast.investigator, person, "SCR")
    sign_visit(cast.investigator, person, "D0")
    sign_casebook(cast.investigator, person)
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    token = issue_token(user=cast.sponsor, by=study.SETUP)
    answer = client.get("/api/v1/signatures/", headers={"Authorization": f"Token {token}"})
    rows = {row["visit"]: row for row in answer.json()["results"]}
    assert rows["SCR"]["state"] == "intact"
    assert rows["D0"]["state"] == rows[None]["state"] == "changed"
    row = rows["SCR"]
    assert (row["printed_name"], row["meaning"], row["scope"]) == (
        "Investigator", "visit_reviewed", "visit",
    )  # fmt: skip
    assert row["meaning_text"].startswith("I have reviewed")
    assert row["signed_at"].endswith("+00:00")


# --- statements ---------------------------------------------------------------------------------
def statements(client, address) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_no_list_needs_more_statements_for_more_participants(cast, sign_in):
    client = sign_in(cast.investigator)
    pages = [
        reverse("reports:to_sign"), reverse("reports:to_sign") + "?kind=casebooks",
        reverse("reports:home"), reverse("reports:matrix"),
    ]  # fmt: skip
    ended(study.enrolled(cast.site), cast.laboratory)
    few = [statements(client, one) for one in pages]
    for _n in range(4):
        last = ended(study.enrolled(cast.site), cast.laboratory)
        sign_visit(cast.investigator, last, "SCR")
        complete(study.enrolled(cast.site), "SCR", cast.laboratory)
    many = [statements(client, one) for one in pages]
    assert max(many) <= LIMIT, many
    assert many == few
