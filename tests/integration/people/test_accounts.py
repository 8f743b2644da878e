"""Accounts: made, changed, closed at once and opened again; names that are never given twice."""

import threading

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from reports.selectors import people
from tests.factories import study
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.models import Delegation, User
from trial.audit import events
from trial.audit.context import transaction
from trial.audit.models import Event

pytestmark = pytest.mark.django_db
REASON = {"reason": "left the hospital"}


def enter(user) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.req("R-08")
def test_a_new_account_is_an_act_with_actor_and_target(sign_in, cast, acts):
    page = sign_in(cast.admin).post(
        "/admin/users/new/",
        {"username": "Wang.Fang", "full_name": " Wang  Fang ", "email": "", "language": "zh-hans"},
    )
    assert page.status_code == 302
    made = User.objects.get(username="Wang.Fang")
    assert (made.full_name, made.language, made.has_usable_password()) == (
        "Wang Fang", "zh-hans", False
    )  # fmt: skip
    assert acts() == ["user_created"]
    event = Event.objects.get(kind="act:user_created", record_id=str(made.pk))
    assert (event.actor, event.actor_role) == ("admin", "admin")


@pytest.mark.req("R-28")
@pytest.mark.parametrize(
    "name", ["coordinator", "COORDINATOR", "ｃｏｏｒｄｉｎａｔｏｒ", " coordinator"]
)
def test_a_name_is_not_given_again_not_even_after_its_owner_has_left(sign_in, cast, admin, name):
    services.deactivate_user(user=cast.coordinator, by=admin, **REASON)
    page = sign_in(cast.admin).post(
        "/admin/users/new/", {"username": name, "full_name": "Another", "language": "en"}
    )
    assert page.status_code == 422
    assert "Names are never given again" in page.content.decode()
    assert "Another" in page.content.decode()


@pytest.mark.req("R-28")
@pytest.mark.parametrize("name", ["COORDINATOR", "ｃｏｏｒｄｉｎａｔｏｒ"])
def test_the_database_refuses_it_as_well(cast, name):
    with pytest.raises(IntegrityError, match="user_username_unique"), transaction(by=study.SETUP):
        User.objects.create(username=name, full_name="Another")


@pytest.mark.req("R-28")
def test_of_two_who_make_one_name_at_once_one_is_refused_in_words(fresh_database):
    results, start = [], threading.Barrier(2)

    def make():
        start.wait()
        try:
            study.make_user("twin")
            results.append("made")
        except Refused as refused:
            results.append(next(iter(refused.errors)))
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made", "username"]


@pytest.mark.req("R-34")
def test_deactivation_ends_sessions_tokens_and_duties_within_one_request(sign_in, cast, admin):
    user = cast.coordinator
    inside, token = enter(user), services.issue_token(user=user, by=study.SETUP)
    services.delegate(
        user=user, site=cast.site, duties=["enter"], from_on=cast.site.today(), by=study.SETUP
    )
    headers = {"authorization": f"Token {token}"}
    assert inside.get("/participants/").status_code == 200
    assert Client().get("/api/v1/participants/", headers=headers).status_code == 200

    page = sign_in(cast.admin).post(f"/admin/users/{user.pk}/deactivate/", REASON)
    assert page.status_code == 302
    assert inside.get("/participants/").status_code == 302
    assert Client().get("/api/v1/participants/", headers=headers).status_code == 401
    entry = Delegation.objects.get(user=user)
    assert (entry.ended_by, entry.end_reason) == ("admin", "left the hospital")


