"""Values of one panel against each other, and against the panel before; clinical rules §6.1."""

from decimal import Decimal

import pytest

from trial.protocol.checks import DeltaRule, cross_checks, delta_checks


def panel(**values):
    return {code: Decimal(value) for code, value in values.items()}


def codes(findings):
    return [finding.code for finding in findings]


# GLOBG <= GLOBUL <= PROT - ALB + 2; GLOBG within 15 % of GLOBGPT x PROT; BILDIR <= BILI
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"GLOBG": "30", "GLOBUL": "30"}, []),
        ({"GLOBG": "30.1", "GLOBUL": "30"}, ["gamma_above_globulin"]),
        ({"GLOBUL": "32", "PROT": "70", "ALB": "40"}, []),
        ({"GLOBUL": "32.1", "PROT": "70", "ALB": "40"}, ["globulin_above_protein"]),
        ({"GLOBG": "32", "PROT": "70", "ALB": "40"}, []),
        ({"GLOBG": "32.1", "PROT": "70", "ALB": "40"}, ["gamma_above_protein"]),
        ({"GLOBUL": "99", "PROT": "70"}, []),  # no albumin: nothing to check
        # 20 % of 80 g/L is 16 g/L; 15 % of that is 2.4
        ({"GLOBG": "18.4", "GLOBGPT": "20", "PROT": "80"}, []),
        ({"GLOBG": "18.5", "GLOBGPT": "20", "PROT": "80"}, ["gamma_share"]),
        ({"GLOBG": "13.6", "GLOBGPT": "20", "PROT": "80"}, []),
        ({"GLOBG": "13.5", "GLOBGPT": "20", "PROT": "80"}, ["gamma_share"]),
        ({"BILDIR": "20", "BILI": "20"}, []),
        ({"BILDIR": "20.1", "BILI": "20"}, ["direct_above_total"]),
        (
            {"GLOBG": "40", "GLOBUL": "35", "PROT": "70", "ALB": "40", "BILDIR": "9", "BILI": "8"},
            ["gamma_above_globulin", "globulin_above_protein", "direct_above_total"],
        ),
    ],
)
def test_a_panel_that_does_not_fit_together(values, expected):
    assert codes(cross_checks(panel(**values))) == expected


# (18 / 12) ^ 1.2 = 1.6267: 0.2 either way is allowed
@pytest.mark.parametrize(
    ("inr", "isi", "mnpt", "expected"),
    [
        ("1.63", "1.2", "12", []),
        ("1.82", "1.2", "12", []),
        ("1.83", "1.2", "12", ["inr_from_pt"]),
        ("1.43", "1.2", "12", []),
        ("1.42", "1.2", "12", ["inr_from_pt"]),
        ("1.7", "1.0", "12", []),  # exactly 0.2 above 1.5
        ("9", None, "12", []),  # never without the lot's ISI
        ("9", "1.2", None, []),  # nor without the laboratory's MNPT
        ("9", "1.2", "0", []),
    ],
)
def test_an_inr_that_does_not_follow_from_the_prothrombin_time(inr, isi, mnpt, expected):
    findings = cross_checks(
        panel(PT="18", INR=inr),
        pt_isi=None if isi is None else Decimal(isi),
        pt_mnpt=None if mnpt is None else Decimal(mnpt),
    )
    assert codes(findings) == expected


def test_a_finding_names_its_analytes_and_numbers():
    (finding,) = cross_checks(panel(GLOBG="30", GLOBGPT="20", PROT="80"))
    assert finding.analytes == ("GLOBG", "GLOBGPT", "PROT")
    assert finding.params == {"GLOBG": "30", "GLOBGPT": "20", "PROT": "80", "expected": "16"}


@pytest.mark.parametrize(
    ("code", "previous", "value", "expected"),
    [
        ("ALT", "40", "399", []),
        ("ALT", "40", "400", ["delta_factor"]),
        ("ALT", "400", "40", ["delta_factor"]),
        ("ALT", "400", "41", []),
        ("BILI", "17.1", "1", ["delta_factor"]),
        ("CREAT", "80", "159", []),
        ("CREAT", "80", "160", ["delta_factor"]),
        ("CREAT", "160", "80", ["delta_factor"]),
        ("CREAT", "0", "80", []),
        ("SODIUM", "140", "149", []),
        ("SODIUM", "140", "150", ["delta_change"]),
        ("SODIUM", "140", "130", ["delta_change"]),
        ("HGB", "130", "111", []),
        ("HGB", "130", "110", ["delta_fall"]),
        ("HGB", "110", "180", []),  # only a fall is asked about
        ("IGG", "10", "100", []),  # no rule
    ],
)
def test_a_jump_against_the_previous_value(code, previous, value, expected):
    assert codes(delta_checks(panel(**{code: value}), panel(**{code: previous}))) == expected


def test_a_first_value_is_no_jump():
    assert delta_checks(panel(ALT="4000"), {}) == []
    assert delta_checks({}, panel(ALT="4000")) == []


def test_a_jump_tells_both_values_and_rules_are_data():
    rule = DeltaRule("IGG", "change", Decimal(5))
    (finding,) = delta_checks(panel(IGG="16.25"), panel(IGG="10"), [rule])
    assert finding.analytes == ("IGG",)
    assert finding.params == {"value": "16.2", "previous": "10"}
