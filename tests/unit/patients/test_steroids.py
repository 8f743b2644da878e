"""Prednisolone equivalents, daily and cumulative doses, freedom from steroids (rules §7)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from patients.regimens import (
    Overlap,
    Regimen,
    Span,
    gaps,
    overlaps,
)
from patients.steroids import (
    Amount,
    FirstDay,
    cumulative_dose,
    daily_dose,
    daily_mg,
    first_low_day,
    prednisolone_equivalent,
    steroid_free,
    steroid_free_response,
)
from tests.unit.patients.builders import TAPER, amount, day, known, regimen
from trial.protocol.partial import PartialDate
from trial.protocol.therapy import Steroid, SteroidParameters

PARAMETERS = SteroidParameters()
START = PartialDate.of(day("2024-01-01"))
BOTH_DOSES = SteroidParameters(change_day="both_doses")


# --- equivalents --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drug", "mg", "expected"),
    [
        ("methylprednisolone", "16", "20"),  # the three tests of §7.1
        ("dexamethasone", "3", "20"),
        ("hydrocortisone", "100", "25"),
        ("prednisone", "5", "5"),  # and the table: what equals 5 mg
        ("prednisolone", "5", "5"),
        ("methylprednisolone", "4", "5"),
        ("hydrocortisone", "20", "5"),
        ("cortisone", "25", "5"),
        ("triamcinolone", "4", "5"),
        ("dexamethasone", "0.75", "5"),
        ("betamethasone", "0.75", "5"),
        ("deflazacort", "6", "5"),
        ("prednisone", "0", "0"),
    ],
)
def test_equivalents(drug, mg, expected):
    found = prednisolone_equivalent(Steroid(drug), Decimal(mg), PARAMETERS)
    assert found == Decimal(expected)


@pytest.mark.parametrize(
    ("drug", "factor"),
    [
        ("prednisone", "1.0"),
        ("prednisolone", "1.0"),
        ("methylprednisolone", "1.25"),
        ("hydrocortisone", "0.25"),
        ("cortisone", "0.20"),
        ("triamcinolone", "1.25"),
        ("dexamethasone", "6.667"),
        ("betamethasone", "6.667"),
        ("deflazacort", "0.833"),
    ],
)
def test_the_published_factors_are_those_of_1_mg(drug, factor):
    found = prednisolone_equivalent(Steroid(drug), Decimal(1), PARAMETERS)
    assert round(known(found), 3) == Decimal(factor)


def test_budesonide_has_no_equivalent():
    assert prednisolone_equivalent(Steroid.BUDESONIDE, Decimal(9), PARAMETERS) is None


def test_every_steroid_has_its_row():
    assert set(PARAMETERS.equal_to_five) == set(Steroid)


def test_another_equivalent_is_a_parameter():
    table = {**PARAMETERS.equal_to_five, Steroid.BETAMETHASONE: Decimal("0.6")}
    changed = replace(PARAMETERS, equal_to_five=table)
    assert prednisolone_equivalent(Steroid.BETAMETHASONE, Decimal("0.6"), changed) == 5


@pytest.mark.parametrize("mg", ["0", "-4", "NaN"])
def test_an_equivalent_lies_above_0(mg):
    with pytest.raises(ValueError, match="above 0"):
        SteroidParameters({**PARAMETERS.equal_to_five, Steroid.PREDNISONE: Decimal(mg)})


def test_a_table_that_leaves_a_drug_out_is_refused():
    """Else its doses would count as not convertible."""
    table = {drug: mg for drug, mg in PARAMETERS.equal_to_five.items() if drug != "cortisone"}
    with pytest.raises(ValueError, match="Every steroid"):
        SteroidParameters(table)


def test_a_table_that_changes_later_changes_no_parameters():
    table = dict(PARAMETERS.equal_to_five)
    own = SteroidParameters(table)
    table[Steroid.PREDNISONE] = Decimal(1)
    assert own == PARAMETERS


@pytest.mark.parametrize("mg", ["-1", "NaN"])
def test_an_impossible_dose_has_no_equivalent(mg):
    with pytest.raises(ValueError, match="from 0"):
        prednisolone_equivalent(Steroid.PREDNISONE, Decimal(mg), PARAMETERS)


@pytest.mark.parametrize(
    ("dose", "times", "every_days", "expected"),
    [("10", 1, 1, "10"), ("5", 3, 1, "15"), ("10", 1, 2, "5"), ("40", 1, 7, "5.714286")],
)
def test_the_mean_of_a_day(dose, times, every_days, expected):
    assert round(daily_mg(Decimal(dose), times, every_days), 6) == Decimal(expected)


@pytest.mark.parametrize(("dose", "times", "every"), [("0", 1, 1), ("1", 0, 1), ("1", 1, 0)])
def test_no_mean_of_nothing(dose, times, every):
    with pytest.raises(ValueError, match="above 0"):
        daily_mg(Decimal(dose), times, every)


# --- whole dates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "mg"),
    [
        ("2023-12-31", "0"),
        ("2024-01-01", "30"),
        ("2024-01-07", "30"),
        ("2024-01-08", "20"),
        ("2024-01-14", "20"),
        ("2024-01-15", "15"),
        ("2024-01-28", "15"),
        ("2024-01-29", "10"),
        ("2025-11-02", "10"),
    ],
)
def test_the_dose_of_a_day_along_a_taper(on, mg):
    assert daily_dose(TAPER, day(on), PARAMETERS) == amount(mg)


@pytest.mark.parametrize(
    ("first", "last", "mg"),
    [
        ("2024-01-01", "2024-01-28", "560"),  # 7 × 30 + 7 × 20 + 14 × 15
        ("2024-01-01", "2024-02-11", "700"),  # and 14 × 10
        ("2024-01-07", "2024-01-08", "50"),
        ("2024-01-07", "2024-01-07", "30"),
        ("2023-12-01", "2023-12-31", "0"),
        ("2023-12-01", "2024-01-01", "30"),
    ],
)
def test_the_cumulative_dose_of_a_taper(first, last, mg):
    assert cumulative_dose(TAPER, day(first), day(last), PARAMETERS) == amount(mg)


def test_the_cumulative_dose_of_the_easl_taper_by_hand():
    """§7.2: 60, 50, 40, 30, 25, 20 mg a week each, 15 and 12.5 mg for two weeks each."""
    weeks = ["60", "50", "40", "30", "25", "20", "15", "15", "12.5", "12.5"]
    begin = day("2024-03-04")
    taper = [
        Regimen(
            Steroid.PREDNISOLONE,
            Decimal(mg),
            PartialDate.of(begin + timedelta(weeks=week)),
            PartialDate.of(begin + timedelta(weeks=week, days=6)),
        )
        for week, mg in enumerate(weeks)
    ]
    last = begin + timedelta(days=69)
    assert cumulative_dose(taper, begin, last, PARAMETERS) == amount("1960")
    assert gaps(taper, begin, last, PARAMETERS) == ()
    assert overlaps(taper, PARAMETERS) == ()


def test_two_drugs_of_one_day_add_up():
    pulse = regimen("80", "2024-01-03", "2024-01-04", Steroid.METHYLPREDNISOLONE)
    assert daily_dose([*TAPER, pulse], day("2024-01-03"), PARAMETERS) == amount("130")
    total = cumulative_dose([pulse, *TAPER], day("2024-01-01"), day("2024-01-07"), PARAMETERS)
    assert total == amount("410")  # 7 × 30 + 2 × 100


CHANGED = [regimen("30", "2024-01-01", "2024-01-08"), regimen("20", "2024-01-08", "2024-01-14")]


def test_the_day_of_a_change_counts_for_the_new_dose():
    assert daily_dose(CHANGED, day("2024-01-08"), PARAMETERS) == amount("20")
    assert daily_dose(CHANGED, day("2024-01-08"), BOTH_DOSES) == amount("50")
    assert overlaps(CHANGED, PARAMETERS) == ()
    shared = Span(day("2024-01-08"), day("2024-01-08"))
    assert overlaps(CHANGED, BOTH_DOSES) == (Overlap(0, 1, shared, same_drug=True),)


@pytest.mark.parametrize(
    ("second", "mg"),
    [
        (regimen("20", "2024-01-08", "2024-01-14", Steroid.PREDNISONE), "50"),  # another drug
        (regimen("20", "2024-01-07", "2024-01-14"), "50"),  # an overlap, no change
        (regimen("20", "2024-01-09", "2024-01-14"), "30"),
    ],
)
def test_what_is_no_change_of_dose_adds_up(second, mg):
    assert daily_dose([CHANGED[0], second], day("2024-01-08"), PARAMETERS) == amount(mg)


def test_a_dose_of_one_day_is_not_lost_in_a_change():
    one_day = regimen("50", "2024-01-08", "2024-01-08")
    assert daily_dose([one_day, CHANGED[1]], day("2024-01-08"), PARAMETERS) == amount("70")


# --- to 10 mg, and to none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mg", "drug", "low"),
    [
        ("10", Steroid.PREDNISOLONE, True),
        ("10.01", Steroid.PREDNISOLONE, False),
        ("8", Steroid.METHYLPREDNISOLONE, True),
        ("8.01", Steroid.METHYLPREDNISOLONE, False),
        ("1.5", Steroid.DEXAMETHASONE, True),
        ("1.501", Steroid.DEXAMETHASONE, False),
        ("12", Steroid.DEFLAZACORT, True),
        ("12.01", Steroid.DEFLAZACORT, False),
        ("40", Steroid.HYDROCORTISONE, True),
    ],
)
def test_at_10_mg_is_low_and_above_is_not(mg, drug, low):
    begin = day("2024-01-01")
    taken = [regimen(mg, "2024-01-01", "ongoing", drug)]
    found = first_low_day(taken, begin, begin + timedelta(days=99), PARAMETERS)
    assert found == (FirstDay(begin, begin) if low else FirstDay(None, None))


def test_thirds_that_make_10_mg_are_10_mg():
    parts = [regimen(mg, "2024-01-01", "ongoing", Steroid.DEFLAZACORT) for mg in ("5", "7")]
    found = first_low_day(parts, day("2024-01-01"), day("2024-01-02"), PARAMETERS)
    assert found.exact == day("2024-01-01")


@pytest.mark.parametrize(("mg", "every", "days"), [("40", 7, 7), ("20", 3, 3), ("10", 3, 90)])
def test_what_is_taken_every_few_days_adds_up_to_what_was_swallowed(mg, every, days):
    """40 mg once a week are 40 mg in a week, though a day's share of it has no end."""
    taken = [Regimen(Steroid.PREDNISOLONE, daily_mg(Decimal(mg), 1, every), START, ongoing=True)]
    last = day("2024-01-01") + timedelta(days=days - 1)
    total = cumulative_dose(taken, day("2024-01-01"), last, PARAMETERS)
    assert total == amount(str(Decimal(mg) * (days // every)))


def test_shares_of_a_day_that_make_10_mg_are_10_mg():
    parts = [
        Regimen(Steroid.PREDNISOLONE, daily_mg(Decimal(mg), 1, 3), START, ongoing=True)
        for mg in ("5", "5", "20")
    ]
    found = first_low_day(parts, day("2024-01-01"), day("2024-01-02"), PARAMETERS)
    assert found.exact == day("2024-01-01")


def test_the_first_low_day_of_a_taper():
    first, last = day("2024-01-01"), day("2024-06-30")
    assert first_low_day(TAPER, first, last, PARAMETERS).exact == day("2024-01-29")
    assert first_low_day(TAPER[:3], first, last, PARAMETERS).exact == day("2024-01-29")  # none
    twenty = replace(PARAMETERS, low_dose=Decimal(20))
    assert first_low_day(TAPER, first, last, twenty).exact == day("2024-01-08")
    assert first_low_day(TAPER, first, day("2024-01-28"), PARAMETERS) == FirstDay(None, None)


@pytest.mark.parametrize(
    ("on", "free"),
    [
        ("2023-12-31", True),
        ("2024-01-01", False),
        ("2024-01-07", False),
        ("2024-01-08", True),
    ],
)
@pytest.mark.parametrize("drug", [Steroid.PREDNISONE, Steroid.BUDESONIDE])
@pytest.mark.parametrize("mg", ["1", ""])
def test_free_of_steroids_whatever_the_drug_and_the_dose(on, free, drug, mg):
    taken = [regimen(mg, "2024-01-01", "2024-01-07", drug)]
    assert steroid_free(taken, day(on), PARAMETERS) is free


@pytest.mark.parametrize("response", [True, False, None])
@pytest.mark.parametrize(
    ("stop", "free"), [("2024-05-31", True), ("2024-06-01", False), ("2024-06", None)]
)
def test_a_response_free_of_steroids_needs_both(response, stop, free):
    """Worked by hand: the sample is of 1 June; of the month of June the day is open."""
    start = "2024-06" if stop == "2024-06" else "2024-01-01"
    taken = [regimen("5", start, stop)]
    on = day("2024-06-01")
    assert steroid_free(taken, on, PARAMETERS) is free
    expected = False if False in (response, free) else None if None in (response, free) else True
    assert steroid_free_response(response, taken, on, PARAMETERS) is expected


# --- what is not known --------------------------------------------------------------------------


def test_a_missing_dose_has_no_upper_bound():
    taken = [regimen("10", "2024-01-01", "ongoing"), regimen("", "2024-01-03", "2024-01-04")]
    first, last = day("2024-01-01"), day("2024-01-05")
    assert cumulative_dose(taken, first, last, PARAMETERS) == Amount(
        Decimal(50), None, ("dose_missing",)
    )
    assert daily_dose(taken, day("2024-01-02"), PARAMETERS).exact == Decimal(10)
    assert daily_dose(taken, day("2024-01-03"), PARAMETERS).exact is None


def test_budesonide_is_not_counted_as_nothing():
    taken = [regimen("9", "2024-01-01", "ongoing", Steroid.BUDESONIDE)]
    first, last = day("2024-01-01"), day("2024-01-05")
    assert cumulative_dose(taken, first, last, PARAMETERS) == Amount(
        Decimal(0), None, ("not_convertible",)
    )
    assert first_low_day(taken, first, last, PARAMETERS) == FirstDay(first, None)


def test_the_month_of_a_stop_bounds_the_dose():
    """20 mg from 1 April until some day in May: 31 to 61 days, by hand."""
    taken = [regimen("20", "2024-04-01", "2024-05")]
    first, last = day("2024-04-01"), day("2024-06-30")
    assert cumulative_dose(taken, first, last, PARAMETERS) == amount("620", "1220")
    assert daily_dose(taken, day("2024-05-01"), PARAMETERS) == amount("20")
    assert daily_dose(taken, day("2024-05-02"), PARAMETERS) == amount("0", "20")
    found = first_low_day(taken, first, last, PARAMETERS)
    assert found == FirstDay(day("2024-05-02"), day("2024-06-01"))
    assert found.exact is None
    assert gaps(taken, first, last, PARAMETERS) == (
        Span(day("2024-05-02"), day("2024-05-31"), certain=False),
        Span(day("2024-06-01"), last),
    )


def test_a_start_in_the_month_of_a_known_stop_is_not_after_it():
    taken = [regimen("20", "2024-05", "2024-05-20")]
    assert steroid_free(taken, day("2024-05-20"), PARAMETERS) is False
    assert steroid_free(taken, day("2024-05-19"), PARAMETERS) is None
    assert steroid_free(taken, day("2024-05-21"), PARAMETERS) is True


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        (regimen("5", "2024-05-01"), {"04-30": True, "05-01": False, "05-02": None}),
        (regimen("5", "", "2024-05-01"), {"04-30": None, "05-01": False, "05-02": True}),
        (regimen("5", "", ""), {"05-01": None}),
        (regimen("5", "", "ongoing"), {"05-01": None}),
        (regimen("5", "2024-05", "ongoing"), {"04-30": True, "05-30": None, "05-31": False}),
        (regimen("5", "2024-05-15", "2024-05"), {"05-14": True, "05-15": False, "05-16": None}),
        (regimen("5", "2023", "2024"), {"05-01": None}),
        (regimen("5", "2023", "2025"), {"05-01": False}),
    ],
)
def test_freedom_with_dates_missing(taken, free):
    for on, expected in free.items():
        assert steroid_free([taken], day(f"2024-{on}"), PARAMETERS) is expected


def test_no_change_of_dose_is_seen_in_a_start_that_is_not_known():
    taken = [regimen("30", "", "2024-01-08"), CHANGED[1]]
    assert daily_dose(taken, day("2024-01-08"), PARAMETERS) == amount("50")
    assert len(overlaps(taken, PARAMETERS)) == 1
