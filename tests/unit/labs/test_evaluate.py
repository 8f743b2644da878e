"""The whole evaluation: order of edits, corrections, previews, unknown values, determinism."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.evaluate import ALGORITHM, evaluate, preview, scores_of
from labs.timeline import in_cbr
from tests.unit.labs.builders import PARAMETERS, START, answers, course, day, sample
from trial.protocol.endpoints import EndpointParameters

WEEKS = (0, 4, 12, 24, 36, 39, 48)
LEVELS = {
    "ALT": ["15", "40", "41", "79", "80", "81", "120", "121", "400", "<10", ">1000"],
    "AST": ["15", "40", "41", "80", "81", "120", "121", "320"],
    "IGG": ["10", "16", "16.1", "24"],
    "GLOBG": ["12", "20", "20.1"],
}


@st.composite
def samples_of(draw, panel_id, week):
    values = {
        analyte: level
        for analyte, levels in LEVELS.items()
        if (level := draw(st.sampled_from([*levels, None]))) is not None
    }
    return sample(
        panel_id,
        day(week, draw(st.integers(-3, 3)) if week else 0),
        values,
        visit=f"W{week}",
        scheduled=week != 39,
        usable=draw(st.sampled_from([True, True, True, False])),
        target_on=day(week),
    )


COURSES = st.tuples(*(samples_of(place, week) for place, week in enumerate(WEEKS, start=1)))


def series_of(samples):
    return replace(course("0:1/1/1"), samples=tuple(samples))


@pytest.mark.req("R-22")
@given(final=COURSES, drafts=COURSES, data=st.data())
def test_any_order_of_edits_gives_the_evaluation_of_the_final_state(final, drafts, data):
    # every panel is entered as a draft and corrected to its final state, in a random order
    edits = data.draw(st.permutations([*drafts, *final]))
    state = series_of([])
    settled = set()
    for edit in edits:
        if edit in final:
            settled.add(edit.panel_id)
        elif edit.panel_id in settled:
            continue  # the correction came last, whatever the draft said
        state = state.with_sample(edit)
        evaluate(state, PARAMETERS)
    assert evaluate(state, PARAMETERS) == evaluate(series_of(final), PARAMETERS)


@given(samples=COURSES, data=st.data())
def test_the_order_of_the_samples_does_not_matter(samples, data):
    shuffled = data.draw(st.permutations(samples))
    assert evaluate(series_of(shuffled), PARAMETERS) == evaluate(series_of(samples), PARAMETERS)


@given(samples=COURSES)
def test_response_is_never_claimed_while_one_of_its_values_is_unknown(samples):
    found = answers(series_of(samples))
    by_panel = {one.panel_id: one for one in samples}
    shown = [found["CBR"]] if found["CBR"].outcome == "CBR" else []
    shown += [found["RESPONSE_M6"]] if found["RESPONSE_M6"].outcome == "CBR_BY_M6" else []
    for assessment in shown:
        draw = by_panel[assessment.at_panel_id]
        assert draw.usable
        assert in_cbr(draw) is True
        for analyte in ("ALT", "AST", "IGG"):
            result = draw.observations[analyte]
            assert result.comparator in ("", "<", "<=")
            assert result.value <= result.upper


@given(samples=COURSES, data=st.data())
def test_losing_a_value_never_turns_into_a_response(samples, data):
    """Kleene: with less known an answer may become open, but never a response."""
    before = answers(series_of(samples))
    victim = data.draw(st.sampled_from([one for one in samples if one.collected_on > START]))
    names = data.draw(st.sets(st.sampled_from(("ALT", "AST", "IGG")), min_size=1))
    kept = {key: value for key, value in victim.observations.items() if key not in names}
    after = answers(series_of(samples).with_sample(replace(victim, observations=kept)))
    if before["CBR"].outcome != "CBR":
        assert after["CBR"].outcome != "CBR"
    if before["RESPONSE_M6"].outcome not in ("CBR_BY_M6", "BASELINE_IN_CBR"):
        assert after["RESPONSE_M6"].outcome != "CBR_BY_M6"


@given(samples=COURSES)
def test_relapse_is_only_found_in_values_that_show_it(samples):
    found = answers(series_of(samples))["TRIAL-REL"]
    if found.outcome != "RELAPSE":
        return
    draw = next(one for one in samples if one.panel_id == found.at_panel_id)
    raised = [draw.get(one) for one in ("ALT", "AST")]
    assert any(one is not None and one.value >= one.upper for one in raised)
    assert found.evaluable_until == found.on


@given(samples=COURSES)
def test_every_input_of_an_assessment_is_a_result_of_its_panel(samples):
    known = {
        (result.result_id, one.panel_id, one.panel_version)
        for one in samples
        if one.usable
        for result in one.observations.values()
    }
    for assessment in evaluate(series_of(samples), PARAMETERS).assessments:
        assert set(assessment.inputs) <= known
        assert list(assessment.inputs) == sorted(set(assessment.inputs))


@given(samples=COURSES)
def test_a_preview_is_the_evaluation_after_saving(samples):
    *saved, new = samples
    shown = preview(new, series_of(saved), PARAMETERS)
    stored = evaluate(series_of(samples), PARAMETERS)
    assert shown.assessments == stored.assessments
    assert shown.scores == tuple(pair for pair in stored.scores if pair[0] == new.panel_id)


# --- corrections, D3

RESPONDER = "0:400/320/24 · 4:210/170/20 · 12:38/35/15 · 24:30/28/15 · 36:121/90/15"


def corrected(series, panel_id, analyte, **changes):
    old = next(one for one in series.samples if one.panel_id == panel_id)
    result = replace(old.observations[analyte], **changes)
    new = replace(old, panel_version=2, observations={**old.observations, analyte: result})
    return series.with_sample(new)


def test_correcting_the_baseline_re_derives_the_response():
    series = course(RESPONDER)
    assert answers(series)["NON_RESPONSE"].outcome == "YES"
    higher = corrected(series, 1, "ALT", value=Decimal(420))
    assert answers(higher)["NON_RESPONSE"].outcome == "NO"
    assert (1, 2) in {key[1:] for key in answers(higher)["NON_RESPONSE"].inputs}


def test_correcting_an_upper_limit_re_derives_the_relapse():
    series = course(RESPONDER)
    assert answers(series)["TRIAL-REL"].outcome == "RELAPSE"
    wider = corrected(series, 5, "ALT", upper=Decimal(50))
    assert answers(wider)["TRIAL-REL"].outcome == "LOSS_OF_CBR"


def test_correcting_the_response_away_takes_the_relapse_with_it():
    series = course("0:300/250/22 · 12:35/30/15 · 24:121/90/15")
    assert answers(series)["TRIAL-REL"].outcome == "RELAPSE"
    without = corrected(series, 2, "IGG", value=Decimal(17))
    assert answers(without)["TRIAL-REL"].outcome == "NO_CBR"
    assert answers(without)["RS1"].outcome == "NO_REMISSION"


def test_correcting_a_baseline_to_normal_leaves_nothing_to_achieve():
    series = course("0:300/38/15 · 12:35/30/15 · 24:30/28/15")
    normal = corrected(series, 1, "ALT", value=Decimal(40))
    assert answers(series)["RESPONSE_M6"].outcome == "CBR_BY_M6"
    assert answers(normal)["RESPONSE_M6"].outcome == "BASELINE_IN_CBR"


# --- scores


def test_scores_come_per_sample_in_the_order_of_the_protocol():
    values = {"BILI": "51", "CREAT": "133", "INR": "1.4", "SODIUM": "130", "ALB": "28"}
    series = replace(
        course("0:1/1/1"),
        samples=(sample(2, day(4), values), sample(1, START, {"BILI": "51"})),
    )
    found = evaluate(series, PARAMETERS)
    assert [(panel, score.formula) for panel, score in found.scores] == [
        (1, "MELD"), (1, "MELDNA"), (1, "MELD30"), (2, "MELD"), (2, "MELDNA"), (2, "MELD30"),
    ]  # fmt: skip
    assert [score.value for _, score in found.scores] == [None, None, None, 18, 23, 25]


def test_only_the_formulas_of_the_protocol_are_computed():
    parameters = EndpointParameters(meld_formulas=("MELD30",))
    found = scores_of(sample(1, START, {}), "F", parameters)
    assert [score.formula for score in found] == ["MELD30"]


def test_a_protocol_may_refuse_derived_inr():
    values = {"BILI": "51", "CREAT": "133", "PT": "18"}
    draw = replace(sample(1, START, values), pt_isi=Decimal("1.2"), pt_mnpt=Decimal(12))
    allowed = scores_of(draw, "F", PARAMETERS)[0]
    refused = scores_of(draw, "F", replace(PARAMETERS, meld_inr_from_pt=False))[0]
    assert allowed.derived_inr
    assert (refused.value, refused.missing) == (None, ("pt_without_isi_and_mnpt",))


def test_an_empty_course_is_evaluated_without_an_answer():
    found = evaluate(replace(course("0:1/1/1"), samples=()), PARAMETERS)
    assert found.scores == ()
    assert {one.outcome for one in found.assessments} == {"NE", "NE_M6"}


def test_equal_days_go_by_panel():
    first = sample(5, day(24), {"ALT": "90", "AST": "30", "IGG": "15"}, visit="W24")
    second = sample(6, day(24), {"ALT": "30", "AST": "30", "IGG": "15"}, visit="W24")
    for order in ((first, second), (second, first)):
        series = replace(course("0:300/250/22"), samples=(*course("0:300/250/22").samples, *order))
        assert answers(series)["RESPONSE_M6"].outcome == "CBR_BY_M6"


def test_the_algorithm_has_a_version():
    assert ALGORITHM
    assert {one.rule_version for one in answers(course(RESPONDER)).values()} == {"2026.1"}
