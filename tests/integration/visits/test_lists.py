"""The participant list and the work list: found, sorted, paged, in a bounded number of reads."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from patients import services as patients
from patients.models import Participant
from tests.factories import study
from trial.audit.context import transaction
from visits.services import schedule as services

pytestmark = pytest.mark.django_db
TODAY = date(2025, 4, 1)  # of participants with day 0 on 2025-01-06: week 12 is due


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel("2025-04-01T04:00:00Z", tick=False):
        yield


def codes(page):
    return [row.participant.code for row in page.context["rows"]]


def copies(participant, number, site="99"):
    """`number` participants more of the same site, with visits as this one's."""
    made = [
        Participant(
            site=participant.site, code=f"{site}-{n:05d}", sex="F", sex_for_meld="F",
            birth_year=1980, status="enrolled", screened_on=participant.screened_on,
            enrolled_on=participant.enrolled_on, day0_on=participant.day0_on,
        )
        for n in range(number)
    ]  # fmt: skip
    with transaction(by=study.SETUP):
        Participant.objects.bulk_create(made)
        for one in made:
            services._plan(one)


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    control = ("SAVEPOINT", "RELEASE")  # the test's own transaction around the session's
    return sum(not query["sql"].startswith(control) for query in found)


# --- participants -------------------------------------------------------------------------------


def test_list_shows_the_next_visit_with_its_state(cast, sign_in):
    participant = study.enrolled(cast.site)
    for code in ("D0", "W4", "W8"):
        visit = study.visit_of(participant, code)
        services.hold(visit=visit, held_on=visit.target_on or TODAY, by=study.SETUP)
    row = sign_in(cast.coordinator).get(reverse("visits:participants")).context["rows"][0]
    assert (row.next.visit.code, str(row.next.visit.target_on)) == ("W12", "2025-03-31")
    assert row.next.standing.word == "Due, 6 days left"


def test_participants_who_have_left_expect_no_visit(cast, sign_in):
    study.screened(cast.site)
    gone = study.enrolled(cast.site)
    patients.withdraw(participant=gone, on=TODAY, reason="moved", by=study.SETUP)
    rows = sign_in(cast.coordinator).get(reverse("visits:participants")).context["rows"]
    assert [row.next for row in rows] == [None, None]


def test_only_ones_own_site_is_listed(cast, sign_in):
    own, other = study.enrolled(cast.site), study.enrolled(cast.other_site)
    address = reverse("visits:participants")
    assert codes(sign_in(cast.coordinator).get(address)) == [own.code]
    assert codes(sign_in(cast.sponsor).get(address)) == [own.code, other.code]
    assert sign_in(cast.admin).get(address).status_code == 403
    assert sign_in(cast.outsider).get(address).status_code == 403


@pytest.mark.parametrize("typed", ["01-0024", "010024", "01 0024", "０１-００２４", "-0024"])
def test_a_code_is_found_however_it_is_typed(cast, sign_in, typed):
    study.screened(cast.site)
    second = study.screened(cast.site)
    page = sign_in(cast.coordinator).get(reverse("visits:participants"), {"code": typed})
    assert codes(page) == [second.code] == ["01-0024"]


@pytest.mark.parametrize("typed", ["01-0025", "01-0042", "010034"])
def test_a_slip_in_a_code_is_said_and_hides_nobody(cast, sign_in, typed):
    study.screened(cast.site)
    page = sign_in(cast.coordinator).get(reverse("visits:participants"), {"code": typed})
    text = page.content.decode()
    assert "its check digit does not fit" in text
    assert f'value="{typed}"' in text
    assert len(codes(page)) == 1


@pytest.mark.parametrize("typed", ["x\x00y", "%", "_", "'; --", "\\", "99"])
def test_any_search_text_finds_nobody_without_an_error(cast, sign_in, typed):
    study.screened(cast.site)
    page = sign_in(cast.coordinator).get(reverse("visits:participants"), {"code": typed})
    assert page.status_code == 200


def test_filters_and_their_unknown_values(cast, sign_in):
    study.screened(cast.site)
    enrolled = study.enrolled(cast.other_site)
    client = sign_in(cast.sponsor)
    address = reverse("visits:participants")
    assert codes(client.get(address, {"status": "enrolled"})) == [enrolled.code]
    assert codes(client.get(address, {"site": "02"})) == [enrolled.code]
    assert len(codes(client.get(address, {"site": "77", "status": "x", "page": "z"}))) == 2


def test_another_sites_name_is_no_filter_for_who_does_not_work_there(cast, sign_in):
    page = sign_in(cast.coordinator).get(reverse("visits:participants"))
    assert cast.other_site.name not in page.content.decode()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("code", "abc"), ("-code", "cba"), ("next", "cab"), ("-next", "acb"),
        ("overdue", "cab"), ("nonsense", "abc"), ("", "abc"),
    ],
)  # fmt: skip
def test_sorting_leaves_those_without_a_visit_last(cast, sign_in, sort, expected):
    late = study.enrolled(cast.site, day0=study.DAY0 + timedelta(days=7))
    none = study.screened(cast.site)
    early = study.enrolled(cast.site)
    names = {late.code: "a", none.code: "b", early.code: "c"}
    page = sign_in(cast.coordinator).get(reverse("visits:participants"), {"sort": sort})
    assert "".join(names[code] for code in codes(page)) == expected


