"""Steroids and azathioprine at each visit as they are exported, computed by hand beside."""

import io
import json
from decimal import Decimal

import pytest
from django.utils import timezone

from patients.models import AihTherapy
from reports import exports, past
from reports.datasets import DATASETS
from tests.factories import liver, study
from trial.audit.context import transaction
from trial.audit.seal import seal_now

pytestmark = pytest.mark.django_db
EXPOSURE = DATASETS["steroid-exposure"]
IGG = {"IGG": ("7", "16")}


def take(person, drug, mg, started, *, stopped="", number=1, **more):
    with transaction(by=study.SETUP):
        return AihTherapy.objects.create(
            participant=person, number=number, drug=drug, daily_mg=mg, started=started,
            stopped=stopped, ongoing=not stopped, saved_at=timezone.now(), saved_by="test", **more,
        )  # fmt: skip


@pytest.fixture
def person(cast):
    """Day 0 is 2025-01-06; samples on days 3, 30 and 60, the last without IgG."""
    person = study.enrolled(cast.site)
    liver.draw(person, cast.laboratory, 3, limits=IGG, ALT="200", AST="30", IGG="12")
    liver.draw(person, cast.laboratory, 30, limits=IGG, ALT="30", AST="30", IGG="12")
    liver.draw(person, cast.laboratory, 60, limits=IGG, ALT="30", AST="30")
    return person


@pytest.fixture
def treated(person):
    take(person, "prednisolone", 40, "2025-01-06", stopped="2025-01-12")
    take(person, "prednisolone", 10, "2025-01-13", stopped="2025-02-28", number=2)
    take(person, "azathioprine", 50, "2025-01-20", number=3, weight_kg=Decimal("60.0"))
    return person


def rows(client):
    return {row["held_on"]: row for row in client.rows("steroid-exposure/", visit="UNS")}


def written():
    file = io.BytesIO()
    exports.write(EXPOSURE, EXPOSURE.everything(), "ndjson", file)
    return file.getvalue()


def test_doses_and_sums_at_each_visit(cast, treated, api):
    found = rows(api(cast.sponsor))
    early, later, last = found["2025-01-09"], found["2025-02-05"], found["2025-03-07"]
    assert (early["prednisolone_mg"], early["cumulative_mg"]) == ("40", "160")  # four days
    assert (early["low_dose_on"], early["azathioprine_mg"]) == (None, None)
    # Seven days of 40 mg, then 24 of 10 mg.
    assert (later["prednisolone_mg"], later["cumulative_mg"]) == ("10", "520")
    assert later["cumulative_mg_most"] == "520"
    assert (later["steroid_first_on"], later["low_dose_on"]) == ("2025-01-06", "2025-01-13")
    assert later["days_to_low_dose"] == 7
    assert (later["azathioprine_mg"], later["azathioprine_mg_kg"]) == ("50", "0.8333")
    assert later["azathioprine_high"] is False
    # 280 mg and 47 days of 10 mg; a week without since.
    assert (last["prednisolone_mg"], last["cumulative_mg"]) == ("0", "750")
    assert {row["missing"] for row in found.values()} == {None}


def test_a_response_counts_as_free_of_steroids_only_without_them(cast, treated, api):
    found = rows(api(cast.sponsor))
    shown = {day: (row["steroid_free"], row["steroid_free_response"]) for day, row in found.items()}
    assert shown == {
        "2025-01-09": (False, False),
        "2025-02-05": (False, False),  # complete response, but on 10 mg
        "2025-03-07": (True, None),  # no IgG: not known
    }
    liver.draw(treated, cast.laboratory, 61, limits=IGG, ALT="30", AST="30", IGG="12")
    assert rows(api(cast.sponsor))["2025-03-08"]["steroid_free_response"] is True


def test_what_is_not_known_is_open(cast, person, api):
    take(person, "prednisolone", None, "2025-01")
    row = rows(api(cast.sponsor))["2025-02-05"]
    assert (row["prednisolone_mg"], row["prednisolone_mg_most"]) == ("0", None)
    assert (row["cumulative_mg_most"], row["missing"]) == (None, "dose_missing")
    assert (row["days_to_low_dose"], row["steroid_free"]) == (None, False)


def test_without_a_line_nothing_is_said_of_doses(cast, person, api):
    row = rows(api(cast.sponsor))["2025-02-05"]
    assert (row["prednisolone_mg"], row["missing"]) == (None, "no_line")
    assert row["steroid_free_response"] is None


def test_a_struck_line_counts_for_nothing(cast, person, api):
    take(person, "prednisolone", 40, "2025-01-06", struck=True)
    assert rows(api(cast.sponsor))["2025-02-05"]["missing"] == "no_line"


@pytest.mark.django_db(transaction=True)
def test_a_past_state_is_worked_out_from_the_lines_of_then(cast, treated):
    seal_now()
    before, moment = written(), past.at_time(timezone.now())
    with transaction(by=study.SETUP, reason="misread"):
        line = AihTherapy.objects.get(number=1)
        line.daily_mg, line.version = 60, line.version + 1
        line.save()
    assert [json.loads(one)["cumulative_mg"] for one in written().splitlines()].count("660") == 1
    with past.seen(moment, EXPOSURE.view):
        assert written() == before
