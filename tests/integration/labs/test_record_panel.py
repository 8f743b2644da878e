"""Saving a panel through the service, on real PostgreSQL with the application's rights."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labs.entry import Entry
from labs.models import LaboratoryUnit, Panel, Result, Series
from labs.services.panels import record_panel, record_panel_once
from tests.factories import study
from trial.access.exceptions import Conflict, KeyReused, Refused
from trial.audit.models import Event
from visits.models import Status, Visit

VALUES = {"ALT": "35", "AST": "30,5", "IGG": "<0.9"}


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def visit(participant) -> Visit:
    return study.visit_of(participant, "W12")


def entry(cast, visit, values=None):
    return study.panel_entry(cast.laboratory, visit.target_on, values or VALUES)


def save(visit, data, version=0, reason=""):
    return record_panel(visit=visit, data=data, base_version=version, reason=reason, by=study.SETUP)


def test_values_are_kept_as_typed_beside_what_they_mean(cast, visit):
    saved = save(visit, entry(cast, visit))

    rows = {row.analyte: row for row in saved.panel.results.all()}
    assert (rows["AST"].text, rows["AST"].value) == ("30,5", Decimal("30.5"))
    assert (rows["IGG"].text, rows["IGG"].comparator) == ("<0.9", "<")
    assert rows["IGG"].value == Decimal("0.9")


def test_a_conventional_unit_is_kept_and_converted(cast, visit):
    data = replace(
        entry(cast, visit),
        entries={
            "BILI": Entry(text="2", unit="mg/dL"),
        },
    )
    row = save(visit, data).panel.results.get()

    assert (row.text, row.unit, row.canonical) == ("2", "mg/dL", Decimal("34.208"))


def test_the_range_that_applied_is_kept_with_the_result(cast, visit):
    row = save(visit, entry(cast, visit, {"ALT": "50"})).panel.results.get()

    assert (row.range_low, row.range_high, row.flag) == (7, 40, "H")  # the women's range
    assert row.range.laboratory == cast.laboratory


def test_a_laboratory_without_a_range_gives_no_upper_limit_and_no_flag(cast, visit):
    bare = study.ranges.create_laboratory(site=cast.site, code="BARE", name="x", by=study.SETUP)
    data = replace(entry(cast, visit, {"ALT": "50"}), laboratory_id=bare.pk)

    row = save(visit, data).panel.results.get()

    assert (row.range, row.range_high, row.flag) == (None, None, "")


def test_a_panel_marks_its_visit_as_held_on_the_day_of_the_sample(cast, visit):
    save(visit, entry(cast, visit))
    visit.refresh_from_db()

    assert (visit.status, visit.held_on) == (Status.HELD, visit.target_on)


def test_a_sample_outside_the_window_of_a_planned_visit_needs_a_reason(cast, visit):
    late = replace(entry(cast, visit), collected_on=visit.closes_on + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        save(visit, late)
    assert "reason" in refused.value.errors

    save(visit, late, reason="participant was ill")
    visit.refresh_from_db()
    assert visit.out_of_window
    assert visit.reason == "participant was ill"


def test_the_unit_is_remembered_for_the_laboratory(cast, visit):
    data = replace(entry(cast, visit), entries={"BILI": Entry(text="1", unit="mg/dL")})
    save(visit, data)
    remembered = LaboratoryUnit.objects.get(laboratory=cast.laboratory, analyte="BILI")
    assert remembered.unit == "mg/dL"


def test_saving_the_same_again_writes_nothing(cast, visit):
    saved = save(visit, entry(cast, visit))
    before = Event.objects.count()

    again = save(visit, entry(cast, visit), version=saved.panel.version)

    assert not again.changed
    assert Event.objects.count() == before
    assert Panel.objects.get().version == 1


def test_a_correction_without_a_reason_is_refused_and_changes_nothing(cast, visit):
    saved = save(visit, entry(cast, visit))
    with pytest.raises(Refused) as refused:
        save(visit, entry(cast, visit, {"ALT": "36"}), version=saved.panel.version)
    assert list(refused.value.errors) == ["reason"]
    assert Result.objects.get(analyte="ALT").text == "35"


def test_a_correction_keeps_the_old_value_who_and_why_in_the_trail(cast, visit):
    saved = save(visit, entry(cast, visit))
    save(visit, entry(cast, visit, {"ALT": "36"}), saved.panel.version, reason="typing error")

    event = Event.objects.filter(table_name="labs_result", kind="update").get()
    assert (event.old["text"], event.new["text"]) == ("35", "36")
    assert (event.actor, event.reason) == ("system:test-setup", "typing error")


def test_a_value_added_later_needs_no_reason(cast, visit):
    saved = save(visit, entry(cast, visit))
    more = save(visit, entry(cast, visit, {"ALB": "40"}), saved.panel.version)
    assert more.panel.results.count() == 4


def test_a_stale_save_gets_both_states_and_overwrites_nothing(cast, visit):
    """D2: two people have the panel open; the second to save sees what the first wrote."""
    save(visit, entry(cast, visit))
    save(visit, entry(cast, visit, {"ALT": "36"}), 1, reason="typing error")

    with pytest.raises(Conflict) as conflict:
        save(visit, entry(cast, visit, {"ALT": "37"}), 1, reason="typing error")

    (difference,) = conflict.value.difference
    assert difference["field"] == "ALT"
    assert (difference["stored"]["text"], difference["yours"]["text"]) == ("36", "37")
    assert Result.objects.get(analyte="ALT").text == "36"


@pytest.mark.req("F-100")
def test_an_impossible_value_is_refused_with_what_it_may_have_meant(cast, visit):
    data = replace(entry(cast, visit), entries={"ALB": Entry(text="4.2", unit="g/L")})
    with pytest.raises(Refused) as refused:
        save(visit, data)
    assert "4.2 g/dL" in str(refused.value.errors["ALB"][0])
    assert not Panel.objects.exists()


def test_an_unusual_value_is_kept_only_with_confirmation_and_comment(cast, visit):
    bare = Entry(text="1200", unit="U/L")
    data = replace(entry(cast, visit), entries={"ALT": bare})
    with pytest.raises(Refused):
        save(visit, data)

    confirmed = replace(bare, confirmed=True, comment="repeated, same")
    row = save(visit, replace(data, entries={"ALT": confirmed})).panel.results.get()
    assert (row.text, row.confirmed, row.comment) == ("1200", True, "repeated, same")


def test_not_done_with_a_reason_counts_as_answered(cast, visit):
    data = replace(entry(cast, visit), entries={"ALT": Entry(not_done="lost")})
    panel = save(visit, data).panel
    assert (panel.filled, panel.results.get().not_done) == (1, "lost")


def test_a_sample_from_the_future_and_a_foreign_laboratory_are_refused(cast, visit):
    tomorrow = cast.site.today() + timedelta(days=1)
    data = replace(
        entry(cast, visit), collected_on=tomorrow, laboratory_id=cast.other_laboratory.pk
    )
    with pytest.raises(Refused) as refused:
        save(visit, data, reason="late")
    assert {"collected_on", "laboratory"} <= set(refused.value.errors)


def test_each_save_raises_the_version_of_the_series(cast, visit):
    save(visit, entry(cast, visit))
    first = Series.objects.get().version
    save(visit, entry(cast, visit, {"ALT": "36"}), 1, reason="typing error")
    assert Series.objects.get().version == first + 1


@pytest.mark.req("F-004")
@pytest.mark.req("F-005")
def test_the_same_key_again_changes_nothing_and_another_body_is_refused(cast, visit):
    def submit(body):
        return record_panel_once(
            key="k1",
            user_id=cast.coordinator.pk,
            body=body,
            by=study.SETUP,
            act=lambda: save(visit, entry(cast, visit)),
        )

    panel, replayed = submit({"a": 1})
    again, replayed_again = submit({"a": 1})
    assert (replayed, replayed_again) == (False, True)
    assert again == panel
    assert panel.version == 1
    with pytest.raises(KeyReused):
        submit({"a": 2})


def test_a_save_takes_at_most_25_statements(cast, visit):
    values = dict.fromkeys(study.UNITS, "15")
    data = entry(cast, visit, values)
    data = replace(data, entries={**data.entries, "SODIUM": Entry("140", "mmol/L"),
                                  "CREAT": Entry("70", "umol/L"), "ALB": Entry("40", "g/L"),
                                  "INR": Entry("1.1", "INR")})  # fmt: skip
    with CaptureQueriesContext(
        connection,
    ) as queries:
        record_panel_once(
            key="k",
            user_id=cast.coordinator.pk,
            body={},
            by=study.SETUP,
            act=lambda: save(visit, data),
        )
    assert len(queries) <= 25, "\n".join(q["sql"][:100] for q in queries)