def test_pages_hold_fifty_and_as_many_statements_at_any_size(cast, sign_in):
    first = study.enrolled(cast.site)
    copies(first, 4)
    client = sign_in(cast.coordinator)
    address = reverse("visits:participants")
    few = statements(client, address)
    copies(first, 60, "98")
    assert statements(client, address) == few <= 10
    page = client.get(address)
    assert len(page.context["rows"]) == 50
    assert "1–50 of 65" in page.content.decode()
    assert statements(client, address + "?page=2&sort=overdue&status=enrolled&site=01") <= 10


def test_one_participants_pages_need_as_many_statements_with_many_visits(cast, sign_in):
    participant = study.enrolled(cast.site)
    client = sign_in(cast.coordinator)
    address = reverse("visits:list", args=[participant.code])
    few = statements(client, address)
    for n in range(8):
        services.add_unscheduled(
            participant=participant, held_on=TODAY - timedelta(days=n), reason="x", by=study.SETUP
        )
    assert statements(client, address) == few <= 10
    board = reverse("patients:screening", args=[participant.code])
    assert statements(client, board) <= 15


# --- the work list ------------------------------------------------------------------------------


def work(client, **query):
    return client.get(reverse("visits:due"), query)


def rows(page):
    return [(r.visit.participant.code, r.visit.code) for r in page.context["rows"]]


def test_work_is_sorted_by_how_long_it_has_waited(cast, sign_in):
    one = study.enrolled(cast.site)
    two = study.enrolled(cast.site, day0=date(2025, 3, 31))
    page = work(sign_in(cast.coordinator))
    assert rows(page) == [
        (one.code, "D0"), (one.code, "W4"), (one.code, "W8"), (two.code, "D0"), (one.code, "W12"),
    ]  # fmt: skip
    assert [r.standing.overdue_days for r in page.context["rows"]] == [85, 54, 26, 1, 0]
    counts = {name: page.context[name] for name in ("overdue", "due", "upcoming")}
    assert counts == {"overdue": 4, "due": 1, "upcoming": 0}


def test_work_reaches_as_far_as_asked(cast, sign_in):
    study.enrolled(cast.site, day0=date(2025, 3, 31))
    client = sign_in(cast.coordinator)
    assert [code for _one, code in rows(work(client, days=7))] == ["D0"]
    assert [code for _one, code in rows(work(client, days=30))] == ["D0", "W4"]
    assert [code for _one, code in rows(work(client, days=30, state="upcoming"))] == ["W4"]
    assert [code for _one, code in rows(work(client, days="x", state="y", site="z"))] == ["D0"]


def test_recorded_visits_and_people_who_left_are_no_work(cast, sign_in):
    one = study.enrolled(cast.site)
    services.hold(visit=study.visit_of(one, "D0"), held_on=study.DAY0, by=study.SETUP)
    services.miss(visit=study.visit_of(one, "W4"), reason="ill", by=study.SETUP)
    gone = study.enrolled(cast.site)
    patients.withdraw(participant=gone, on=TODAY, reason="moved", by=study.SETUP)
    assert rows(work(sign_in(cast.coordinator))) == [(one.code, "W8"), (one.code, "W12")]


def test_work_of_other_sites_is_not_there(cast, sign_in):
    other = study.enrolled(cast.other_site)
    assert rows(work(sign_in(cast.coordinator))) == []
    assert {code for code, _visit in rows(work(sign_in(cast.monitor)))} == {other.code}
    assert rows(work(sign_in(cast.monitor), site="01")) == []


def test_each_row_leads_to_the_labs_of_its_visit(cast, sign_in):
    one = study.enrolled(cast.site)
    page = work(sign_in(cast.coordinator)).content.decode()
    assert f'href="/visits/{study.visit_of(one, "W12").pk}/labs/"' in page


def test_work_list_is_paged_at_a_bounded_number_of_statements(cast, sign_in):
    first = study.enrolled(cast.site)
    client = sign_in(cast.coordinator)
    few = statements(client, reverse("visits:due"))
    copies(first, 20)
    assert statements(client, reverse("visits:due")) == few <= 10
    assert len(work(client).context["rows"]) == 50
    assert len(work(client, page=3).context["rows"]) == 4


def test_numbers_above_the_work_list_keep_the_filters_that_are_set(cast, sign_in):
    page = work(sign_in(cast.monitor), site="01", days=30, page=2).content.decode()
    assert "?site=01&amp;days=30&amp;state=overdue" in page
