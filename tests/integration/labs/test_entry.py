"""The lab form through the browser's door: shown, saved, given back, corrected, merged."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import Panel, Result
from labs.services.evaluation import evaluate_pending
from patients import services as patients
from tests.factories import study
from tests.integration.labs.forms import PANEL, address, hidden, listed, problems, shown, typed
from trial.access.models import IdempotentRequest
from trial.audit.models import Event


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def visit(participant):
    return study.visit_of(participant, "W12")


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.coordinator)
    return client


def save(desk, visit, data):
    response = desk.post(address(visit), data, follow=True)
    assert response.status_code == 200, problems(response)
    return response


def stored(visit):
    return {row.analyte: row.text for row in Result.objects.filter(panel__visit=visit)}


# --- showing --------------------------------------------------------------------------------------


def test_the_form_shows_ranges_before_anything_is_typed(desk, visit):
    html = desk.get(address(visit)).content.decode()
    assert "7–40" in html  # ALT of a woman
    assert html.index('id="v-ALT"') < html.index('id="v-AST"') < html.index('id="v-SODIUM"')


def test_the_laboratory_used_last_is_proposed_with_its_reagent_and_units(desk, cast, participant):
    study.make_laboratory(cast.site, "AAA")  # comes first in the list
    first = study.visit_of(participant, "D0")
    data = typed(cast.laboratory, first, {"ALT": "62"}, pt_isi="1,05", pt_mnpt="12.1")
    save(desk, first, data | {"v-BILI": "1.2", "u-BILI": "mg/dL"})
    response = desk.get(address(study.visit_of(participant, "W12")))
    html = response.content.decode()
    assert f'<option value="{cast.laboratory.pk}" selected>' in html
    assert (shown(response, "pt_isi"), shown(response, "pt_mnpt")) == ("1.05", "12.1")
    assert '<option value="mg/dL" selected>' in html


def test_earlier_values_stand_beside_the_field(desk, cast, participant, visit):
    study.enter(participant, "D0", {"ALT": "301"}, cast.laboratory)
    html = desk.get(address(visit)).content.decode()
    assert '<span class="lab-past-value">301</span>' in html


def test_another_sites_visit_is_not_there(client, cast, visit):
    client.force_login(cast.coordinator2)
    for name in ("entry", "status"):
        assert client.get(address(visit, name)).status_code == 404
    assert client.post(address(visit, "check")).status_code == 404
    assert client.post(address(visit), {}).status_code == 404


@pytest.mark.parametrize("name", ["monitor", "sponsor", "datamanager"])
def test_who_may_only_read_gets_the_values_without_a_form(client, cast, desk, visit, name):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    client.force_login(cast.users[name])
    html = client.get(address(visit)).content.decode()
    assert "17.2 g/L" in html
    assert "data-lab-form" not in html
    assert client.post(address(visit), typed(cast.laboratory, visit, PANEL)).status_code == 403
    assert client.post(address(visit, "check"), {}).status_code == 403


@pytest.mark.parametrize("name", ["pharmacist", "admin", "outsider"])
def test_who_may_not_see_labs_is_refused(client, cast, visit, name):
    client.force_login(cast.users[name])
    assert client.get(address(visit)).status_code == 403


def test_a_participant_who_left_can_be_read_but_not_changed(desk, cast, participant, visit):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    patients.withdraw(
        participant=participant, on=visit.target_on, reason="moved away", by=study.SETUP
    )
    assert "data-lab-form" not in desk.get(address(visit)).content.decode()


# --- saving ---------------------------------------------------------------------------------------


def test_a_panel_is_saved_as_it_was_typed(desk, cast, visit):
    response = save(desk, visit, typed(cast.laboratory, visit, PANEL))
    assert stored(visit) == PANEL
    assert Panel.objects.get(visit=visit).saved_by == cast.coordinator.username
    assert "Pending: being computed" in response.content.decode()


def test_what_was_computed_is_shown_as_stored(desk, cast, visit):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    waiting = desk.get(address(visit, "status")).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    evaluate_pending(process="test")
    html = desk.get(address(visit, "status")).content.decode()
    assert "hx-trigger" not in html
    assert "MELD 3.0" in html
    assert "1.081871" in html  # bilirubin, mg/dL


def test_the_sentence_of_a_relapse_is_shown(desk, cast, participant):
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values, cast.laboratory)
    evaluate_pending(process="test")
    html = desk.get(address(study.visit_of(participant, "W36"), "status")).content.decode()
    assert "ALT 3.1×ULN at week 36 after CBR at week 12" in html


def test_a_correction_lists_what_it_changed(desk, cast, participant):
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values, cast.laboratory)
    evaluate_pending(process="test")
    study.enter(participant, "W36", {"ALT": "35", "AST": "30", "IGG": "14"}, cast.laboratory,
                reason="values of another person")  # fmt: skip
    evaluate_pending(process="test")
    html = desk.get(address(study.visit_of(participant, "W36"), "status")).content.decode()
    assert "What the last save changed" in html
    assert "<s>Relapse: ALT 3.1×ULN at week 36 after CBR at week 12</s>" in html


def test_the_same_form_sent_twice_is_saved_once(desk, cast, visit):
    data = typed(cast.laboratory, visit, PANEL)
    save(desk, visit, data)
    events = Event.objects.count()
    again = save(desk, visit, data)
    assert "nothing was done twice" in again.content.decode()
    assert (Panel.objects.get(visit=visit).version, Event.objects.count()) == (1, events)


def test_a_key_used_again_for_something_else_overwrites_nothing(desk, cast, visit):
    """Back after a save, a value changed, sent with the old page's key and version."""
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    response = desk.post(address(visit), typed(cast.laboratory, visit, PANEL | {"ALT": "99"}))
    assert response.status_code == 409
    assert stored(visit)["ALT"] == "62"


