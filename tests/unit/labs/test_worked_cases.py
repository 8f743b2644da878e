"""The worked cases of clinical rules §3.4, row by row.

Upper limits ALT 40, AST 40, IgG 16, γ-globulin 16; cells are week:ALT/AST/IgG; week 0 is both the
baseline and the start of induction.
"""

import pytest

from tests.unit.labs.builders import answers, course, outcome

# what "… CBR 12" of the table stands for
CBR_12 = "0:300/250/22 · 12:35/30/15"

CASES = {
    1: "0:400/320/24 · 4:120/90/20 · 12:38/30/17 · 24:30/28/15 · 36:28/25/14.8 · 48:26/24/14.5",
    2: "0:400/320/24 · 4:150/140/21 · 12:60/50/18 · 24:45/39/15 · 36:35/33/15",
    3: "0:400/320/24 · 4:260/210/23 · 12:180/150/21 · 24:120/95/19",
    4: "0:400/320/24 · 4:200/170/22 · 12:60/58/17 · 24:36/34/15.5",
    5: "0:400/320/24 · 4:205/150/22 · 12:70/60/18 · 24:39/40/16",
    6: f"{CBR_12} · 24:30/28/14 · 36:125/90/17.5 · 48:60/50/16.5",
    9: f"{CBR_12} · 36:70/65/18 · 39:38/35/15.5 · 48:30/29/15",
    10: f"{CBR_12} · 36:30/28/17.2 · 48:31/28/15.8",
    11: "0:300/250/22 · 4:140/110/20 · 12:38/36/– · 24:36/34/– · 36:30/30/14",
    12: "0:300/250/22 · 4:140/110/20 · 12:55/36/– · 24:52/34/–",
    14: f"{CBR_12} · 24:85/60/15 · 28:82/58/15.1 · 36:35/33/15",
    16: "0:35/38/15.5 · 4:30/28/15 · 12:30/28/15 · 24:30/28/15",
    17: f"{CBR_12} · 24:30/28/14 · 48:36/34/15.8",
    20: "0:300/250/22",
}
BIOPSIES = {17: ((12, 2), (48, 6))}


def case(number):
    return course(CASES[number], biopsies=BIOPSIES.get(number, ()))


@pytest.mark.parametrize(
    ("number", "both", "either", "alt"),
    [
        (1, "NO", "NO", "NO"),
        (2, "NO", "NO", "NO"),
        (3, "YES", "YES", "YES"),
        (4, "NO", "YES", "NO"),  # ALT fell by exactly 50 %, AST by 47 %
        (5, "NO", "YES", "YES"),  # ALT fell by 48.75 %
        (6, "NE", "NE", "NE"),  # no sample at week 4
        (9, "NE", "NE", "NE"),
        (10, "NE", "NE", "NE"),
        (11, "NO", "NO", "NO"),
        (12, "NO", "NO", "NO"),
        (14, "NE", "NE", "NE"),
        (16, "NE", "NE", "NE"),  # nothing to halve
        (17, "NE", "NE", "NE"),
        (20, "NE", "NE", "NE"),
    ],
)
def test_non_response_at_four_weeks(number, both, either, alt):
    assert outcome(case(number), "NON_RESPONSE") == both
    assert outcome(case(number), "NON_RESPONSE", non_response_marker="EITHER") == either
    assert outcome(case(number), "NON_RESPONSE", non_response_marker="ALT") == alt


@pytest.mark.parametrize(
    ("number", "status", "week"),
    [
        (1, "CBR_BY_M6", 24),  # week 12 fails on IgG
        (2, "INSUFFICIENT", 24),
        (3, "INSUFFICIENT", 24),
        (4, "CBR_BY_M6", 24),
        (5, "CBR_BY_M6", 24),  # AST and IgG exactly at the limit
        (6, "CBR_BY_M6", 12),
        (9, "CBR_BY_M6", 12),
        (10, "CBR_BY_M6", 12),
        (11, "NE_M6", 24),
        (12, "INSUFFICIENT", 24),
        (14, "CBR_BY_M6", 12),
        (16, "BASELINE_IN_CBR", 0),
        (17, "CBR_BY_M6", 12),
        (20, "NE_M6", None),
    ],
)
def test_six_month_status(number, status, week):
    found = answers(case(number))["RESPONSE_M6"]
    assert (found.outcome, found.week) == (status, week)


