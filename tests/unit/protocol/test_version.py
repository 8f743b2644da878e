"""Protocol 1.0 is whole, and an amendment is one new version that leaves 1.0 as it was."""

import inspect
from collections.abc import MutableMapping
from dataclasses import MISSING, FrozenInstanceError, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from trial.protocol import registry
from trial.protocol.label import Label
from trial.protocol.schedule import VisitDefinition, plan
from trial.protocol.version import ProtocolVersion
from trial.protocol.versions import v1_0

V1 = registry.get("1.0")
DAY0 = date(2026, 1, 5)


def snapshot(version):
    return {field.name: repr(getattr(version, field.name)) for field in fields(version)}


def test_visits_come_in_the_order_of_the_study():
    assert [visit.code for visit in V1.visits] == [
        *("SCR", "D0", "W4", "W8", "W12", "W24", "W36", "W48", "W72", "W96", "UNS")
    ]
    assert [visit.order for visit in V1.visits] == list(range(1, 12))


def test_every_panel_names_known_analytes_once():
    for visit in V1.visits:
        assert len(set(visit.panel)) == len(visit.panel)
        assert [analyte.code for analyte in V1.panel(visit.code)] == list(visit.panel)


@pytest.mark.parametrize("visit", V1.visits, ids=lambda visit: visit.code)
def test_every_panel_has_the_study_analytes_and_what_meld_needs(visit):
    study = {"ALT", "AST", "GLOBG", "BILI", "PT", "ALB", "PREALB", "IGG"}
    assert study | {"INR", "CREAT", "SODIUM"} <= set(visit.panel)


def test_the_follow_up_panel_has_fourteen_analytes():
    assert {len(visit.panel) for visit in V1.visits if visit.kind == "follow_up"} == {14}


@pytest.mark.parametrize("code", ["D0", "W4", "W8"])
def test_labs_and_safety_haematology_are_drawn_at_the_infusion_visits(code):
    assert {"WBC", "NEUT", "LYM", "HGB", "PLAT"} <= set(V1.visit(code).panel)


def test_infusions_are_given_at_visits():
    weeks = {visit.week for visit in V1.visits if visit.kind in ("baseline", "infusion")}
    assert weeks == set(V1.dosing.infusion_weeks)


def test_there_are_two_arms():
    assert [(arm.code, arm.allocation) for arm in V1.arms] == [("A", 1), ("B", 1)]


def test_the_endpoint_is_one_of_the_rule_sets():
    assert V1.endpoints.relapse_endpoint in V1.endpoints.relapse_rule_sets
    assert V1.endpoints.non_response_fraction == Decimal("0.5")


def test_every_study_text_is_in_both_languages():
    labels = [V1.title]
    labels += [visit.name for visit in V1.visits]
    labels += [arm.name for arm in V1.arms]
    for label in labels:
        assert label.en.isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in label.zh)


def test_an_unknown_visit_or_analyte_is_an_error():
    with pytest.raises(KeyError):
        V1.visit("W99")
    with pytest.raises(KeyError):
        V1.analyte("NONE")


def test_a_version_cannot_be_changed():
    for part in (V1, V1.endpoints, V1.dosing, V1.visits[0], V1.analytes[0], V1.title):
        for field in fields(part):
            with pytest.raises(FrozenInstanceError):
                setattr(part, field.name, None)
    tables = (V1.analytes[0].loinc, V1.steroids.equal_to_five, V1.symptoms.by_code)
    assert not any(isinstance(table, MutableMapping) for table in tables)


# 1.1:  W12 ±7 -> ±3 days, a fourth infusion (W12 becomes an infusion visit), a week-16 visit,
#       simplified score >= 7, relapse at > 2 x ULN
def test_an_amendment_changes_its_own_version_only():
    before = snapshot(V1)
    week_16 = VisitDefinition(
        "W16", Label("Week 16", "第16周"), 16, 7, 7, "follow_up", V1.visit("W12").panel, 6
    )
    changes: dict[str, dict[str, object]] = {
        code: {"order": V1.visit(code).order + 1} for code in ("W24", "W36", "W48", "W72", "W96")
    }
    changes["W12"] = {"window_before": 3, "window_after": 3, "kind": "infusion"}
    v2 = V1.amended(
        number="1.1",
        issued_on=date(2026, 3, 1),
        visits=V1.amended_visits(changes, added=(week_16,)),
        eligibility=replace(V1.eligibility, minimum_score=7),
        endpoints=replace(V1.endpoints, relapse_multiple=Decimal(2)),
        dosing=replace(V1.dosing, infusion_weeks=(0, 4, 8, 12)),
    )
    dates = {visit.code: visit for visit in plan(v2.visits, DAY0)}
    assert (dates["W12"].closes_on - dates["W12"].opens_on).days == 6
    assert dates["W16"].target_on == date(2026, 4, 27)
    assert v2.visit("W12").kind == "infusion"
    assert v2.visit("W12").panel == V1.visit("W12").panel
    assert v2.dosing.infusion_weeks == (0, 4, 8, 12)
    assert v2.eligibility.minimum_score == 7
    assert v2.endpoints.relapse_multiple == Decimal(2)
    assert v2.title == V1.title
    assert snapshot(V1) == before
    assert "W16" not in {visit.code for visit in V1.visits}


AMENDED: dict[str, Any] = {
    "safety": replace(V1.safety, stopping=replace(V1.safety.stopping, related_deaths=2)),
    "steroids": replace(V1.steroids, low_dose=Decimal("7.5")),
    "azathioprine": replace(V1.azathioprine, warning_per_kg=Decimal(2)),
    "revised_score": replace(V1.revised_score, optional_only_if_seronegative=True),
    "histology": replace(V1.histology, core_mm=Decimal(20)),
    "symptoms": replace(V1.symptoms, items=V1.symptoms.items[:3]),
}


@pytest.mark.parametrize("name", AMENDED)
def test_the_parameters_of_one_rule_change_alone(name):
    before = snapshot(V1)
    v2 = V1.amended(number="1.1", issued_on=date(2026, 3, 1), **{name: AMENDED[name]})
    after = snapshot(v2)
    assert {one for one in after if after[one] != before[one]} == {"number", "issued_on", name}
    assert getattr(v2, name) == AMENDED[name] != getattr(V1, name)
    assert snapshot(V1) == before


def test_an_amended_checklist_is_looked_up_by_its_own_codes():
    assert set(AMENDED["symptoms"].by_code) == {"fatigue", "pruritus", "jaundice"}


def test_a_part_of_safety_changes_alone():
    v2 = V1.amended(number="1.1", issued_on=date(2026, 3, 1), safety=AMENDED["safety"])
    assert v2.safety.stopping.related_deaths == 2
    for name in ("ctcae_version", "clocks", "liver_signals", "liver_stopping", "causality"):
        assert getattr(v2.safety, name) is getattr(V1.safety, name)


@pytest.mark.parametrize("name", AMENDED)
def test_a_version_that_says_nothing_of_a_rule_has_the_study_default(name):
    """And version 1.0 names each one, with these defaults."""
    (field,) = (one for one in fields(ProtocolVersion) if one.name == name)
    assert field.default_factory is not MISSING
    assert getattr(V1, name) == field.default_factory()
    assert f"    {name}=" in inspect.getsource(v1_0)


def test_an_amendment_of_an_unknown_visit_is_an_error():
    with pytest.raises(KeyError, match="W99"):
        V1.amended_visits({"W99": {"window_after": 1}})
