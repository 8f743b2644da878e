"""Adverse events: what is asked, and every edit check on both sides."""

from datetime import date
from typing import Any

import pytest

from safety import seriousness
from tests.unit.protocol.casebook.facts_safety import (
    EVENT,
    FATAL,
    MEDICATION,
    REPORT,
    Try,
    at,
    case_of,
    found,
    needed_by,
    without,
)
from trial.protocol.casebook.adverse_event import CHECKS, FORM
from trial.protocol.casebook.ctcae_terms import INFECTIONS, SPECIFIED, TERMS, THROMBOEMBOLIC
from trial.protocol.casebook.safety_codes import ACTIONS, OUTCOMES, RELATEDNESS
from trial.protocol.crf import asked, missing
from trial.protocol.safety import Cause, Relatedness
from trial.protocol.truth import any_true

WORLD: dict[str, Any] = {
    "serious_event": [REPORT], "medication": [MEDICATION, MEDICATION],
    "pregnancy_report": [{"who": "participant"}], "death": [{"died_on": "2026-05-20"}],
    "biopsy": [{"taken_at": None}, {"taken_at": at("2026-02-28 09:00")}],
}  # fmt: skip
OPEN = {"ongoing": True, "ends_on": "", "ended_at": None, "outcome": "recovering"}
CALM = {"serious": False, "aware_at": None, "hospitalisation": None, "hospital_on": ""}

# For each check: what it finds, and what lies just on the other side.
TRIED: dict[str, tuple[Try, Try]] = {
    "AE-01": (
        Try({"ends_on": "2026-03-01", "ended_at": None}),
        Try({"ends_on": "2026-03", "ended_at": None}),
    ),
    "AE-02": (
        Try({"ends_on": "2026-03-02", "ended_at": at("2026-03-02 14:59")}),
        Try({"ends_on": "2026-03-02", "ended_at": at("2026-03-02 15:00")}),
    ),
    "AE-03": (
        Try({"started_at": at("2026-03-01 23:59")}),
        Try({"started_at": at("2026-03-02 00:00"), "starts_on": "2026-03"}),
    ),
    "AE-04": (
        Try({"ended_at": at("2026-03-05 00:00")}),
        Try({"ended_at": at("2026-03-04 23:59")}),
    ),
    "AE-07": (
        Try({"starts_on": "2026-01-04", "started_at": None}),
        Try({"starts_on": "2026-01", "started_at": None}),
    ),
    "AE-08": (
        Try({"aware_at": at("2026-03-02 14:59")}),
        Try({"aware_at": at("2026-03-02 15:00")}),
    ),
    "AE-10": (
        Try({**FATAL, "died_on": "2026-03-01"}),
        Try({**FATAL, "died_on": "2026-03-02"}),
    ),
    "AE-11": (
        Try({**FATAL, "died_on": "2026-03-05"}),
        Try({**FATAL, "died_on": "2026-03"}),
    ),
    "AE-12": (Try({"hospital_on": "2026-03-01"}), Try({"hospital_on": "2026-03-02"})),
    "AE-13": (
        Try({"starts_on": "2026-02-01", "started_at": None}),
        Try({"starts_on": "2026-02-02", "started_at": None}),
    ),
    "AE-20": (Try({**FATAL, "outcome": "unknown"}), Try(FATAL)),
    "AE-21": (Try({**FATAL, "grade": "4"}), Try(FATAL)),
    "AE-22": (Try({**FATAL, "died_on": ""}), Try(FATAL)),
    "AE-23": (Try({"died_on": "2026-03-04"}), Try(FATAL)),
    "AE-24": (Try({**FATAL, "death": False, "died_on": ""}), Try(FATAL)),
    "AE-25": (Try({"death": True, "died_on": "2026-03-04"}), Try(FATAL)),
    "AE-30": (Try({"hospitalisation": False}), Try({"hospitalisation": None, "disability": True})),
    "AE-31": (
        Try({"grade": "4", "severity": "severe", "life_threatening": False}),
        Try({"grade": "4", "severity": "severe", "life_threatening": True}),
    ),
    "AE-32": (Try({"aware_at": None}), Try(CALM)),
    "AE-33": (Try({**OPEN, "outcome": "with_sequelae"}), Try({**OPEN, "outcome": "unknown"})),
    "AE-34": (Try({"outcome": "not_recovered"}), Try({"outcome": "unknown"})),
    "AE-35": (
        Try({"cause_steroid": ""}),
        Try({**{f"cause_{one}": "" for one in Cause}, "action_product": ""}),
    ),
    "AE-36": (Try({"severity": "mild", "grade": "3"}), Try({"severity": "mild", "grade": "2"})),
    "AE-37": (
        Try({"after_infusion": False, "aesi_infusion": None, "cause_infusion": "possible"}),
        Try({"after_infusion": False, "aesi_infusion": None, "cause_infusion": "unlikely"}),
    ),
    "AE-38": (
        Try({"after_biopsy": False, "cause_biopsy": "possible"}),
        Try({"after_biopsy": False, "cause_biopsy": "unlikely"}),
    ),
    "AE-39": (Try({"aesi_infusion": False}), Try({"special_interest": False,
                                                  "aesi_infusion": None})),
    "AE-40": (
        Try({"after_biopsy": True, "biopsy_on": "2026-03-03"}, beside={"biopsy": []}),
        Try({"after_biopsy": True, "biopsy_on": "2026-03-02"}, beside={"biopsy": []}),
    ),
    "AE-41": (
        Try({"ctcae_term": "lung_infection", "grade": "3"}),
        Try({"ctcae_term": "lung_infection", "grade": "2"}),
    ),
    "AE-42": (
        Try(beside={"adverse_event": [{**EVENT, "term": " FEVER after the infusion"}]}),
        Try(beside={"adverse_event": [{**EVENT, "starts_on": "2026-03-09"}]}),
    ),
    "AE-50": (
        Try(beside={"serious_event": []}),
        Try({"aware_at": at("2026-05-31 12:00")}, beside={"serious_event": []}),
    ),
    "AE-51": (Try(FATAL, beside={"death": [{"died_on": ""}]}), Try(FATAL)),
    "AE-52": (
        Try(beside={"death": [{"died_on": "2026-03-01"}]}),
        Try(beside={"death": [{"died_on": "2026-03-02"}]}),
    ),
    "AE-53": (
        Try({"aesi_pregnancy": True}, beside={"pregnancy_report": []}),
        Try({"aesi_pregnancy": True}),
    ),
    "AE-56": (
        Try({"after_biopsy": True, "biopsy_on": "2026-02-27"}),
        Try({"after_biopsy": True, "biopsy_on": "2026-02"}),
    ),
    "AE-55": (
        Try({"medication": None}),
        Try({"medication": None, "other_treatment": "ice packs"}),
    ),
}  # fmt: skip


