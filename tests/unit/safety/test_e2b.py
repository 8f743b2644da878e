"""E2B(R3): every element has an ICH number, mandatory ones are there or named, no arm gets out."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from safety.e2b import elements_of
from safety.e2b_drugs import PRODUCT
from safety.e2b_elements import ELEMENTS, NEEDED
from safety.e2b_report import (
    Drug,
    Infusion,
    Missing,
    Participant,
    Report,
    Study,
    number_text,
    written,
)
from tests.unit.protocol.casebook.facts_safety import (
    ASSESSMENT,
    DEATH,
    EVENT,
    FATAL,
    REPORT,
    at,
)
from trial.protocol.casebook import adverse_event, serious_event
from trial.protocol.casebook.safety_codes import ACTIONS, OUTCOMES
from trial.protocol.safety import Cause, Relatedness

# The numbers of ICH's own list, sections C to H, written down apart from the module: "D.2.2a-b"
# stands for both.
ICH = """
C.1.1 C.1.2 C.1.3 C.1.4 C.1.5 C.1.6.1 C.1.6.1.r.1 C.1.6.1.r.2 C.1.7 C.1.8.1 C.1.8.2 C.1.9.1
C.1.9.1.r.1 C.1.9.1.r.2 C.1.10.r C.1.11.1 C.1.11.2 C.2.r.1.1 C.2.r.1.2 C.2.r.1.3 C.2.r.1.4 C.2.r.2.1
C.2.r.2.2 C.2.r.2.3 C.2.r.2.4 C.2.r.2.5 C.2.r.2.6 C.2.r.2.7 C.2.r.3 C.2.r.4 C.2.r.5 C.3.1 C.3.2
C.3.3.1 C.3.3.2 C.3.3.3 C.3.3.4 C.3.3.5 C.3.4.1 C.3.4.2 C.3.4.3 C.3.4.4 C.3.4.5 C.3.4.6 C.3.4.7
C.3.4.8 C.4.r.1 C.4.r.2 C.5.1.r.1 C.5.1.r.2 C.5.2 C.5.3 C.5.4 D.1 D.1.1.1 D.1.1.2 D.1.1.3 D.1.1.4
D.2.1 D.2.2a-b D.2.2.1a-b D.2.3 D.3 D.4 D.5 D.6 D.7.1.r.1a-b D.7.1.r.2 D.7.1.r.3 D.7.1.r.4 D.7.1.r.5
D.7.1.r.6 D.7.2 D.7.3 D.8.r.1 D.8.r.2a-b D.8.r.3a-b D.8.r.4 D.8.r.5 D.8.r.6a-b D.8.r.7a-b D.9.1
D.9.2.r.1a-b D.9.2.r.2 D.9.3 D.9.4.r.1a-b D.9.4.r.2 E.i.1.1a-b E.i.1.2 E.i.2.1a-b E.i.3.1 E.i.3.2a-f
E.i.4 E.i.5 E.i.6a-b E.i.7 E.i.8 E.i.9 F.r.1 F.r.2.1 F.r.2.2a-b F.r.3.1 F.r.3.2 F.r.3.3 F.r.3.4
F.r.4 F.r.5 F.r.6 F.r.7 G.k.1 G.k.2.1.1a-b G.k.2.1.2a-b G.k.2.2 G.k.2.3.r.1 G.k.2.3.r.2a-b
G.k.2.3.r.3a-b G.k.2.4 G.k.2.5 G.k.3.1 G.k.3.2 G.k.3.3 G.k.4.r.1a-b G.k.4.r.2 G.k.4.r.3 G.k.4.r.4
G.k.4.r.5
G.k.4.r.6a-b G.k.4.r.7 G.k.4.r.8 G.k.4.r.9.1 G.k.4.r.9.2a-b G.k.4.r.10.1 G.k.4.r.10.2a-b
G.k.4.r.11.1 G.k.4.r.11.2a-b G.k.5a-b G.k.6a-b G.k.7.r.1 G.k.7.r.2a-b G.k.8 G.k.9.i.1 G.k.9.i.2.r.1
G.k.9.i.2.r.2 G.k.9.i.2.r.3 G.k.9.i.3.1a-b G.k.9.i.3.2a-b G.k.9.i.4 G.k.10.r G.k.11 H.1 H.2
H.3.r.1a-b H.4 H.5.r.1a-b
"""
# Mandatory by ICH; C.5.4 because this is a report from a study.
MANDATORY = """
C.1.1 C.1.2 C.1.3 C.1.4 C.1.5 C.1.6.1 C.1.7 C.1.8.1 C.1.8.2 C.1.9.1 C.2.r.4 C.3.1 C.3.2 C.5.4 D.1
E.i.2.1a E.i.2.1b E.i.3.2a E.i.3.2b E.i.3.2c E.i.3.2d E.i.3.2e E.i.3.2f E.i.7 G.k.1 G.k.2.2 H.1
"""

STUDY = Study(
    name="UC-MSC in autoimmune hepatitis", number="Beijing302-006", sender="Sponsor", country="CN",
    registrations=(("NCT01661842", "US"),),
)  # fmt: skip
MINOR = {
    "term": "Headache", "serious": False, "grade": "1", "starts_on": "2026-03",
    "outcome": "recovering", "cause_steroid": "probable", "action_product": "not_changed",
}  # fmt: skip
CASE = Report(
    id="CN-AIH302-0001",
    created_at=at("2026-03-06 09:30"),
    study=STUDY,
    participant=Participant("01-0070", "F", 1980, Decimal("61.50"), Decimal(164)),
    events={1: EVENT, 4: MINOR},
    report={**REPORT, "tests": "CRP 80 mg/L", "history": "Asthma as a child."},
    assessments={1: ASSESSMENT},
    received=(at("2026-03-05 10:00"), at("2026-03-02 18:00")),
    expedited=False,
    infusions=(
        Infusion(1, at("2026-02-02 10:00"), at("2026-02-02 10:40")),
        Infusion(2, at("2026-03-02 10:00"), at("2026-03-02 10:45")),
        Infusion(3, at("2026-03-30 10:00")),
    ),
    drugs=(
        Drug("Prednisone", Cause.STEROID, Decimal("20.0"), "mg", "2025-11", route="Oral",
             indication="Autoimmune hepatitis"),
        Drug("Azathioprine", Cause.AZATHIOPRINE, Decimal(50), "mg", "2026-01-10"),
        Drug("Paracetamol", started="2026-03-02", stopped="2026-03-03"),
    ),
    history=({"condition": "Hypothyroidism", "started": "2019", "ongoing": True},),
    codes={1: ("28.1", "90000001"), 4: ("28.1", "90000002")},
    translations={1: "Fever", 4: "Headache"},
)  # fmt: skip


def _ich() -> set[str]:
    found = set()
    for one in ICH.split():
        stem, span, last = one.partition("-")
        letters = range(ord(stem[-1]), ord(last) + 1) if span else ()
        found |= {stem[:-1] + chr(letter) for letter in letters} or {stem}
    return found


def test_every_element_is_one_of_ichs() -> None:
    assert set(ELEMENTS) <= _ich()
    assert {one.id for one in elements_of(CASE).elements} <= set(ELEMENTS)


def test_what_ich_demands_is_demanded() -> None:
    assert set(MANDATORY.split()) <= set(NEEDED)


def test_a_whole_report_misses_nothing() -> None:
    assert elements_of(CASE).missing == ()


def test_elements_come_in_ichs_order_once_each() -> None:
    found = elements_of(CASE).elements
    assert len({(one.id, one.at) for one in found}) == len(found)
    assert [one.id[0] for one in found] == sorted(one.id[0] for one in found)
    assert all(bool(one.value) != bool(one.null) for one in found)
    assert all(one.name for one in found)


@pytest.mark.parametrize("value", [
    ("C.1.1", (), "CN-AIH302-0001"), ("C.1.2", (), "20260306093000+0800"), ("C.1.3", (), "2"),
    ("C.1.4", (), "20260302"), ("C.1.5", (), "20260305"), ("C.1.7", (), "false"),
    ("C.2.r.4", (1,), "1"), ("C.5.1.r.1", (1,), "NCT01661842"), ("C.5.4", (), "1"),
    ("D.1", (), ""), ("D.1.1.4", (), "01-0070"), ("D.2.3", (), "5"), ("D.3", (), "61.5"),
    ("D.4", (), "164"), ("D.5", (), "2"), ("D.7.3", (), "true"), ("D.9.1", (), None),
    ("D.7.2", (), "Hypothyroidism (from 2019, continuing); Asthma as a child."),
    ("E.i.1.1a", (1,), "Fever after the infusion"), ("E.i.1.1b", (1,), "zho"),
    ("E.i.2.1b", (2,), "90000002"), ("E.i.3.1", (1,), "3"), ("E.i.3.1", (2,), "2"),
    ("E.i.3.2a", (1,), ""), ("E.i.3.2c", (1,), "true"), ("E.i.3.2c", (2,), ""),
    ("E.i.4", (1,), "20260302150000+0800"), ("E.i.4", (2,), "202603"),
    ("E.i.5", (1,), "20260304080000+0800"), ("E.i.7", (1,), "1"), ("E.i.7", (2,), "2"),
    ("E.i.8", (1,), "true"), ("E.i.9", (1,), "CN"), ("F.r.3.4", (1,), "CRP 80 mg/L"),
    ("G.k.1", (1,), "1"), ("G.k.2.2", (1,), PRODUCT), ("G.k.2.5", (1,), "true"),
    ("G.k.4.r.4", (1, 2), "20260302100000+0800"), ("G.k.4.r.8", (1, 3), "Infusion 3"),
    ("G.k.8", (1,), "1"), ("G.k.11", (1,), "Interrupted for a time."),
    ("G.k.9.i.2.r.1", (1, 1, 1), "Investigator"), ("G.k.9.i.2.r.3", (1, 1, 1), "Possible"),
    ("G.k.9.i.2.r.1", (1, 1, 2), "Sponsor"), ("G.k.9.i.3.1a", (1, 1), "28"),
    ("G.k.9.i.3.1b", (1, 1), "d"), ("G.k.9.i.3.2a", (1, 1), "5"), ("G.k.9.i.3.2b", (1, 1), "h"),
    ("G.k.9.i.3.1a", (1, 2), None), ("G.k.9.i.4", (1, 1), "4"), ("G.k.9.i.4", (1, 2), None),
    ("G.k.2.2", (2,), "Prednisone"), ("G.k.1", (2,), "1"), ("G.k.1", (3,), "2"),
    ("G.k.1", (4,), "2"), ("G.k.4.r.1a", (2, 1), "20"), ("G.k.4.r.3", (2, 1), "d"),
    ("G.k.4.r.4", (2, 1), "202511"), ("G.k.4.r.5", (4, 1), "20260303"), ("G.k.8", (3,), "4"),
    ("G.k.2.5", (2,), None), ("H.1", (), "Fever of 39 degrees."),
    ("H.2", (), "Infusion procedure, event 1: probable. Liver biopsy, event 1: unrelated."),
    ("H.4", (), "Known. Infusion procedure, event 1: related. Liver biopsy, event 1: unrelated."),
])  # fmt: skip
def test_values(value: tuple[str, tuple[int, ...], str | None]) -> None:
    element, places, expected = value
    assert elements_of(CASE).value(element, *places) == expected


def test_nobody_is_named_and_the_name_is_masked() -> None:
    masked = next(one for one in elements_of(CASE).elements if one.id == "D.1")
    assert (masked.value, masked.null) == ("", "MSK")
    assert not [one for one in elements_of(CASE).elements if one.id.startswith("C.2.r.1")]


def test_no_arm_no_lot_and_no_dose_of_the_product() -> None:
    """Arms differ in what is in the bag, so nothing of a bag but its time is said."""
    product = [one for one in elements_of(CASE).elements
               if one.id.startswith("G.k") and one.at[0] == 1]  # fmt: skip
    assert not {"G.k.4.r.7", "G.k.4.r.1a", "G.k.2.3.r.1", "G.k.5a"} & {one.id for one in product}
    said = [one.value for one in product if re.search("placebo|msc", one.value, re.IGNORECASE)]
    assert said == [PRODUCT]
    assert not {"arm", "lot", "bag"} & set(Infusion.__slots__)


@pytest.mark.parametrize(("changes", "missing"), [
    ({"received": ()}, [Missing("C.1.4"), Missing("C.1.5")]),
    ({"report": {**CASE.report, "qualification": ""}}, [Missing("C.2.r.4", (1,))]),
    ({"participant": replace(CASE.participant, sex="")}, [Missing("D.5")]),
    ({"history": (), "report": {**CASE.report, "history": ""}}, [Missing("D.7.2")]),
    ({"codes": {4: ("28.1", "90000002")}},
     [Missing("E.i.2.1a", (1,)), Missing("E.i.2.1b", (1,))]),
    ({"translations": {1: "Fever"}}, [Missing("E.i.1.2", (2,))]),
    ({"events": {1: {**EVENT, "serious": None, "outcome": ""}}},
     [*(Missing(f"E.i.3.2{one}", (1,)) for one in "abcdef"), Missing("E.i.7", (1,))]),
    ({"drugs": (Drug(""),)}, [Missing("G.k.2.2", (2,))]),
    ({"report": {**CASE.report, "narrative": ""}}, [Missing("H.1")]),
    ({"events": {1: {**EVENT, **FATAL, "died_on": ""}}},
     [Missing("D.9.1"), Missing("D.9.2.r.2", (1,)), Missing("D.9.3")]),
])  # fmt: skip
def test_what_is_missing_is_named(changes: dict[str, Any], missing: list[Missing]) -> None:
    assert list(elements_of(replace(CASE, **changes)).missing) == missing


def test_a_death() -> None:
    case = replace(CASE, events={1: {**EVENT, **FATAL}}, death={**DEATH, "died_on": "2026-03"})
    found = elements_of(case)
    assert found.missing == ()
    assert found.value("D.9.1") == "202603"
    assert found.value("D.9.2.r.2", 1) == "Septic shock"
    assert found.value("D.9.3") == "false"
    unknown = elements_of(replace(case, death={**DEATH, "autopsy": "unknown"}))
    assert next(one.null for one in unknown.elements if one.id == "D.9.3") == "UNK"
    assert unknown.missing == ()


def test_what_is_not_decided_is_no_information() -> None:
    undecided = elements_of(replace(CASE, expedited=None)).elements
    assert next(one.null for one in undecided if one.id == "C.1.7") == "NI"


@pytest.mark.parametrize(("born", "group"), [
    (1962, "5"), (1961, ""), (1960, "6"), (2008, ""), (2007, "5"), (None, ""),
])  # fmt: skip
def test_the_age_group_is_only_said_where_the_year_of_birth_leaves_no_doubt(
    born: int | None, group: str
) -> None:
    """In 2026 somebody born in 1961 is 64 or 65; ICH's elderly are from 65 on."""
    person = replace(CASE.participant, birth_year=born)
    assert elements_of(replace(CASE, participant=person)).value("D.2.3") == (group or None)


