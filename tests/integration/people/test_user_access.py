"""What an administrator may do about how somebody signs in: link, second factor, sessions."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.factories import study
from trial.audit.context import transaction

pytestmark = pytest.mark.django_db
LONG = "lost the telephone on the ward"


def enter(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def give_factor(user):
    with transaction(by=study.SETUP):
        return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})


@pytest.mark.req("R-28")
def test_a_new_user_gets_a_password_by_a_link_that_is_shown_once(sign_in, cast, newcomer, acts):
    client, address = sign_in(cast.admin), f"/admin/users/{newcomer.pk}/link/"
    assert client.post(address, {"reason": " "}).status_code == 422
    page = client.post(address, {"reason": "first day"})
    link = re.search(r'readonly value="([^"]+)"', page.content.decode()).group(1)
    assert page["Cache-Control"] == "no-store"
    assert "setup_link_issued" in acts()
    assert Client().get(link, follow=True).status_code == 200
    assert link not in client.get(f"/admin/users/{newcomer.pk}/").content.decode()


def test_nobody_issues_a_link_for_themself(sign_in, cast):
    page = sign_in(cast.admin).post(f"/admin/users/{cast.admin.pk}/link/", {"reason": "x"})
    assert page.status_code == 422


@pytest.mark.req("R-39")
def test_a_lost_factor_is_reset_after_the_identity_was_checked(sign_in, cast, acts):
    give_factor(cast.monitor)
    client, address = sign_in(cast.admin), f"/admin/users/{cast.monitor.pk}/factors/"
    assert client.post(address, {"reason": LONG, "identity_check": ""}).status_code == 422
    assert client.post(address, {"reason": LONG, "identity_check": "called"}).status_code == 422
    good = {"reason": LONG, "identity_check": "called back, staff list"}
    assert client.post(address, good).status_code == 302
    assert not Authenticator.objects.filter(user=cast.monitor).exists()
    assert "factors_reset" in acts()


@pytest.mark.req("R-34")
def test_an_administrator_ends_all_sessions_of_somebody(sign_in, cast):
    first, second = enter(cast.monitor), enter(cast.monitor)
    first.get("/"), second.get("/")
    client = sign_in(cast.admin)
    assert "last seen" in client.get(f"/admin/users/{cast.monitor.pk}/").content.decode()
    address = f"/admin/users/{cast.monitor.pk}/sessions/"
    assert client.post(address, {"reason": "laptop stolen"}).status_code == 302
    assert (first.get("/").status_code, second.get("/").status_code) == (302, 302)
    assert client.get("/").status_code == 200


def test_the_review_says_who_has_a_second_factor(sign_in, cast):
    give_factor(cast.monitor)
    lines = sign_in(cast.admin).get("/admin/access-review/").context["lines"]
    assert [line.username for line in lines if line.second_factor] == ["monitor"]