@pytest.mark.req("R-34")
def test_what_ended_with_an_account_does_not_come_back_with_it(cast, admin, acts):
    user = cast.coordinator
    inside, token = enter(user), services.issue_token(user=user, by=study.SETUP)
    services.deactivate_user(user=user, by=admin, **REASON)
    services.reactivate_user(user=user, by=admin, reason="came back")
    assert inside.get("/participants/").status_code == 302
    headers = {"authorization": f"Token {token}"}
    assert Client().get("/api/v1/participants/", headers=headers).status_code == 401
    assert enter(User.objects.get(pk=user.pk)).get("/participants/").status_code == 200
    assert [a for a in acts() if a.startswith("user_")] == ["user_deactivated", "user_reactivated"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_closing_an_account_needs_a_reason(sign_in, cast, reason):
    address = f"/admin/users/{cast.monitor.pk}/deactivate/"
    assert sign_in(cast.admin).post(address, {"reason": reason}).status_code == 422
    assert User.objects.get(pk=cast.monitor.pk).is_active


def test_nobody_closes_their_own_account(sign_in, cast):
    page = sign_in(cast.admin).post(f"/admin/users/{cast.admin.pk}/deactivate/", REASON)
    assert page.status_code == 422
    assert User.objects.get(pk=cast.admin.pk).is_active


def test_closing_a_closed_account_and_opening_an_open_one_are_refused(cast, admin):
    with pytest.raises(Refused):
        services.reactivate_user(user=cast.monitor, by=admin, **REASON)
    services.deactivate_user(user=cast.monitor, by=admin, **REASON)
    with pytest.raises(Refused):
        services.deactivate_user(user=cast.monitor, by=admin, **REASON)


@pytest.mark.req("F-111")
def test_a_form_changes_only_what_it_asks_for(sign_in, cast):
    user = cast.monitor
    more = {
        "username": "boss", "password": "x", "is_active": "", "role": "admin", "site": "01",
        "created_at": "2020-01-01", "memberships": "1", "id": "1", "pk": "1",
    }  # fmt: skip
    wanted = {"full_name": "Mo Nitor", "email": "m@example.org", "language": "en"} | REASON
    page = sign_in(cast.admin).post(f"/admin/users/{user.pk}/edit/", more | wanted)
    assert page.status_code == 302
    after = User.objects.get(pk=user.pk)
    assert (after.full_name, after.email) == ("Mo Nitor", "m@example.org")
    for name in ("username", "password", "is_active", "created_at"):
        assert getattr(after, name) == getattr(user, name)
    event = Event.objects.filter(table_name="access_user", record_id=str(user.pk)).last()
    assert set(event.fields or ()) == {"email", "full_name"}
    assert event.reason == "left the hospital"


@pytest.mark.parametrize(
    "wrong", [{"full_name": " "}, {"email": "nobody"}, {"language": "xx"}, {"full_name": "a\x00"}]
)
def test_details_that_cannot_be_are_refused_at_their_field(sign_in, cast, wrong):
    data = {"full_name": "Mo", "email": "", "language": "en"} | REASON | wrong
    page = sign_in(cast.admin).post(f"/admin/users/{cast.monitor.pk}/edit/", data)
    assert page.status_code == 422
    assert "field-error" in page.content.decode()
    with pytest.raises(Refused):
        services.edit_user(user=cast.monitor, changes=data, reason="x", by=study.SETUP)


def test_accounts_are_found_by_name_role_site_and_state(sign_in, cast, admin):
    services.deactivate_user(user=cast.safety, by=admin, **REASON)
    client = sign_in(cast.admin)

    def found(query):
        return [user.username for user in client.get(f"/admin/users/?{query}").context["page"]]

    assert found("name=COORD") == ["coordinator", "coordinator2"]
    assert found("role=coordinator&site=02") == ["coordinator2"]
    assert found("site=01") == ["coordinator", "investigator", "pharmacist"]
    assert found("active=no") == ["safety"]
    assert len(found("role=nonsense&site=99&page=x")) == len(cast.users)


def test_the_page_of_an_account_tells_of_sign_ins_and_of_failed_ones(client, sign_in, cast):
    for password in ("wrong", study.PASSWORD):
        client.post("/accounts/login/", {"login": "monitor", "password": password})
    page = sign_in(cast.admin).get(f"/admin/users/{cast.monitor.pk}/").content.decode()
    assert page.count("Failed to sign in") == 1
    assert "from 127.0.0.1" in page


def test_what_was_done_about_an_account_is_not_pushed_out_by_its_sessions(sign_in, cast, admin):
    for _n in range(people.LATEST):
        events.record(
            events.Act.SESSION_ENDED, by=admin, record=f"access_user:{cast.monitor.pk}", details={}
        )
    page = sign_in(cast.admin).get(f"/admin/users/{cast.monitor.pk}/")
    assert [entry.title for entry in page.context["events"]] == ["Account made"]