@pytest.mark.parametrize("view", Relatedness)
def test_a_drug_is_suspect_from_possible_on_whoever_says_so(view: Relatedness) -> None:
    suspect = "1" if view in ("possible", "probable", "related") else "2"
    by_site = replace(CASE, events={1: {**EVENT, "cause_azathioprine": view.value}})
    assert elements_of(by_site).value("G.k.1", 3) == suspect
    by_sponsor = replace(CASE, assessments={1: {**ASSESSMENT, "sponsor_azathioprine": view.value}})
    assert elements_of(by_sponsor).value("G.k.1", 3) == suspect


def test_the_interval_counts_infusions_before_the_event_alone() -> None:
    partial = {**EVENT, "started_at": None, "starts_on": "2026-03"}
    assert elements_of(replace(CASE, events={1: partial})).value("G.k.9.i.3.2a", 1, 1) is None
    on_a_day = {**EVENT, "started_at": None, "starts_on": "2026-03-29"}
    found = elements_of(replace(CASE, events={1: on_a_day}))
    assert found.value("G.k.9.i.3.2a", 1, 1) == "27"
    assert found.value("G.k.9.i.3.2b", 1, 1) == "d"
    during = {**EVENT, "started_at": at("2026-02-02 09:59"), "starts_on": "2026-02-02"}
    assert elements_of(replace(CASE, events={1: during})).value("G.k.9.i.3.2a", 1, 1) is None


