"""Departures from the protocol that the facts show: found, recorded, or said to be none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.selectors.deviations import Detecting
from tests.factories import custody, study
from tests.integration.crf.filling import GOOD, VITALS, put
from tests.integration.quality.holding import lock
from trial.crf import services
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.quality.models import Scope
from visits.models import Dismissal
from visits.services import schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site, day0=cast.site.today() - timedelta(days=90))


def hold(person, code, late=0):
    visit = study.visit_of(person, code)
    assert visit.target_on is not None
    on = visit.target_on + timedelta(days=late)
    schedule.hold(visit=visit, held_on=on, by=study.SETUP, reason="as it was")
    return study.visit_of(person, code)


def found(person):
    person.refresh_from_db()
    return {one.name: one for one in Detecting([person]).of(person)}


@pytest.mark.parametrize(("late", "name"), [(3, None), (4, "visit_late:W4"), (-3, None),
                                            (-4, "visit_early:W4")])  # fmt: skip
def test_a_visit_outside_its_window(person, late, name):
    hold(person, "W4", late)
    assert set(found(person)) == ({name} if name else set())


def test_a_visit_that_was_missed(person):
    schedule.miss(visit=study.visit_of(person, "W4"), reason="abroad", by=study.SETUP)
    assert set(found(person)) == {"visit_missed:W4"}


def test_a_form_that_was_said_not_to_be_done(person):
    visit = hold(person, "W4")
    owner = Owner(person, visit)
    assert not found(person)
    services.mark_not_done(owner=owner, form=VITALS, why="no device", by=study.SETUP)
    assert set(found(person)) == {"assessment_missed:W4:vital_signs"}
    put(owner, VITALS, {**GOOD, "measured_on": visit.held_on}, reason="found")
    assert not found(person)


def test_a_dose_far_off_its_order(cast, person):
    bag = custody.started(custody.bag_for(person, second=cast.coordinator), 180)
    given = {"ended": custody.moment(120), "given_ml": Decimal(20), "residual_ml": Decimal(11),
             "flush_ml": Decimal(20), "stopped_early": False, "stop_reason": "",
             "end_note": "the bag leaked"}  # fmt: skip
    custody.put(bag, "end", **given)
    assert found(person)["dose:D0"].deviation.amount < -20


def page(client, person):
    return client.get(f"/participants/{person.code}/casebook/deviation/").content.decode()


def test_a_finding_is_recorded_as_a_line_that_names_it(cast, person, sign_in):
    hold(person, "W4", 5)
    client = sign_in(cast.coordinator)
    text = page(client, person)
    assert "W4 was 2 days after its window." in text
    address = text.partition("deviation/new/?")[2].partition('"')[0].replace("&amp;", "&")
    form = client.get(f"/participants/{person.code}/casebook/deviation/new/?{address}")
    assert 'value="visit_late:W4"' in form.content.decode()
    assert not MODELS["deviation"].objects.exists()
    visit = study.visit_of(person, "W4")
    today = str(person.site.today())
    sent = {"occurred_on": str(visit.held_on), "found_on": today, "kind": "window",
            "visit_label": "W4", "description": "held late", "origin": "detected",
            "detected_code": "visit_late:W4"}  # fmt: skip
    body = {f"deviation-what-{name}": value for name, value in sent.items()} | {"key": "k"}
    saved = client.post(f"/participants/{person.code}/casebook/deviation/new/what/save/", body)
    assert saved.status_code == 302
    assert found(person)["visit_late:W4"].line.number == 1
    text = page(client, person)
    assert "recorded in line 1" in text


def test_a_finding_is_said_to_be_none_with_a_reason_that_is_kept(cast, person, sign_in):
    hold(person, "W4", 5)
    client = sign_in(cast.coordinator)
    address = f"/participants/{person.code}/deviations/dismiss/"
    client.post(address, {"finding": "visit_late:W4", "reason": " "})
    client.post(address, {"finding": "visit_late:W8", "reason": "made up"})
    assert not Dismissal.objects.exists()
    for reason in ("holiday, agreed", "again"):
        client.post(address, {"finding": "visit_late:W4", "reason": reason})
    said = Dismissal.objects.get()
    assert (said.reason, said.dismissed_by) == ("holiday, agreed", "coordinator")
    assert "holiday, agreed" in page(client, person)


@pytest.mark.req("R-14")
@pytest.mark.parametrize("user", ["datamanager", "monitor", "sponsor"])
def test_who_reads_only_dismisses_nothing(cast, person, sign_in, user):
    hold(person, "W4", 5)
    client = sign_in(cast.users[user])
    text = client.get("/deviations/").content.decode()
    assert "W4 was 2 days after its window." in text
    assert "Record it" not in text
    address = f"/participants/{person.code}/deviations/dismiss/"
    sent = client.post(address, {"finding": "visit_late:W4", "reason": "x"})
    assert sent.status_code == 403


def test_another_site_is_not_seen(cast, person, sign_in):
    hold(person, "W4", 5)
    client = sign_in(cast.coordinator2)
    assert person.code not in client.get("/deviations/").content.decode()
    address = f"/participants/{person.code}/deviations/dismiss/"
    sent = client.post(address, {"finding": "visit_late:W4", "reason": "x"})
    assert sent.status_code == 404


@pytest.mark.req("R-21")
def test_nothing_is_dismissed_where_data_are_locked(cast, person, sign_in):
    hold(person, "W4", 5)
    lock(Scope.PARTICIPANT, person)
    address = f"/participants/{person.code}/deviations/dismiss/"
    sent = sign_in(cast.coordinator).post(address, {"finding": "visit_late:W4", "reason": "x"})
    assert sent.status_code == 423


def test_the_page_reads_as_much_for_many_as_for_few(cast, person, sign_in):
    def statements():
        client.get("/deviations/")
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/deviations/").status_code == 200
        return len(counted)

    client = sign_in(cast.datamanager)
    hold(person, "W4", 5)
    few = statements()
    for site in (cast.site, cast.other_site):
        for _n in range(4):
            other = study.enrolled(site, day0=site.today() - timedelta(days=90))
            hold(other, "W4", 5)
    assert statements() <= max(few, 15)
