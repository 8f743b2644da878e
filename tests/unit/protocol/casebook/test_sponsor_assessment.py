"""The sponsor's assessment: every edit check on both sides, and what the decision is made from."""

from typing import Any

import pytest

from safety.seriousness import susar
from tests.unit.protocol.casebook.facts_safety import (
    ASSESSMENT,
    EVENT,
    FATAL,
    Try,
    at,
    case_of,
    found,
    needed_by,
    without,
)
from trial.protocol.casebook.sponsor_assessment import CHECKS, FORM
from trial.protocol.crf import missing
from trial.protocol.safety import CausalityParameters, Cause, Relatedness


def _event(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {"adverse_event": [{**EVENT, **changes}]}


TRIED: dict[str, tuple[Try, Try]] = {
    "SPA-02": (Try({"sponsor_product": "unlikely"}), Try({"sponsor_product": "possible"})),
    "SPA-03": (
        Try({"assessed_at": at("2026-03-02 17:59")}),
        Try({"assessed_at": at("2026-03-02 18:00")}),
    ),
    "SPA-04": (
        Try({"received_at": at("2026-03-02 15:59")}),
        Try({"received_at": at("2026-03-02 16:00")}),
    ),
    "SPA-05": (
        Try({"fatal_known_at": at("2026-03-04 10:00")}),
        Try({"fatal_known_at": at("2026-03-04 10:00")}, beside=_event(**FATAL)),
    ),
    "SPA-06": (
        Try({"fatal_known_at": at("2026-03-02 17:59")}),
        Try({"fatal_known_at": at("2026-03-02 17:59")}, beside={"sponsor_assessment": [
            {"adverse_event": 1, "received_at": at("2026-03-02 17:00")},
        ]}),
    ),
}  # fmt: skip


def _case(one: Try) -> Any:
    return case_of(FORM, ASSESSMENT, _event(), one)


def test_a_coherent_assessment_is_not_asked_about() -> None:
    assert found(CHECKS, _case(Try())) == set()
    assert missing(FORM, ASSESSMENT) == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_on_both_sides_and_without_what_it_needs(check: Any) -> None:
    fires, silent = TRIED[check.id]
    assert check.finds(_case(fires))
    assert not check.finds(_case(silent))
    for name in needed_by(check):
        assert not check.finds(without(_case(fires), name)), name


@pytest.mark.parametrize("check", CHECKS[1:], ids=lambda check: check.id)
def test_without_the_event_nothing_is_said_about_it(check: Any) -> None:
    fires, _silent = TRIED[check.id]
    gone = Try(fires.row, {"adverse_event": []})
    assert check.finds(_case(gone)) is (check.id in ("SPA-03", "SPA-06"))


@pytest.mark.parametrize("cause", Cause)
def test_the_sponsor_takes_no_relation_away(cause: Cause) -> None:
    judged = _event(
        **{f"cause_{one}": "unlikely" for one in Cause} | {f"cause_{cause}": "possible"}
    )
    lower = Try({f"sponsor_{cause}": "unlikely"}, beside=judged)
    assert "SPA-02" in found(CHECKS, _case(lower))
    unjudged = Try({f"sponsor_{cause}": ""}, beside=judged)
    assert "SPA-02" not in found(CHECKS, _case(unjudged))


def test_the_safety_unit_writes_it() -> None:
    assert FORM.writer == "safety"


@pytest.mark.parametrize("name", ["adverse_event", "received_at", "minimum_known", "expectedness",
                                  "ib_version", "reasoning", "assessed_at",
                                  *(f"sponsor_{one}" for one in Cause)])  # fmt: skip
def test_needed(name: str) -> None:
    assert name in missing(FORM, {**ASSESSMENT, name: FORM.question(name).empty})


def test_the_decision_follows_from_the_answers_and_is_not_asked() -> None:
    assert "susar" not in {one.name for one in FORM.questions}
    case = _case(Try())
    investigator = {one: Relatedness(EVENT[f"cause_{one}"]) for one in Cause}
    sponsor = {one: Relatedness(case[f"sponsor_{one}"]) for one in Cause}
    for said, expected in (("expected", True), ("unexpected", False)):
        assert FORM.question("expectedness").code(said)
        decision = susar(EVENT["serious"], investigator, sponsor, expected, CausalityParameters())
        assert decision.susar is not expected
        assert decision.missing == ()
