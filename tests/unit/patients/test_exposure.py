"""Exposure to steroids and azathioprine from the lines of the form (clinical rules §7)."""

from datetime import date
from decimal import Decimal

import pytest

from patients.exposure import azathioprine_on, exposure_of, overlapping
from patients.therapy_lines import dose_of, lines_of, of_drug, raised_by
from trial.protocol.therapy import AzathioprineParameters, Immunosuppressant, SteroidParameters

STEROIDS, AZATHIOPRINE = SteroidParameters(), AzathioprineParameters()
UNTIL = date(2024, 3, 31)


def line(drug, mg, started, stopped="", **more):
    return {"drug": drug, "daily_mg": None if mg is None else Decimal(mg), "started": started,
            "stopped": stopped, "ongoing": not stopped, **more}  # fmt: skip


def lines(*answers):
    return lines_of(enumerate(answers, 1))


TAPER = lines(
    line("prednisolone", 40, "2024-01-01", "2024-01-11"),
    line("methylprednisolone", 16, "2024-01-11", "2024-01-31"),
    line("prednisone", 10, "2024-02-01"),
)


def test_a_taper_in_sum_and_at_each_day():
    found = exposure_of(TAPER, UNTIL, STEROIDS)
    # 11 days of 40 and 21 of 20, the 11th being of both drugs; 60 of 10
    assert found.cumulative.exact == 11 * 40 + 21 * 20 + 60 * 10
    assert found.today.exact == 10
    assert (found.low.exact, found.first_exact) == (date(2024, 2, 1), True)
    assert (found.free, found.free_since, found.gaps) == (False, None, ())


def test_without_steroids_there_is_no_exposure():
    assert exposure_of(lines(line("azathioprine", 50, "2024-01-01")), UNTIL, STEROIDS) is None
    assert exposure_of(lines(line("prednisone", 5, "")), UNTIL, STEROIDS) is None
    assert exposure_of((), UNTIL, STEROIDS) is None


def test_partial_dates_leave_bounds():
    found = exposure_of(lines(line("prednisone", 10, "2024-01", "2024-02-29")), UNTIL, STEROIDS)
    assert (found.cumulative.low, found.cumulative.high) == (300, 600)
    assert not found.first_exact
    assert found.free_since.exact == date(2024, 3, 1)


def test_a_month_of_the_start_that_is_not_over_yet():
    """As typed in the middle of the month: it may still begin."""
    found = exposure_of(lines(line("prednisone", 40, "2024-03")), date(2024, 3, 15), STEROIDS)
    assert (found.first, found.first_exact, found.free) == (date(2024, 3, 1), False, None)
    assert (found.cumulative.low, found.cumulative.high) == (0, 15 * 40)
    assert found.low.latest is None


def test_an_unknown_start_or_dose_has_no_upper_bound():
    unknown = line("prednisone", 5, "", "2024-02-01")
    found = exposure_of((*TAPER, *lines(unknown)), UNTIL, STEROIDS)
    assert (found.cumulative.high, found.cumulative.missing) == (None, ("start_missing",))
    found = exposure_of(lines(line("prednisone", None, "2024-01-01")), UNTIL, STEROIDS)
    assert (found.cumulative.low, found.cumulative.high) == (0, None)


def test_days_before_the_start_are_no_days_at_a_low_dose():
    found = exposure_of(lines(line("prednisone", 40, "2024-01")), UNTIL, STEROIDS)
    assert found.low.latest is None


def test_a_day_left_out_is_a_gap_and_the_end_is_none():
    found = exposure_of(
        lines(
            line("prednisone", 20, "2024-01-01", "2024-01-10"),
            line("prednisone", 10, "2024-01-12", "2024-01-20"),
        ),
        UNTIL,
        STEROIDS,
    )
    assert [(one.first, one.last) for one in found.gaps] == [(date(2024, 1, 11),) * 2]
    assert found.free is True


def test_lines_of_one_drug_that_share_days_are_told_apart_from_a_change_of_dose():
    both = lines(
        line("prednisone", 20, "2024-01-01", "2024-01-10"), line("prednisone", 10, "2024-01-05"),
        line("azathioprine", 50, "2024-01-01"),
    )  # fmt: skip
    found = overlapping(both, STEROIDS)
    assert [(one.number, other.number) for one, other, _days in found] == [(1, 2)]
    assert overlapping(TAPER, STEROIDS) == []


@pytest.mark.parametrize(
    ("mg", "weight", "per_kg", "high"),
    [(150, 60, "2.5", False), (151, 60, None, True), (100, None, None, None)],
)
def test_azathioprine_per_kg(mg, weight, per_kg, high):
    weights = [(date(2024, 1, 1), Decimal(weight))] if weight else []
    taken = lines(line("azathioprine", mg, "2024-01-01"))
    found = azathioprine_on(taken, weights, UNTIL, STEROIDS, AZATHIOPRINE)
    assert (found.mg, found.high) == (mg, high)
    if per_kg:
        assert found.per_kg == Decimal(per_kg)


def test_the_weight_of_the_line_goes_before_a_later_one():
    taken = lines(line("azathioprine", 100, "2024-01-01", weight_kg=Decimal(50)))
    weights = [(date(2024, 1, 1), Decimal(40)), (date(2024, 6, 1), Decimal(90))]
    found = azathioprine_on(taken, weights, UNTIL, STEROIDS, AZATHIOPRINE)
    assert found.per_kg == 2
    assert azathioprine_on(taken, weights, date(2023, 1, 1), STEROIDS, AZATHIOPRINE) is None


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (line("azathioprine", 50, "2024-01-01", "2024-02-01"), 75, True),
        (line("azathioprine", 50, "2024-01-01", "2024-02-01"), 50, False),
        (line("azathioprine", 50, "2024-01-01", "2024-01-15"), 25, True),  # begun again
        (line("azathioprine", None, "2024-01-01", "2024-02-01"), 75, None),
        (line("azathioprine", 50, "2024-01-01", "2024"), 25, None),
        (line("mercaptopurine", 50, "2024-01-01", "2024-02-01"), 25, True),
    ],
)
def test_what_raises_another_drug(before, now, expected):
    both = lines(before, line("azathioprine", now, "2024-02-01"))
    assert raised_by(both[1], both, STEROIDS) is expected


def test_a_line_whose_first_day_is_not_known_raises_nothing_for_sure():
    both = lines(line("prednisone", 20, "2024-01-01"), line("prednisone", 60, "2024-02"))
    assert raised_by(both[1], both, STEROIDS) is None


def test_a_dose_is_at_least_and_at_most():
    taken = lines(line("mycophenolate", 1000, "2024-01", "2024-02"))
    regimens = of_drug(taken, Immunosuppressant.MYCOPHENOLATE)
    assert dose_of(regimens, date(2024, 1, 15), STEROIDS) == (Decimal(0), Decimal(1000))
    assert dose_of(regimens, date(2024, 1, 31), STEROIDS) == (Decimal(1000), Decimal(1000))


@pytest.mark.parametrize(
    ("indication", "change", "expected"),
    [("relapse", "", True), ("", "relapse", True), ("induction", "taper", False),
     ("induction", "", None), ("", "", None)],
)  # fmt: skip
def test_whether_relapse_is_why(indication, change, expected):
    found = lines(line("prednisone", 20, "2024-01-01", indication=indication, change_reason=change))
    assert found[0].for_relapse is expected


def test_a_line_that_cannot_be_is_none():
    assert lines({"drug": ""}, line("prednisone", 5, "2024-02-01", "2024-01-01")) == ()
