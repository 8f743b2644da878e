"""The access review: who has what since when, by whom, last seen; shared accounts."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import study
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.models import AccessReview, Membership
from trial.access.roles import Role
from trial.audit import events
from trial.audit.context import Actor
from trial.audit.models import Event

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/access-review/"


def signed_in(user, address):
    events.record(events.Act.SIGNED_IN, by=Actor.of(user), details={"address": address})


def rows(client, query=""):
    text = client.get(f"{ADDRESS}file/{query}").content.decode()
    return {(row["username"], row["role"]): row for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.req("R-34")
def test_the_file_lists_user_role_granted_when_by_and_last_sign_in(sign_in, cast, admin, manager):
    grant = services.request_role(
        user=study.make_user("dmc"), role=Role.STATISTICIAN, site=None, by=admin, reason="charter"
    )
    services.approve_role(grant=grant, by=manager)
    signed_in(cast.coordinator, "10.0.0.1")
    found = rows(sign_in(cast.admin))

    row = found["coordinator", "coordinator"]
    assert (row["full_name"], row["active"], row["site"], row["blinded"], row["granted_by"]) == (
        "Coordinator", "yes", "01", "blinded", "system:test-setup"
    )  # fmt: skip
    granted = Membership.objects.get(user=cast.coordinator).granted_at
    assert datetime.fromisoformat(row["granted_at"]) == granted.replace(microsecond=0)
    assert timezone.now() - datetime.fromisoformat(row["last_sign_in"]) < timedelta(minutes=5)
    assert found["dmc", "statistician"]["approved_by"] == "datamanager"
    assert found["dmc", "statistician"]["blinded"] == "unblinded"
    assert found["outsider", ""]["last_sign_in"] == ""
    standing = Membership.objects.filter(ended_at=None).count()
    assert len([key for key in found if key[1]]) == standing
    assert Event.objects.filter(kind="act:exported", record_id="access").exists()


def test_a_site_has_its_own_review(sign_in, cast):
    found = rows(sign_in(cast.admin), "?site=02")
    assert {name for name, _role in found} == {"coordinator2", "investigator2"}


@pytest.mark.req("F-124")
def test_a_name_that_looks_like_a_formula_is_quoted(sign_in, cast, admin):
    services.edit_user(
        user=cast.monitor, changes={"full_name": "=HYPERLINK(1)"}, by=admin, reason="x"
    )
    assert rows(sign_in(cast.admin))["monitor", "monitor"]["full_name"] == "'=HYPERLINK(1)"


@pytest.mark.req("R-34")
def test_a_deactivated_account_with_roles_is_shown_as_such(sign_in, cast, admin):
    services.deactivate_user(user=cast.monitor, by=admin, reason="left")
    assert rows(sign_in(cast.admin))["monitor", "monitor"]["active"] == "no"


@pytest.mark.req("R-34")
def test_a_review_is_an_act_and_a_row_and_what_came_after_it_is_marked(sign_in, cast, acts):
    client = sign_in(cast.admin)
    seen = client.get(ADDRESS).context["count"]
    data = {"site": "", "seen": seen, "note": "all still needed"}
    assert client.post(f"{ADDRESS}done/", data).status_code == 302
    row = AccessReview.objects.get()
    assert (row.site, row.seen, row.reviewed_by) == (None, seen, "admin")
    assert acts() == ["access_reviewed"]
    study.make_user("later", Role.MONITOR)
    page = client.get(ADDRESS).content.decode()
    assert page.count("given since") == 1
    assert "Last reviewed by admin" in page


@pytest.mark.parametrize(
    ("code", "status"), [("99", 404), ("1", 404), ("x" * 5000, 404), ("\x00", 422), ("01\x00", 422)]
)
def test_a_site_that_is_none_is_not_reviewed(sign_in, cast, code, status):
    data = {"site": code, "seen": 0, "note": "looked at"}
    assert sign_in(cast.admin).post(f"{ADDRESS}done/", data).status_code == status
    assert not AccessReview.objects.exists()


def test_a_list_that_has_changed_is_looked_at_again(sign_in, cast):
    client = sign_in(cast.admin)
    seen = client.get(ADDRESS).context["count"]
    study.make_user("later", Role.MONITOR)
    page = client.post(f"{ADDRESS}done/", {"site": "", "seen": seen, "note": "fine"})
    assert page.status_code == 422
    assert "look at it again" in page.content.decode()
    assert "fine" in page.content.decode()
    assert not AccessReview.objects.exists()
    shown = page.context["review_form"]["seen"].value()
    again = client.post(f"{ADDRESS}done/", {"site": "", "seen": shown, "note": "fine"})
    assert (shown, again.status_code) == (seen + 1, 302)


@pytest.mark.parametrize("data", [{}, {"seen": "x"}, {"seen": "11", "note": " "}])
def test_a_review_says_what_was_found(sign_in, cast, data):
    assert sign_in(cast.admin).post(f"{ADDRESS}done/", data).status_code == 422
    with pytest.raises(Refused):
        services.review_access(site=None, seen=11, note="", by=study.SETUP)


def test_a_review_of_one_site_counts_its_own_roles(sign_in, cast):
    client = sign_in(cast.admin)
    data = {"site": "01", "seen": client.get(f"{ADDRESS}?site=01").context["count"], "note": "ok"}
    assert client.post(f"{ADDRESS}done/", data).status_code == 302
    assert AccessReview.objects.get().seen == 3
    assert client.post(f"{ADDRESS}done/", data | {"site": "99"}).status_code == 404


@pytest.mark.req("R-28")
def test_an_account_seen_from_three_addresses_within_an_hour_is_reported(sign_in, cast):
    client = sign_in(cast.admin)
    for address in ("10.0.0.1", "10.0.0.2"):
        signed_in(cast.coordinator, address)
        signed_in(cast.investigator, "10.0.0.9")
    assert client.get(ADDRESS).context["shared"] == []
    signed_in(cast.coordinator, "10.0.0.3")
    [one] = client.get(ADDRESS).context["shared"]
    assert (one.username, one.addresses) == ("coordinator", ("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    assert "10.0.0.1, 10.0.0.2, 10.0.0.3" in client.get(ADDRESS).content.decode()
