"""What speaks against azathioprine: counts on both sides, bilirubin and genotype at its start."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from patients.models import AihTherapy, Genotype
from safety.selectors.azathioprine import azathioprine_warnings
from tests.factories import liver, study
from trial.audit.context import transaction
from trial.crf.selectors import facts_of

pytestmark = pytest.mark.django_db


def warned(person):
    facts = facts_of([person.pk])[person.pk]
    return [str(one.code) for one in azathioprine_warnings(person, facts)]


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def begin(person, started="2025-01-20"):
    with transaction(by=study.SETUP):
        AihTherapy.objects.create(
            participant=person, drug="azathioprine", daily_mg=50, started=started, ongoing=True,
            change_reason="first", saved_at=timezone.now(), saved_by="test",
        )  # fmt: skip


def tested(person, **answers):
    with transaction(by=study.SETUP):
        Genotype.objects.create(
            participant=person, saved_at=timezone.now(), saved_by="test", **answers
        )


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"WBC": "2.5", "PLAT": "50"}, []), ({"WBC": "2.49"}, ["leukocytes"]),
        ({"PLAT": "49"}, ["platelets"]), ({"PLAT": "<50"}, ["platelets"]),
        ({"PLAT": "<60"}, []), ({"WBC": "2", "PLAT": "20"}, ["leukocytes", "platelets"]),
    ],
)  # fmt: skip
def test_counts_to_hold_it_for(cast, person, values, codes):
    liver.draw(person, cast.laboratory, 30, **values)
    assert warned(person) == codes


def test_the_newest_usable_count_decides(cast, person):
    liver.draw(person, cast.laboratory, 30, WBC="2")
    liver.draw(person, cast.laboratory, 40, WBC="4")
    liver.draw(person, cast.laboratory, 50, WBC="1", state="rejected")
    assert warned(person) == []


@pytest.mark.parametrize(("text", "codes"), [("99.9", []), ("100", ["bilirubin"])])
def test_bilirubin_at_the_start(cast, person, text, codes):
    tested(person, tpmt="normal", nudt15="normal")
    liver.draw(person, cast.laboratory, 10, BILI=text)
    liver.draw(person, cast.laboratory, 60, BILI="200")
    begin(person)
    assert warned(person) == codes


def test_what_is_not_known_at_the_start_is_said(person):
    begin(person)
    assert warned(person) == ["bilirubin_missing", "tpmt_missing", "nudt15_missing"]


def test_two_statements(cast, person):
    facts = facts_of([person.pk])[person.pk]
    with CaptureQueriesContext(connection) as found:
        azathioprine_warnings(person, facts)
    assert len(found) == 2


def test_it_is_said_beside_the_treatment(cast, person, sign_in):
    liver.draw(person, cast.laboratory, 30, PLAT="49")
    page = f"/participants/{person.code}/casebook/aih_therapy/"
    client = sign_in(cast.coordinator)
    assert "platelet count" not in client.get(page).content.decode()
    begin(person)
    shown = client.get(page).content.decode()
    assert "The newest platelet count (49 ×10⁹/L" in shown
    assert "Line 1: azathioprine was started, TPMT is not entered." in shown
