"""Roles: who gives them, which take two people, which never go together."""

import threading
from itertools import product

import pytest
from django.db import IntegrityError, connection
from django.db import transaction as db_transaction
from django.test import Client

from tests.factories import study
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.models import Membership, RoleGrant, Site, User
from trial.access.roles import ROLES, Role
from trial.access.separation import refusal
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

pytestmark = pytest.mark.django_db


def ask(client, user, role, site="", reason="contract 7"):
    data = {"role": role, "site": site, "reason": reason}
    return client.post(f"/admin/users/{user.pk}/roles/new/", data)


def standing(user):
    return list(Membership.objects.filter(user=user, ended_at=None).values_list("role", flat=True))


# --- given --------------------------------------------------------------------------------------
@pytest.mark.req("R-08")
def test_a_blinded_role_is_given_at_once_with_who_when_and_why(sign_in, cast, newcomer, acts):
    assert ask(sign_in(cast.admin), newcomer, "monitor").status_code == 302
    held = Membership.objects.get(user=newcomer)
    assert (held.granted_by, held.grant.reason, held.grant.requested_by) == (
        "admin", "contract 7", "admin"
    )  # fmt: skip
    assert acts() == ["role_granted"]


@pytest.mark.req("R-33")
@pytest.mark.parametrize(
    ("role", "site"), [("pharmacist", "01"), ("statistician", ""), ("admin", "")]
)
def test_an_unblinded_role_or_that_of_an_administrator_waits_for_a_second_person(
    sign_in, cast, newcomer, acts, role, site
):
    assert ask(sign_in(cast.admin), newcomer, role, site).status_code == 302
    assert standing(newcomer) == []
    grant = RoleGrant.objects.get(user=newcomer)
    page = sign_in(cast.datamanager).post(f"/admin/role-requests/{grant.pk}/decide/")
    assert page.status_code == 302
    assert standing(newcomer) == [role]
    assert acts() == ["role_requested", "role_granted"]
    event = Event.objects.filter(kind="act:role_granted").last()
    assert event.details["approved_by"] == "datamanager"


@pytest.mark.req("R-33")
def test_who_asks_does_not_agree(sign_in, cast, newcomer):
    ask(sign_in(cast.admin), newcomer, "statistician")
    grant = RoleGrant.objects.get(user=newcomer)
    page = sign_in(cast.admin).post(f"/admin/role-requests/{grant.pk}/decide/")
    assert page.status_code == 422
    assert "A second person must agree" in page.content.decode()
    assert standing(newcomer) == []


@pytest.mark.req("R-33")
def test_the_database_takes_no_role_of_two_people_from_one(cast, newcomer, admin):
    grant = services.request_role(
        user=newcomer, role=Role.STATISTICIAN, site=None, by=admin, reason="x"
    )
    with transaction(by=admin):
        held = Membership.objects.create(user=newcomer, role="statistician", granted_by="admin")
    with pytest.raises(IntegrityError, match="role_grant_second_person"), transaction(by=admin):
        RoleGrant.objects.filter(pk=grant.pk).update(membership=held)


@pytest.mark.req("R-33")
def test_the_database_takes_no_agreement_of_the_one_who_asked(cast, newcomer, admin):
    grant = services.request_role(
        user=newcomer, role=Role.STATISTICIAN, site=None, by=admin, reason="x"
    )
    with pytest.raises(IntegrityError, match="role_grant_needs_two_people"), transaction(by=admin):
        RoleGrant.objects.filter(pk=grant.pk).update(
            approved_at=grant.requested_at, approved_by="admin", approved_by_id=admin.id
        )


def test_nobody_gives_or_agrees_to_a_role_of_their_own(sign_in, cast, manager):
    other = study.make_user("admin2", Role.ADMIN)
    page = ask(sign_in(cast.admin), cast.admin, "monitor")
    assert page.status_code == 422
    grant = services.request_role(
        user=study.make_user("later"), role=Role.ADMIN, site=None, by=manager, reason="x"
    )
    with pytest.raises(Refused):
        services.approve_role(grant=grant, by=Actor.of(grant.user))
    services.approve_role(grant=grant, by=Actor.of(other))
    assert standing(grant.user) == ["admin"]


