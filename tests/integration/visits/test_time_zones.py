"""Dates are the site's own: no zone, no summer time, no server clock shifts one (F-088, F-089)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from patients.forms import local_moment
from patients.models import Consent
from tests.factories import study
from trial.access import services as access
from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.access.roles import Role
from visits.selectors import visits as selectors
from visits.services import schedule as services

pytestmark = [pytest.mark.django_db, pytest.mark.req("F-088")]

# A moment, and the date that each site's calendar shows at it.
TODAYS = [
    ("2025-03-30T00:30:00Z", "Europe/Berlin", date(2025, 3, 30)),  # half an hour before the switch
    ("2025-03-30T22:30:00Z", "Europe/Berlin", date(2025, 3, 31)),  # 00:30, summer time
    ("2025-10-26T22:30:00Z", "Europe/Berlin", date(2025, 10, 26)),  # 23:30, winter time again
    ("2025-10-25T22:30:00Z", "Europe/Berlin", date(2025, 10, 26)),  # 00:30, still summer time
    ("2025-06-01T18:29:00Z", "Asia/Kolkata", date(2025, 6, 1)),
    ("2025-06-01T18:31:00Z", "Asia/Kolkata", date(2025, 6, 2)),
    ("2025-06-01T18:14:00Z", "Asia/Kathmandu", date(2025, 6, 1)),
    ("2025-06-01T18:16:00Z", "Asia/Kathmandu", date(2025, 6, 2)),
    ("2025-06-01T10:59:00Z", "Pacific/Apia", date(2025, 6, 1)),
    ("2025-06-01T11:01:00Z", "Pacific/Apia", date(2025, 6, 2)),
    ("2025-06-01T11:01:00Z", "Pacific/Pago_Pago", date(2025, 6, 1)),
    ("2025-06-01T16:01:00Z", "Asia/Shanghai", date(2025, 6, 2)),
]


def site_in(zone: str, code: str = "07") -> Site:
    return access.create_site(
        code=code, name="Far away", name_zh="远方", timezone=zone,
        opened_on=date(2024, 1, 1), protocol="1.0", by=study.SETUP,
    )  # fmt: skip


@pytest.mark.parametrize(("now", "zone", "expected"), TODAYS)
def test_today_is_the_sites_calendar_date(now, zone, expected):
    site = site_in(zone)
    with time_machine.travel(now, tick=False):
        assert site.today() == expected


@pytest.mark.parametrize(("now", "zone", "expected"), TODAYS)
def test_the_work_list_counts_by_each_sites_own_date(now, zone, expected):
    """A window that closed the day before is overdue, one that closes today is not."""
    site = site_in(zone)
    participant = study.enrolled(site, day0=expected - timedelta(days=28 + 3))  # W4 closes today
    reader = study.make_user("monitor", Role.MONITOR)
    with time_machine.travel(now, tick=False):
        rows = selectors.work_rows(selectors.work_list(reader, days=7))
        found = {row.visit.code: row for row in rows}
        assert found["W4"].standing.word == "Due, last day"
        assert found["W4"].visit.participant == participant
        due = selectors.in_state(selectors.work_list(reader, days=7), selectors.DUE)
        assert [visit.code for visit in due] == ["W4"]
    later = datetime.combine(expected + timedelta(days=1), time(12), tzinfo=ZoneInfo(zone))
    with time_machine.travel(later, tick=False):
        (row,) = [
            row
            for row in selectors.work_rows(selectors.work_list(reader, days=7))
            if row.visit.code == "W4"
        ]
    assert row.standing.overdue_days == 1


@pytest.mark.parametrize(("now", "zone", "expected"), TODAYS)
def test_a_visit_today_is_no_visit_in_the_future(now, zone, expected):
    site = site_in(zone)
    participant = study.screened(site, day0=expected + timedelta(days=7))
    with time_machine.travel(now, tick=False):
        visit = services.add_unscheduled(
            participant=participant, held_on=expected, reason="x", by=study.SETUP
        )
        with pytest.raises(Refused):
            services.add_unscheduled(
                participant=participant, held_on=expected + timedelta(days=1), reason="x",
                by=study.SETUP,
            )  # fmt: skip
    visit.refresh_from_db()
    assert visit.held_on == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "America/Lima"])
@pytest.mark.parametrize("day0", [date(2025, 3, 2), date(2025, 9, 28), date(2024, 2, 29)])
def test_targets_lie_whole_weeks_after_day_0_across_summer_time(zone, day0):
    participant = study.enrolled(site_in(zone), day0=day0)
    weeks = {"D0": 0, "W4": 4, "W8": 8, "W12": 12, "W24": 24, "W36": 36, "W48": 48, "W96": 96}
    for code, week in weeks.items():
        visit = study.visit_of(participant, code)
        assert visit.target_on == day0 + timedelta(weeks=week)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Asia/Shanghai", date(2025, 3, 3), time(0, 30), datetime(2025, 3, 2, 16, 30, tzinfo=UTC)),
        ("Asia/Kolkata", date(2025, 3, 3), time(0, 30), datetime(2025, 3, 2, 19, 0, tzinfo=UTC)),
        ("Pacific/Apia", date(2025, 3, 3), time(0, 30), datetime(2025, 3, 2, 11, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2025, 3, 3), time(0, 30), datetime(2025, 3, 2, 18, 45, tzinfo=UTC)),
        ("Europe/Berlin", date(2025, 3, 30), time(1, 59), datetime(2025, 3, 30, 0, 59, tzinfo=UTC)),
        ("Europe/Berlin", date(2025, 3, 30), time(3, 0), datetime(2025, 3, 30, 1, 0, tzinfo=UTC)),
        # 02:30 comes twice on the day summer time ends: the first is meant.
        ("Europe/Berlin", date(2025, 10, 26), time(2, 30), datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),  # noqa: E501
        ("Europe/Berlin", date(2025, 10, 26), time(3, 30), datetime(2025, 10, 26, 2, 30, tzinfo=UTC)),  # noqa: E501
    ],
)  # fmt: skip
def test_a_clock_time_at_the_site_is_one_moment(zone, day, at, expected):
    moment = local_moment(day, at, ZoneInfo(zone))
    assert moment == expected
    assert moment.astimezone(ZoneInfo(zone)).date() == day


def test_a_time_that_summer_time_skips_is_refused():
    with pytest.raises(ValueError, match="skips"):
        local_moment(date(2025, 3, 30), time(2, 30), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "given_on", "given_time", "shown"),
    [
        ("Asia/Shanghai", "2024-12-23", "00:30", "2024-12-23 00:30 (UTC+08:00)"),
        ("Asia/Kolkata", "2024-12-23", "00:30", "2024-12-23 00:30 (UTC+05:30)"),
        ("Pacific/Apia", "2024-12-23", "00:30", "2024-12-23 00:30 (UTC+13:00)"),
        ("Europe/Berlin", "2024-12-23", "23:59", "2024-12-23 23:59 (UTC+01:00)"),
    ],
)
def test_consent_half_past_midnight_is_the_local_day(sign_in, zone, given_on, given_time, shown):
    site = site_in(zone)
    participant = study.screened(site)  # screened on 2024-12-23
    client = sign_in(study.make_user("nurse", Role.COORDINATOR, site))
    typed = {"form_version": "1.0", "given_on": given_on, "given_time": given_time}
    address = reverse("patients:consent", args=[participant.code])
    page = client.post(address, typed, follow=True).content.decode()
    assert shown in page
    consent = Consent.objects.get()
    assert consent.given_at.astimezone(site.zone).date() == date(2024, 12, 23)


def test_consent_in_a_skipped_hour_is_refused_at_its_field(sign_in):
    site = site_in("Europe/Berlin")
    participant = study.screened(site, day0=date(2025, 4, 14))
    client = sign_in(study.make_user("nurse", Role.COORDINATOR, site))
    typed = {"form_version": "1.0", "given_on": "2025-03-30", "given_time": "02:30"}
    response = client.post(reverse("patients:consent", args=[participant.code]), typed)
    assert set(response.context["consent_form"].errors) == {"given_time"}
    assert 'value="02:30"' in response.content.decode()


@pytest.mark.parametrize(
    ("enrolled_on", "allowed"), [(date(2025, 1, 3), True), (date(2025, 1, 2), False)]
)
def test_consent_counts_by_its_local_day_at_enrolment(enrolled_on, allowed):
    """Signed on 3 January at 00:30 in Apia, when it was still 2 January in UTC."""
    site = site_in("Pacific/Apia")
    participant = study.screened(site, day0=study.DAY0)
    study.patients.give_consent(
        participant=participant, form_version="1.0",
        given_at=local_moment(date(2025, 1, 3), time(0, 30), site.zone), by=study.SETUP,
    )  # fmt: skip
    messages: list[str] = []
    try:
        services.enrol(
            participant=participant, enrolled_on=enrolled_on, day0_on=study.DAY0,
            induction_started_on=None, by=study.SETUP,
        )  # fmt: skip
    except Refused as refused:
        messages = [str(message) for message in refused.errors[""]]
    assert ("Consent must be recorded before enrolment." not in messages) is allowed


@pytest.mark.req("F-089")
@pytest.mark.parametrize(
    "typed", ["2023-02-29", "2024-UN-UN", "1899-12-31", "2101-01-01", "0000-00"]
)
def test_impossible_and_partial_dates_are_said_and_kept_as_typed(cast, sign_in, typed):
    participant = study.enrolled(cast.site)
    address = reverse("visits:hold", args=[participant.code, "W4"])
    response = sign_in(cast.coordinator).post(
        address, {"held_on": typed, "reason": "x", "version": 1}
    )
    assert response.status_code == 422
    assert "held_on" in response.context["held_form"].errors
    assert f'value="{typed}"' in response.content.decode()
