"""Enrolment, corrections, and the end of taking part."""

from datetime import UTC, datetime

import pytest

from patients import services
from patients.models import Status
from tests.factories import study
from tests.integration.patients.pages import eligible, url
from trial.audit.models import Event
from visits.models import Visit

pytestmark = pytest.mark.django_db

ENROLMENT = {
    "enrolled_on": "2025-01-03", "day0_on": "2025-01-06", "induction_started_on": "",
    "disease_status": "naive",
}  # fmt: skip


def test_enrolment_plans_all_visits_and_shows_them_to_print(cast, sign_in):
    participant = eligible(cast.site)
    response = sign_in(cast.coordinator).post(
        url("visits:enrol", participant), ENROLMENT, follow=True
    )
    assert response.redirect_chain == [(url("visits:schedule", participant), 302)]
    page = response.content.decode()
    for day in ("2025-01-06", "2025-03-31", "2025-03-24", "2025-04-07", "2026-11-09"):
        assert day in page
    assert Visit.objects.filter(participant=participant).count() == 10


def test_enrolment_sent_twice_changes_nothing(cast, sign_in):
    participant = eligible(cast.site)
    client = sign_in(cast.coordinator)
    client.post(url("visits:enrol", participant), ENROLMENT)
    before = Event.objects.count()
    assert client.post(url("visits:enrol", participant), ENROLMENT).status_code == 302
    assert Event.objects.count() == before


@pytest.mark.req("R-30")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"enrolled_on": "2024-12-22"}, "enrolled_on"),
        ({"day0_on": "2025-01-02"}, "day0_on"),
        ({"enrolled_on": ""}, "enrolled_on"),
    ],
)
def test_enrolment_out_of_order_is_refused_at_the_field(cast, sign_in, changes, field):
    participant = eligible(cast.site)
    response = sign_in(cast.coordinator).post(
        url("visits:enrol", participant), {**ENROLMENT, **changes}
    )
    assert response.status_code == 422
    assert field in response.context["enrol_form"].errors
    participant.refresh_from_db()
    assert participant.status == Status.SCREENING


@pytest.mark.req("R-30")
def test_enrolment_without_consent_or_eligibility_says_both(cast, sign_in):
    participant = study.screened(cast.site)
    response = sign_in(cast.coordinator).post(url("visits:enrol", participant), ENROLMENT)
    messages = str(response.context["enrol_form"].non_field_errors())
    assert "Consent must be recorded" in messages
    assert "Not every eligibility criterion is met" in messages
    assert "Consent must be recorded" in response.content.decode()


@pytest.mark.req("R-30")
def test_consent_signed_after_enrolment_does_not_count(cast, sign_in):
    participant = eligible(cast.site)
    response = sign_in(cast.coordinator).post(
        url("visits:enrol", participant), {**ENROLMENT, "enrolled_on": "2024-12-23"}
    )
    assert response.status_code == 302
    other = study.screened(cast.site)
    services.give_consent(
        participant=other, form_version="1.0",
        given_at=datetime(2025, 1, 4, 2, 0, tzinfo=UTC), by=study.SETUP,
    )  # fmt: skip
    response = sign_in(cast.coordinator).post(url("visits:enrol", other), ENROLMENT)
    assert "Consent must be recorded" in response.content.decode()


def test_screening_failure_needs_a_reason_and_ends_screening(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    response = client.post(
        url("patients:fail", participant), {"fail-on": "2025-01-02", "fail-reason": "  "}
    )
    assert response.status_code == 422
    assert "reason" in response.context["fail_form"].errors
    typed = {"fail-on": "2025-01-02", "fail-reason": "HBsAg positive"}
    for _ in range(2):
        assert client.post(url("patients:fail", participant), typed).status_code == 302
    participant.refresh_from_db()
    assert (participant.status, participant.status_reason) == ("screen_failed", "HBsAg positive")
    assert "HBsAg positive" in client.get(url("patients:screening", participant)).content.decode()


@pytest.mark.req("R-55")
def test_withdrawal_keeps_the_visits_and_expects_no_more(cast, sign_in):
    participant = study.enrolled(cast.site)
    client = sign_in(cast.coordinator)
    typed = {"on": "2025-03-01", "reason": "moved abroad"}
    for _ in range(2):
        assert client.post(url("patients:withdraw", participant), typed).status_code == 302
    page = client.get(url("visits:list", participant)).content.decode()
    assert "No longer expected" in page
    assert "moved abroad" in page
    assert Visit.objects.filter(participant=participant).count() == 10


@pytest.mark.parametrize("on", ["2025-01-02", "2027-01-01"])
def test_leaving_outside_the_time_in_the_study_is_refused(cast, sign_in, on):
    participant = study.enrolled(cast.site)
    response = sign_in(cast.coordinator).post(
        url("patients:withdraw", participant), {"on": on, "reason": "moved"}
    )
    assert "on" in response.context["form"].errors


def test_completion_needs_no_remark(cast, sign_in):
    participant = study.enrolled(cast.site)
    sign_in(cast.investigator).post(url("patients:complete", participant), {"on": "2026-11-10"})
    participant.refresh_from_db()
    assert (participant.status, participant.status_reason) == ("completed", "")


def test_details_are_corrected_with_a_reason_only(cast, sign_in):
    participant = study.enrolled(cast.site)
    client = sign_in(cast.coordinator)
    typed = {"version": participant.version, "birth_year": "1979", "sex": "F",
             "childbearing_potential": "yes", "sex_for_meld": "F",
             "induction_started_on": "2025-01-06", "reason": ""}  # fmt: skip
    assert (
        "reason" in client.post(url("patients:details", participant), typed).context["form"].errors
    )
    client.post(url("patients:details", participant), {**typed, "reason": "misread"})
    participant.refresh_from_db()
    assert participant.birth_year == 1979


def test_stale_correction_is_refused(cast, sign_in):
    participant = study.enrolled(cast.site)
    typed = {"version": participant.version - 1, "birth_year": "1979", "sex": "F",
             "childbearing_potential": "yes", "sex_for_meld": "F",
             "induction_started_on": "2025-01-06", "reason": "misread"}  # fmt: skip
    response = sign_in(cast.coordinator).post(url("patients:details", participant), typed)
    assert "Somebody else has changed" in response.content.decode()
    participant.refresh_from_db()
    assert participant.birth_year == 1980


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"birth_year": "2026"}, "birth_year"),
     ({"induction_started_on": "2027-01-01"}, "induction_started_on")],
)  # fmt: skip
def test_impossible_details_are_refused_at_their_field(cast, sign_in, changes, field):
    participant = study.enrolled(cast.site)
    typed = {"version": participant.version, "birth_year": "1979", "sex": "F",
             "childbearing_potential": "yes", "sex_for_meld": "F",
             "induction_started_on": "2025-01-06", "reason": "x", **changes}  # fmt: skip
    response = sign_in(cast.coordinator).post(url("patients:details", participant), typed)
    assert set(response.context["form"].errors) == {field}
