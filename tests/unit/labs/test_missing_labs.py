"""What missing, rejected, repeated and unscheduled samples mean (clinical rules §3.3)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from labs.response import imputed_success
from labs.series import Biopsy
from tests.unit.labs.builders import START, answers, course, day, outcome, sample

BASE = "0:300/250/22"
NORMAL = {"ALT": "30", "AST": "28", "IGG": "15"}
HIGH = {"ALT": "90", "AST": "28", "IGG": "15"}


def with_samples(*samples):
    series = course(BASE)
    for one in samples:
        series = series.with_sample(one)
    return series


def w24(panel_id, values, *, days=0, scheduled=True, usable=True):
    return sample(
        panel_id,
        day(24, days),
        values,
        visit="W24" if scheduled else "U",
        scheduled=scheduled,
        usable=usable,
        target_on=day(24),
    )


@pytest.mark.parametrize("cells", ["52/–/–", "–/52/–", "–/–/17", "52/34/–"])
def test_one_component_above_normal_decides_whatever_is_missing(cells):
    found = answers(course(f"{BASE} · 24:{cells}"))
    assert found["RESPONSE_M6"].outcome == "INSUFFICIENT"
    assert found["CBR"].outcome == "NO_CBR"


@pytest.mark.parametrize("cells", ["36/34/–", "36/–/15", "–/34/15", "–/–/15", "–/–/–"])
def test_known_components_normal_and_one_missing_is_not_evaluable(cells):
    found = answers(course(f"{BASE} · 24:{cells}"))
    assert found["RESPONSE_M6"].outcome == "NE_M6"
    assert found["CBR"].outcome == "NE"
    assert found["TRIAL-REL"].outcome == "NE"


def test_what_is_missing_is_named():
    found = answers(course(f"{BASE} · 24:36/–/–"))["RESPONSE_M6"]
    assert found.reason_code == "values_missing"
    assert found.reason_params == {"analytes": "AST, IGG", "week": "24", "visit": "W24"}


def test_a_result_without_an_upper_limit_is_unknown():
    without = sample(9, day(24), NORMAL, visit="W24", target_on=day(24), upper={"IGG": ""})
    assert outcome(with_samples(without), "RESPONSE_M6") == "NE_M6"


def test_an_earlier_response_stays_when_week_24_is_missing():
    assert outcome(course(f"{BASE} · 12:35/30/15"), "RESPONSE_M6") == "CBR_BY_M6"


def test_an_earlier_response_stays_when_week_24_is_not_evaluable():
    series = course(f"{BASE} · 12:35/30/15 · 24:36/34/–")
    assert outcome(series, "RESPONSE_M6") == "CBR_BY_M6"


def test_no_week_24_and_no_earlier_response_is_missing_in_the_data():
    found = answers(course(f"{BASE} · 12:60/50/18 · 36:30/28/15"))["RESPONSE_M6"]
    assert (found.outcome, found.reason_code) == ("NE_M6", "month6_sample_missing")


def test_a_week_24_still_to_come_is_told_apart_from_a_missed_one():
    found = answers(course(f"{BASE} · 12:60/50/18"))["RESPONSE_M6"]
    assert (found.outcome, found.reason_code) == ("NE_M6", "month6_not_reached")


@pytest.mark.parametrize(
    ("text", "with_nri", "without"),
    [
        (f"{BASE} · 24:30/28/15", True, True),
        (f"{BASE} · 24:90/28/15", False, False),
        (BASE, False, None),
        ("0:35/38/15.5 · 24:30/28/15", None, None),
    ],
)
def test_the_primary_analysis_imputes_failure_where_asked(text, with_nri, without):
    status = answers(course(text))["RESPONSE_M6"]
    assert imputed_success(status, missing_as_failure=True) is with_nri
    assert imputed_success(status, missing_as_failure=False) is without


# --- the baseline


def test_a_normal_baseline_alt_has_nothing_to_halve():
    found = answers(course("0:40/320/24 · 4:38/300/20"))["NON_RESPONSE"]
    assert (found.outcome, found.reason_code) == ("NE", "baseline_normal")


@pytest.mark.parametrize("cells", ["–/320/24", "–/–/–"])
def test_a_missing_baseline_alt_leaves_non_response_open(cells):
    found = answers(course(f"0:{cells} · 4:38/300/20"))["NON_RESPONSE"]
    assert (found.outcome, found.reason_code) == ("NE", "baseline_values_missing")


def test_a_baseline_with_a_gap_is_not_known_to_be_in_response():
    found = answers(course("0:35/38/– · 24:30/28/15"))
    assert found["BASELINE_IN_CBR"].outcome == "NE"
    assert found["BASELINE_IN_CBR"].reason_params == {"analytes": "IGG"}
    assert found["RESPONSE_M6"].outcome == "CBR_BY_M6"


def test_the_last_value_before_treatment_is_the_baseline():
    # screening 30 days before, day 0 without ALT: the screening ALT counts
    screening = sample(8, day(0, -30), {"ALT": "400", "AST": "320", "IGG": "24"}, visit="SCR")
    series = course("0:–/250/22 · 4:200/130/20").with_sample(screening)
    found = answers(series)["NON_RESPONSE"]
    assert (found.outcome, found.reason_params["percent"]) == ("NO", "50")


def test_without_the_anchor_date_response_is_not_evaluable_but_relapse_is():
    series = replace(course(f"{BASE} · 12:30/28/15 · 24:130/28/15"), induction_started_on=None)
    found = answers(series)
    for rule in ("BASELINE_IN_CBR", "NON_RESPONSE", "RESPONSE_M6", "CBR", "HISTOLOGY"):
        assert found[rule].outcome.startswith("NE")
        assert found[rule].reason_params == {"anchor": "induction"}
    assert found["TRIAL-REL"].outcome == "RELAPSE"


def test_nothing_is_evaluable_before_any_date_of_treatment():
    series = replace(course(BASE), induction_started_on=None, day0_on=None)
    found = answers(series)
    assert {one.outcome for one in found.values()} == {"NE", "NE_M6"}
    assert {one.reason_code for one in found.values()} == {"anchor_missing"}


def test_the_anchor_is_a_parameter():
    # induction began four weeks before day 0: week 24 from day 0 is week 28 from induction
    series = replace(course("0:300/250/22 · 24:30/28/15"), induction_started_on=day(-4))
    assert outcome(series, "RESPONSE_M6", anchor="day0") == "CBR_BY_M6"
    assert outcome(series, "RESPONSE_M6", anchor="induction") == "NE_M6"


# --- several samples


def test_of_several_samples_at_the_visit_the_nearest_to_target_counts():
    near, far = w24(7, HIGH, days=1), w24(8, NORMAL, days=-3)
    assert outcome(with_samples(near, far), "RESPONSE_M6") == "INSUFFICIENT"


def test_equally_near_samples_the_later_counts():
    early, late = w24(7, NORMAL, days=-2), w24(8, HIGH, days=2)
    assert outcome(with_samples(early, late), "RESPONSE_M6") == "INSUFFICIENT"
    early, late = w24(7, HIGH, days=-2), w24(8, NORMAL, days=2)
    assert outcome(with_samples(early, late), "RESPONSE_M6") == "CBR_BY_M6"


def test_an_unscheduled_sample_does_not_make_the_visit_status():
    extra = w24(7, NORMAL, days=1, scheduled=False)
    found = answers(with_samples(w24(8, HIGH, days=2), extra))
    assert found["RESPONSE_M6"].outcome == "INSUFFICIENT"
    assert found["CBR"].outcome == "CBR"


def test_an_unscheduled_sample_counts_for_relapse():
    series = course(f"{BASE} · 12:30/28/15 · 30:130/28/15 · 36:30/28/15")
    found = answers(series)["TRIAL-REL"]
    assert (found.outcome, found.week, found.visit_code) == ("RELAPSE", 30, "U30")


def test_an_unscheduled_sample_counts_for_non_response():
    assert outcome(course("0:400/320/24 · 2:200/160/20"), "NON_RESPONSE") == "NO"


def test_a_rejected_specimen_is_missing():
    rejected = w24(7, NORMAL, usable=False)
    found = answers(with_samples(rejected))
    assert found["RESPONSE_M6"].outcome == "NE_M6"
    assert found["TRIAL-REL"].outcome == "NE"
    assert found["CBR"].inputs == ()


def test_a_rejected_specimen_makes_way_for_its_repeat():
    rejected, repeat = w24(7, HIGH, usable=False), w24(8, NORMAL, days=5)
    assert outcome(with_samples(rejected, repeat), "RESPONSE_M6") == "CBR_BY_M6"


def test_a_rejected_specimen_shows_no_relapse():
    bad = sample(7, day(36), {"ALT": "400", "AST": "300"}, usable=False, visit="W36")
    series = course(f"{BASE} · 12:30/28/15").with_sample(bad)
    assert outcome(series, "TRIAL-REL") == "CBR_MAINTAINED"


# --- windows


@pytest.mark.parametrize(("days", "status"), [(-15, "CBR_BY_M6"), (14, "CBR_BY_M6"), (15, "NE_M6")])
def test_the_six_month_window_ends_with_its_last_day(days, status):
    assert outcome(with_samples(w24(7, NORMAL, days=days)), "RESPONSE_M6") == status


@pytest.mark.parametrize(
    ("days", "status"), [(-15, "NE_M6"), (-14, "INSUFFICIENT"), (14, "INSUFFICIENT"), (15, "NE_M6")]
)
def test_only_the_window_shows_insufficient_response(days, status):
    assert outcome(with_samples(w24(7, HIGH, days=days)), "RESPONSE_M6") == status


@pytest.mark.parametrize(
    ("when", "status"),
    [
        ("2", "NE"),  # too early to show that there was no fall
        ("2+6", "NE"),
        ("3", "YES"),
        ("5", "YES"),
        ("5+1", "NE"),
    ],
)
def test_non_response_needs_a_sample_in_weeks_three_to_five(when, status):
    assert outcome(course(f"0:400/320/24 · {when}:300/300/20"), "NON_RESPONSE") == status


@pytest.mark.parametrize(("when", "status"), [("0+1", "NO"), ("5", "NO"), ("5+1", "NE")])
def test_a_fall_counts_from_day_one_to_week_five(when, status):
    assert outcome(course(f"0:400/320/24 · {when}:100/300/20"), "NON_RESPONSE") == status


def test_one_marker_halved_settles_both_even_with_the_other_unknown():
    assert outcome(course("0:400/320/24 · 4:100/–/20"), "NON_RESPONSE") == "NO"


def test_one_marker_unknown_leaves_both_open():
    found = answers(course("0:400/320/24 · 4:300/–/20"))["NON_RESPONSE"]
    assert (found.outcome, found.reason_code) == ("NE", "fall_unknown")
    assert found.reason_params == {"analytes": "AST"}


# --- after the response


def test_relapse_free_only_up_to_the_last_evaluable_sample():
    # the week 36 sample lost its ALT: three times the limit cannot be excluded there
    series = course(f"{BASE} · 12:30/28/15 · 24:30/28/15 · 36:–/28/15")
    found = answers(series)["TRIAL-REL"]
    assert found.outcome == "CBR_MAINTAINED"
    assert found.evaluable_until == day(24)
    assert found.reason_params["interval_censored"] == "yes"
    assert found.reason_params["until_week"] == "24"


def test_a_sample_without_igg_still_proves_freedom_from_relapse():
    found = answers(course(f"{BASE} · 12:30/28/15 · 36:30/28/–"))["TRIAL-REL"]
    assert found.evaluable_until == day(36)
    assert found.reason_params["interval_censored"] == "no"


def test_a_relapse_after_a_missed_visit_is_interval_censored():
    series = course(f"{BASE} · 12:30/28/15 · 24:30/28/15 · 48:130/28/15")
    plain = answers(series)["TRIAL-REL"].reason_params
    missed = answers(replace(series, missed_visits=(day(36),)))["TRIAL-REL"].reason_params
    assert (plain["interval_censored"], missed["interval_censored"]) == ("no", "yes")
    assert missed["relapse_free_until"] == day(24).isoformat()


# --- censored results


@pytest.mark.parametrize(
    ("alt", "status"),
    [("<40", "CBR_BY_M6"), ("<=40", "CBR_BY_M6"), ("<41", "NE_M6"), (">39", "NE_M6")],
)
def test_a_censored_result_counts_only_where_it_decides(alt, status):
    assert outcome(with_samples(w24(7, NORMAL | {"ALT": alt})), "RESPONSE_M6") == status


def test_a_result_above_the_assay_is_above_normal():
    series = with_samples(w24(7, NORMAL | {"ALT": ">40"}))
    assert outcome(series, "RESPONSE_M6") == "INSUFFICIENT"


# --- histology


def test_without_a_biopsy_histology_is_not_evaluable():
    found = answers(course(BASE))["HISTOLOGY"]
    assert (found.outcome, found.reason_code) == ("NE", "biopsy_missing")


@pytest.mark.parametrize(("mhai", "adequate"), [(None, True), (2, False)])
def test_an_unread_or_inadequate_biopsy_is_not_evaluable(mhai, adequate):
    series = replace(course(BASE), biopsies=(Biopsy(day(48), mhai, adequate),))
    found = answers(series)["HISTOLOGY"]
    assert (found.outcome, found.reason_code) == ("NE", "biopsy_not_evaluable")


@pytest.mark.parametrize(("mhai", "status"), [(0, "REMISSION"), (3, "REMISSION"), (4, "ACTIVE")])
def test_histological_remission_is_below_four(mhai, status):
    assert outcome(course(BASE, biopsies=((48, mhai),)), "HISTOLOGY") == status


def test_the_biopsy_before_treatment_shows_no_remission():
    assert outcome(course(BASE, biopsies=((0, 2),)), "HISTOLOGY") == "NE"


def test_weeks_are_those_of_the_visit_not_of_a_late_draw():
    late = sample(7, day(24, 10), HIGH, visit="W24", target_on=day(24))
    found = answers(with_samples(late))["RESPONSE_M6"]
    assert (found.week, found.on) == (24, START + timedelta(days=178))


def test_halving_is_judged_against_a_known_baseline_only():
    series = with_samples(sample(7, day(4), {"ALT": "140", "AST": "240"}, visit="W4"))
    baseline = series.samples[0]
    vague = replace(baseline.observations["ALT"], comparator="<", value=Decimal(300))
    series = series.with_sample(
        replace(baseline, observations={**baseline.observations, "ALT": vague})
    )
    assert outcome(series, "NON_RESPONSE", non_response_marker="ALT") == "NE"


def test_an_early_result_that_cannot_be_judged_leaves_the_fall_open():
    # "<300" at week 2 may have been half of 400 already
    assert outcome(course("0:400/320/24 · 2:<300/300/20 · 4:300/300/20"), "NON_RESPONSE") == "NE"


@pytest.mark.parametrize(
    ("days", "code", "course_after"),
    [
        (14, "cbr_shown", "CBR_MAINTAINED"),
        (15, "cbr_shown_late", "NO_FOLLOW_UP"),
    ],
)
def test_a_response_is_late_from_the_day_after_the_window(days, code, course_after):
    found = answers(with_samples(w24(7, NORMAL, days=days)))
    assert found["CBR"].reason_code == code
    assert found["TRIAL-REL"].outcome == course_after


def test_of_two_visits_equally_near_to_month_six_the_later_decides():
    early = sample(7, day(24, -7), {"ALT": "36"}, visit="W23")
    late = sample(8, day(24, 7), HIGH, visit="W25")
    assert outcome(with_samples(early, late), "RESPONSE_M6") == "INSUFFICIENT"
    assert outcome(with_samples(early), "RESPONSE_M6") == "NE_M6"