def test_a_save_without_changes_writes_nothing_and_says_so(desk, cast, visit):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    events = Event.objects.count()
    data = typed(cast.laboratory, visit, PANEL, version="1", key="another-page-load")
    response = save(desk, visit, data)
    assert "Nothing changed, nothing was written" in response.content.decode()
    assert (Panel.objects.get(visit=visit).version, Event.objects.count()) == (1, events)


def test_an_empty_form_is_not_a_panel(desk, cast, visit):
    response = desk.post(address(visit), typed(cast.laboratory, visit, {"ALT": " "}))
    assert response.status_code == 422
    assert "Nothing is entered yet." in problems(response)
    assert not Panel.objects.exists()


def test_not_done_needs_its_reason_from_the_list(desk, cast, visit):
    data = typed(cast.laboratory, visit, {"ALT": "62"}) | {"v-IGG": "", "n-IGG": "lost"}
    save(desk, visit, data)
    assert Result.objects.get(analyte="IGG").not_done == "lost"
    wrong = data | {"n-IGG": "forgotten", "version": "1", "key": "second-key", "reason": "why"}
    assert "This is not one of the reasons" in " ".join(problems(desk.post(address(visit), wrong)))


def test_an_analyte_beyond_the_panel_can_be_added(desk, cast, visit):
    data = typed(cast.laboratory, visit, {"ALT": "62"}) | {"v-CRP": "3", "u-CRP": "mg/L"}
    response = save(desk, visit, data)
    assert stored(visit) == {"ALT": "62", "CRP": "3"}
    assert shown(response, "v-CRP") == "3"


def test_a_row_is_added_without_scripts_and_nothing_typed_is_lost(desk, cast, visit):
    response = desk.post(address(visit), typed(cast.laboratory, visit, PANEL, add="CRP"))
    assert shown(response, "v-CRP") == ""
    assert shown(response, "v-BILI") == "18,5"
    assert not Panel.objects.exists()


# --- what stands in the way -----------------------------------------------------------------------


def test_a_soft_limit_is_kept_after_confirmation_and_comment(desk, cast, visit):
    data = typed(cast.laboratory, visit, {"ALT": "1500"})
    response = desk.post(address(visit), data)
    assert response.status_code == 422
    assert "Unusually high: above 1000 U/L." in response.content.decode()
    assert shown(response, "v-ALT") == "1500"
    save(desk, visit, data | {"k-ALT": "1", "c-ALT": "repeated by the laboratory"})
    assert Result.objects.get().comment == "repeated by the laboratory"


def test_a_hard_limit_is_refused_with_another_reading(desk, cast, visit):
    data = typed(cast.laboratory, visit, {}) | {"v-ALB": "4.2", "u-ALB": "g/L"}
    response = desk.post(address(visit), data)
    assert response.status_code == 422
    assert 'data-suggest="4.2" data-suggest-unit="g/dL"' in response.content.decode()
    assert not Panel.objects.exists()


def test_all_problems_are_named_at_once_each_at_its_field(desk, cast, visit):
    data = typed(cast.laboratory, visit, {"ALT": "abc", "AST": "1e3"}, collected_on="2099-01-01")
    response = desk.post(address(visit), data)
    html = response.content.decode()
    assert 'href="#v-ALT"' in html
    assert 'href="#v-AST"' in html
    assert "The date lies in the future." in " ".join(problems(response))


def test_a_stored_value_is_changed_only_with_a_reason(desk, cast, visit):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    data = typed(cast.laboratory, visit, PANEL | {"ALT": "26"}, version="1", key="second-key")
    response = desk.post(address(visit), data)
    assert "Say why a recorded value is changed." in " ".join(problems(response))
    save(desk, visit, data | {"reason": "digits swapped"})
    assert stored(visit)["ALT"] == "26"
    assert Event.objects.filter(table_name="labs_result", reason="digits swapped").count() == 1


