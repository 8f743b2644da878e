"""Concomitant medication and its checks."""

import pytest

from tests.unit.protocol.casebook.facts_patients import case, found, needed, sound
from trial.protocol.casebook.medication import CHECKS, FORM


def medication(**answers):
    return case("medication", answers)


def test_the_form_is_sound():
    sound(FORM, CHECKS)


def test_what_is_needed():
    assert needed(FORM) == {
        "drug", "given_for", "indication", "dose", "unit", "frequency", "route", "started",
        "ongoing",
    }  # fmt: skip
    assert {"stopped", "stop_reason"} <= needed(FORM, ongoing=False)
    assert not {"stopped", "stop_reason"} & needed(FORM, ongoing=True)
    assert "history_line" in needed(FORM, given_for="history")
    assert "event_line" in needed(FORM, given_for="adverse_event")
    assert not {"history_line", "event_line"} & needed(FORM, given_for="prevention")
    assert "unit_other" in needed(FORM, unit="other")


def test_a_stop_is_not_before_the_start_and_not_of_what_goes_on():
    assert found(CHECKS, medication(started="2026-05", stopped="2026-04")) == {"CM-01"}
    assert not found(CHECKS, medication(started="2026-05", stopped="2026-05"))
    assert not found(CHECKS, medication(started="", stopped="2026-04"))
    assert found(CHECKS, medication(ongoing=True, stopped="2026-05")) == {"CM-02"}
    assert not found(CHECKS, medication(ongoing=False, stopped="2026-05"))


@pytest.mark.parametrize(
    "drug",
    [
        "Prednisone",
        "methylPREDNISOLONE 4 mg",
        "Solu-Medrol",
        "Hydrocortisone",
        "Dexamethasone",
        "Betametasone",
        "Budesonide",
        "Azathioprine",
        "Imuran",
        "Mercaptopurine",
        "Mycophenolate mofetil",
        "醋酸泼尼松片",
        "甲泼尼龙",
        "甲强龙",
        "地塞米松",
        "硫唑嘌呤",
        "吗替麦考酚酯",
    ],
)
def test_drugs_of_the_aih_treatment_are_sent_there(drug):
    assert found(CHECKS, medication(drug=drug, route="oral")) == {"CM-03"}


@pytest.mark.parametrize(
    "answers",
    [
        {"drug": "Omeprazole", "route": "oral"},
        {"drug": "熊去氧胆酸", "route": "oral"},
        {"drug": "Budesonide", "route": "inhaled"},
        {"drug": "Hydrocortisone cream", "route": "skin"},
        {"drug": "Dexamethasone", "route": "eye"},
        {"drug": "Prednisolone", "route": ""},
        {"drug": "", "route": "oral"},
        {"drug": "Dexamethasone", "route": "iv", "given_for": "premedication"},
    ],
)
def test_other_drugs_and_local_steroids_stay(answers):
    assert not found(CHECKS, medication(**answers))


@pytest.mark.parametrize("atc", ["H02AB06", "A07EA06", "L04AX01", "L01BB02", "L04AA06", "h02ab"])
def test_the_atc_code_gives_them_away_as_well(atc):
    assert "CM-03" in found(CHECKS, medication(drug="Brand", route="oral", atc=atc))


@pytest.mark.parametrize(
    ("atc", "wrong"),
    [
        ("A02BC01", False),
        ("A02BC", False),
        ("A", False),
        ("", False),
        ("A02BC1", True),
        ("a02bc01", True),
        ("OMEPRAZ", True),
    ],
)
def test_an_atc_code_looks_like_one(atc, wrong):
    assert ("CM-04" in found(CHECKS, medication(atc=atc))) is wrong