@pytest.mark.parametrize(
    ("number", "status", "week", "why"),
    [
        (1, "CBR_MAINTAINED", None, "maintained"),
        (2, "NO_FOLLOW_UP", None, "no_follow_up_after_cbr"),
        (3, "NO_CBR", 24, "above_uln"),
        (4, "CBR_MAINTAINED", None, "maintained"),
        (5, "CBR_MAINTAINED", None, "maintained"),
        (6, "RELAPSE", 36, "over_threshold"),
        (9, "LOSS_OF_CBR", 36, "above_uln_after_cbr"),
        (10, "LOSS_OF_CBR", 36, "above_uln_after_cbr"),
        (11, "NO_FOLLOW_UP", None, "no_follow_up_after_cbr"),
        (12, "NO_CBR", 24, "above_uln"),
        (14, "LOSS_OF_CBR", 24, "above_uln_after_cbr"),
        (16, "CBR_MAINTAINED", None, "maintained"),
        (17, "RELAPSE", 48, "biopsy_relapse"),
        (20, "NE", None, "no_sample_after_baseline"),
    ],
)
def test_trial_relapse(number, status, week, why):
    found = answers(case(number))["TRIAL-REL"]
    assert (found.outcome, found.week, found.reason_code) == (status, week, why)


RULE_SETS = ("RS1", "RS2", "RS3", "RS5", "RS6")


@pytest.mark.parametrize(
    ("number", "relapses"),
    [
        (1, set()),
        (2, set()),
        (3, set()),
        (4, set()),
        (5, set()),
        (6, {"RS1", "RS3", "RS5"}),
        (9, set()),
        (10, set()),
        (11, set()),
        (12, set()),
        (14, {"RS3"}),
        (16, set()),
        (17, {"RS3"}),  # by the biopsy
        (20, set()),
    ],
)
def test_other_rule_sets(number, relapses):
    found = answers(case(number))
    assert {rule for rule in RULE_SETS if found[rule].outcome == "RELAPSE"} == relapses


@pytest.mark.parametrize("number", [6, 9, 10, 14])
def test_rules_without_a_number_ask_for_adjudication_once_the_response_is_lost(number):
    found = answers(case(number))
    assert found["RS4"].outcome == found["RS7"].outcome == "NEEDS_ADJUDICATION"


@pytest.mark.parametrize("number", [1, 4, 16])
def test_rules_without_a_number_say_no_while_all_is_normal(number):
    found = answers(case(number))
    assert found["RS4"].outcome == found["RS7"].outcome == "NO_RELAPSE"


@pytest.mark.parametrize(("number", "week"), [(2, 36), (11, 36), (1, 24), (6, 12), (5, 24)])
def test_first_complete_response(number, week):
    found = answers(case(number))["CBR"]
    assert (found.outcome, found.week) == ("CBR", week)


@pytest.mark.parametrize("number", [2, 11])
def test_a_response_after_month_six_is_called_late(number):
    assert answers(case(number))["CBR"].reason_code == "cbr_shown_late"


def test_case_2_names_the_alt_that_decided():
    found = answers(case(2))["RESPONSE_M6"]
    assert found.reason_params == {"analyte": "ALT", "times": "1.1", "week": "24", "visit": "W24"}


def test_case_5_names_the_fall_that_was_not_enough():
    found = answers(case(3))["NON_RESPONSE"]
    assert found.reason_params["alt_percent"] == "35"
    assert found.reason_params["ast_percent"] == "34.38"


def test_case_6_reads_alt_3_1_times_at_week_36_after_response_at_week_12():
    found = answers(case(6))["TRIAL-REL"]
    assert found.visit_code == "W36"
    assert found.reason_params == {
        "analyte": "ALT",
        "times": "3.1",
        "threshold": "3",
        "week": "36",
        "visit": "W36",
        "cbr_week": "12",
        "cbr_visit": "W12",
        "relapse_free_until": "2026-06-22",
        "interval_censored": "no",
    }


def test_case_14_reads_alt_2_1_times():
    assert answers(case(14))["RS3"].reason_params["times"] == "2.1"


def test_case_16_has_its_baseline_flagged():
    assert answers(case(16))["BASELINE_IN_CBR"].outcome == "YES"
    assert answers(case(1))["BASELINE_IN_CBR"].outcome == "NO"


def test_case_17_is_in_remission_at_week_12_and_active_at_week_48():
    assert answers(case(17))["HISTOLOGY"].outcome == "ACTIVE"
    early = course(CASES[17], biopsies=((12, 2),))
    assert answers(early)["HISTOLOGY"].outcome == "REMISSION"
