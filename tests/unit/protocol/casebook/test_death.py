"""The death: every edit check on both sides."""

from datetime import date
from typing import Any

import pytest

from tests.unit.protocol.casebook.facts_safety import (
    DEATH,
    EVENT,
    FATAL,
    Try,
    case_of,
    found,
    needed_by,
    without,
)
from trial.protocol.casebook.death import CHECKS, FORM
from trial.protocol.crf import VisitFact, missing
from trial.protocol.safety import Cause


def _event(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {"adverse_event": [{**EVENT, **FATAL, **changes}]}


def _visit(held_on: date) -> tuple[VisitFact, ...]:
    return (VisitFact(1, "W12", "done", held_on), VisitFact(2, "W24", "planned", None))


TRIED: dict[str, tuple[Try, Try]] = {
    "DTH-02": (Try({"died_on": "2026-01-04"}), Try({"died_on": "2026-01-05"})),
    "DTH-04": (
        Try(beside=_event(outcome="recovering", grade="4")),
        Try(beside=_event(outcome="unknown", grade="4")),
    ),
    "DTH-05": (Try({"died_on": "2026-03-05"}), Try({"died_on": "2026-03"})),
    "DTH-06": (
        Try({"related_product": False}),
        Try({"related_product": None, "related_infusion": None}),
    ),
    "DTH-07": (Try(visits=_visit(date(2026, 3, 5))), Try(visits=_visit(date(2026, 3, 4)))),
    "DTH-08": (
        Try(person={"ended_on": date(2026, 3, 5)}),
        Try(person={"ended_on": date(2026, 3, 4)}),
    ),
}  # fmt: skip


def _case(one: Try) -> Any:
    return case_of(FORM, DEATH, _event(), one)


def test_a_coherent_death_is_not_asked_about() -> None:
    assert found(CHECKS, _case(Try())) == set()
    assert missing(FORM, DEATH) == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_on_both_sides_and_without_what_it_needs(check: Any) -> None:
    fires, silent = TRIED[check.id]
    assert check.finds(_case(fires))
    assert not check.finds(_case(silent))
    for name in needed_by(check):
        assert not check.finds(without(_case(fires), name)), name


@pytest.mark.parametrize("name", ["died_on", "cause", "place", "autopsy", "adverse_event"])
def test_needed(name: str) -> None:
    assert name in missing(FORM, {**DEATH, name: FORM.question(name).empty})


def test_there_is_one_and_each_cause_can_be_ticked() -> None:
    assert not FORM.repeats
    ticks = [one.name for one in FORM.section("related").questions]
    assert ticks == ["related_disease", *(f"related_{one}" for one in Cause)]
