"""The administration's pages: bounded statements at any size, both languages, menu by right."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import study
from trial.access import services
from trial.access.roles import Role
from trial.audit import events
from trial.audit.context import Actor

pytestmark = pytest.mark.django_db
LIMIT = 15


def statements(client, address):
    client.get(address)  # whatever is read once per process is read
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    control = ("SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in found)


def grow(cast, number, admin):
    """`number` more people at a site, each with duties, a sign-in and a role that waits."""
    for n in range(number):
        name = f"more{Role.COORDINATOR}{number}x{n}"
        user = study.make_user(name, Role.COORDINATOR, cast.site)
        services.delegate(
            user=user, site=cast.site, duties=["enter"], from_on=cast.site.today(), by=study.SETUP
        )
        for address in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
            details = {"address": address}
            events.record(events.Act.SIGNED_IN, by=Actor.of(user), details=details)
        waiting = study.make_user(f"wait{number}x{n}")
        services.request_role(user=waiting, role=Role.ADMIN, site=None, by=admin, reason="x")


def pages(cast, sign_in):
    client = sign_in(cast.admin)
    user = cast.coordinator.pk
    mine = ("/admin/users/", f"/admin/users/{user}/", "/admin/role-requests/", "/admin/sites/",
            "/admin/sites/01/", "/admin/access-review/", "/admin/access-review/?site=01",
            "/delegation/", "/delegation/01/", "/delegation/01/?show=all", "/trainings/", "/",
            f"/admin/users/{user}/roles/new/")  # fmt: skip
    found = {address: statements(client, address) for address in mine}
    investigator = sign_in(cast.investigator)
    found["/delegation/01/new/"] = statements(investigator, "/delegation/01/new/")
    return found


def test_no_page_takes_more_than_fifteen_statements_and_none_grows(cast, sign_in, admin):
    grow(cast, 2, admin)
    few = pages(cast, sign_in)
    grow(cast, 55, admin)
    many = pages(cast, sign_in)
    assert {name: count for name, count in many.items() if count > LIMIT} == {}
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name]} == {}


def test_long_lists_are_paged(cast, sign_in, admin):
    grow(cast, 51, admin)
    client = sign_in(cast.admin)
    for address in ("/admin/users/", "/admin/access-review/", "/delegation/01/"):
        page = client.get(address).context["page"]
        assert (len(page), page.has_next()) == (50, True), address
        assert client.get(f"{address}?page=2").status_code == 200


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("admin", {"users", "role-requests", "sites", "access-review"}),
        ("datamanager", {"role-requests"}),
        ("coordinator", set()),
        ("pharmacist", set()),
    ],
)
def test_the_menu_offers_what_one_may_open(cast, sign_in, name, offered):
    page = sign_in(cast.users[name]).get("/trainings/").content.decode()
    for part in ("users", "role-requests", "sites", "access-review"):
        assert (f'href="/admin/{part}/"' in page) == (part in offered)


def test_the_waiting_requests_are_on_the_home_page_of_those_who_may_agree(cast, sign_in, admin):
    grow(cast, 1, admin)
    for name, shown in (("admin", True), ("datamanager", True), ("monitor", False)):
        page = sign_in(cast.users[name]).get("/").content.decode()
        assert ("wait1x0" in page and "Roles that wait" in page) == shown, name
