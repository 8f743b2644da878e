"""Randomising over REST: the same rules, a key, an answer that can be asked for again."""

import json

import pytest
from django.test import Client

from randomization.models import Allocation
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from trial.access.services import issue_token
from trial.audit.context import transaction
from visits.models import Bag

PATH = "/api/v1/allocations/"


@pytest.fixture
def going(cast):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    return cast


@pytest.fixture
def person(going):
    return ready(going.site)


def send(user, body, key="k1"):
    token = issue_token(user=user, by=study.SETUP)
    headers = {"Authorization": f"Token {token}", "Idempotency-Key": key}
    return Client().post(PATH, json.dumps(body), content_type="application/json", headers=headers)


def read(user, code):
    token = issue_token(user=user, by=study.SETUP)
    return Client().get(f"{PATH}{code}/", headers={"Authorization": f"Token {token}"})


def body_of(person, user, **changes):
    given = {"participant": person.code, "username": user.username, "password": study.PASSWORD}
    return given | changes


def test_the_answer_has_number_bags_and_dates_and_no_arm(going, person):
    answer = send(going.investigator, body_of(person, going.investigator))
    assert answer.status_code == 201
    found = answer.json()
    assert set(found) == {
        "participant", "number", "stratum", "factors", "protocol_version", "allocated_at",
        "allocated_by", "bags", "visits",
    }  # fmt: skip
    assert found["number"] == "01-NAIVE-001"
    assert found["bags"] == [Bag.objects.get(reserved_for=person).number]
    assert [one["visit"] for one in found["visits"]][:3] == ["SCR", "D0", "W4"]
    assert read(going.sponsor, person.code).json() == found


@pytest.mark.req("F-004")
def test_the_same_key_again_gets_the_same_answer_and_writes_nothing(going, person):
    first = send(going.investigator, body_of(person, going.investigator))
    again = send(going.investigator, body_of(person, going.investigator))
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Allocation.objects.count() == 1


@pytest.mark.req("F-005")
def test_the_same_key_for_somebody_else_is_refused(going, person):
    other = ready(going.site)
    send(going.investigator, body_of(person, going.investigator))
    answer = send(going.investigator, body_of(other, going.investigator))
    assert answer.status_code == 422
    assert Allocation.objects.count() == 1


def test_a_wrong_password_is_said_at_its_field(going, person):
    answer = send(going.investigator, body_of(person, going.investigator, password="no"))
    assert answer.status_code == 400
    assert "password" in answer.json()["errors"]
    assert not Allocation.objects.exists()


@pytest.mark.req("F-111")
@pytest.mark.parametrize("field", ["arm", "slot", "stratum", "number", "allocated_at", "bags"])
def test_nothing_of_an_allocation_can_be_sent(going, person, field):
    answer = send(going.investigator, body_of(person, going.investigator, **{field: "A"}))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.req("F-110")
def test_another_sites_participant_is_not_there(going, person):
    randomised(person, going.investigator)
    theirs, missing = read(going.investigator2, person.code), read(going.investigator2, "01-9996")
    assert (theirs.status_code, theirs.content) == (404, missing.content)
    sent = send(going.investigator2, body_of(person, going.investigator2))
    assert sent.status_code == 404


def test_who_is_not_randomised_has_no_allocation(going, person):
    assert read(going.investigator, person.code).status_code == 404


@pytest.mark.parametrize("who", ["coordinator", "sponsor", "monitor", "pharmacist", "admin"])
def test_others_may_not_randomise(going, person, who):
    assert send(going.users[who], body_of(person, going.users[who])).status_code == 403


# --- what everybody may know, as rows -----------------------------------------------------------
def rows_of(user, **query):
    token = issue_token(user=user, by=study.SETUP)
    headers = {"Authorization": f"Token {token}"}
    answer = Client().get("/api/v1/randomisations/", query, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.req("R-19")
def test_a_randomisation_is_a_row_with_the_values_that_were_used(going, person):
    allocation = randomised(person, going.investigator)
    [row] = rows_of(going.sponsor)
    assert row == {
        "id": allocation.pk, "site": "01", "participant": person.code, "number": "01-NAIVE-001",
        "stratum": "01-naive", "disease_status": "naive", "disease_group": "naive",
        "disease_status_now": "naive", "stratum_now": "01-naive", "stratum_differs": False,
        "protocol_version": "1.0", "allocated_at": row["allocated_at"],
        "changed_at": row["allocated_at"],
    }  # fmt: skip


@pytest.mark.req("R-50")
@pytest.mark.parametrize(
    ("now", "stratum", "differs"),
    [("relapsed", "01-treated", True), ("insufficient", "01-treated", True), ("", None, None)],
)
def test_a_wrong_stratum_is_kept_and_the_true_one_told(going, person, now, stratum, differs):
    randomised(person, going.investigator)
    [before] = rows_of(going.sponsor)
    person.refresh_from_db()
    with transaction(by=study.SETUP, reason="misread"):
        type(person).objects.filter(pk=person.pk).update(disease_status=now)

    [row] = rows_of(going.sponsor, changed_since=before["changed_at"])
    assert (row["stratum"], row["disease_status"]) == ("01-naive", "naive")
    assert (row["disease_status_now"], row["stratum_now"]) == (now or None, stratum)
    assert row["stratum_differs"] is differs
    assert row["changed_at"] > before["changed_at"]


def test_another_change_of_the_participant_is_none_of_the_randomisation(going, person):
    randomised(person, going.investigator)
    [before] = rows_of(going.sponsor)
    with transaction(by=study.SETUP, reason="misread"):
        type(person).objects.filter(pk=person.pk).update(birth_year=1961)
    assert rows_of(going.sponsor) == [before]
