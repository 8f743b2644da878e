"""Where samples go, and what importing them would write: nothing stored ever changes.

W12 window:  |--- 2025-03-24 ---[target 03-31]--- 04-07 ---|
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from labs.entry import Entry
from labs.importing.facts import Given, Person, Sample, StoredPanel, StoredResult, StoredVisit
from labs.importing.planning import Setting, plan
from trial.protocol import registry
from trial.protocol.ranges import RangeRow

TARGET = date(2025, 3, 31)
W12 = StoredVisit(
    id=12, code="W12", number=0, status="planned", held_on=None, target_on=TARGET,
    opens_on=date(2025, 3, 24), closes_on=date(2025, 4, 7), panel=None,
)  # fmt: skip
D0 = StoredVisit(
    id=1, code="D0", number=0, status="planned", held_on=None, target_on=date(2025, 1, 6),
    opens_on=date(2025, 1, 6), closes_on=date(2025, 1, 6), panel=None,
)  # fmt: skip
ALT = StoredResult("35", "U/L", "", Decimal(35), "")
PANEL = StoredPanel(
    id=7, laboratory_id=3, laboratory="LAB01", collected_on=TARGET, results={"ALT": ALT}
)
HELD = replace(W12, status="held", held_on=TARGET, panel=PANEL)


def setting(unmatched="unscheduled"):
    return Setting(
        laboratory_id=3,
        today=date(2026, 1, 1),
        protocol=lambda on: registry.latest(),
        ranges={"ALT": [RangeRow(Decimal(7), Decimal(40), "U/L", id=9)]},
        unmatched=unmatched,
        remark=lambda problem: f"unusual: {problem.verdict.code}",
    )


def person(*visits, **changes):
    basic = Person(1, "01-0015", "F", 1980, True, date(2024, 12, 20), visits or (D0, W12))
    return replace(basic, **changes)


def sample(visit="", on=TARGET, number=1, **values):
    given = {
        code: Given(Entry(text=text, unit="g/L" if code == "IGG" else "U/L"), number + 1, "value")
        for code, text in (values or {"ALT": "35"}).items()
    }
    return Sample(number, visit, on, number + 1, given)


def planned(*samples, who=None, **options):
    return plan(who or person(), samples, setting(**options))


def codes(found, kind=None):
    return [each.code for each in found.findings if kind in (None, each.kind)]


def places(found):
    return [(panel.visit_id, panel.visit_code, panel.on) for panel in found.panels]


# --- places --------------------------------------------------------------------------------------
@pytest.mark.parametrize("on", [date(2025, 3, 24), TARGET, date(2025, 4, 7)])
def test_a_day_inside_the_window_is_the_planned_visit(on):
    found = planned(sample(on=on))
    assert places(found) == [(12, "W12", on)]
    assert found.panels[0].holds


@pytest.mark.parametrize("on", [date(2025, 3, 23), date(2025, 4, 8)])
def test_a_day_outside_every_window_is_an_unscheduled_visit_or_an_error(on):
    found = planned(sample(on=on))
    assert places(found) == [(None, "UNS", on)]
    assert found.counts["visits_new"] == 1
    refused = planned(sample(on=on), unmatched="error")
    assert (codes(refused), refused.panels) == (["no_visit"], [])


def test_of_two_days_in_one_window_the_nearer_to_the_target_is_the_visit():
    found = planned(sample(on=date(2025, 4, 5)), sample(on=date(2025, 4, 1), number=2))
    assert places(found) == [(None, "UNS", date(2025, 4, 5)), (12, "W12", date(2025, 4, 1))]


def test_a_named_visit_outside_its_window_is_kept_and_said():
    found = planned(sample("W12", date(2025, 4, 20)))
    assert places(found) == [(12, "W12", date(2025, 4, 20))]
    assert codes(found, "warning") == ["outside_window"]
    assert found.panels[0].outside_window


def test_a_named_visit_needs_no_day_where_one_is_stored():
    held = replace(W12, status="held", held_on=TARGET)
    assert places(planned(sample("W12", None), who=person(held))) == [(12, "W12", TARGET)]
    assert codes(planned(sample("W12", None))) == ["date_missing"]


def test_two_samples_for_one_visit_are_not_mixed():
    found = planned(sample("W12"), sample("W12", date(2025, 4, 1), number=2))
    assert codes(found) == ["visit_twice"]
    assert len(found.panels) == 1


def test_a_visit_that_the_participant_does_not_have():
    assert codes(planned(sample("W48"))) == ["visit_not_planned"]


def test_an_unscheduled_visit_by_name_never_takes_a_planned_one():
    assert places(planned(sample("UNS"))) == [(None, "UNS", TARGET)]


def test_an_unscheduled_visit_held_that_day_takes_the_sample():
    held = replace(W12, id=40, code="UNS", number=1, status="held", held_on=TARGET,
                   target_on=None, opens_on=None, closes_on=None)  # fmt: skip
    assert places(planned(sample("UNS"), who=person(W12, held))) == [(40, "UNS", TARGET)]


def test_day_0_is_never_moved_by_a_file():
    assert codes(planned(sample("D0", date(2025, 1, 7)))) == ["day0_differs"]
    assert places(planned(sample("D0", date(2025, 1, 6)))) == [(1, "D0", date(2025, 1, 6))]


@pytest.mark.parametrize(
    ("on", "code"),
    [(date(2026, 1, 2), "date_future"), (date(2024, 12, 19), "date_before_screening")],
)
def test_a_day_outside_the_participant_s_time(on, code):
    assert codes(planned(sample(on=on))) == [code]


def test_nothing_is_added_for_somebody_who_has_left():
    found = planned(sample(ALT="35", AST="30"), who=person(open=False))
    assert (codes(found), found.panels) == (["participant_left"], [])


# --- values --------------------------------------------------------------------------------------
def test_a_new_value_gets_its_range_and_flag():
    (panel,) = planned(sample(ALT="50")).panels
    judged = panel.results["ALT"]
    assert (judged.range_id, judged.range_high, judged.flag) == (9, 40, "H")
    assert (panel.filled, panel.expected) == (1, 14)


@pytest.mark.req("F-100")
def test_an_impossible_value_is_an_error_with_what_it_may_have_meant():
    found = plan(person(), [sample(ALB="4.2")], setting())
    bad = planned(Sample(1, "", TARGET, 2, {"ALB": Given(Entry("4.2", "g/L"), 2, "value")}))
    assert codes(bad, "error") == ["hard_low"]
    assert bad.findings[0].params["did_you_mean"][0][:2] == ["4.2", "g/dL"]
    assert codes(found, "error") == ["unknown_unit"]


def test_an_unusual_value_is_kept_unconfirmed_with_a_comment_and_a_warning():
    found = planned(sample(ALT="1200"))
    entry = found.panels[0].results["ALT"].entry
    assert (entry.confirmed, entry.comment) == (False, "unusual: soft_high")
    assert (codes(found), found.counts["warning"], found.counts["new"]) == (["soft_high"], 1, 1)


@pytest.mark.req("F-103")
@pytest.mark.parametrize("text", ["NaN", "1e309", "inf", "-0", "1_000", "1.234,5", "True", "None"])
def test_what_the_form_refuses_the_import_refuses(text):
    found = planned(sample(ALT=text))
    assert (found.counts["error"], found.panels) == (1, [])


def test_one_bad_value_does_not_take_the_others_of_the_sample_with_it():
    found = planned(sample(ALT="x", AST="30"))
    assert codes(found) == ["not_a_number"]
    assert list(found.panels[0].results) == ["AST"]


def test_a_value_the_file_gives_twice_and_differently_is_not_chosen():
    twice = Sample(1, "", TARGET, 2, {"ALT": Given(Entry("35", "U/L"), 2, "value", disputed=True)})
    found = planned(twice)
    assert (codes(found), found.panels) == (["given_twice"], [])


# --- against what is stored ----------------------------------------------------------------------
@pytest.mark.parametrize("text", ["35", "35.0", "35,00", "３５"])
def test_the_same_value_however_written_is_skipped(text):
    found = planned(sample(ALT=text), who=person(HELD))
    assert (found.counts["same"], found.panels, found.findings) == (1, [], [])


def test_the_same_quantity_in_another_unit_is_the_same():
    stored = replace(PANEL, results={"IGG": StoredResult("1400", "mg/dL", "", Decimal(14), "")})
    found = planned(sample(IGG="14"), who=person(replace(HELD, panel=stored)))
    assert found.counts["same"] == 1


@pytest.mark.parametrize("text", ["36", "<35", "35.01"])
def test_another_value_is_a_conflict_and_nothing_is_written(text):
    found = planned(sample(ALT=text), who=person(HELD))
    (conflict,) = found.findings
    assert (conflict.kind, conflict.code, conflict.stored) == ("conflict", "differs", "35 U/L")
    assert (conflict.given, found.panels) == (f"{text} U/L", [])


def test_an_unusual_value_that_is_stored_already_is_no_warning():
    stored = replace(PANEL, results={"ALT": StoredResult("1200", "U/L", "", Decimal(1200), "")})
    who = person(replace(HELD, panel=stored))
    assert planned(sample(ALT="1200"), who=who).findings == []
    assert codes(planned(sample(ALT="1300"), who=who)) == ["differs"]


def test_a_value_removed_by_a_correction_stays_removed():
    stored = replace(PANEL, results={"ALT": StoredResult("", "", "", None, "")})
    found = planned(sample(ALT="35"), who=person(replace(HELD, panel=stored)))
    assert (codes(found), found.panels) == (["stored_emptied"], [])


def test_a_value_where_not_done_is_stored_is_a_conflict():
    stored = replace(PANEL, results={"ALT": StoredResult("", "", "", None, "lost")})
    found = planned(sample(ALT="35"), who=person(replace(HELD, panel=stored)))
    assert (codes(found), found.findings[0].stored) == (["differs"], "lost")


def test_what_is_missing_is_added_to_the_stored_panel():
    found = planned(sample(ALT="35", AST="30"), who=person(HELD))
    (panel,) = found.panels
    assert (panel.panel_id, panel.holds, list(panel.results), panel.filled) == (
        7,
        False,
        ["AST"],
        2,
    )


def test_nothing_is_added_to_another_laboratory_s_or_another_day_s_sample():
    other = person(replace(HELD, panel=replace(PANEL, laboratory_id=4, laboratory="B")))
    found = planned(sample(ALT="35", AST="30"), who=other)
    assert (codes(found), found.counts["same"], found.panels) == (["other_laboratory"], 1, [])
    later = planned(sample("W12", date(2025, 4, 2), AST="30"), who=person(HELD))
    assert (codes(later), later.panels) == (["other_date"], [])


def test_a_visit_recorded_as_missed_is_a_conflict():
    missed = person(replace(W12, status="missed"))
    assert codes(planned(sample("W12"), who=missed)) == ["visit_missed"]
