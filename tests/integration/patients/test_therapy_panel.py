"""What the list of AIH treatment works out beside its lines."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import filling, study

pytestmark = pytest.mark.django_db

BASE = {"frequency": "daily", "route": "oral", "indication": "induction", "change_reason": "first",
        "ongoing": False}  # fmt: skip


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def line(person, drug, mg, started, stopped="", **more):
    answers = {**BASE, "drug": drug, "daily_mg": Decimal(mg), "started": started,
               "stopped": stopped, "ongoing": not stopped, **more}  # fmt: skip
    return filling.fill(person, "aih_therapy", answers)


def page(person, client):
    return client.get(f"/participants/{person.code}/casebook/aih_therapy/").content.decode()


def test_doses_sums_and_warnings_stand_above_the_lines(cast, person, sign_in):
    client = sign_in(cast.investigator)
    assert "Doses at each visit" not in page(person, client)
    study.enter(person, "W12", study.RELAPSE_COURSE["W12"], cast.laboratory)
    visit = study.visit_of(person, "W12")
    filling.fill(
        person, "vital_signs",
        {"measured_on": visit.held_on, "systolic": 120, "diastolic": 80, "heart_rate": 70,
         "temperature": Decimal("36.5"), "weight_kg": Decimal(50)}, visit=visit,
    )  # fmt: skip
    line(person, "methylprednisolone", 16, "2025-01-06", "2025-02-04")  # 30 days of 20 mg
    line(person, "prednisone", 10, "2025-02-06", "2025-04-06")  # 60 days
    line(person, "azathioprine", 150, "2025-02-01")
    shown = page(person, client)
    assert "1200 mg" in shown
    assert "No steroid is recorded: 2025-02-05." in shown
    assert "2025-02-05, 30 days after the start" in shown
    assert "2025-04-07" in shown  # free since
    assert "10 mg a day" in shown
    assert "150 mg a day, 3 mg/kg" in shown
    assert "above the limit" in shown


def test_a_step_that_may_be_treatment_of_a_relapse_is_pointed_out(cast, person, sign_in):
    line(person, "prednisone", 10, "2025-01", indication="relapse")
    assert "Line 1 may be treatment of a relapse" in page(person, sign_in(cast.coordinator))


def test_the_panel_adds_no_statement_however_many_lines(cast, person, sign_in):
    client = sign_in(cast.investigator)

    def statements():
        page(person, client)
        with CaptureQueriesContext(connection) as found:
            page(person, client)
        return len(found)

    line(person, "prednisone", 10, "2025-01-06", "2025-01-31")
    few = statements()
    for month in range(2, 8):
        line(person, "prednisone", 10, f"2025-{month:02}-01", f"2025-{month:02}-20")
    assert statements() == few


def test_a_participant_who_has_left_is_followed_until_then(cast, person, sign_in):
    line(person, "prednisone", 10, "2025-01-06")
    filling.fill(
        person, "disposition", {"event": "withdrawal_full", "happened_on": date(2025, 1, 15)}
    )
    assert "100 mg" in page(person, sign_in(cast.investigator))
