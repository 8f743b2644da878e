"""Whether more steroid is taken than on the day before, for TRIAL-REL (c) (rules §3.2, §7)."""

from datetime import timedelta

import pytest

from patients.steroids import raised
from tests.unit.patients.builders import TAPER, day, regimen
from trial.protocol.therapy import Steroid, SteroidParameters

PARAMETERS = SteroidParameters()
BUDESONIDE = regimen("9", "2024-01-01", "ongoing", Steroid.BUDESONIDE)
TEN = regimen("10", "2024-01-01", "2024-01-31")


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], False),
        ([TEN], False),  # stopped
        ([regimen("10", "2024-01-01", "ongoing")], False),  # goes on
        ([TEN, regimen("10.1", "2024-02-01")], True),
        ([TEN, regimen("10", "2024-02-01")], False),
        ([TEN, regimen("9.9", "2024-02-01")], False),
        ([TEN, regimen("8.1", "2024-02-01", "", Steroid.METHYLPREDNISOLONE)], True),
        ([TEN, regimen("8", "2024-02-01", "", Steroid.METHYLPREDNISOLONE)], False),
        # the dose was changed on the day itself: its last day of the old is the first of the new
        ([regimen("10", "2024-01-01", "2024-02-01"), regimen("5", "2024-02-01")], False),
        ([regimen("10", "2024-01-01", "2024-02-01"), regimen("20", "2024-02-01")], True),
        # one more drug on top of what goes on
        ([BUDESONIDE, regimen("5", "2024-02-01")], True),
        ([regimen("10", "2024-01-01", "ongoing"), regimen("5", "2024-02-01")], True),
        ([regimen("10", "2024-01-01", "ongoing"), regimen("", "2024-02-01")], True),
        # begun after a pause, whatever the drug and the dose
        ([regimen("10", "2024-01-01", "2024-01-30"), regimen("5", "2024-02-01")], True),
        ([regimen("9", "2024-02-01", "", Steroid.BUDESONIDE)], True),
        ([regimen("", "2024-02-01")], True),
        # open
        ([TEN, regimen("9", "2024-02-01", "", Steroid.BUDESONIDE)], None),
        ([TEN, regimen("", "2024-02-01")], None),
        ([regimen("", "2024-01-01", "2024-01-31"), regimen("20", "2024-02-01")], None),
        ([regimen("20", "2024-02")], None),
        ([regimen("10", "2024-01-01", "2024-01"), regimen("10", "2024-02-01")], None),
        ([regimen("10", "2024-01-01", "2024-01"), regimen("10.1", "2024-02-01")], True),
    ],
)
def test_whether_more_is_taken_than_on_the_day_before(taken, expected):
    assert raised(taken, day("2024-02-01"), PARAMETERS) is expected
    assert raised(taken[::-1], day("2024-02-01"), PARAMETERS) is expected


def test_along_a_taper_only_its_first_day_is_more():
    days = [day("2023-12-25") + timedelta(days=count) for count in range(60)]
    assert [one for one in days if raised(TAPER, one, PARAMETERS)] == [day("2024-01-01")]
    assert None not in [raised(TAPER, one, PARAMETERS) for one in days]