def test_a_sample_outside_the_window_needs_a_reason(desk, cast, visit):
    late = visit.closes_on + timedelta(days=1)
    data = typed(cast.laboratory, visit, PANEL, collected_on=str(late))
    response = desk.post(address(visit), data)
    assert "Outside the window" in " ".join(problems(response))
    save(desk, visit, data | {"reason": "public holiday"})
    visit.refresh_from_db()
    assert (visit.held_on, visit.reason) == (late, "public holiday")


@pytest.mark.parametrize("day", ["", "06/01/2025", "2025-13-01", "1.2.2025", "0001-01-01", "45000"])
def test_a_doubtful_date_is_refused_and_given_back(desk, cast, visit, day):
    response = desk.post(address(visit), typed(cast.laboratory, visit, PANEL, collected_on=day))
    assert response.status_code == 422
    assert f'value="{day}"' in response.content.decode() if day else True
    assert shown(response, "v-BILI") == "18,5"


# --- two people -----------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(desk, cast, participant, visit):
    """The form was opened empty; then a colleague saved ALT 70 and IgG 16."""
    study.enter(participant, "W12", {"ALT": "70", "IGG": "16"}, cast.laboratory)
    return typed(cast.laboratory, visit, {"ALT": "62", "AST": "48"})


def test_the_second_of_two_sees_both_sides_and_nothing_is_overwritten(desk, visit, meanwhile):
    response = desk.post(address(visit), meanwhile)
    html = response.content.decode()
    assert response.status_code == 409
    assert 'name="m-ALT" value="stored" checked' in html
    assert 'name="m-AST" value="yours" checked' in html  # nothing is stored there
    assert "70 U/L" in html
    assert "62 U/L" in html
    assert stored(visit) == {"ALT": "70", "IGG": "16"}


@pytest.mark.parametrize(("side", "kept"), [("stored", "70"), ("yours", "62")])
def test_the_chosen_side_is_saved_on_top(desk, visit, meanwhile, side, kept):
    page = desk.post(address(visit), meanwhile)
    choice = {"m-ALT": side, "m-AST": "yours", "m-dialysis": "yours",
              "version": hidden(page, "version"), "key": hidden(page, "key"),
              "reason": "compared with the report"}  # fmt: skip
    save(desk, visit, meanwhile | choice)
    assert stored(visit) == {"ALT": kept, "AST": "48", "IGG": "16"}
    assert Panel.objects.get(visit=visit).version == 2


def test_keeping_everything_stored_writes_nothing(desk, visit, meanwhile):
    page = desk.post(address(visit), meanwhile)
    choice = {"m-ALT": "stored", "m-AST": "stored",
              "version": hidden(page, "version"), "key": hidden(page, "key")}  # fmt: skip
    response = save(desk, visit, meanwhile | choice)
    assert "Nothing changed" in response.content.decode()


# --- history --------------------------------------------------------------------------------------


def test_the_history_of_a_value_says_who_when_and_why(desk, cast, visit):
    save(desk, visit, typed(cast.laboratory, visit, PANEL))
    data = typed(cast.laboratory, visit, PANEL | {"ALT": "26"}, version="1", key="second-key")
    save(desk, visit, data | {"reason": "digits <swapped>"})
    result = Result.objects.get(analyte="ALT")
    url = reverse("reports:history", args=["result", result.pk])
    html = desk.get(url).content.decode()
    assert "<del>62</del>" in html
    assert "<ins>26</ins>" in html
    assert "digits &lt;swapped&gt;" in html
    assert "Site coordinator, 01" in html
    part = desk.get(url, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    desk.force_login(cast.coordinator2)
    assert desk.get(url).status_code == 404


# --- cost -----------------------------------------------------------------------------------------


def test_pages_and_saves_stay_within_their_statements(desk, cast, participant):
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values, cast.laboratory)
    evaluate_pending(process="test")
    later = study.visit_of(participant, "W48")
    with CaptureQueriesContext(connection) as empty:
        desk.get(address(later))
    assert len(listed(empty)) <= 15, listed(empty)
    data = typed(cast.laboratory, later, PANEL)
    with CaptureQueriesContext(connection) as checking:
        desk.post(address(later, "check"), data)
    assert len(listed(checking)) <= 15, listed(checking)
    with CaptureQueriesContext(connection) as saving:
        assert desk.post(address(later), data).status_code == 302
    assert len(listed(saving)) <= 25, listed(saving)
    with CaptureQueriesContext(connection) as filled:
        desk.get(address(later))
    assert len(listed(filled)) <= 15, listed(filled)
    corrected = data | {"v-ALT": "63", "v-AST": "", "v-PT": "12", "u-PT": "s", "reason": "misread",
                        "version": "1", "key": "another-key"}  # fmt: skip
    with CaptureQueriesContext(connection) as correcting:
        assert desk.post(address(later), corrected).status_code == 302
    assert len(listed(correcting)) <= 25, listed(correcting)
    assert IdempotentRequest.objects.count() == 2
