"""Every reason is listed, reached by some course, and carries text only."""

from dataclasses import replace
from datetime import date

import pytest

from labs.assessment import OUTCOMES, REASON_CODES, Moment, Reason, assess, reason
from labs.series import Biopsy
from tests.unit.labs.builders import answers, course, day

CBR = "0:300/250/22 · 12:35/30/15"
LATE = "0:400/320/24 · 24:45/39/15 · 36:35/33/15"

# One course (or more) for every reason there is.
COURSES = (
    replace(course(CBR), induction_started_on=None, day0_on=None),
    course("0:35/38/15.5 · 24:30/28/15"),
    course("0:35/38/–"),
    course("0:400/320/24 · 4:260/210/23 · 24:90/80/20"),
    course("0:400/320/24 · 4:150/140/21 · 24:36/34/–"),
    course("0:400/320/24 · 4:300/–/21"),
    course("0:300/250/22 · 12:60/50/18 · 36:60/50/18"),
    course(LATE),
    course(f"{LATE} · 48:–/28/15"),
    course(f"{CBR} · 36:130/30/15"),
    course(f"{CBR} · 36:70/30/15"),
    course(f"{CBR} · 36:30/30/15/21"),
    course(f"{CBR} · 36:70/65/18 · 39:70/65/18"),
    course(f"{CBR} · 36:70/65/18"),
    course(f"{CBR} · 24:30/28/15 · 36:60/40/15", therapy=(37,)),
    course(f"{CBR} · 48:30/28/15", biopsies=((12, 2), (48, 6))),
    course(f"{CBR} · 24:30/28/15 · 36:30/28/–", biopsies=((24, 2),)),
    replace(course(CBR), biopsies=(Biopsy(day(24), None, adequate=True),)),
)


def all_assessments():
    return [one for series in COURSES for one in answers(series).values()]


def test_every_reason_is_reached_and_none_is_unlisted():
    assert {one.reason_code for one in all_assessments()} == set(REASON_CODES)


def test_every_reason_carries_exactly_its_parameters_as_text():
    for one in all_assessments():
        assert set(one.reason_params) == set(REASON_CODES[one.reason_code])
        assert all(isinstance(text, str) for text in one.reason_params.values())


def test_every_outcome_is_listed_for_its_rule():
    for one in all_assessments():
        assert one.outcome in OUTCOMES[one.rule]


def test_codes_fit_their_columns():
    assert max(map(len, OUTCOMES)) <= 20
    assert max(len(outcome) for known in OUTCOMES.values() for outcome in known) <= 40
    assert max(map(len, REASON_CODES)) <= 60


@pytest.mark.parametrize("params", [{}, {"anchor": "day0", "more": "1"}])
def test_a_reason_with_other_parameters_is_refused(params):
    with pytest.raises(ValueError, match="anchor_missing takes"):
        Reason("anchor_missing", params)


def test_an_outcome_the_rule_cannot_have_is_refused():
    with pytest.raises(ValueError, match="no outcome MAYBE"):
        assess("CBR", "MAYBE", reason("no_sample_after_baseline"))


def test_a_moment_before_any_date_has_no_week():
    assert Moment(date(2026, 1, 5), None).week_text == ""
