"""Every code of the rules has its sentence."""

import pytest

from labs.assessment import OUTCOMES, REASON_CODES
from labs.entry import NOT_DONE
from labs.meld import MISSING_CODES
from labs.models import NotDone
from labs.wording import (
    finding_text,
    missing_text,
    number_problem_text,
    outcome_text,
    reason_text,
    rule_text,
    verdict_text,
)
from trial.protocol.checks import Finding, assess
from trial.protocol.dictionary import ANALYTES

DICTIONARY = {analyte.code: analyte for analyte in ANALYTES}


def sample_params(code: str) -> dict[str, str]:
    """A value for each parameter, recognisable in the sentence."""
    fixed = {"anchor": "day0", "analyte": "ALT", "analytes": "ALT, IGG", "interval_censored": "no"}
    return {name: fixed.get(name, f"«{name}»") for name in REASON_CODES[code]}


@pytest.mark.parametrize("code", REASON_CODES)
def test_each_reason_has_a_sentence_with_its_values(code):
    params = sample_params(code)
    text = reason_text(code, params)
    assert "%" not in text.replace(" %", "")
    for name in ("on", "mhai", "alt_percent", "igg_times", "value", "times"):
        if name in params:
            assert params[name] in text


@pytest.mark.parametrize("code", REASON_CODES)
def test_a_reason_without_any_value_still_is_a_sentence(code):
    params = dict.fromkeys(REASON_CODES[code], "") | (
        {"anchor": "day0"} if "anchor" in REASON_CODES[code] else {}
    )
    assert "%(" not in reason_text(code, params)


def test_a_relapse_reads_as_the_investigator_would_say_it():
    params = sample_params("over_threshold") | {
        "times": "3.1", "week": "36", "visit": "W36", "cbr_week": "12", "cbr_visit": "W12",
    }  # fmt: skip
    text = reason_text("over_threshold", params)
    assert text == "ALT 3.1×ULN at week 36 after CBR at week 12"


def test_a_gap_before_the_event_is_said():
    params = sample_params("maintained") | {"interval_censored": "yes"}
    assert reason_text("maintained", params).endswith("; a sample in between is missing")


def test_an_unscheduled_sample_is_named_so():
    params = {"analyte": "IGG", "times": "1.2", "week": "33", "visit": "UNS"}
    assert reason_text("above_uln", params) == "IgG 1.2×ULN at week 33 (unscheduled)"


@pytest.mark.parametrize(
    ("rule", "outcome"), [(rule, one) for rule, outcomes in OUTCOMES.items() for one in outcomes]
)
def test_each_outcome_of_each_rule_has_words(rule, outcome):
    assert outcome_text(rule, outcome)
    assert rule_text(rule)


@pytest.mark.parametrize("code", MISSING_CODES)
def test_each_missing_input_has_words(code):
    assert missing_text(code)


FINDINGS = {
    "gamma_above_globulin": ("GLOBG", "GLOBUL"),
    "globulin_above_protein": ("GLOBUL", "PROT", "ALB"),
    "gamma_above_protein": ("GLOBG", "PROT", "ALB"),
    "gamma_share": ("GLOBG", "GLOBGPT", "PROT", "expected"),
    "direct_above_total": ("BILDIR", "BILI"),
    "inr_from_pt": ("INR", "PT", "expected"),
    "delta_factor": ("value", "previous"),
    "delta_change": ("value", "previous"),
    "delta_fall": ("value", "previous"),
}


@pytest.mark.parametrize(("code", "names"), FINDINGS.items())
def test_each_finding_has_a_sentence_with_its_values(code, names):
    analytes = tuple(name for name in names if name.isupper()) or ("ALT",)
    params = {name: f"«{name}»" for name in names}
    text = finding_text(Finding(code, analytes, params), DICTIONARY)
    assert all(value in text for value in params.values())


def test_the_reasons_for_no_value_are_those_that_are_stored():
    assert set(NOT_DONE) == set(NotDone.values)


CODES = (
    "empty", "too_long", "control_character", "not_finite", "exponent", "underscore",
    "ambiguous_separator", "too_many_digits", "negative_zero", "incomplete", "unit_in_value",
    "not_a_number",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_each_refusal_of_a_number_has_a_sentence(code):
    assert number_problem_text(code, {"max": "32", "character": "U+0000"})


@pytest.mark.parametrize("text", ["", "4.2.1", "0", "99999", "1500", "3", "1e5", "x" * 99])
def test_every_verdict_that_is_not_ok_is_worded(text):
    verdict = assess(DICTIONARY["ALT"], text, "U/L")
    assert bool(verdict_text(verdict)) == (verdict.level != "ok")


def test_a_unit_that_somebody_sent_is_not_repeated_at_length():
    assert len(verdict_text(assess(DICTIONARY["ALT"], "5", "x" * 1_000_000))) < 200


def test_units_are_written_as_on_a_report():
    text = verdict_text(assess(DICTIONARY["BILI"], "1.0", "umol/L"))
    assert "1.0 mg/dL = 17.1 µmol/L" in text