def test_a_request_is_turned_down_with_a_reason_and_stays(sign_in, cast, newcomer, acts):
    ask(sign_in(cast.admin), newcomer, "statistician")
    address = f"/admin/role-requests/{RoleGrant.objects.get(user=newcomer).pk}/decide/"
    client = sign_in(cast.datamanager)
    assert client.post(address, {"refuse": "1", "reason": " "}).status_code == 422
    assert client.post(address, {"refuse": "1", "reason": "not needed"}).status_code == 302
    grant = RoleGrant.objects.get(user=newcomer)
    assert (grant.refused_by, grant.refusal) == ("datamanager", "not needed")
    assert acts() == ["role_requested", "role_refused"]
    settled = client.post(address)
    assert settled.status_code == 422
    assert "This request is settled already." in settled.content.decode()
    assert standing(newcomer) == []
    assert "not needed" in client.get("/admin/role-requests/").content.decode()


def test_the_same_is_not_asked_for_twice(sign_in, cast, newcomer):
    client = sign_in(cast.admin)
    assert ask(client, newcomer, "statistician").status_code == 302
    page = ask(client, newcomer, "statistician")
    assert page.status_code == 422
    assert "asked for already" in page.content.decode()


def test_a_role_held_already_and_one_in_the_wrong_place_are_refused(sign_in, cast, newcomer):
    client = sign_in(cast.admin)
    assert ask(client, newcomer, "coordinator", "01").status_code == 302
    for role, site in (("coordinator", "01"), ("coordinator", ""), ("monitor", "01"), ("boss", "")):
        assert ask(client, newcomer, role, site).status_code == 422
    assert ask(client, newcomer, "coordinator", "02").status_code == 302
    assert standing(newcomer) == ["coordinator", "coordinator"]


def test_a_closed_account_gets_no_role(sign_in, cast, newcomer, admin, manager):
    grant = services.request_role(user=newcomer, role=Role.ADMIN, site=None, by=admin, reason="x")
    services.deactivate_user(user=newcomer, by=admin, reason="left")
    assert ask(sign_in(cast.admin), newcomer, "monitor").status_code == 422
    with pytest.raises(Refused):
        services.approve_role(grant=grant, by=manager)


def test_without_a_reason_no_role_is_given_or_ended(sign_in, cast, newcomer):
    client = sign_in(cast.admin)
    assert ask(client, newcomer, "monitor", reason=" ").status_code == 422
    held = Membership.objects.get(user=cast.monitor)
    assert client.post(f"/admin/roles/{held.pk}/end/", {"reason": ""}).status_code == 422
    assert standing(cast.monitor) == ["monitor"]


# --- apart --------------------------------------------------------------------------------------
def membership(user, role, sites):
    site = sites if ROLES[role].site_bound else None
    with transaction(by=study.SETUP):
        return Membership.objects.create(user=user, role=role, site=site, granted_by="test")


@pytest.mark.req("R-33")
@pytest.mark.req("R-35")
def test_the_database_keeps_apart_what_the_rules_keep_apart(db):
    """Every pair of roles, held together and one after the other: database and rule agree."""
    site, wrong = study.make_site("01"), []
    for number, (first, second, ended) in enumerate(product(Role, Role, (False, True))):
        if first == second and not ended:
            continue
        user = study.make_user(f"user{number}")
        held = membership(user, first, site)
        if ended:
            services.end_role(membership=held, by=study.SETUP, reason="x")
        now = set() if ended else {first}
        try:
            with db_transaction.atomic():
                membership(user, second, site)
            refused = False
        except IntegrityError:
            refused = True
        if refused != bool(refusal(second, standing=now, ever={first})):
            wrong.append((first.value, second.value, ended))
    assert wrong == []