@pytest.mark.parametrize(("hours", "number", "unit"), [(47, "47", "h"), (48, "2", "d")])
def test_hours_up_to_two_days(hours: int, number: str, unit: str) -> None:
    start = at("2026-03-02 10:00") + timedelta(hours=hours)
    event = {**EVENT, "started_at": start, "starts_on": start.date().isoformat()}
    found = elements_of(replace(CASE, events={1: event}))
    assert found.value("G.k.9.i.3.2a", 1, 1) == number
    assert found.value("G.k.9.i.3.2b", 1, 1) == unit


def test_every_answer_of_the_forms_has_its_code() -> None:
    for outcome in OUTCOMES:
        case = replace(CASE, events={1: {**EVENT, "outcome": outcome.code}})
        assert elements_of(case).value("E.i.7", 1) in {"0", "1", "2", "3", "4", "5"}
    for action in ACTIONS:
        case = replace(CASE, events={1: {**EVENT, "action_product": action.code}})
        assert elements_of(case).value("G.k.8", 1) in {"0", "1", "2", "3", "4", "9"}
    for again in serious_event.FORM.question("rechallenge").codes:
        case = replace(CASE, report={**CASE.report, "rechallenge": again.code})
        assert elements_of(case).value("G.k.9.i.4", 1, 1) in {"1", "2", "3", "4"}
    for who in serious_event.FORM.question("qualification").codes:
        case = replace(CASE, report={**CASE.report, "qualification": who.code})
        assert elements_of(case).value("C.2.r.4", 1) in {"1", "2", "3", "5"}


