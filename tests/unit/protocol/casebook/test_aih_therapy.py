"""The treatment of AIH: what the rules of doses take, and the checks (§7)."""

from datetime import date
from decimal import Decimal

import pytest

from patients.regimens import Regimen, overlaps
from patients.steroids import cumulative_dose, prednisolone_equivalent
from tests.unit.protocol.casebook.facts_patients import case, found, needed, sound
from trial.protocol.casebook.aih_therapy import CHECKS, FORM
from trial.protocol.partial import parse
from trial.protocol.therapy import Steroid, SteroidParameters

PARAMETERS = SteroidParameters()
KNOWN = {"genotype": [{"tpmt": "normal", "nudt15": "intermediate"}]}


def dose(drug="prednisolone", mg="10", started="2026-05-01", stopped="", **more):
    """A line; it goes on if it does not stop."""
    return {
        "drug": drug,
        "daily_mg": Decimal(mg) if mg else None,
        "started": started,
        "stopped": stopped,
        "ongoing": not stopped,
        **more,
    }


def therapy(answers, *others, **forms):
    return case("aih_therapy", answers, *others, **forms)


def test_the_form_is_sound():
    sound(FORM, CHECKS)


def test_the_drugs_are_the_steroids_of_the_rules_and_three_more():
    codes = [one.code for one in FORM.question("drug").codes]
    assert codes == [*Steroid, "azathioprine", "mercaptopurine", "mycophenolate"]


def test_what_is_needed():
    assert needed(FORM) == {
        "drug", "daily_mg", "frequency", "route", "started", "ongoing", "indication",
        "change_reason",
    }  # fmt: skip
    assert "stopped" in needed(FORM, ongoing=False)
    assert "stopped" not in needed(FORM, ongoing=True)
    assert "event_line" in needed(FORM, change_reason="toxicity")
    assert "event_line" not in needed(FORM, change_reason="taper")


def regimen(values):
    """A line as the rules of doses take it."""
    return Regimen(
        Steroid(values["drug"]),
        values["daily_mg"],
        parse(values["started"]),
        parse(values["stopped"]) if values["stopped"] else None,
        ongoing=values["ongoing"],
    )


def test_lines_feed_the_cumulative_dose():
    taper = [
        dose(mg="30", started="2026-05-01", stopped="2026-05-08"),
        dose(mg="20", started="2026-05-08"),
    ]
    amount = cumulative_dose(
        [regimen(one) for one in taper], date(2026, 5, 1), date(2026, 5, 10), PARAMETERS
    )
    assert amount.exact == 7 * 30 + 3 * 20


def test_a_dose_the_rules_refuse_is_refused():
    assert FORM.question("daily_mg").problem(Decimal(0)) == "too_low"
    assert FORM.question("daily_mg").problem(Decimal("0.375")) == ""


def test_a_stop_is_not_before_the_start_and_not_of_what_goes_on():
    assert found(CHECKS, therapy(dose(started="2026-05-02", stopped="2026-05-01"))) == {"AT-01"}
    assert not found(CHECKS, therapy(dose(started="2026-05", stopped="2026-05-01")))
    assert found(CHECKS, therapy(dose(stopped="2026-05-09", ongoing=True))) == {"AT-02"}
    assert not found(CHECKS, therapy(dose(stopped="2026-05-09", ongoing=None)))


OVERLAPS = [
    # before, this one, whether they surely share a day
    (dose(stopped="2026-05-09"), dose(started="2026-05-10"), False),
    (dose(stopped="2026-05-10"), dose(started="2026-05-10"), False),  # the dose was changed
    (dose(stopped="2026-05-11"), dose(started="2026-05-10"), True),
    (dose(), dose(started="2026-05-10"), True),
    (dose(), dose(started="2026-05-10", stopped="2026-05-10"), True),
    (dose(stopped="2026-05-20"), dose(started="2026-05-10", stopped="2026-05-10"), True),
    (dose(stopped="2026-05-10"), dose(started="2026-05-10", stopped="2026-05-10"), False),
    (
        dose(started="2026-05-10", stopped="2026-05-10"),
        dose(started="2026-05-10", stopped="2026-05-10"),
        True,
    ),
    (dose(started="2026-04", stopped="2026-05"), dose(started="2026-05-10"), False),
    (dose(started="2026-04", stopped="2026-06"), dose(started="2026-05-10"), True),
    (dose(started="2026", stopped="2026"), dose(started="2026-05-10"), False),
    (dose(started="2026-05-20"), dose(started="2026-05-01", stopped="2026-05-10"), False),
    (dose("prednisone"), dose(started="2026-05-10"), False),
]


@pytest.mark.parametrize(("before", "this", "shared"), OVERLAPS)
def test_two_lines_of_a_drug_that_share_a_day_are_asked_about(before, this, shared):
    assert ("AT-03" in found(CHECKS, therapy(this, before))) is shared
    # of two lines the one that was entered first is not asked about
    assert "AT-03" not in found(CHECKS, therapy(this, before, at=0))


@pytest.mark.parametrize(("before", "this", "shared"), OVERLAPS)
def test_overlaps_agree_with_the_rule_of_regimens(before, this, shared):
    both = [regimen(before), regimen(this)]
    certain = [one for one in overlaps(both, PARAMETERS) if one.days.certain and one.same_drug]
    assert bool(certain) is shared


