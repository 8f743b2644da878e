import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import URLPattern, include, path

from trial.access.models import User
from trial.access.roles import ROLES, Role
from trial.web import navigation
from trial.web.navigation import MENU, menu_for


def nothing(request):
    """Stands for any page."""


def served():
    """Every page of the menu at <app>/<name>/, and the home page at the root."""
    apps: dict[str, list[URLPattern]] = {}
    for item in (item for section in MENU for item in section.items):
        app, name = item.url_name.split(":")
        address = "" if item.url_name == "reports:home" else f"{app}/{name}/"
        apps.setdefault(app, []).append(path(address, nothing, name=name))
    return [path("", include((pages, app))) for app, pages in apps.items()]


urlpatterns = served()

pytestmark = pytest.mark.urls(__name__)


def user(role):
    person = User(username=role.value, is_active=True)
    person.__dict__["_powers"] = ((role, None),)
    return person


def shown(role, at="/"):
    return {str(link.label) for _heading, links in menu_for(user(role), at) for link in links}


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_exactly_what_it_may_open(role):
    allowed = {
        str(item.label)
        for section in MENU
        for item in section.items
        if item.permission is None or item.permission in ROLES[role].permissions
    }
    assert shown(role) == allowed


def test_an_administrator_sees_no_clinical_page():
    clinical = {"Participants", "Casebook", "Visits due", "Queries", "Dashboard", "Data and API",
                "Snapshots", "Audit trail", "Reference ranges", "Import results"}  # fmt: skip
    assert "Users" in shown(Role.ADMIN)
    assert not shown(Role.ADMIN) & clinical


def test_a_section_without_any_page_for_the_role_is_not_shown():
    headings = [str(heading) for heading, _links in menu_for(user(Role.ADMIN), "/")]
    assert "Laboratory" not in headings
    assert "Administration" in headings


def test_nobody_signed_in_sees_only_what_needs_no_right():
    links = [link for _heading, links in menu_for(AnonymousUser(), "/") for link in links]
    assert [str(link.label) for link in links] == ["Home"]


@pytest.mark.parametrize(
    ("at", "active"),
    [
        ("/", ["Home"]),
        ("/visits/participants/", ["Participants"]),
        ("/visits/participants/7/", ["Participants"]),
        ("/elsewhere/", []),
    ],
)
def test_the_entry_of_the_current_page_is_marked(at, active):
    marked = [
        str(link.label)
        for _heading, links in menu_for(user(Role.COORDINATOR), at)
        for link in links
        if link.active
    ]
    assert marked == active


def test_a_page_this_deployment_does_not_serve_is_left_out(monkeypatch):
    item = navigation.Item("Gone", "nowhere:gone", "x")
    monkeypatch.setattr(navigation, "MENU", (navigation.Section("", (item,)),))
    assert menu_for(user(Role.COORDINATOR), "/") == []
