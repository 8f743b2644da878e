"""INR from a prothrombin time: the table of clinical rules §2.4, and never by guessing."""

from decimal import Decimal

import pytest

from labs.inr import inr_from_pt


@pytest.mark.parametrize(
    ("pt", "mnpt", "isi", "inr"),
    [
        ("12.0", "12.0", "1.00", "1.00"),
        ("18.0", "12.0", "1.00", "1.50"),
        ("18.0", "12.0", "1.20", "1.63"),
        ("16.5", "11.8", "1.08", "1.44"),
        ("30.0", "12.0", "1.00", "2.50"),
        ("11.0", "12.0", "1.00", "0.92"),
        ("12.06", "12", "1", "1.01"),  # 1.005 exactly: half up, where a binary float gives 1.00
    ],
)
def test_inr_of_the_table(pt, mnpt, isi, inr):
    assert inr_from_pt(Decimal(pt), Decimal(mnpt), Decimal(isi)) == Decimal(inr)


@pytest.mark.parametrize(
    ("pt", "mnpt", "isi"),
    [
        (None, "12", "1"),
        ("18", None, "1"),
        ("18", "12", None),
        ("18", None, None),
        ("18", "0", "1"),
        ("0", "12", "1"),
        ("18", "12", "0"),
        ("-18", "12", "1"),
        ("NaN", "12", "1"),
        ("18", "Infinity", "1"),
        ("30", "12", "1e9"),
    ],
)
def test_no_inr_without_three_real_numbers(pt, mnpt, isi):
    parts = [None if part is None else Decimal(part) for part in (pt, mnpt, isi)]
    assert inr_from_pt(*parts) is None
