"""What the forms say about eligibility: proposed with its source, asked about where they differ."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients import services
from patients.backing import backing_for
from patients.models import Answer, CriterionAnswer
from patients.selectors import eligibility_of
from tests.factories import filling, study
from tests.integration.patients.pages import url
from trial.protocol import registry
from trial.quality.models import Query

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return study.screened(cast.site)


def proposed(person):
    found = backing_for(person, registry.latest()).proposals
    return {code: one.answer for code, one in found.items()}


def asked():
    return {
        query.field: query.status
        for query in Query.objects.unsettled().filter(cause__startswith="eligibility:")
    }


def answer(person, code, given, value=None, reason="misread"):
    entry = services.CriterionEntry(given, value)
    services.answer_criteria(
        participant=person, answers={code: entry}, by=study.SETUP, reason=reason
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"E1": "no", "E3": "no", "E6": "no"}),
        ({"hbsag": "positive"}, {"E1": "no", "E3": "yes", "E6": "no"}),
        ({"hbsag": "not_done"}, {"E1": "no", "E3": None, "E6": "no"}),
        ({"anti_hcv": "positive", "hcv_rna": "negative"}, {"E3": "no"}),
        ({"lesion": "hcc"}, {"E1": "yes"}),
        ({"lesion": "suspicious"}, {"E1": None}),
        ({"afp": False}, {"E1": None}),
        ({"portal_vein": "active"}, {"E6": "yes"}),
        ({"portal_vein": "old"}, {"E6": "no"}),
        ({"hepatic_veins": "not_seen"}, {"E6": None}),
        ({"doppler": False}, {"E6": None}),
    ],
)
def test_the_diagnosis_form_proposes(cast, person, changes, expected):
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, **changes})
    found = proposed(person)
    assert {code: found[code] for code in expected} == expected
    assert not CriterionAnswer.objects.exists()  # proposed, never recorded


def test_a_malignancy_of_the_history_counts(cast, person):
    filling.fill(person, "diagnosis", filling.DIAGNOSIS)
    filling.fill(person, "medical_history", {"condition": "lymphoma", "category": "malignancy"})
    assert proposed(person)["E1"] == Answer.YES


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ((("2025-01-02", "negative"),), "yes"),
        ((("2024-12-29", "negative"),), None),  # eight days before day 0
        ((("2024-12-30", "negative"),), "yes"),
        ((("2025-01-02", "positive"),), "no"),
        ((("2025-01-01", "positive"), ("2025-01-02", "negative")), "yes"),
        ((("2025-01-02", "indeterminate"),), None),
    ],
)
def test_the_pregnancy_tests_propose_i3_once_day_0_is_planned(cast, tests, expected):
    person = study.enrolled(cast.site)
    for on, result in tests:
        filling.fill(
            person, "pregnancy_test",
            {"tested_on": date.fromisoformat(on), "specimen": "urine", "result": result},
        )  # fmt: skip
    assert proposed(person).get("I3") == expected


def test_the_score_is_confirmed_and_a_difference_is_asked_about(cast, person, sign_in):
    study.enter(person, "SCR", {"IGG": "19.2"}, cast.laboratory)
    answer(person, "I2", Answer.YES, 7)
    client = sign_in(cast.investigator)
    board = client.get(url("patients:screening", person)).content.decode()
    assert "not backed by the diagnosis form" in board
    assert asked() == {}

    filling.fill(person, "diagnosis", filling.DIAGNOSIS)
    board = client.get(url("patients:screening", person)).content.decode()
    assert "simplified score 8" in board
    assert "The recorded answer is not what the form says." in board
    assert asked() == {"value": "open"}
    stored = CriterionAnswer.objects.get(participant=person, criterion="I2")
    assert stored.value == 7  # nothing was overwritten
    assert "I2" not in eligibility_of(person).open

    answer(person, "I2", Answer.YES, 8)
    assert asked() == {}
    board = client.get(url("patients:screening", person)).content.decode()
    assert "The recorded answer is not what the form says." not in board


def test_the_laboratory_of_screening_can_make_the_difference(cast, person):
    study.enter(person, "SCR", {"IGG": "19.2"}, cast.laboratory)
    filling.fill(person, "diagnosis", filling.DIAGNOSIS)
    answer(person, "I2", Answer.YES, 8)
    assert asked() == {}
    study.enter(person, "SCR", {"IGG": "16.8"}, cast.laboratory, reason="misread")
    assert asked() == {"value": "open"}


def test_an_answer_that_the_form_contradicts_is_asked_about_until_it_fits(cast, person, sign_in):
    answer(person, "E3", Answer.NO)
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, "hbsag": "positive"})
    assert asked() == {"answer": "open"}
    page = sign_in(cast.coordinator).get(url("patients:screening", person)).content.decode()
    assert "HBsAg: Positive" in page
    filling.fill(person, "diagnosis", {"hbsag": "negative"}, reason="wrong sample")
    assert asked() == {}


def test_who_cannot_bear_children_may_answer_not_applicable(cast):
    person = study.screened(cast.site)
    services.correct(
        participant=person, changes={"childbearing_potential": False}, version=person.version,
        reason="menopause", by=study.SETUP,
    )  # fmt: skip
    person.refresh_from_db()
    answer(person, "I3", Answer.NOT_APPLICABLE)
    assert proposed(person)["I3"] == Answer.YES
    assert asked() == {}


def test_the_board_takes_a_bounded_number_of_statements(cast, sign_in):
    def statements(person):
        client.get(url("patients:screening", person))
        with CaptureQueriesContext(connection) as found:
            client.get(url("patients:screening", person))
        return sum(not one["sql"].startswith(("SAVEPOINT", "RELEASE")) for one in found)

    client = sign_in(cast.investigator)
    bare = study.screened(cast.site)
    whole = study.enrolled(cast.site)
    study.enter(whole, "SCR", {"IGG": "19.2"}, cast.laboratory)
    filling.fill(whole, "diagnosis", filling.DIAGNOSIS)
    for day in range(2, 5):
        filling.fill(
            whole, "pregnancy_test",
            {"tested_on": date(2025, 1, day), "specimen": "urine", "result": "negative"},
        )  # fmt: skip
    assert statements(bare) <= statements(whole) <= 15
