"""Relapse by histology (§3.2 (d)) through central reading and evaluation; case 17 of §3.4."""

import pytest

from labs.models import ResponseAssessment
from labs.selectors import is_pending
from labs.services.evaluation import evaluate
from tests.factories import histology, study

pytestmark = pytest.mark.django_db

NORMAL = {"ALT": "36", "AST": "34", "IGG": "15.8"}
BEFORE = {"ALT": "300", "AST": "250", "IGG": "22"}
REMISSION, ACTIVE = (1, 0, 0, 1), (2, 1, 1, 2)  # mHAI 2 and 6


@pytest.fixture
def person(cast):
    person = study.enrolled(cast.site)
    for code, values in (("D0", BEFORE), ("W12", NORMAL), ("W24", NORMAL), ("W48", NORMAL)):
        study.enter(person, code, values, cast.laboratory)
    return person


def found(person, rule="TRIAL-REL") -> ResponseAssessment:
    evaluate(participant_id=person.pk, process="test")
    return person.assessments.get(rule=rule, replaced_by=None)


def test_an_active_biopsy_after_one_in_remission_is_relapse(cast, person):
    histology.read(person, "W12", REMISSION)
    assert found(person).outcome == "CBR_MAINTAINED"
    histology.read(person, "W48", ACTIVE)
    assert is_pending(person)
    relapse = found(person)
    assert (relapse.outcome, relapse.reason_code) == ("RELAPSE", "biopsy_relapse")
    assert relapse.occurred_on == study.visit_of(person, "W48").target_on
    assert found(person, "RS3").outcome == "RELAPSE"
    assert found(person, "RS1").outcome == "NO_RELAPSE"


@pytest.mark.parametrize("first", [None, ACTIVE])
def test_without_one_in_remission_before_it_is_none(cast, person, first):
    if first:
        histology.read(person, "W12", first)
    histology.read(person, "W48", ACTIVE)
    assert found(person).outcome == "CBR_MAINTAINED"


def test_a_biopsy_that_one_of_two_has_read_does_not_count_yet(cast, person):
    histology.read(person, "W12", REMISSION)
    biopsy = histology.ready(person, "W48")
    histology.given(biopsy)
    histology.submit(biopsy, "reader", histology.answers(ACTIVE))
    assert found(person).outcome == "CBR_MAINTAINED"
    histology.submit(biopsy, "reader2", histology.answers(ACTIVE))
    assert found(person).outcome == "RELAPSE"


def test_too_small_a_biopsy_says_nothing(cast, person):
    histology.read(person, "W12", REMISSION)
    histology.read(person, "W48", ACTIVE, core_mm=9)
    assert found(person).outcome == "CBR_MAINTAINED"