def _case(one: Try) -> Any:
    return case_of(FORM, EVENT, WORLD, one)


def test_a_coherent_event_is_not_asked_about() -> None:
    assert found(CHECKS, _case(Try())) == set()
    assert missing(FORM, EVENT) == ()


def test_a_coherent_death_is_not_asked_about() -> None:
    assert found(CHECKS, _case(Try(FATAL))) == set()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_on_both_sides_and_without_what_it_needs(check: Any) -> None:
    fires, silent = TRIED[check.id]
    assert check.finds(_case(fires))
    assert not check.finds(_case(silent))
    for name in needed_by(check):
        assert not check.finds(without(_case(fires), name)), name


def test_checks_are_numbered_once_and_declare_what_they_read() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    for check in CHECKS:
        assert all(FORM.question(name) for name in (*check.fields, *needed_by(check)))
    reading = {one.id: one.reads for one in CHECKS if one.reads}
    assert reading == {
        "AE-50": ("serious_event",), "AE-51": ("death",), "AE-52": ("death",),
        "AE-53": ("pregnancy_report",),
        "AE-56": ("biopsy",),
    }  # fmt: skip


@pytest.mark.parametrize("hour", [("2026-05-31 12:00", False), ("2026-05-31 11:59", True)])
def test_a_report_is_missed_after_24_hours(hour: tuple[str, bool]) -> None:
    case = _case(Try({"aware_at": at(hour[0])}, beside={"serious_event": []}))
    assert ("AE-50" in found(CHECKS, case)) is hour[1]


def test_without_a_time_awareness_is_compared_with_the_day() -> None:
    same_day = Try({"started_at": None, "aware_at": at("2026-03-02 00:10")})
    day_before = Try({"started_at": None, "aware_at": at("2026-03-01 23:50")})
    assert "AE-08" not in found(CHECKS, _case(same_day))
    assert "AE-08" in found(CHECKS, _case(day_before))


def test_the_rules_and_the_checks_see_the_same_contradictions() -> None:
    """seriousness.problems is the older statement of the same rules, for whole dates."""
    same = {
        seriousness.Problem.SERIOUS_WITHOUT_CRITERION: "AE-30",
        seriousness.Problem.GRADE_5_WITHOUT_FATAL: "AE-20",
        seriousness.Problem.FATAL_WITHOUT_GRADE_5: "AE-21",
        seriousness.Problem.FATAL_WITHOUT_DEATH_CRITERION: "AE-24",
        seriousness.Problem.DEATH_CRITERION_WITHOUT_FATAL: "AE-25",
        seriousness.Problem.ASK_LIFE_THREATENING: "AE-31",
        seriousness.Problem.ENDS_BEFORE_START: "AE-01",
        seriousness.Problem.STARTS_BEFORE_CONSENT: "AE-07",
    }
    for tried, sides in TRIED.items():
        for one in sides:
            case = _case(one)
            if len(case["starts_on"]) == 10 and len(case["ends_on"]) in (0, 10):
                problems = seriousness.problems(_as_rule(case))
                for problem, check in same.items():
                    assert (problem in problems) == (check in found(CHECKS, case)), (tried, problem)


