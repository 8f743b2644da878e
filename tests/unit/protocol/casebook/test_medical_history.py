"""Medical history and its checks (§1.2)."""

from datetime import date

import pytest

from tests.unit.protocol.casebook.facts_patients import case, found, needed, sound
from trial.protocol.casebook.medical_history import CHECKS, FORM


def history(person=None, **answers):
    return case("medical_history", answers, person=person)


def test_the_form_is_sound():
    sound(FORM, CHECKS)


def test_an_end_is_needed_of_what_has_ended_alone():
    assert needed(FORM) == {"condition", "category", "started", "ongoing", "treated"}
    assert "ended" in needed(FORM, ongoing=False)
    assert "ended" not in needed(FORM, ongoing=True)


@pytest.mark.parametrize(
    ("started", "ended", "wrong"),
    [
        ("2020-05-02", "2020-05-01", True),
        ("2020-05-02", "2020-05-02", False),
        ("2020-05", "2020-05-01", False),
        ("2020-05", "2020-04", True),
        ("2020", "2020", False),
        ("2020", "", False),
        ("", "2020", False),
    ],
)
def test_an_end_is_not_before_the_beginning(started, ended, wrong):
    one = history(started=started, ended=ended, ongoing=False)
    assert ("MH-01" in found(CHECKS, one)) is wrong


def test_what_goes_on_has_no_end():
    assert found(CHECKS, history(ongoing=True, ended="2020")) == {"MH-02"}
    assert not found(CHECKS, history(ongoing=False, ended="2020"))
    assert not found(CHECKS, history(ongoing=None, ended="2020"))
    assert not found(CHECKS, history(ongoing=True, ended=""))


@pytest.mark.parametrize(
    ("category", "ongoing", "fires"),
    [
        ("malignancy", None, {"MH-03"}),
        ("malignancy", False, {"MH-03"}),
        ("thrombosis", True, {"MH-04"}),
        ("thrombosis", False, set()),
        ("thrombosis", None, set()),
        ("liver", True, set()),
        ("", True, set()),
    ],
)
def test_a_malignancy_or_a_thrombosis_is_asked_about(category, ongoing, fires):
    assert found(CHECKS, history(category=category, ongoing=ongoing)) == fires


@pytest.mark.parametrize(
    ("started", "after"),
    [("2026-02-01", False), ("2026-02-02", True), ("2026-02", False), ("2026-03", True)],
)
def test_what_begins_after_consent_is_an_adverse_event(started, after):
    one = history(started=started, person={"consented_on": date(2026, 2, 1)})
    assert (found(CHECKS, one) == {"MH-05"}) is after
    assert not found(CHECKS, history(started=started))


def test_nothing_begins_before_birth():
    assert found(CHECKS, history(started="1979-12")) == {"MH-06"}
    assert not found(CHECKS, history(started="1980"))
