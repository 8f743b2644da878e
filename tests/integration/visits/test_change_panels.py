"""What has changed since baseline beside symptoms and vital signs (clinical rules §11)."""

from decimal import Decimal

import pytest

from patients.models import Sex
from tests.factories import filling, study
from trial.crf.panels import panels_of
from trial.crf.selectors import facts_of
from trial.protocol import registry

pytestmark = pytest.mark.django_db

VITALS = {"systolic": 120, "diastolic": 80, "heart_rate": 70, "temperature": Decimal("36.5")}


@pytest.fixture
def person(cast):
    person = study.enrolled(cast.site)
    for code in ("D0", "W12"):
        filling.hold(person, code)
    return person


def symptoms(person, code, **answers):
    visit = study.visit_of(person, code)
    answers = {"assessed_on": visit.held_on, **answers}
    filling.fill(person, "symptoms", answers, visit=visit)


def weighed(person, code, kg):
    visit = study.visit_of(person, code)
    answers = {**VITALS, "measured_on": visit.held_on, "weight_kg": Decimal(kg)}
    filling.fill(person, "vital_signs", answers, visit=visit)


def page(person, code, client):
    return client.get(f"/participants/{person.code}/visits/{code}/forms/").content.decode()


def test_symptoms_are_compared_with_baseline(cast, person, sign_in):
    symptoms(person, "D0", fatigue=7, nausea="none", ascites=False, jaundice="mild")
    symptoms(person, "W12", fatigue=3, nausea="moderate", ascites=True, jaundice="mild")
    client = sign_in(cast.investigator)
    shown = page(person, "W12", client)
    assert "Fatigue: 7 → 3" in shown
    assert "Nausea: None → Moderate; Ascites: no → yes" in shown
    assert "1 unchanged" in shown
    assert "Since baseline" not in page(person, "D0", client)


def test_a_man_is_not_missed_what_is_asked_of_women(cast):
    person = study.enrolled(cast.site, sex=Sex.MALE)
    for code in ("D0", "W12"):
        filling.hold(person, code)
        symptoms(person, code, fatigue=5)
    facts = facts_of([person.pk])[person.pk]
    row = facts.all("symptoms")[-1]
    [panel] = panels_of(filling.BY_CODE["symptoms"], facts, person, registry.latest(), row)
    assert len(panel.context["open"]) == len(registry.latest().symptoms.items) - 2
    assert "Absent periods" not in panel.context["open"]


def test_the_weight_is_compared_with_baseline(cast, person, sign_in):
    client = sign_in(cast.investigator)
    weighed(person, "W12", "65.5")
    assert "Weight since baseline" not in page(person, "W12", client)
    weighed(person, "D0", "62.0")
    shown = page(person, "W12", client)
    assert "Weight since baseline (62.0 kg on 2025-01-06)" in shown
    assert "+3.5 kg" in shown
    assert "(+5.6 %)" in shown
