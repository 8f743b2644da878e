"""Pregnancies: every edit check on both sides."""

from datetime import date
from typing import Any

import pytest

from tests.unit.protocol.casebook.facts_safety import (
    EVENT,
    PREGNANCY,
    Try,
    at,
    case_of,
    found,
    needed_by,
    without,
)
from trial.protocol.casebook.pregnancy_report import CHECKS, FORM
from trial.protocol.crf import asked, missing

ENDED = {"outcome": "live_birth", "last_period": "2025-07-01", "due_on": date(2026, 4, 7),
         "outcome_on": "2026-04-06", "child": "healthy",
         "aware_at": at("2026-02-01 10:00")}  # fmt: skip
ANOMALY = {**ENDED, "child": "anomaly", "child_detail": "cleft palate", "adverse_event": 1}
WORLD = {"adverse_event": [{**EVENT, "congenital_anomaly": True}]}
# 280 days after 20 February 2026 is 27 November; three weeks on either side are let pass.
TRIED: dict[str, tuple[Try, Try]] = {
    "PR-01": (Try(person={"sex": "M"}), Try({"who": "partner"}, person={"sex": "M"})),
    "PR-02": (
        Try(person={"childbearing_potential": False}),
        Try(person={"childbearing_potential": None}),
    ),
    "PR-03": (Try({"who": "partner"}), Try({"who": "partner"}, person={"sex": "M"})),
    "PR-04": (Try({"due_on": date(2026, 12, 19)}), Try({"due_on": date(2026, 12, 18)})),
    "PR-05": (Try({**ENDED, "outcome_on": "2025-06"}), Try({**ENDED, "outcome_on": "2025-07"})),
    "PR-08": (
        Try({**ENDED, "outcome_on": "2025-11-17"}),
        Try({**ENDED, "outcome_on": "2025-11-18"}),
    ),
    "PR-09": (
        Try({"due_on": date(2026, 5, 3), "last_period": "2025-07-27"}),
        Try({"due_on": date(2026, 5, 4), "last_period": "2025-07-28"}),
    ),
    "PR-10": (
        Try({"aware_at": at("2026-02-19 23:59")}),
        Try({"aware_at": at("2026-02-20 00:00")}),
    ),
    "PR-11": (
        Try({**ENDED, "follow_until": date(2026, 4, 5)}),
        Try({**ENDED, "follow_until": date(2026, 4, 6)}),
    ),
    "PR-12": (
        Try(ANOMALY, beside={"adverse_event": [{**EVENT, "congenital_anomaly": False}]}),
        Try(ANOMALY),
    ),
    "PR-13": (
        Try({"outcome": "miscarriage", "outcome_on": "2026-05-01"}),
        Try({"outcome": "miscarriage", "outcome_on": "2026-05-01", "adverse_event": 1}),
    ),
}  # fmt: skip


def _case(one: Try) -> Any:
    return case_of(FORM, PREGNANCY, WORLD, one)


@pytest.mark.parametrize("answers", [{}, ENDED, ANOMALY])
def test_a_coherent_pregnancy_is_not_asked_about(answers: dict[str, Any]) -> None:
    assert found(CHECKS, _case(Try(answers))) == set()
    assert missing(FORM, {**PREGNANCY, **answers}) == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_on_both_sides_and_without_what_it_needs(check: Any) -> None:
    fires, silent = TRIED[check.id]
    assert check.finds(_case(fires))
    assert not check.finds(_case(silent))
    for name in needed_by(check):
        assert not check.finds(without(_case(fires), name)), name


def test_a_due_date_may_be_early_too_and_a_vague_period_widens_both_sides() -> None:
    for due, period, doubtful in (
        (date(2026, 11, 5), "2026-02-20", True), (date(2026, 11, 6), "2026-02-20", False),
        (date(2026, 10, 17), "2026-02", True), (date(2026, 10, 18), "2026-02", False),
        (date(2026, 12, 26), "2026-02", False), (date(2026, 12, 27), "2026-02", True),
    ):  # fmt: skip
        case = _case(Try({"due_on": due, "last_period": period}))
        assert ("PR-04" in found(CHECKS, case)) is doubtful, due


def test_an_anomaly_without_its_event_is_asked_about() -> None:
    assert "PR-12" in found(CHECKS, _case(Try({**ANOMALY, "adverse_event": None})))
    unanswered = {"adverse_event": [{**EVENT, "serious": None}]}
    assert "PR-12" not in found(CHECKS, _case(Try(ANOMALY, beside=unanswered)))


@pytest.mark.parametrize("name", ["who", "aware_at", "last_period", "outcome", "outcome_on",
                                  "child", "child_detail"])  # fmt: skip
def test_needed(name: str) -> None:
    held = {**PREGNANCY, **ANOMALY}
    assert name in missing(FORM, {**held, name: FORM.question(name).empty})


def test_the_chain_from_outcome_to_the_childs_illness() -> None:
    detail = FORM.question("child_detail")
    assert asked(FORM, detail, {"outcome": "live_birth", "child": "other"})
    assert not asked(FORM, detail, {"outcome": "live_birth", "child": "healthy"})
    assert not asked(FORM, detail, {"outcome": "ongoing", "child": "other"})
    assert not asked(FORM, FORM.question("outcome_on"), {"outcome": "lost"})


def test_a_due_date_lies_ahead() -> None:
    assert FORM.question("due_on").may_be_future
    assert not FORM.question("aware_at").may_be_future
