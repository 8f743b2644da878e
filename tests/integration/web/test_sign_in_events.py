"""Every way in and out is in the trail."""

import pytest
from django.urls import reverse

from tests.factories import study
from trial.audit.models import Event


def sign_in(client, password=study.PASSWORD):
    return client.post(reverse("account_login"), {"login": "Coordinator", "password": password})


@pytest.mark.req("R-08")
def test_signing_in_and_out_leaves_an_event_with_who_and_from_where(cast, client):
    assert sign_in(client).status_code == 302
    assert client.post(reverse("account_logout")).status_code == 302

    rows = Event.objects.filter(kind__in=["act:signed_in", "act:signed_out"])
    assert [(row.kind, row.actor) for row in rows] == [
        ("act:signed_in", "coordinator"),
        ("act:signed_out", "coordinator"),
    ]
    assert {(row.details or {})["address"] for row in rows} == {"127.0.0.1"}


@pytest.mark.req("R-08")
def test_a_failed_sign_in_is_kept_with_the_name_tried_and_never_the_password(cast, client):
    assert sign_in(client, password="not the password").status_code == 200

    row = Event.objects.get(kind="act:sign_in_failed")
    assert row.details == {"username": "coordinator", "address": "127.0.0.1"}
    assert "not the password" not in str(row.__dict__)


@pytest.mark.req("R-08")
@pytest.mark.parametrize("name", ["\x00", "x" * 5000, "\u202eevil", "unknown"])
def test_an_odd_name_is_refused_and_kept_without_an_error(cast, client, name):
    answer = client.post(reverse("account_login"), {"login": name, "password": "x"})
    assert answer.status_code in (200, 429)
    assert Event.objects.filter(kind="act:sign_in_failed").count() <= 1