@pytest.mark.req("R-33")
@pytest.mark.parametrize(
    ("role", "constraint"),
    [
        ("pharmacist", "membership_blind_apart"),
        ("statistician", "membership_blind_apart"),
        ("admin", "membership_admin_apart"),
    ],
)
def test_a_blinded_person_gets_no_unblinded_role(sign_in, cast, role, constraint):
    site = "01" if role == "pharmacist" else ""
    page = ask(sign_in(cast.admin), cast.monitor, role, site)
    assert page.status_code == 422
    assert "first" in page.content.decode()
    with pytest.raises(IntegrityError) as caught, db_transaction.atomic():
        membership(cast.monitor, Role(role), cast.site)
    assert caught.value.__cause__.diag.constraint_name == constraint


@pytest.mark.req("R-33")
def test_an_unblinded_role_that_ended_is_not_forgotten(sign_in, cast, admin):
    held = Membership.objects.get(user=cast.statistician)
    services.end_role(membership=held, by=admin, reason="contract over")
    page = ask(sign_in(cast.admin), cast.statistician, "monitor")
    assert page.status_code == 422
    assert "unseen" in page.content.decode()


@pytest.mark.req("R-33")
def test_two_grants_at_once_do_not_get_past_the_rule(fresh_database):
    user, results, start = study.make_user("both"), [], threading.Barrier(2)

    def give(role):
        start.wait()
        try:
            services.grant_role(user=user, role=role, site=None, by=study.SETUP)
            results.append("given")
        except (Refused, IntegrityError):
            results.append("refused")
        finally:
            connection.close()

    roles = (Role.MONITOR, Role.STATISTICIAN)
    threads = [threading.Thread(target=give, args=[role]) for role in roles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["given", "refused"]


@pytest.mark.parametrize(("role", "site"), [("coordinator", None), ("monitor", "01")])
def test_the_database_knows_which_roles_are_held_at_a_site(cast, newcomer, role, site):
    place = Site.objects.get(code=site) if site else None
    with (
        pytest.raises(IntegrityError, match="membership_site_fits_role"),
        transaction(by=study.SETUP),
    ):
        Membership.objects.create(user=newcomer, role=role, site=place, granted_by="test")


# --- ended --------------------------------------------------------------------------------------
@pytest.mark.req("F-054")
@pytest.mark.req("F-114")
def test_a_change_of_role_signs_the_user_out(cast, admin):
    client = Client()
    client.force_login(
        cast.investigator, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    page = client.get("/inbox/")
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    assert "Cookie" in page["Vary"]
    services.grant_role(
        user=cast.investigator, role=Role.COORDINATOR, site=cast.site, by=admin, reason="x"
    )
    assert client.get("/inbox/").status_code == 302


@pytest.mark.req("R-34")
def test_an_ended_role_ends_rights_sessions_and_tokens_and_stays_as_evidence(sign_in, cast, acts):
    token = services.issue_token(user=cast.sponsor, by=study.SETUP)
    client = Client()
    client.force_login(cast.sponsor, backend="allauth.account.auth_backends.AuthenticationBackend")
    held = Membership.objects.get(user=cast.sponsor)
    page = sign_in(cast.admin).post(f"/admin/roles/{held.pk}/end/", {"reason": "contract over"})
    assert page.status_code == 302
    assert client.get("/dashboard/").status_code == 302
    answer = Client().get("/api/v1/sites/", headers={"authorization": f"Token {token}"})
    assert answer.status_code == 401
    held.refresh_from_db()
    assert held.ended_by == "admin"
    assert "role_ended" in acts()
    assert "contract over" in str(Event.objects.get(kind="act:role_ended").reason)


def test_a_role_ends_once_and_not_by_its_owner(cast, admin):
    own = Membership.objects.get(user=cast.admin)
    with pytest.raises(Refused):
        services.end_role(membership=own, by=admin, reason="x")
    held = Membership.objects.get(user=cast.monitor)
    services.end_role(membership=held, by=admin, reason="x")
    with pytest.raises(Refused):
        services.end_role(membership=held, by=admin, reason="x")


def test_a_person_gives_no_role_of_two_people_past_the_request(cast, newcomer, admin):
    with pytest.raises(Refused):
        services.grant_role(user=newcomer, role=Role.STATISTICIAN, site=None, by=admin)
    assert not User.objects.get(pk=newcomer.pk).memberships.exists()
