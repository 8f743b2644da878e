"""Sites: opened, changed; protocol versions that hold after their ethics approval."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection

from tests.factories import study
from trial.access import services
from trial.access.exceptions import Refused
from trial.access.models import Site, SiteProtocol
from trial.access.selectors import protocol_at
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.protocol import registry

pytestmark = pytest.mark.django_db
NEW = {
    "code": "05", "name": "Hospital 05", "name_zh": "第05医院", "timezone": "Europe/Berlin",
    "planned_participants": "12", "opened_on": "2026-01-15", "version": "1.0",
    "approved_on": "2026-01-10", "approval_reference": "EC 2026/3",
}  # fmt: skip


@pytest.fixture
def second_version(monkeypatch):
    first = registry.get("1.0")
    second = first.amended(number="2.0", issued_on=date(2024, 12, 1))
    monkeypatch.setattr(registry, "_versions", lambda: {"1.0": first, "2.0": second})


def adoption(site, *, days=10, **changes):
    on = site.today() + timedelta(days=days)
    return {
        "version": "2.0", "effective_from": on.isoformat(),
        "approved_on": site.today().isoformat(), "approval_reference": "EC 7",
        "reason": "amendment 1",
    } | changes  # fmt: skip


def test_a_site_opens_under_a_version_with_its_ethics_approval(sign_in, cast):
    page = sign_in(cast.admin).post("/admin/sites/new/", NEW)
    assert page.status_code == 302
    site = Site.objects.get(code="05")
    assert (site.timezone, site.planned_participants) == ("Europe/Berlin", 12)
    row = site.protocols.get()
    assert (row.version, row.effective_from, row.approved_on, row.approval_reference) == (
        "1.0", date(2026, 1, 15), date(2026, 1, 10), "EC 2026/3"
    )  # fmt: skip
    assert Event.objects.filter(table_name="access_site", site_id=site.pk).get().actor == "admin"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "01"}, {"code": "5"}, {"code": "0５"}, {"timezone": "Mars/Base"}, {"name": ""},
        {"approved_on": ""}, {"approved_on": "2026-01-16"}, {"approval_reference": " "},
        {"version": "9.9"}, {"planned_participants": "0"}, {"opened_on": "soon"},
    ],
)  # fmt: skip
def test_a_site_that_cannot_be_is_refused_with_what_was_typed(sign_in, cast, wrong):
    page = sign_in(cast.admin).post("/admin/sites/new/", NEW | wrong)
    assert page.status_code == 422
    assert 'class="alert-list"' in page.content.decode()
    assert not Site.objects.filter(code="05").exists()


@pytest.mark.req("F-111")
def test_only_names_and_planned_number_of_a_site_change(sign_in, cast):
    data = {"name": "New", "name_zh": "新", "planned_participants": "40", "reason": "contract",
            "code": "77", "timezone": "UTC", "opened_on": "2020-01-01"}  # fmt: skip
    assert sign_in(cast.admin).post("/admin/sites/01/edit/", data).status_code == 302
    after = Site.objects.get(pk=cast.site.pk)
    assert (after.name, after.name_zh, after.planned_participants) == ("New", "新", 40)
    assert (after.code, after.timezone, after.opened_on) == (
        "01",
        "Asia/Shanghai",
        date(2024, 1, 1),
    )
    event = Event.objects.filter(table_name="access_site", record_id=str(after.pk)).last()
    assert event.reason == "contract"


@pytest.mark.req("R-42")
def test_a_new_version_is_not_seen_at_the_site_before_its_day(sign_in, cast, second_version):
    page = sign_in(cast.admin).post("/admin/sites/01/adopt/", adoption(cast.site))
    assert page.status_code == 302
    on = cast.site.today() + timedelta(days=10)
    assert protocol_at(cast.site, on - timedelta(days=1)).number == "1.0"
    assert protocol_at(cast.site, on).number == "2.0"
    assert protocol_at(cast.other_site, on).number == "1.0"
    row = SiteProtocol.objects.get(version="2.0")
    event = Event.objects.get(table_name="access_siteprotocol", record_id=str(row.pk))
    assert (event.reason, event.new["approval_reference"]) == ("amendment 1", "EC 7")


@pytest.mark.req("R-42")
@pytest.mark.parametrize(
    ("days", "changes"),
    [
        (-1, {"approved_on": "2025-01-01"}),  # what was recorded keeps its version
        (0, {"approved_on": "2099-01-01"}),
        (10, {"approved_on": ""}),
        (10, {"approval_reference": ""}),
        (10, {"version": "1.0"}),
        (10, {"version": "3.0"}),
        (10, {"reason": " "}),
    ],
)
def test_a_version_is_not_adopted_without_or_before_its_approval(
    sign_in, cast, second_version, days, changes
):
    data = adoption(cast.site, days=days, **changes)
    assert sign_in(cast.admin).post("/admin/sites/01/adopt/", data).status_code == 422
    assert cast.site.protocols.count() == 1


@pytest.mark.req("R-42")
def test_the_database_knows_that_the_approval_comes_first(cast):
    with (
        pytest.raises(IntegrityError, match="site_protocol_approved_before"),
        transaction(by=study.SETUP),
    ):
        SiteProtocol.objects.create(
            site=cast.site,
            version="2.0",
            effective_from=date(2026, 1, 1),
            approved_on=date(2026, 1, 2),
        )


def test_services_refuse_what_the_forms_refuse(cast, admin):
    with pytest.raises(Refused) as caught:
        services.create_site(
            code="01", name="x", name_zh="", timezone="Nowhere", opened_on=date(2026, 1, 1),
            protocol="1.0", by=admin,
        )  # fmt: skip
    assert set(caught.value.errors) == {"code", "timezone", "approved_on", "approval_reference"}


def test_of_two_who_open_one_site_at_once_one_is_refused_at_the_code(fresh_database):
    start = threading.Barrier(2)

    def make():
        start.wait()
        try:
            return study.make_site("07").code
        except Refused as refused:
            return next(iter(refused.errors))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = [one.result() for one in [pool.submit(make), pool.submit(make)]]
    assert sorted(results) == ["07", "code"]
