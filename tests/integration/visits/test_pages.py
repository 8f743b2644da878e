"""A participant's visits: held, missed, unscheduled, corrected; never overwritten, never lost."""

import pytest
from django.urls import reverse

from patients import services as patients
from tests.factories import study
from trial.audit.models import Event
from visits.models import Status, Visit
from visits.services import schedule as services

pytestmark = pytest.mark.django_db


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.coordinator)


def url(name, participant, *label):
    return reverse(f"visits:{name}", args=[participant.code, *label])


def hold(desk, participant, label, held_on, reason="", version=1):
    typed = {"held_on": held_on, "reason": reason, "version": version}
    return desk.post(url("hold", participant, label), typed)


def miss(desk, participant, label, reason, version=1):
    return desk.post(
        url("miss", participant, label), {"missed-reason": reason, "missed-version": version}
    )


def test_list_shows_every_visit_with_window_and_state(desk, participant):
    page = desk.get(url("list", participant))
    rows = {row.visit.label: row for row, _hold, _signed in page.context["lines"]}
    assert list(rows) == ["SCR", "D0", "W4", "W8", "W12", "W24", "W36", "W48", "W72", "W96"]
    assert str(rows["W12"].visit.opens_on) == "2025-03-24"
    assert rows["SCR"].standing.word == "Held"
    assert rows["W12"].standing.overdue_days > 0
    assert "2025-03-24 –" in page.content.decode()


def test_visit_held_inside_its_window_needs_no_reason(desk, participant):
    response = hold(desk, participant, "W4", "2025-02-05")
    assert response.url == url("list", participant)
    visit = study.visit_of(participant, "W4")
    assert (visit.status, str(visit.held_on)) == ("held", "2025-02-05")


@pytest.mark.parametrize("held_on", ["2025-01-30", "2025-02-07"])
def test_outside_the_window_a_reason_is_asked_at_its_field(desk, participant, held_on):
    response = hold(desk, participant, "W4", held_on)
    assert response.status_code == 422
    form = response.context["held_form"]
    assert set(form.errors) == {"reason"}
    assert "2025-01-31" in str(form.errors["reason"])
    assert f'value="{held_on}"' in response.content.decode()
    assert study.visit_of(participant, "W4").status == Status.PLANNED
    hold(desk, participant, "W4", held_on, "snow")
    assert study.visit_of(participant, "W4").reason == "snow"


@pytest.mark.parametrize("held_on", ["2025-01-31", "2025-02-06"])
def test_both_ends_belong_to_the_window(desk, participant, held_on):
    assert hold(desk, participant, "W4", held_on).status_code == 302


@pytest.mark.parametrize(
    ("label", "held_on", "message"),
    [
        ("W4", "2027-02-03", "future"),
        ("W4", "2024-12-01", "before screening"),
        ("W4", "2025-01-05", "before day 0"),
        ("D0", "2025-01-02", "before enrolment"),
        ("W4", "", "required"),
        ("W4", "yesterday", "YYYY-MM-DD"),
    ],
)
def test_an_impossible_date_is_refused_whatever_the_reason(
    desk, participant, label, held_on, message
):
    response = hold(desk, participant, label, held_on, reason="because")
    assert response.status_code == 422
    assert message in str(response.context["held_form"].errors["held_on"])
    assert study.visit_of(participant, label).status == Status.PLANNED


@pytest.mark.req("F-004")
def test_repeated_post_changes_nothing(desk, participant):
    hold(desk, participant, "W4", "2025-02-05")
    before = Event.objects.count()
    assert hold(desk, participant, "W4", "2025-02-05").status_code == 302
    assert Event.objects.count() == before
    assert study.visit_of(participant, "W4").version == 2


@pytest.mark.req("F-023")
def test_second_editor_is_shown_what_is_stored_and_overwrites_nothing(desk, participant):
    hold(desk, participant, "W4", "2025-02-05")
    response = hold(desk, participant, "W4", "2025-02-04", reason="as I know", version=1)
    assert response.status_code == 409
    page = response.content.decode()
    assert "2025-02-05" in page
    assert 'value="2025-02-04"' in page
    assert "as I know" in page
    assert str(study.visit_of(participant, "W4").held_on) == "2025-02-05"


def test_correcting_a_recorded_date_needs_a_reason_and_keeps_the_old_one(desk, participant):
    hold(desk, participant, "W4", "2025-02-05")
    response = hold(desk, participant, "W4", "2025-02-04", version=2)
    assert "reason" in response.context["held_form"].errors
    hold(desk, participant, "W4", "2025-02-04", reason="misread", version=2)
    event = Event.objects.filter(table_name="visits_visit").latest("id")
    assert (event.old["held_on"], event.new["held_on"]) == ("2025-02-05", "2025-02-04")
    assert (event.reason, event.actor) == ("misread", "coordinator")