def test_every_criterion_of_the_form_has_its_element() -> None:
    ticks = [one.name for one in adverse_event.FORM.section("seriousness").questions
             if one.kind == "tick"]  # fmt: skip
    met = set()
    for tick in ticks:
        event = {**EVENT, **dict.fromkeys(ticks, False), tick: True}
        found = elements_of(replace(CASE, events={1: event}))
        met |= {one.id for one in found.elements
                if one.id.startswith("E.i.3.2") and one.value}  # fmt: skip
    assert met == {f"E.i.3.2{letter}" for letter in "abcdef"}


@pytest.mark.parametrize(("value", "text"), [
    ("2026", "2026"), ("2026-03", "202603"), ("2026-03-02", "20260302"), ("", ""), (None, ""),
    (date(2026, 3, 2), "20260302"), (at("2026-03-02 15:04"), "20260302150400+0800"),
    (datetime(2026, 3, 2, 7, 4, 9, tzinfo=UTC), "20260302070409+0000"),
])  # fmt: skip
def test_how_dates_are_written(value: str | date | datetime | None, text: str) -> None:
    assert written(value) == text


def test_a_moment_without_offset_and_a_report_without_event_are_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        written(datetime(2026, 3, 2, 7, 4))  # noqa: DTZ001
    with pytest.raises(ValueError, match="event"):
        elements_of(replace(CASE, events={}))


def test_a_whole_number_is_written_as_it_is():
    """Answers without decimals, such as a height, come from the forms as whole numbers."""
    assert [number_text(one) for one in (165, Decimal("62.50"), None)] == ["165", "62.5", ""]