def _as_rule(case: Any) -> seriousness.Event:
    outcome = next((one.cdisc for one in OUTCOMES if one.code == case["outcome"]), "")
    died = case["died_on"]
    return seriousness.Event(
        serious=case["serious"],
        criteria={one: bool(case[one.value]) for one in seriousness.Criterion}
        if case["serious"] is not None
        else {},
        grade=int(case["grade"]) if case["grade"] else None,
        outcome=seriousness.Outcome(outcome) if outcome else None,
        died_on=date.fromisoformat(died) if len(died) == 10 else None,
        starts_on=date.fromisoformat(case["starts_on"]),
        ends_on=date.fromisoformat(case["ends_on"]) if case["ends_on"] else None,
        consented_on=case.person.consented_on,
    )


def test_codes_are_those_of_the_rules() -> None:
    assert {one.cdisc for one in OUTCOMES} == {one.value for one in seriousness.Outcome}
    assert all(one.code == seriousness.Outcome(one.cdisc).name.lower() for one in OUTCOMES)
    assert [one.code for one in RELATEDNESS] == [one.value for one in Relatedness]
    ticks = [one.name for one in FORM.section("seriousness").questions if one.kind == "tick"]
    assert set(ticks) == {one.value for one in seriousness.Criterion}
    asked_causes = [one.name for one in FORM.section("causality").questions]
    assert asked_causes == [f"cause_{one}" for one in Cause]


def test_actions_are_the_whole_of_cdisc() -> None:
    """Clinical rules §10.1, C66767."""
    assert {one.cdisc for one in ACTIONS} == {
        "DOSE INCREASED", "DOSE NOT CHANGED", "DOSE RATE REDUCED", "DOSE REDUCED",
        "DRUG INTERRUPTED", "DRUG WITHDRAWN", "NOT APPLICABLE", "UNKNOWN",
    }  # fmt: skip


def test_the_first_section_opens_a_line() -> None:
    assert FORM.repeats
    assert "term" in {one.name for one in FORM.sections[0].questions}
    opened = {one.name: EVENT[one.name] for one in FORM.sections[0].questions if one.name in EVENT}
    blank = {one.name: one.empty for one in FORM.questions}
    case = case_of(FORM, {**blank, **opened}, WORLD, Try())
    assert found(CHECKS, case) == set()  # what is not filled in yet is not asked about


def test_what_is_asked_only_of_serious_and_fatal_events() -> None:
    died = FORM.question("died_on")
    assert asked(FORM, died, {"serious": True, "death": True})
    assert not asked(FORM, died, {"serious": True, "death": False})
    assert not asked(FORM, died, {"serious": False, "death": True})  # the chain breaks above
    assert "aware_at" in missing(FORM, {**EVENT, "aware_at": None})
    assert "aware_at" not in missing(FORM, {**EVENT, **CALM})
    assert "hospital_on" in missing(FORM, {**EVENT, "hospital_on": ""})


@pytest.mark.parametrize("name", [
    "term", "ctcae_term", "grade", "severity", "starts_on", "ongoing", "ends_on", "outcome",
    "serious", "aware_at", *(f"cause_{one}" for one in Cause), "action_product", "action_steroid",
    "action_azathioprine", "discontinuation", "treated", "after_infusion", "infusion",
    "after_biopsy", "special_interest",
])  # fmt: skip
def test_needed(name: str) -> None:
    assert name in missing(FORM, {**EVENT, name: FORM.question(name).empty})


def test_other_terms_need_words() -> None:
    assert set(SPECIFIED) == {
        "infection_other", "hepatic_other", "neoplasm_other", "pregnancy_other", "other",
    }  # fmt: skip
    for term in SPECIFIED:
        assert missing(FORM, {**EVENT, "ctcae_term": term}) == ("ctcae_other",)


def test_every_infection_from_grade_3_on_is_of_special_interest() -> None:
    for term in INFECTIONS:
        for grade, severity in (("2", "moderate"), ("3", "severe"), ("4", "severe")):
            case = _case(Try({"ctcae_term": term, "grade": grade, "severity": severity}))
            assert ("AE-41" in found(CHECKS, case)) == (grade != "2")
    for term in THROMBOEMBOLIC:
        assert "AE-41" in found(CHECKS, _case(Try({"ctcae_term": term, "grade": "1"})))


def test_any_criterion_makes_it_serious() -> None:
    for one in seriousness.Criterion:
        case = _case(Try({**CALM, "serious": True, one.value: True}))
        assert "AE-30" not in found(CHECKS, case)
        assert any_true(*(bool(case[each.value]) for each in seriousness.Criterion)) is True


def test_names_fit_columns_and_submission() -> None:
    for question in FORM.questions:
        assert len(question.name) <= 30
        domain, variable = question.cdisc.split(".")
        assert domain in ("AE", "SUPPAE")
        assert len(variable) <= 8
        assert all(len(one.code) <= 20 for one in question.codes)
    assert len({one.code for one in TERMS}) == len(TERMS)
