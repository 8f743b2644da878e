"""The specification on both sides of each limit, and every pair of dispositions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from randomization.release import (
    Case,
    Disposition,
    Objection,
    Result,
    Verdict,
    digest,
    endotoxin_per_kg,
    find,
    following,
    judge,
    objections,
    overall,
)
from trial.protocol.product import ProductParameters

SPEC = ProductParameters()
NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
GOOD: dict[str, Result] = {
    "VIAB": Decimal(96), "CD73": Decimal(99), "CD90": Decimal(99), "CD105": Decimal(98),
    "CD34": Decimal("0.2"), "CD45": Decimal("0.1"), "CD14": Decimal("0.3"), "CD19": Decimal("0.1"),
    "HLADR": Decimal("0.5"), "STERILITY": "negative", "MYCOPLASMA": "negative",
    "ENDOTOXIN": Decimal("0.1"), "ENDOKG": Decimal("0.2"), "DONOR": "negative",
    "KARYOTYPE": "normal", "APPEARANCE": "as_described", "PASSAGE": Decimal(4),
}  # fmt: skip

# Test, the last value that passes, the first that does not.
LIMITS = [
    ("VIAB", "85", "84.9"), ("VIAB", "100", "100.1"),
    ("CD73", "95", "94.9"), ("CD90", "95", "94.9"), ("CD105", "95", "94.9"),
    ("CD34", "2", "2.1"), ("CD45", "2", "2.1"), ("CD14", "2", "2.1"), ("CD19", "2", "2.1"),
    ("HLADR", "2", "2.1"), ("HLADR", "0", "-0.1"),
    ("ENDOTOXIN", "0.5", "0.51"), ("ENDOKG", "5", "5.01"),
    ("PASSAGE", "8", "9"),
]  # fmt: skip
CHOICES = [
    ("STERILITY", "negative", "positive"), ("MYCOPLASMA", "negative", "positive"),
    ("DONOR", "negative", "positive"), ("KARYOTYPE", "normal", "abnormal"),
    ("APPEARANCE", "as_described", "other"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "last", "first"), LIMITS)
def test_both_sides_of_each_limit(code, last, first):
    assert judge(SPEC.test(code), Decimal(last)) is Verdict.PASS
    assert judge(SPEC.test(code), Decimal(first)) is Verdict.FAIL


@pytest.mark.parametrize(("code", "good", "bad"), CHOICES)
def test_each_choice(code, good, bad):
    assert judge(SPEC.test(code), good) is Verdict.PASS
    assert judge(SPEC.test(code), bad) is Verdict.FAIL


def test_every_test_that_decides_is_in_one_of_the_tables():
    shown = {row[0] for row in (*LIMITS, *CHOICES)}
    assert shown | {"POTENCY"} == {test.code for test in SPEC.tests}


@pytest.mark.parametrize("test", SPEC.tests, ids=lambda test: test.code)
def test_what_is_missing_neither_passes_nor_fails(test):
    assert judge(test, None) is Verdict.OPEN
    assert judge(test, "") is Verdict.OPEN


def test_a_number_is_no_choice_and_a_choice_no_number():
    with pytest.raises(TypeError):
        judge(SPEC.test("STERILITY"), Decimal(0))
    with pytest.raises(TypeError):
        judge(SPEC.test("VIAB"), "negative")


def test_potency_is_recorded_whatever_it_is():
    assert judge(SPEC.test("POTENCY"), Decimal(3)) is Verdict.PASS
    assert overall(find(SPEC, "cells", GOOD)) is Verdict.PASS


@pytest.mark.parametrize("code", [test.code for test in SPEC.tests if test.needed_for])
def test_one_that_is_missing_leaves_the_lot_open(code):
    assert overall(find(SPEC, "cells", {**GOOD, code: None})) is Verdict.OPEN


def test_placebo_needs_fewer_tests_but_a_failure_fails_it_too():
    needed = {one.test.code for one in find(SPEC, "placebo", {}) if one.needed}
    assert needed == {"STERILITY", "ENDOTOXIN", "ENDOKG", "APPEARANCE"}
    results = {code: GOOD[code] for code in needed}
    assert overall(find(SPEC, "placebo", results)) is Verdict.PASS
    assert overall(find(SPEC, "placebo", {**results, "MYCOPLASMA": "positive"})) is Verdict.FAIL


@pytest.mark.parametrize(
    ("per_ml", "volume", "expected"),
    [("0.5", "50", "1.0"), ("0.5", "250", "5"), ("0.5", "251", "5.02"), ("0", "50", "0")],
)
def test_endotoxin_of_a_whole_bag_per_kg_and_hour(per_ml, volume, expected):
    found = endotoxin_per_kg(Decimal(per_ml), Decimal(volume), Decimal(25))
    assert found == Decimal(expected)


def test_endotoxin_per_kg_is_open_while_something_is_missing():
    assert endotoxin_per_kg(None, Decimal(50), Decimal(25)) is None
    assert endotoxin_per_kg(Decimal(1), None, Decimal(25)) is None


# --- dispositions -------------------------------------------------------------------------------
# As drawn on paper: from the row to the column; "." is no step.
#            quarantine released conditional rejected recalled destroyed
TABLE = """
quarantine   .          x        x           x        .        .
released     .          .        .           .        x        .
conditional  .          x        .           .        x        .
rejected     .          .        .           .        .        x
recalled     .          .        .           .        .        x
destroyed    .          .        .           .        .        .
"""
DRAWN = {
    (Disposition(row[0]), wanted): cell == "x"
    for row in (line.split() for line in TABLE.strip().splitlines())
    for wanted, cell in zip(Disposition, row[1:], strict=True)
}


def case(results=GOOD, **changes) -> Case:
    whole = Case(
        find(SPEC, "cells", results), has_certificate=True, expires_at=NOW + timedelta(days=1),
        now=NOW, reason="batch record reviewed",
    )  # fmt: skip
    return replace(whole, **changes)


PENDING = {**GOOD, "STERILITY": None}


@pytest.mark.req("R-30")
@pytest.mark.parametrize(("before", "wanted"), list(product(Disposition, Disposition)))
def test_every_pair_of_dispositions(before, wanted):
    pending = case(PENDING, follow_up_on=date(2026, 3, 19))
    found = objections(before, wanted, pending if wanted == "conditional" else case())
    assert found == ([] if DRAWN[before, wanted] else [Objection.NOT_A_STEP])
    assert (wanted in following(before)) is DRAWN[before, wanted]


QUARANTINE, RELEASED, CONDITIONAL = list(Disposition)[:3]


@pytest.mark.req("R-30")
@pytest.mark.parametrize(
    ("wanted", "given", "found"),
    [
        (RELEASED, case(), []),
        (RELEASED, case(reason=""), []),
        (RELEASED, case(has_certificate=False), [Objection.NO_COA]),
        (RELEASED, case(expires_at=NOW), [Objection.EXPIRED]),
        (RELEASED, case({**GOOD, "CD34": Decimal(3)}), [Objection.FAILS]),
        (RELEASED, case({**GOOD, "CD34": None}), [Objection.INCOMPLETE]),
        (RELEASED, case(PENDING), [Objection.INCOMPLETE]),
        (RELEASED, case({**GOOD, "PASSAGE": Decimal(6)}, reason=" "), [Objection.NO_REASON]),
        (RELEASED, case({**GOOD, "PASSAGE": Decimal(5)}, reason=""), []),
        (RELEASED, case({**GOOD, "PASSAGE": Decimal(6)}), []),
        (CONDITIONAL, case(PENDING, follow_up_on=date(2026, 3, 19)), []),
        (CONDITIONAL, case(PENDING), [Objection.NO_FOLLOW_UP]),
        (CONDITIONAL, case(follow_up_on=date(2026, 3, 19)), [Objection.NOTHING_PENDING]),
        (
            CONDITIONAL,
            case({**PENDING, "CD34": None}, follow_up_on=date(2026, 3, 19)),
            [Objection.INCOMPLETE],
        ),
        (
            CONDITIONAL,
            case({**GOOD, "STERILITY": "positive"}, follow_up_on=date(2026, 3, 19)),
            [Objection.FAILS, Objection.NOTHING_PENDING],
        ),
        (Disposition.REJECTED, case({}, reason="contaminated"), []),
        (Disposition.REJECTED, case({}, reason=""), [Objection.NO_REASON]),
    ],
)
def test_what_stands_against_a_step_out_of_quarantine(wanted, given, found):
    assert objections(QUARANTINE, wanted, given) == found


def test_the_hash_covers_who_what_when_and_every_value():
    head = {"lot": "L1", "disposition": "released", "at": "2026-03-05T09:00:00+00:00"}
    record = {"lot": {"passage": 4}, "results": [["VIAB", "96"]]}
    whole = digest(head, record)
    assert len(whole) == 64
    assert whole != digest({**head, "disposition": "rejected"}, record)
    assert whole != digest(head, {**record, "results": [["VIAB", "95"]]})
    assert whole == digest(dict(reversed(head.items())), record)
