"""Forms that lack answers stand against a lock, and are read in one statement for all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.selectors.readiness import missing
from tests.factories import filling, study
from tests.integration.quality.holding import no_forms, place_at
from tests.integration.quality.verifying import at
from trial.crf import services
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import missing as missing_in
from trial.quality.models import Scope
from visits.services import schedule

pytestmark = pytest.mark.django_db
VITALS = {"measured_on": study.DAY0, "systolic": 118, "diastolic": 74, "heart_rate": 70,
          "temperature": 36}  # fmt: skip


@pytest.fixture
def person(cast):
    """Day 0 took place; nothing was done at screening."""
    person = study.enrolled(cast.site)
    no_forms(person)
    return held(person)


def held(person):
    schedule.hold(visit=study.visit_of(person, "D0"), held_on=study.DAY0, by=study.SETUP)
    return person


def not_done(person):
    """Nothing was done at day 0 either."""
    owner = Owner(person, study.visit_of(person, "D0"))
    for code in ("vital_signs", "symptoms"):
        services.mark_not_done(owner=owner, form=BY_CODE[code], why="too ill", by=study.SETUP)


def gaps(person, scope=Scope.PARTICIPANT, visit=None) -> list[tuple[str, str]]:
    found = missing(scope, place_at(scope, person, visit))
    return [(one.visit_label, str(one.text)) for one in found if one.code == "form_incomplete"]


@pytest.mark.req("R-30")
def test_forms_of_a_held_visit_are_listed_with_how_much_is_missing(person):
    d0 = study.visit_of(person, "D0")
    needed = len(missing_in(BY_CODE["symptoms"], {}))
    assert gaps(person) == [
        ("D0", "Vital signs D0: 6 answers are missing."),
        ("D0", f"Symptoms and signs D0: {needed} answers are missing."),
    ]
    filling.fill(person, "vital_signs", VITALS, visit=d0)
    assert gaps(person)[0] == ("D0", "Vital signs D0: 1 answer is missing.")
    assert gaps(person, Scope.VISIT, d0) == gaps(person)
    filling.fill(person, "vital_signs", {"weight_kg": 62}, visit=d0, reason="weighed")
    assert [text for _visit, text in gaps(person)] == [
        f"Symptoms and signs D0: {needed} answers are missing."
    ]


@pytest.mark.req("R-30")
def test_what_was_not_done_or_is_not_held_yet_asks_for_nothing(person):
    not_done(person)
    assert gaps(person) == []
    assert gaps(person, Scope.VISIT, study.visit_of(person, "W4")) == []


@pytest.mark.req("R-30")
def test_a_line_that_was_begun_is_recorded_whole_or_struck(person):
    not_done(person)
    line = filling.fill(person, "medical_history", {"condition": "Asthma"})
    assert gaps(person) == [("", f"Medical history {line.number}: 4 answers are missing.")]
    assert gaps(person, Scope.VISIT, study.visit_of(person, "D0")) == []
    filling.strike(person, "medical_history", line.number)
    assert gaps(person) == []


def test_an_empty_sheet_that_was_taken_back_is_asked_for_again(person):
    d0 = study.visit_of(person, "D0")
    not_done(person)
    filling.fill(person, "vital_signs", {"systolic": 118}, visit=d0, reason="found in the file")
    assert gaps(person) == [("D0", "Vital signs D0: 5 answers are missing.")]


def test_one_statement_reads_the_forms_of_all_participants(cast, person):
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            missing(Scope.SITE, place_at(Scope.SITE, person))
        return len(found)

    one = statements()
    for _more in range(3):
        held(study.enrolled(cast.site))
    assert statements() == one
    assert (
        len([g for g in missing(Scope.STUDY, at(person)) if g.code == "form_incomplete"])
        == 2 + 3 * 5
    )  # forms of screening too
