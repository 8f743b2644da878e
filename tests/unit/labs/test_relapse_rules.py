"""TRIAL-REL (a) to (d) and the rule sets RS1 to RS7, at and beside their bounds (§3.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from labs.series import Biopsy, TherapyChange
from tests.unit.labs.builders import answers, course, day, outcome, sample

CBR = "0:300/250/22 · 12:35/30/15"


def after(text, **more):
    return course(f"{CBR} · {text}", **more)


# --- exactly at a bound (F-107)


@pytest.mark.req("F-107")
@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ("40/40/16", "CBR_BY_M6"),
        ("40.01/40/16", "INSUFFICIENT"),
        ("40/40.000000001/16", "INSUFFICIENT"),
        ("40/40/16.0000000000000000001", "INSUFFICIENT"),
    ],
)
def test_exactly_the_upper_limit_is_normal(cells, status):
    assert outcome(course(f"0:300/250/22 · 24:{cells}"), "RESPONSE_M6") == status


@pytest.mark.req("F-107")
@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ("120/30/15", "LOSS_OF_CBR"),
        ("120.00000000000000000001/30/15", "RELAPSE"),
        ("30/120/15", "LOSS_OF_CBR"),
        ("30/120.1/15", "RELAPSE"),
    ],
)
def test_exactly_three_times_the_limit_is_no_relapse(cells, status):
    assert outcome(after(f"36:{cells}"), "TRIAL-REL") == status


@pytest.mark.req("F-107")
@pytest.mark.parametrize(
    ("cells", "status"),
    [("80/30/15", "NO_RELAPSE"), ("80.1/30/15", "RELAPSE"), ("30/80.1/15", "RELAPSE")],
)
def test_exactly_twice_the_limit_is_no_relapse_of_rs3(cells, status):
    assert outcome(after(f"36:{cells}"), "RS3") == status


@pytest.mark.req("F-107")
def test_three_times_an_awkward_limit_is_exact():
    # 3 x 0.1 is 0.30000000000000004 in binary floating point: 0.3 would count as below
    for value, status in (("0.3", "LOSS_OF_CBR"), ("0.30000000000000002", "RELAPSE")):
        odd = sample(9, day(36), {"ALT": value}, visit="W36", upper={"ALT": "0.1"})
        assert outcome(course(CBR).with_sample(odd), "TRIAL-REL") == status


@pytest.mark.req("F-107")
@pytest.mark.parametrize(("cells", "status"), [("200/300/20", "NO"), ("200.0000001/300/20", "YES")])
def test_a_fall_of_exactly_half_counts(cells, status):
    assert outcome(course(f"0:400/320/24 · 4:{cells}"), "NON_RESPONSE") == status


@pytest.mark.req("F-107")
def test_a_value_just_over_the_bound_never_reads_as_the_bound():
    found = answers(after("36:121/30/15"))["TRIAL-REL"]
    assert found.reason_params["times"] == "3.03"
    assert answers(after("36:120.1/30/15"))["TRIAL-REL"].reason_params["times"] == "3.003"


# --- TRIAL-REL


def test_the_worse_of_two_transaminases_is_named():
    found = answers(after("36:125/200/15"))["TRIAL-REL"]
    assert (found.reason_params["analyte"], found.reason_params["times"]) == ("AST", "5.0")


def test_the_first_relapse_is_the_one_that_counts():
    found = answers(after("24:130/30/15 · 36:30/30/15 · 48:500/400/30"))["TRIAL-REL"]
    assert (found.week, found.evaluable_until) == (24, day(24))


def test_no_relapse_before_a_response():
    assert outcome(course("0:300/250/22 · 12:500/400/30 · 24:600/500/30"), "TRIAL-REL") == "NO_CBR"


def test_each_laboratorys_own_limit_counts():
    # 130 U/L is 3.25 times 40, but 2.6 times 50
    other = sample(9, day(36), {"ALT": "130", "AST": "30", "IGG": "15"}, upper={"ALT": "50"})
    assert outcome(course(CBR).with_sample(other), "TRIAL-REL") == "LOSS_OF_CBR"


RISE = "36:70/65/18"


@pytest.mark.parametrize(
    ("later", "status"),
    [
        ("37:70/65/18", "RELAPSE"),  # one week: the first confirming day
        ("42:70/65/18", "RELAPSE"),  # six weeks: the last
        ("42+1:70/65/18 · 45:30/28/15", "LOSS_OF_CBR"),  # a day too late
        ("42+1:70/65/18", "PENDING_CONFIRMATION"),  # but itself a rise that waits
        ("36+6:70/65/18", "PENDING_CONFIRMATION"),  # too soon to confirm
        ("39:38/35/15.5", "LOSS_OF_CBR"),  # case 9
        ("39:70/65/16", "LOSS_OF_CBR"),  # IgG exactly at its limit
        ("39:38/35/18", "LOSS_OF_CBR"),  # IgG alone
        ("39:70/65/–", "PENDING_CONFIRMATION"),  # says nothing about IgG
        ("39:70/65/– · 41:70/65/18", "RELAPSE"),
        ("39:70/65/– · 48:30/29/15", "LOSS_OF_CBR"),
        ("38:38/35/15 · 41:70/65/18", "PENDING_CONFIRMATION"),  # the next one refutes; 41 is new
    ],
)
def test_a_mild_rise_with_igg_needs_the_next_sample(later, status):
    assert outcome(after(f"{RISE} · {later}"), "TRIAL-REL") == status


def test_a_confirmed_rise_dates_from_its_first_sample():
    found = answers(after(f"{RISE} · 39:60/50/17"))["TRIAL-REL"]
    assert (found.outcome, found.week, found.on) == ("RELAPSE", 36, day(36))
    assert found.reason_code == "confirmed_rise"
    params = found.reason_params
    assert (params["times"], params["igg_times"]) == ("1.8", "1.1")
    assert (params["confirm_week"], params["confirm_visit"]) == ("39", "U39")
    assert {panel for _, panel, _ in found.inputs} == {2, 3, 4}  # confirming sample included


def test_an_unconfirmed_rise_waits_and_says_until_when():
    found = answers(after(RISE))["TRIAL-REL"]
    assert (found.outcome, found.week) == ("PENDING_CONFIRMATION", 36)
    assert found.reason_params["confirm_from"] == day(37).isoformat()
    assert found.reason_params["confirm_until"] == day(42).isoformat()


def test_a_rise_above_three_times_needs_no_confirmation():
    found = answers(after(f"{RISE} · 39:130/65/–"))["TRIAL-REL"]
    assert (found.outcome, found.week, found.reason_code) == ("RELAPSE", 39, "over_threshold")


def test_treatment_for_relapse_is_relapse():
    found = answers(after("24:30/28/14 · 36:50/40/15", therapy=(30,)))["TRIAL-REL"]
    assert (found.outcome, found.week, found.at_panel_id) == ("RELAPSE", 30, None)
    assert found.reason_code == "immunosuppression_for_relapse"
    assert found.reason_params["relapse_free_until"] == day(24).isoformat()


@pytest.mark.parametrize(("week", "for_relapse"), [(30, False), (12, True), (8, True)])
def test_other_changes_of_treatment_are_not(week, for_relapse):
    series = replace(after("36:35/30/15"), therapy_changes=(TherapyChange(day(week), for_relapse),))
    assert outcome(series, "TRIAL-REL") == "CBR_MAINTAINED"
    assert outcome(series, "RS6") == "NO_RELAPSE"


@pytest.mark.parametrize(
    ("biopsies", "status"),
    [
        (((24, 3), (48, 4)), "RELAPSE"),
        (((24, 3), (48, 3)), "CBR_MAINTAINED"),
        (((48, 9),), "CBR_MAINTAINED"),  # no histological remission before it
        (((24, 5), (48, 9)), "CBR_MAINTAINED"),
        (((4, 2), (8, 6)), "CBR_MAINTAINED"),  # before the response
    ],
)
def test_an_active_biopsy_after_histological_remission_is_relapse(biopsies, status):
    assert outcome(after("48:36/34/15.8", biopsies=biopsies), "TRIAL-REL") == status


@pytest.mark.parametrize(("mhai", "adequate"), [(None, True), (9, False)])
def test_a_biopsy_that_cannot_be_read_shows_nothing(mhai, adequate):
    biopsies = (Biopsy(day(12), 2, True), Biopsy(day(48), mhai, adequate))
    series = replace(after("48:36/34/15.8"), biopsies=biopsies)
    assert outcome(series, "TRIAL-REL") == "CBR_MAINTAINED"
    assert outcome(series, "RS3") == "NO_RELAPSE"


def test_the_earliest_of_several_criteria_names_the_relapse():
    series = after("36:130/30/15", therapy=(30,), biopsies=((12, 2), (48, 6)))
    assert answers(series)["TRIAL-REL"].reason_code == "immunosuppression_for_relapse"
    later = after("36:130/30/15", therapy=(37,), biopsies=((12, 2), (48, 6)))
    assert answers(later)["TRIAL-REL"].reason_code == "over_threshold"
    same_day = after("36:130/30/15", therapy=(36,), biopsies=((12, 2), (36, 6)))
    assert answers(same_day)["TRIAL-REL"].reason_code == "over_threshold"


def test_a_late_response_that_is_followed_up_can_be_kept_or_lost():
    late = "0:400/320/24 · 24:45/39/15 · 36:35/33/15"
    assert outcome(course(f"{late} · 48:30/28/15"), "TRIAL-REL") == "CBR_MAINTAINED"
    assert outcome(course(f"{late} · 48:130/28/15"), "TRIAL-REL") == "RELAPSE"
    unclear = answers(course(f"{late} · 48:–/28/15"))["TRIAL-REL"]
    assert (unclear.outcome, unclear.reason_code) == ("NO_FOLLOW_UP", "not_evaluable_after_cbr")


def test_a_baseline_in_response_can_relapse():
    found = answers(course("0:35/38/15.5 · 4:130/28/15"))["TRIAL-REL"]
    assert (found.outcome, found.reason_params["cbr_week"]) == ("RELAPSE", "0")


# --- rule sets


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ("120.1/30/15", "RELAPSE"),
        ("120/130/15", "NO_RELAPSE"),  # AST is not in this rule
        ("–/130/15", "NO_RELAPSE"),
    ],
)
def test_rs1_is_alt_above_three_times(cells, status):
    assert outcome(after(f"36:{cells}"), "RS1") == status


def test_a_rule_is_free_of_relapse_only_until_its_own_last_value():
    found = answers(after("24:30/28/15 · 36:–/30/15"))["RS1"]
    assert (found.outcome, found.evaluable_until) == ("NO_RELAPSE", day(24))
    assert found.reason_params["interval_censored"] == "yes"


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ("30/121/15/15", "RELAPSE"),
        ("30/120/15/20", "NO_RELAPSE"),  # both exactly at their bounds
        ("30/30/15/20.01", "RELAPSE"),
        ("30/30/15/–", "NE"),  # γ-globulin never known
        ("30/121/15/–", "RELAPSE"),
        ("121/30/15/15", "NO_RELAPSE"),  # ALT is not in this rule
    ],
)
def test_rs2_is_ast_above_three_times_or_gamma_globulin_above_20(cells, status):
    found = answers(after(f"36:{cells}"))["RS2"]
    assert found.outcome == status


def test_rs2_names_what_was_above():
    found = answers(after("36:30/30/15/21.5"))["RS2"]
    assert found.reason_code == "over_bound"
    assert (found.reason_params["value"], found.reason_params["bound"]) == ("21.5", "20")
    assert answers(after("36:30/30/15/–"))["RS2"].reason_params["analytes"] == "GLOBG"


def test_rs3_takes_the_biopsy_when_it_comes_first():
    found = answers(after("36:90/30/15", biopsies=((30, 4),)))["RS3"]
    assert (found.reason_code, found.week) == ("biopsy_active_after_response", 30)
    found = answers(after("36:90/30/15", biopsies=((48, 4),)))["RS3"]
    assert (found.reason_code, found.week) == ("over_threshold", 36)


@pytest.mark.parametrize(
    ("cells", "therapy", "status"),
    [
        ("121/30/15", (), "RELAPSE"),
        ("60/30/15", (36,), "LOSS_OF_REMISSION"),
        ("120/30/15", (37,), "LOSS_OF_REMISSION"),
        ("60/30/15", (), "NO_RELAPSE"),  # a rise that needed no therapy
        ("40/30/15", (36,), "NO_RELAPSE"),  # therapy without a rise
        ("60/30/15", (35,), "NO_RELAPSE"),  # therapy before the rise
    ],
)
def test_rs5_tells_relapse_from_loss_of_remission(cells, therapy, status):
    assert outcome(after(f"36:{cells}", therapy=therapy), "RS5") == status


def test_rs6_needs_repeated_normality_and_treatment():
    repeated = "24:30/28/15 · 36:90/80/20"
    assert outcome(after(repeated), "RS6") == "NO_RELAPSE"
    assert outcome(after(repeated, therapy=(37,)), "RS6") == "RELAPSE"
    once = answers(after("24:90/80/20 · 36:30/28/15", therapy=(37,)))["RS6"]
    assert (once.outcome, once.reason_code) == ("NO_REMISSION", "remission_not_repeated")


@pytest.mark.parametrize("rule", ["RS1", "RS2", "RS3", "RS4", "RS5", "RS6", "RS7"])
def test_a_rule_set_without_remission_says_so(rule):
    assert outcome(course("0:300/250/22 · 24:90/80/20"), rule) == "NO_REMISSION"
    assert outcome(course("0:300/250/22 · 24:30/28/–"), rule) == "NE"


def test_adjudication_names_what_rose_first():
    found = answers(after("36:30/28/17.2"))["RS4"]
    assert (found.outcome, found.week) == ("NEEDS_ADJUDICATION", 36)
    assert (found.reason_params["analyte"], found.reason_params["times"]) == ("IGG", "1.1")


def test_only_the_rule_sets_of_the_protocol_are_computed():
    series = after("36:30/28/15")
    assert {"RS1", "TRIAL-REL"} <= set(answers(series))
    assert outcome(series, "RS3", relapse_rule_sets=("RS3",)) == "NO_RELAPSE"


def test_the_multiples_are_parameters():
    series = after("36:90/30/15")
    assert outcome(series, "TRIAL-REL") == "LOSS_OF_CBR"
    assert outcome(series, "TRIAL-REL", relapse_multiple=Decimal(2)) == "RELAPSE"


def test_rs6_repeated_normality_is_not_broken_by_a_sample_that_says_nothing():
    series = after("24:30/28/– · 36:30/28/15 · 48:90/80/20", therapy=(49,))
    assert outcome(series, "RS6") == "RELAPSE"


def test_a_confirmation_may_still_come_on_the_last_day_of_its_window():
    assert outcome(after(f"{RISE} · 42:70/65/–"), "TRIAL-REL") == "PENDING_CONFIRMATION"
    assert outcome(after(f"{RISE} · 42+1:70/30/–"), "TRIAL-REL") == "LOSS_OF_CBR"


def test_two_grades_of_one_day_are_no_change_of_disease():
    series = after("48:36/34/15.8", biopsies=((48, 2), (48, 6)))
    assert outcome(series, "TRIAL-REL") == "CBR_MAINTAINED"
