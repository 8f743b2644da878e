"""Relapse by treatment (§3.2 (c)) through the form of AIH treatment and the evaluation."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from labs.models import ResponseAssessment
from labs.selectors import is_pending
from labs.services.evaluation import evaluate
from tests.factories import filling, study

pytestmark = pytest.mark.django_db

QUIET = {code: study.RELAPSE_COURSE[code] for code in ("D0", "W12", "W24")}
TAPER = {"drug": "prednisone", "daily_mg": 10, "frequency": "daily", "route": "oral",
         "started": "2025-01-06", "ongoing": False, "stopped": "2025-08-01",
         "indication": "induction", "change_reason": "first"}  # fmt: skip
RESUMED = {**TAPER, "daily_mg": 40, "started": "2025-09-15", "ongoing": True, "stopped": "",
           "indication": "relapse", "change_reason": "relapse"}  # fmt: skip


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def labs(person, cast, codes=QUIET):
    for code in codes:
        study.enter(person, code, QUIET[code], cast.laboratory)


def found(person, rule="TRIAL-REL") -> ResponseAssessment:
    evaluate(participant_id=person.pk, process="test")
    return person.assessments.get(rule=rule, replaced_by=None)


@pytest.mark.req("R-22")
def test_treatment_resumed_for_relapse_is_relapse_and_striking_the_line_undoes_it(cast, person):
    labs(person, cast)
    assert found(person).outcome == "CBR_MAINTAINED"
    filling.fill(person, "aih_therapy", TAPER)
    assert is_pending(person)
    assert found(person).outcome == "CBR_MAINTAINED"

    line = filling.fill(person, "aih_therapy", RESUMED)
    result = found(person)
    assert (result.outcome, result.reason_code) == ("RELAPSE", "immunosuppression_for_relapse")
    assert result.occurred_on == date(2025, 9, 15)
    assert found(person, "RS6").outcome == "RELAPSE"

    filling.strike(person, "aih_therapy", line.number)
    assert found(person).outcome == "CBR_MAINTAINED"
    assert found(person, "RS6").outcome == "NO_RELAPSE"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"indication": "maintenance", "change_reason": "physician"}, "CBR_MAINTAINED"),
        ({"indication": "maintenance"}, "RELAPSE"),  # what led to the dose is disease activity
        ({"change_reason": "physician"}, "RELAPSE"),
        ({"daily_mg": 5, "started": "2025-08-02"}, "CBR_MAINTAINED"),  # less than the day before
        ({"daily_mg": 5, "started": "2025-08-03"}, "RELAPSE"),  # begun again after a day without
        ({"started": "2025-09"}, "CBR_MAINTAINED"),  # which day is not known
        ({"drug": "mycophenolate", "daily_mg": 1000}, "RELAPSE"),
    ],
)
def test_what_raises_treatment_for_disease_activity_counts(cast, person, change, outcome):
    labs(person, cast)
    filling.fill(person, "aih_therapy", TAPER)
    filling.fill(person, "aih_therapy", RESUMED | change)
    assert found(person).outcome == outcome


def test_azathioprine_raised_counts_and_lowered_does_not(cast, person):
    labs(person, cast)
    first = RESUMED | {"drug": "azathioprine", "daily_mg": 50, "started": "2025-01-06",
                       "ongoing": False, "stopped": "2025-09-01", "indication": "maintenance",
                       "change_reason": "first"}  # fmt: skip
    filling.fill(person, "aih_therapy", first)
    lower = RESUMED | {"drug": "azathioprine", "daily_mg": 25, "started": "2025-09-01"}
    line = filling.fill(person, "aih_therapy", lower)
    assert found(person).outcome == "CBR_MAINTAINED"
    filling.fill(person, "aih_therapy", {"daily_mg": 75}, number=line.number, reason="misread")
    assert found(person).outcome == "RELAPSE"


def test_the_order_of_edits_does_not_matter(cast):
    """D3: the state decides, whatever came first and however often it was evaluated."""

    def first(person):
        labs(person, cast, ("D0", "W12"))

    def second(person):
        filling.fill(person, "aih_therapy", RESUMED)

    def third(person):
        labs(person, cast, ("W24",))

    answers = set()
    for order in permutations((first, second, third)):
        person = study.enrolled(cast.site)
        for step in order:
            step(person)
            evaluate(participant_id=person.pk, process="test")
        results = person.assessments.filter(replaced_by=None).order_by("rule")
        answers.add(tuple((one.rule, one.outcome, one.occurred_on) for one in results))
    assert len(answers) == 1


def test_a_late_correction_of_the_day_moves_the_relapse(cast, person):
    labs(person, cast)
    line = filling.fill(person, "aih_therapy", RESUMED)
    found(person)
    later = date(2025, 9, 15) + timedelta(days=3)
    filling.fill(person, "aih_therapy", {"started": later.isoformat()}, number=line.number,
                 reason="chart")  # fmt: skip
    assert found(person).occurred_on == later