@pytest.mark.parametrize(
    "unknown",
    [{"started": ""}, {"drug": ""}, {"ongoing": None}, {"ongoing": False, "stopped": ""}],
)
def test_lines_with_unknown_days_are_not_said_to_overlap(unknown):
    assert "AT-03" not in found(CHECKS, therapy({**dose(), **unknown}, dose()))
    assert "AT-03" not in found(CHECKS, therapy(dose(), {**dose(), **unknown}))


@pytest.mark.parametrize(("mg", "fires"), [("150", False), ("150.001", True), ("", False)])
def test_azathioprine_above_2_5_mg_per_kg(mg, fires):
    own = therapy(dose("azathioprine", mg, weight_kg=Decimal(60)), **KNOWN)
    assert (found(CHECKS, own) == {"AT-04"}) is fires
    measured = [{"measured_on": date(2026, 4, 1), "weight_kg": Decimal(60)}]
    taken = therapy(dose("azathioprine", mg), vital_signs=measured, **KNOWN)
    assert (found(CHECKS, taken) == {"AT-04"}) is fires


def test_the_newest_weight_before_the_start_counts():
    signs = [
        {"measured_on": date(2026, 4, 1), "weight_kg": Decimal(70)},
        {"measured_on": date(2026, 5, 1), "weight_kg": Decimal(50)},
        {"measured_on": date(2026, 5, 2), "weight_kg": Decimal(90)},
        {"measured_on": date(2026, 4, 30), "weight_kg": None},
        {"measured_on": None, "weight_kg": Decimal(90)},
    ]
    assert found(CHECKS, therapy(dose("azathioprine", "150"), vital_signs=signs, **KNOWN)) == {
        "AT-04"
    }
    before = therapy(dose("azathioprine", "150", "2026-04"), vital_signs=signs, **KNOWN)
    assert not found(CHECKS, before)
    own = dose("azathioprine", "150", weight_kg=Decimal(60))
    assert not found(CHECKS, therapy(own, vital_signs=signs, **KNOWN))


def test_without_a_weight_or_of_another_drug_nothing_is_said_of_mg_per_kg():
    assert not found(CHECKS, therapy(dose("azathioprine", "500"), **KNOWN))
    later = [{"measured_on": date(2026, 5, 2), "weight_kg": Decimal(50)}]
    assert not found(CHECKS, therapy(dose("azathioprine", "500"), vital_signs=later, **KNOWN))
    other = dose("mycophenolate", "2000", weight_kg=Decimal(60))
    assert not found(CHECKS, therapy(other))


@pytest.mark.parametrize("drug", ["azathioprine", "mercaptopurine"])
@pytest.mark.parametrize(
    ("genotype", "fires"),
    [
        ([], {"AT-05"}),
        ([{"tpmt": "normal", "nudt15": "not_tested"}], {"AT-05"}),
        ([{"tpmt": "", "nudt15": "normal"}], {"AT-05"}),
        ([{"tpmt": "normal", "nudt15": "normal"}], set()),
        ([{"tpmt": "intermediate", "nudt15": "intermediate"}], set()),
        ([{"tpmt": "poor", "nudt15": "normal"}], {"AT-06"}),
        ([{"tpmt": "not_tested", "nudt15": "poor"}], {"AT-05", "AT-06"}),
    ],
)
def test_thiopurines_ask_for_both_genotypes(drug, genotype, fires):
    assert found(CHECKS, therapy(dose(drug, "50"), genotype=genotype)) == fires
    assert not found(CHECKS, therapy(dose("prednisolone"), genotype=genotype))
    assert not found(CHECKS, therapy({"drug": ""}, genotype=genotype))


@pytest.mark.parametrize(
    ("drug", "mg", "equal"),
    [("methylprednisolone", "16", 20), ("dexamethasone", "3", 20), ("hydrocortisone", "100", 25)],
)
def test_the_equivalents_of_the_clinical_rules(drug, mg, equal):
    assert prednisolone_equivalent(Steroid(drug), Decimal(mg), PARAMETERS) == equal


@pytest.mark.parametrize(
    ("drug", "mg", "fires"),
    [
        ("prednisolone", "100", False),
        ("prednisolone", "100.001", True),
        ("methylprednisolone", "80", False),
        ("methylprednisolone", "81", True),
        ("dexamethasone", "15", False),
        ("dexamethasone", "15.01", True),
        ("budesonide", "900", False),
        ("mycophenolate", "2000", False),
        ("prednisolone", "", False),
        ("", "500", False),
    ],
)
def test_more_steroid_than_any_regimen_is_asked_about(drug, mg, fires):
    assert ("AT-07" in found(CHECKS, therapy(dose(drug, mg)))) is fires


@pytest.mark.parametrize(("cirrhosis", "fires"), [(True, True), (False, False), (None, False)])
def test_budesonide_in_cirrhosis(cirrhosis, fires):
    diagnosis = [{"cirrhosis": cirrhosis}]
    one = therapy(dose("budesonide", "9"), diagnosis=diagnosis)
    assert (found(CHECKS, one) == {"AT-08"}) is fires
    assert not found(CHECKS, therapy(dose("prednisolone"), diagnosis=diagnosis))
    assert not found(CHECKS, therapy(dose("budesonide", "9")))