def test_missed_needs_a_reason(desk, participant):
    response = miss(desk, participant, "W4", "   ")
    assert response.status_code == 422
    assert "reason" in response.context["missed_form"].errors
    assert miss(desk, participant, "W4", "in hospital").status_code == 302
    visit = study.visit_of(participant, "W4")
    assert (visit.status, visit.reason) == ("missed", "in hospital")
    assert "in hospital" in desk.get(url("list", participant)).content.decode()


def test_held_visit_cannot_be_called_missed(desk, participant):
    hold(desk, participant, "W4", "2025-02-05")
    response = miss(desk, participant, "W4", "forgot", version=2)
    assert "has taken place" in response.content.decode()
    assert study.visit_of(participant, "W4").status == Status.HELD


def test_missed_visit_can_be_corrected_to_held(desk, participant):
    miss(desk, participant, "W4", "no news")
    response = hold(desk, participant, "W4", "2025-02-05", version=2)
    assert "reason" in response.context["held_form"].errors
    hold(desk, participant, "W4", "2025-02-05", reason="it was held after all", version=2)
    assert study.visit_of(participant, "W4").status == Status.HELD


def test_moved_day_0_moves_every_later_window(desk, participant):
    assert hold(desk, participant, "D0", "2025-01-08").status_code == 302
    participant.refresh_from_db()
    assert str(participant.day0_on) == "2025-01-08"
    assert str(study.visit_of(participant, "W12").target_on) == "2025-04-02"


def test_unscheduled_visits_are_numbered_and_ordered_by_date(desk, participant):
    for held_on, reason in [("2025-05-02", "jaundice"), ("2025-04-02", "fever")]:
        desk.post(url("unscheduled", participant), {"held_on": held_on, "reason": reason})
    page = desk.get(url("list", participant))
    labels = [row.visit.label for row, _hold, _signed in page.context["lines"]]
    assert labels.index("UNS 2") < labels.index("UNS 1") < labels.index("W24")
    assert desk.get(url("visit", participant, "UNS-2")).status_code == 200


def test_unscheduled_visit_sent_twice_is_one(desk, participant):
    for _ in range(2):
        typed = {"held_on": "2025-05-02", "reason": "jaundice"}
        assert desk.post(url("unscheduled", participant), typed).status_code == 302
    assert Visit.objects.filter(participant=participant, code="UNS").count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"held_on": "2025-05-02", "reason": ""}, "reason"),
        ({"held_on": "2027-05-02", "reason": "x"}, "held_on"),
        ({"held_on": "1999-05-02", "reason": "x"}, "held_on"),
    ],
)
def test_unscheduled_visit_that_is_wrong_is_refused_at_its_field(desk, participant, typed, field):
    response = desk.post(url("unscheduled", participant), typed)
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_screening_failure_takes_no_visit(cast, desk):
    participant = study.screened(cast.site)
    patients.fail_screening(participant=participant, on=study.DAY0, reason="HBsAg", by=study.SETUP)
    response = desk.post(url("unscheduled", participant), {"held_on": "2025-05-02", "reason": "x"})
    assert "screening failure" in response.content.decode()


@pytest.mark.parametrize(
    "label", ["W5", "W4-1", "UNS-9", "W4-x", "UNS-9999999999", "W４", "W4\x00"]
)
def test_a_visit_that_is_none_is_a_404(desk, participant, label):
    assert desk.get(f"/participants/{participant.code}/visits/{label}/").status_code == 404


@pytest.mark.parametrize("name", ["visit", "hold", "miss"])
def test_a_visit_of_another_site_is_a_404(cast, desk, name):
    other = study.enrolled(cast.other_site)
    send = desk.get if name == "visit" else desk.post
    assert send(url(name, other, "W4")).status_code == 404


@pytest.mark.parametrize("user", ["sponsor", "monitor", "pharmacist"])
def test_readers_see_visits_and_no_form(cast, sign_in, participant, user):
    reader = sign_in(getattr(cast, user))
    page = reader.get(url("visit", participant, "W4")).content.decode()
    assert "Record visit" not in page
    assert hold(reader, participant, "W4", "2025-02-05").status_code == 403


def test_reason_comes_back_as_it_was_typed(desk, participant):
    reason = "<b>停电</b> & “quotes”\n\tтекст  end"
    services.miss(visit=study.visit_of(participant, "W4"), reason=reason, by=study.SETUP)
    page = desk.get(url("list", participant)).content.decode()
    assert "&lt;b&gt;停电&lt;/b&gt; &amp; “quotes”\n\tтекст  end" in page


def test_schedule_lists_targets_and_windows(desk, participant):
    page = desk.get(url("schedule", participant)).content.decode()
    assert all(day in page for day in ("2025-03-31", "2025-03-24", "2025-04-07"))
