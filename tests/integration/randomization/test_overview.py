"""How far randomisation has come, for those who must not know an arm."""

import re

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from patients import services as patients
from patients.models import DiseaseStatus
from randomization.models import Allocation
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked

ADDRESS = "/randomisation/"


@pytest.fixture
def going(cast):
    """Both sites can randomise."""
    list_in_force(cast.site, cast.other_site)
    stocked(cast.site, {"A": 12, "B": 12})
    stocked(cast.other_site, {"A": 4, "B": 4})
    return cast


def test_counts_stand_by_site_and_stratum(going, sign_in):
    for _n in range(3):
        randomised(ready(going.site), going.investigator)
    randomised(ready(going.site, status=DiseaseStatus.RELAPSED), going.investigator)
    randomised(ready(going.other_site), going.investigator2)
    page = sign_in(going.sponsor).get(ADDRESS)
    lines = {
        line.name: ([count for _group, count in line.cells], line.total)
        for line in page.context["sites"]
    }
    assert lines == {"01": ([3, 1], 4), "02": ([1, 0], 1), "": ([4, 1], 5)}
    assert {row.allocation.number for row in page.context["lines"]} == set(
        Allocation.objects.values_list("number", flat=True)
    )
    series = {row.name: [p.y for p in row.points] for row in page.context["figure"].series}
    assert {name: sum(values) for name, values in series.items()} == {"01": 4, "02": 1}


def test_an_investigator_sees_the_own_site_alone(going, sign_in):
    mine = randomised(ready(going.site), going.investigator)
    other = randomised(ready(going.other_site), going.investigator2)
    text = sign_in(going.investigator).get(ADDRESS).content.decode()
    assert mine.number in text
    assert other.number not in text
    assert other.participant.code not in text
    asked = sign_in(going.investigator).get(ADDRESS, {"site": "02"}).content.decode()
    assert other.number not in asked


def test_one_site_can_be_chosen(going, sign_in):
    randomised(ready(going.site), going.investigator)
    other = randomised(ready(going.other_site), going.investigator2)
    page = sign_in(going.monitor).get(ADDRESS, {"site": "02"})
    assert [row.allocation.pk for row in page.context["lines"]] == [other.pk]
    assert [line.name for line in page.context["sites"]] == ["02"]


@pytest.mark.req("R-50")
def test_a_stratum_that_was_wrong_stands_beside_the_true_one(going, sign_in):
    person = ready(going.site)
    randomised(person, going.investigator)
    person.refresh_from_db()
    patients.correct(
        participant=person,
        changes={"disease_status": DiseaseStatus.RELAPSED},
        version=person.version,
        reason="the history was misread",
        by=study.SETUP,
    )
    page = sign_in(going.monitor).get(ADDRESS)
    (row,) = page.context["lines"]
    assert (row.allocation.stratum, row.differs) == ("01-naive", "01-treated")
    assert "01-treated" in page.content.decode()


@pytest.mark.req("R-16")
def test_the_page_asks_nothing_of_what_is_sealed_and_is_the_same_whatever_the_arms(
    going, sign_in, admin_connection
):
    for _n in range(4):
        randomised(ready(going.site), going.investigator)
    client = sign_in(going.sponsor)
    before = plain(client.get(ADDRESS))
    with CaptureQueriesContext(connections["sealed"]) as sealed:
        client.get(ADDRESS)
    assert len(sealed) == 0
    with admin_connection.cursor() as cursor:
        cursor.execute(
            "begin; set local session_replication_role = replica;"
            " update sealed.slot set arm = case arm when 'A' then 'B' else 'A' end; commit"
        )
    assert plain(client.get(ADDRESS)) == before


def plain(answer):
    """A page without what differs each time."""
    text = answer.content.decode()
    return re.sub(r'(nonce|csrf\w*|value)="[^"]*"|"x-csrftoken": "[^"]*"', "", text)


def test_the_commitment_is_published_and_explained(going, sign_in):
    text = sign_in(going.sponsor).get(ADDRESS).content.decode()
    assert re.search(r"[0-9a-f]{64}", text)
    assert "compute the hash again" in text


def test_before_anything_is_there_the_page_says_so(cast, sign_in):
    text = sign_in(cast.sponsor).get(ADDRESS).content.decode()
    assert "No list is in force" in text
    assert "Nobody has been randomised yet" in text


def statements(client):
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as found:
        assert client.get(ADDRESS).status_code == 200
    return sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for q in found)


def test_the_page_takes_as_many_statements_for_many_as_for_few(going, sign_in):
    client = sign_in(going.sponsor)
    randomised(ready(going.site), going.investigator)
    few = statements(client)
    for _n in range(8):
        randomised(ready(going.site), going.investigator)
    randomised(ready(going.other_site), going.investigator2)
    assert statements(client) == few
    assert few <= 15
