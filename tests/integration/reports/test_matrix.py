"""The casebook: states of cells, filters, pages, scope."""

import pytest
from django.urls import reverse

from labs.services import panels
from patients import services as patients
from tests.factories import study
from trial.protocol import registry
from visits.services import schedule as visits

pytestmark = pytest.mark.django_db
ADDRESS = "/casebook/"


@pytest.fixture
def read(cast, course, sign_in):
    """`read(**query)`: the casebook of the coordinator of site 01."""
    client = sign_in(cast.coordinator)
    return lambda **query: client.get(ADDRESS, query)


def cells(response, participant):
    """State and label of each visit of a participant, by code."""
    row = next(one for one in response.context["rows"] if one.participant.pk == participant.pk)
    return {cell.visit.label: cell for found in row.cells for cell in found}


def codes(response):
    return [row.participant.code for row in response.context["rows"]]


def test_cells_say_what_became_of_each_visit(read, course):
    found = cells(read(), course.quiet)
    assert {code: cell.visit.state.value for code, cell in found.items()} == {
        "SCR": "needs_labs", "D0": "incomplete", "W4": "overdue", "W8": "overdue",
        "W12": "incomplete", "W24": "missed", "W36": "to_do", "W48": "not_due",
        "W72": "not_due", "W96": "not_due",
    }  # fmt: skip


def test_complete_panel_is_done(cast, read, course):
    visit = study.visit_of(course.quiet, "W36")
    data = study.panel_entry(cast.laboratory, visit.target_on, {"ALT": "30"})
    others = [code for code in registry.latest().visit("W36").panel if code != "ALT"]
    rest = {code: study.Entry(not_done="lost") for code in others}
    data = study.PanelEntry(data.laboratory_id, data.collected_on, entries={**data.entries, **rest})
    panels.record_panel(visit=visit, data=data, base_version=0, by=study.SETUP)
    assert cells(read(), course.quiet)["W36"].visit.state.value == "done"


def test_cell_says_its_state_in_words_and_leads_to_the_lab_form(read, course):
    cell = cells(read(), course.quiet)["W4"]
    assert cell.label == f"{course.quiet.code}, Week 4: Overdue, by 226 days"
    assert cell.url == reverse("labs:entry", args=[cell.visit.id])
    assert f'aria-label="{cell.label}"' in read().content.decode()


def test_visit_outside_its_window_is_marked(read, course):
    visits.hold(
        visit=study.visit_of(course.quiet, "W8"),
        held_on=study.DAY0.replace(month=5), reason="late", by=study.SETUP,
    )  # fmt: skip
    cell = cells(read(), course.quiet)["W8"]
    assert cell.visit.out_of_window
    assert cell.label.endswith("out of window")


def test_unscheduled_visits_have_a_column_of_their_own(read, course):
    visits.add_unscheduled(
        participant=course.quiet,
        held_on=study.DAY0.replace(month=4),
        reason="fever",
        by=study.SETUP,
    )
    assert cells(read(), course.quiet)["UNS 1"].visit.state.value == "needs_labs"


def test_visits_of_who_has_left_are_no_longer_expected(read, course):
    patients.withdraw(
        participant=course.quiet,
        on=study.DAY0.replace(month=6),
        reason="moved",
        by=study.SETUP,
    )
    assert cells(read(), course.quiet)["W36"].visit.state.value == "not_expected"


def test_relapse_and_pending_are_marked_on_the_row(read, course):
    marked = {
        row.participant.code: (row.participant.relapsed, row.participant.pending)
        for row in read().context["rows"]
    }
    assert marked[course.relapsed.code] == (True, False)
    assert marked[course.waiting.code] == (False, True)
    assert marked[course.quiet.code] == (False, False)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"state": "missed"}, ["quiet"]),
        ({"state": "done"}, []),
        ({"status": "withdrawn"}, []),
        ({"site": "01", "status": "enrolled"}, ["relapsed", "quiet", "waiting"]),
        ({"site": "nonsense"}, ["relapsed", "quiet", "waiting"]),
    ],
)
def test_filters_keep_whom_they_name(read, course, query, names):
    assert codes(read(**query)) == sorted(getattr(course, name).code for name in names)


def test_other_site_can_not_be_asked_for(read, course):
    assert course.elsewhere.code not in codes(read(site="02"))


def test_fifty_participants_a_page(cast, sign_in):
    for _n in range(51):
        study.screened(cast.site)
    client = sign_in(cast.coordinator)
    assert len(codes(client.get(ADDRESS))) == 50
    assert len(codes(client.get(ADDRESS, {"page": "2"}))) == 1


def test_reader_without_the_right_to_enter_is_led_to_the_participant(cast, course, sign_in):
    cell = cells(sign_in(cast.monitor).get(ADDRESS), course.quiet)["W4"]
    assert cell.url == (
        reverse("reports:participant", args=[course.quiet.code]) + f"#visit-{cell.visit.id}"
    )
