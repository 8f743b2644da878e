"""Hy's law and eDISH on both sides of their lines, in time and out of it (clinical rules §6.3)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.liver_signals import (
    Gap,
    Lack,
    LiverCourse,
    Quadrant,
    Reference,
    edish,
    hys_law,
    multiple,
)
from tests.unit.safety.builders import START, sample
from trial.protocol.safety import LiverSignalParameters

PARAMETERS = LiverSignalParameters()
UPPER, BASELINE, NADIR = Reference.UPPER, Reference.BASELINE, Reference.NADIR
# Limits: ALT and AST 40, bilirubin 20, ALP 120.
NORMAL = sample(0, ALT="30", AST="30", BILI="10", ALP="80")


def on(day):
    return START + timedelta(days=day)


def course(*samples, before=NORMAL):
    return LiverCourse.of(START, [before, *samples])


def law(*samples, reference=UPPER, as_of=400, before=NORMAL, parameters=PARAMETERS, **more):
    return hys_law(course(*samples, before=before), reference, parameters, as_of=on(as_of), **more)


def place(*samples, reference=UPPER, as_of=400, before=NORMAL, parameters=PARAMETERS):
    return edish(course(*samples, before=before), reference, parameters, as_of=on(as_of))


# --- the lines of Hy's law ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alt", "ast", "bilirubin", "alp", "expected"),
    [
        ("120", "30", "40.1", "239", True),
        ("30", "120", "40.1", "239", True),
        ("119.9", "119.9", "40.1", "239", False),
        ("120", "30", "40", "239", False),
        ("120", "30", "40.1", "240", False),
        ("120", "30", "40.1", "-", None),
        ("120", "30", "40", "-", False),
        ("120", "-", "40.1", "80", True),
        ("119", "-", "40.1", "80", None),
        ("119", "-", "40", "80", False),
        ("-", "-", "40.1", "80", None),
        (">100", "30", "40.1", "80", None),
        (">120", "30", "40.1", "80", True),
        ("120", "30", "<40", "80", False),
        ("120", "30", ">40", "80", True),
        ("120", "30", ">=40", "80", None),
    ],
)
def test_lines_of_one_sample(alt, ast, bilirubin, alp, expected):
    found = law(sample(28, ALT=alt, AST=ast, BILI=bilirubin, ALP=alp))
    assert found.candidate is expected


def test_the_lines_are_the_protocols():
    on_the_lines = sample(28, ALT="120", AST="30", BILI="40", ALP="80")
    strict = replace(PARAMETERS, transaminase_inclusive=False, bilirubin_inclusive=True)
    assert law(on_the_lines, parameters=strict).candidate is False
    both = replace(PARAMETERS, bilirubin_inclusive=True)
    assert law(on_the_lines, parameters=both).candidate is True


# --- the window ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"), [(27, False), (28, True), (29, True), (58, True), (59, False)]
)
def test_the_bilirubin_counts_from_the_day_of_the_transaminase_to_thirty_days_after(day, expected):
    """
    ALT   ....28|..............58|....
    BILI   27 no | 28 yes … 58 yes | 59 no
    """
    samples = [sample(28, ALT="120", AST="30", ALP="80")]
    late = sample(day, BILI="41")
    if day == 28:
        samples = [sample(28, ALT="120", AST="30", ALP="80", BILI="41")]
    else:
        samples += [late, sample(40, BILI="20")]
    assert law(*samples).candidate is expected


@pytest.mark.parametrize(("as_of", "expected"), [(28, None), (58, None), (59, False)])
def test_while_the_window_is_open_the_answer_is(as_of, expected):
    found = law(sample(28, ALT="120", AST="30", BILI="20", ALP="80"), as_of=as_of)
    assert found.candidate is expected
    assert found.gaps == ((Gap(on(58), "BILI", Lack.WINDOW_OPEN),) if expected is None else ())


def test_a_window_without_bilirubin_says_so():
    found = law(sample(28, ALT="120", AST="30", ALP="80"))
    assert found.candidate is None
    assert found.gaps == (Gap(on(28), "BILI", Lack.WINDOW_EMPTY),)


def test_what_comes_later_than_the_day_asked_about_is_not_looked_at():
    samples = [sample(28, ALT="120", AST="30", ALP="80", BILI="20"), sample(40, BILI="41")]
    assert law(*samples, as_of=39).candidate is None
    assert law(*samples, as_of=40).candidate is True


def test_a_later_elevation_has_a_window_of_its_own():
    samples = [
        sample(28, ALT="400", AST="30", BILI="20", ALP="80"),
        sample(50, ALT="120", AST="30", BILI="20", ALP="80"),
        sample(80, ALT="30", AST="30", BILI="41", ALP="80"),
    ]
    found = law(*samples)
    assert [one.candidate for one in found.elevations] == [False, True]
    assert found.elevations[1].bilirubin_on == on(80)
    assert found.elevations[1].window_closes == on(80)
    assert found.candidate is True


@given(
    st.lists(
        st.tuples(
            st.integers(min_value=1, max_value=90),
            st.sampled_from(["-", "119", "120", "200"]),
            st.sampled_from(["-", "40", "41"]),
            st.sampled_from(["239", "240"]),
        ),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_pairs_against_a_search_of_all_pairs(rows):
    samples = [
        sample(day, ALT=alt, AST="30" if alt != "-" else "-", BILI=bilirubin, ALP=alp)
        for day, alt, bilirubin, alp in rows
    ]
    pairs = [
        (day, later)
        for day, alt, _, alp in rows
        for later, _, bilirubin, _ in rows
        if alt in ("120", "200") and alp == "239" and bilirubin == "41" and 0 <= later - day <= 30
    ]
    assert (law(*samples).candidate is True) is bool(pairs)


# --- what is known ------------------------------------------------------------------------------


def test_without_a_transaminase_nothing_is_known():
    assert law().candidate is None
    assert law(sample(28, BILI="41")).candidate is None
    assert law(sample(28, ALT="30", AST="30")).candidate is False


def test_what_was_drawn_before_treatment_is_no_signal():
    """The day of the first infusion is before treatment."""
    ill = sample(0, ALT="400", AST="400", BILI="90", ALP="80")
    assert law(sample(28, ALT="30", AST="30", BILI="10", ALP="80"), before=ill).candidate is False


def test_a_rejected_specimen_says_nothing():
    bad = replace(sample(28, ALT="400", AST="400", BILI="90", ALP="80"), usable=False)
    assert law(bad).candidate is None


def test_gaps_name_the_sample_and_what_it_lacks():
    found = law(
        sample(28, {"ALT": None}, ALT="120", AST="-", BILI="41", ALP="<300"),
    )
    assert found.candidate is None
    assert set(found.gaps) == {
        Gap(on(28), "ALT", Lack.REFERENCE),
        Gap(on(28), "AST", Lack.RESULT),
        Gap(on(28), "ALP", Lack.CENSORED),
    }


@pytest.mark.parametrize(("other_cause", "expected"), [(None, None), (False, True), (True, False)])
def test_another_cause_is_the_adjudicators_answer(other_cause, expected):
    found = law(sample(28, ALT="120", AST="30", BILI="41", ALP="80"), other_cause=other_cause)
    assert found.candidate is True
    assert found.met is expected


# --- against the baseline and the nadir ---------------------------------------------------------

ILL = sample(0, ALT="200", AST="100", BILI="30", ALP="80")


@pytest.mark.parametrize(
    ("alt", "bilirubin", "against_upper", "against_baseline"),
    [
        ("600", "60.1", True, True),
        ("599", "60.1", True, False),
        ("600", "60", True, False),
        ("120", "40.1", True, False),
        ("119", "60.1", False, False),
    ],
)
def test_a_high_baseline(alt, bilirubin, against_upper, against_baseline):
    drawn = sample(28, ALT=alt, AST="50", BILI=bilirubin, ALP="80")
    assert law(drawn, before=ILL).candidate is against_upper
    assert law(drawn, before=ILL, reference=BASELINE).candidate is against_baseline


def test_the_baseline_is_the_last_before_treatment_of_each_analyte():
    early, late = sample(-14, ALT="90", BILI="30"), sample(-1, ALT="100")
    found = LiverCourse.of(START, [late, early, sample(28, ALT="300")])
    assert found.baseline("ALT").value == 100
    assert found.baseline("BILI").value == 30
    assert found.baseline("AST") is None


def test_without_a_baseline_nothing_is_known_against_it():
    drawn = sample(28, ALT="600", AST="50", BILI="61", ALP="80")
    found = law(drawn, before=sample(0, ALP="80"), reference=BASELINE)
    assert found.candidate is None
    assert Gap(on(28), "BILI", Lack.REFERENCE) in found.gaps


def test_a_flare_from_the_nadir_is_seen_where_the_baseline_hides_it():
    """Baseline 200, nadir 30, flare 250 (the pitfall of §6.2)."""
    samples = [
        sample(28, ALT="30", AST="30", BILI="10", ALP="80"),
        sample(84, ALT="250", AST="60", BILI="25", ALP="80"),
    ]
    assert law(*samples, before=ILL, reference=BASELINE).candidate is False
    assert law(*samples, before=ILL, reference=NADIR).candidate is True


def test_the_nadir_is_the_least_before_the_sample_and_begins_with_the_baseline():
    first, second = sample(28, ALT="400"), sample(56, ALT="300")
    third = sample(84, ALT="900")
    whole = course(first, second, third, before=ILL)
    assert multiple(whole, first, "ALT", NADIR, PARAMETERS).exact == 2
    assert multiple(whole, third, "ALT", NADIR, PARAMETERS).exact == Decimal("4.5")
    lowest = sample(96, ALT="100")
    whole = course(first, lowest, before=ILL)
    assert multiple(whole, lowest, "ALT", NADIR, PARAMETERS).exact == Decimal("0.5")


def test_a_rise_within_normal_is_a_signal_only_where_the_protocol_says_so():
    drawn = sample(28, ALT="39", AST="30", BILI="19", ALP="80")
    well = sample(0, ALT="13", AST="30", BILI="9", ALP="80")
    floored = replace(PARAMETERS, baseline_at_least_upper=True)
    assert law(drawn, before=well, reference=BASELINE).candidate is True
    assert law(drawn, before=well, reference=BASELINE, parameters=floored).candidate is False
    # an elevated baseline is not touched
    high = sample(28, ALT="600", AST="50", BILI="61", ALP="80")
    assert law(high, before=ILL, reference=BASELINE, parameters=floored).candidate is True


# --- eDISH --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alt", "bilirubin", "expected"),
    [
        ("120", "40.1", Quadrant.HYS_LAW),
        ("120", "40", Quadrant.TEMPLE),
        ("119", "40.1", Quadrant.CHOLESTASIS),
        ("119", "40", Quadrant.NEAR_NORMAL),
    ],
)
def test_quadrants(alt, bilirubin, expected):
    found = place(sample(28, ALT=alt, AST="30", BILI=bilirubin))
    assert found.quadrant is expected
    assert found.possible == (expected,)


def test_peaks_may_lie_apart_and_the_window_tells():
    far = [
        sample(28, ALT="200", AST="30", BILI="20"),
        sample(200, ALT="30", AST="30", BILI="60"),
    ]
    found = place(*far)
    assert (found.alt_peak.exact, found.bilirubin_peak.exact) == (5, 3)
    assert found.quadrant is Quadrant.HYS_LAW
    assert found.within_window is False
    near = place(far[0], sample(58, ALT="30", AST="30", BILI="60"))
    assert near.within_window is True


@pytest.mark.parametrize(
    ("values", "possible"),
    [
        ({"ALT": "120"}, (Quadrant.HYS_LAW, Quadrant.TEMPLE)),
        ({"ALT": "119"}, (Quadrant.CHOLESTASIS, Quadrant.NEAR_NORMAL)),
        ({"BILI": "41"}, (Quadrant.HYS_LAW, Quadrant.CHOLESTASIS)),
        ({}, tuple(Quadrant)),
    ],
)
def test_what_is_missing_leaves_quadrants_open(values, possible):
    found = place(sample(28, **values))
    assert found.possible == possible
    assert found.quadrant is None


def test_a_result_without_a_limit_may_be_the_peak():
    samples = [
        sample(28, ALT="80", AST="30", BILI="20"),
        sample(56, {"ALT": None}, ALT="90", AST="30", BILI="20"),
    ]
    found = place(*samples)
    assert (found.alt_peak.low, found.alt_peak.high) == (2, None)
    assert found.possible == (Quadrant.TEMPLE, Quadrant.NEAR_NORMAL)


def test_quadrants_against_the_baseline():
    drawn = sample(28, ALT="400", AST="60", BILI="60.1", ALP="80")
    assert place(drawn, before=ILL).quadrant is Quadrant.HYS_LAW
    assert place(drawn, before=ILL, reference=BASELINE).quadrant is Quadrant.CHOLESTASIS
