"""Steroid exposure of many participants, and response without steroids (clinical rules §7.3)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labs.steroid_exposure import steroid_exposures
from patients.models import Participant
from tests.factories import filling, study
from trial.protocol.therapy import SteroidParameters

pytestmark = pytest.mark.django_db

QUIET = {"ALT": "30", "AST": "28", "IGG": "14"}
LINE = {"drug": "prednisone", "daily_mg": 20, "frequency": "daily", "route": "oral",
        "started": "2025-01-06", "indication": "induction", "change_reason": "first"}  # fmt: skip


def found():
    people = list(Participant.objects.select_related("site").order_by("pk"))
    return steroid_exposures(people, SteroidParameters())


@pytest.mark.parametrize(
    ("stopped", "values", "response"),
    [
        ("2025-02-04", QUIET, True),
        ("2025", QUIET, None),
        ("", QUIET, False),
        ("2025-02-04", {"ALT": "300", "AST": "28", "IGG": "14"}, False),
        ("2025-02-04", {"ALT": "30", "AST": "28"}, None),
    ],
)
def test_response_without_steroids(cast, stopped, values, response):
    person = study.enrolled(cast.site)
    filling.fill(person, "aih_therapy", LINE | {"stopped": stopped, "ongoing": not stopped})
    study.enter(person, "W24", values, cast.laboratory)
    (one,) = found()
    assert one.response is response
    if stopped == "2025-02-04":
        assert one.exposure.cumulative.exact == Decimal(600)
        assert one.exposure.low.exact == date(2025, 2, 5)


def test_statements_do_not_grow_with_the_participants(cast):
    def grow(number):
        for _n in range(number):
            person = study.enrolled(cast.site)
            filling.fill(person, "aih_therapy", LINE | {"ongoing": True})
            study.enter(person, "D0", QUIET, cast.laboratory)

    grow(1)
    people = list(Participant.objects.select_related("site"))
    with CaptureQueriesContext(connection) as few:
        steroid_exposures(people, SteroidParameters())
    grow(3)
    people = list(Participant.objects.select_related("site"))
    with CaptureQueriesContext(connection) as many:
        assert len(steroid_exposures(people, SteroidParameters())) == 4
    assert len(few) == len(many) == 3
