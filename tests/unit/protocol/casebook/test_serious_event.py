"""Reports of serious adverse events: every edit check on both sides."""

from datetime import date
from typing import Any

import pytest

from tests.unit.protocol.casebook.facts_safety import (
    DEATH,
    EVENT,
    FATAL,
    REPORT,
    Try,
    at,
    case_of,
    found,
    needed_by,
    without,
)
from trial.protocol.casebook.serious_event import CHECKS, FORM
from trial.protocol.crf import missing


def _event(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {"adverse_event": [{**EVENT, **changes}]}


DEAD = _event(**FATAL)
TRIED: dict[str, tuple[Try, Try]] = {
    "SAE-02": (Try(beside=_event(serious=False)), Try(beside=_event(serious=None))),
    "SAE-03": (
        Try(beside={"serious_event": [{"adverse_event": 1}]}),
        Try(beside={"serious_event": [{"adverse_event": 2}]}),
    ),
    "SAE-04": (Try({"discharged_on": date(2026, 3, 1)}), Try({"discharged_on": date(2026, 3, 2)})),
    "SAE-05": (
        Try(beside=_event(hospitalisation=False, hospital_on="")),
        Try(beside=_event(serious=None, hospitalisation=None, hospital_on="")),
    ),
    "SAE-06": (Try({"admitted_on": None}), Try({"admitted_on": date(2026, 3, 1)})),
    "SAE-07": (Try({"admitted_on": date(2026, 3, 3)}), Try({"admitted_on": date(2026, 2, 28)})),
    "SAE-08": (
        Try({"discharged_on": date(2026, 3, 1), "admitted_on": None}),
        Try({"discharged_on": date(2026, 3, 2)}),
    ),
    "SAE-09": (Try({"autopsy": "no"}), Try({"autopsy": "no"}, beside=DEAD)),
    "SAE-10": (Try(beside=DEAD), Try({"autopsy": "unknown"}, beside=DEAD)),
    "SAE-11": (
        Try({"autopsy": "yes"}, beside={**DEAD, "death": [DEATH]}),
        Try({"autopsy": "unknown"}, beside={**DEAD, "death": [DEATH]}),
    ),
    "SAE-12": (
        Try({"news_at": at("2026-03-02 15:59")}),
        Try({"news_at": at("2026-03-02 16:00")}),
    ),
    "SAE-13": (
        Try({"dechallenge": "abated"}, beside=_event(action_product="not_changed")),
        Try({"dechallenge": "abated"}),
    ),
    "SAE-14": (
        Try({"rechallenge": "recurred"}, beside=_event(action_product="withdrawn")),
        Try({"rechallenge": "not_done"}, beside=_event(action_product="withdrawn")),
    ),
}  # fmt: skip


def _case(one: Try) -> Any:
    return case_of(FORM, REPORT, _event(), one)


def test_a_coherent_report_is_not_asked_about() -> None:
    assert found(CHECKS, _case(Try())) == set()
    assert missing(FORM, REPORT) == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_on_both_sides_and_without_what_it_needs(check: Any) -> None:
    fires, silent = TRIED[check.id]
    assert check.finds(_case(fires))
    assert not check.finds(_case(silent))
    for name in needed_by(check):
        assert not check.finds(without(_case(fires), name)), name
    reads_events = check.id not in ("SAE-03", "SAE-04", "SAE-11")
    assert ("adverse_event" in check.reads) is reads_events


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_without_the_event_nothing_is_said_about_it(check: Any) -> None:
    fires, _silent = TRIED[check.id]
    gone = Try(fires.row, {**fires.beside, "adverse_event": []})
    assert check.finds(_case(gone)) is (check.id in ("SAE-03", "SAE-04", "SAE-11"))


@pytest.mark.parametrize("name", ["adverse_event", "report", "follow_up", "news_at", "news",
                                  "qualification", "narrative", "dechallenge", "rechallenge",
                                  "autopsy"])  # fmt: skip
def test_needed(name: str) -> None:
    assert name in missing(FORM, {**REPORT, name: FORM.question(name).empty})


def test_a_first_report_has_no_news() -> None:
    first = {**REPORT, "report": "initial", "follow_up": None, "news_at": None, "news": ""}
    assert missing(FORM, first) == ()


def test_nobody_is_named() -> None:
    """No initials, no name of the reporter: only who they are by profession."""
    assert not {"initials", "reporter", "name"} & {one.name for one in FORM.questions}
    assert all(one.names_people for one in FORM.questions if one.kind in ("text", "note"))
