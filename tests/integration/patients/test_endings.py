"""The end of taking part is a line of the casebook, and the status follows from it."""

from datetime import UTC, date, datetime, time

import pytest

from patients import services
from patients.consents import must_consent_anew, to_consent_anew
from patients.models import Disposition, Status
from tests.factories import filling, study
from tests.integration.patients.pages import url
from trial.access.exceptions import Refused
from trial.protocol import registry
from trial.quality.models import Query

pytestmark = pytest.mark.django_db

ON = date(2025, 3, 1)


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def stored(person):
    person.refresh_from_db()
    return person.status, person.ended_on, person.status_reason


@pytest.mark.parametrize(
    ("answers", "after"),
    [
        ({"event": "withdrawal_full", "happened_on": ON, "reason": "wish"},
         ("withdrawn", ON, "Participant's wish")),
        ({"event": "withdrawal_full", "happened_on": ON, "remark": "moved"},
         ("withdrawn", ON, "moved")),
        ({"event": "study_completed", "happened_on": ON}, ("completed", ON, "")),
        ({"event": "lost_to_follow_up", "happened_on": ON}, ("withdrawn", ON, "Lost to follow-up")),
        ({"event": "death", "happened_on": ON}, ("withdrawn", ON, "Death")),
        ({"event": "treatment_stop", "happened_on": ON}, ("enrolled", None, "")),
        ({"event": "withdrawal_partial", "happened_on": ON}, ("enrolled", None, "")),
        ({"event": "death"}, ("enrolled", None, "")),  # the day is still to be given
    ],
)  # fmt: skip
@pytest.mark.req("R-55")
def test_the_status_follows_from_the_line(cast, person, answers, after):
    version = person.version
    filling.fill(person, "disposition", answers)
    assert stored(person) == after
    assert person.version > version


def test_a_corrected_line_moves_the_end_and_a_struck_one_takes_it_back(cast, person):
    answers = {"event": "withdrawal_full", "happened_on": ON, "reason": "wish"}
    line = filling.fill(person, "disposition", answers)
    later = date(2025, 3, 4)
    filling.fill(
        person, "disposition", {"happened_on": later}, number=line.number, reason="misread"
    )
    assert stored(person) == ("withdrawn", later, "Participant's wish")
    filling.strike(person, "disposition", line.number)
    assert stored(person) == ("enrolled", None, "")


def test_a_line_that_becomes_another_event_takes_the_end_back(cast, person):
    line = filling.fill(person, "disposition", {"event": "withdrawal_full", "happened_on": ON})
    filling.fill(
        person, "disposition", {"event": "withdrawal_partial"}, number=line.number, reason="in part"
    )
    assert stored(person)[0] == Status.ENROLLED


def test_a_death_after_the_withdrawal_changes_nothing_until_that_is_struck(cast, person):
    line = filling.fill(person, "disposition", {"event": "withdrawal_full", "happened_on": ON})
    filling.fill(person, "disposition", {"event": "death", "happened_on": date(2025, 4, 2)})
    assert stored(person) == ("withdrawn", ON, "")
    filling.strike(person, "disposition", line.number)
    assert stored(person) == ("withdrawn", date(2025, 4, 2), "Death")


def test_an_end_before_enrolment_is_refused_and_nothing_is_kept(cast, person):
    with pytest.raises(Refused) as refused:
        filling.fill(
            person, "disposition", {"event": "withdrawal_full", "happened_on": date(2024, 12, 1)}
        )
    assert list(refused.value.errors) == ["happened_on"]
    assert not Disposition.objects.exists()


def test_consent_withdrawn_in_screening_ends_the_screening(cast):
    person = study.screened(cast.site)
    line = filling.fill(
        person, "disposition",
        {"event": "withdrawal_full", "happened_on": date(2024, 12, 30), "reason": "wish"},
    )  # fmt: skip
    assert stored(person)[0] == Status.SCREEN_FAILED
    filling.strike(person, "disposition", line.number)
    assert stored(person)[0] == Status.SCREENING
    with pytest.raises(Refused) as refused:
        filling.fill(
            person, "disposition", {"event": "study_completed", "happened_on": date(2024, 12, 30)}
        )
    assert list(refused.value.errors) == ["event"]


def test_a_screening_failure_is_not_reopened_by_a_line_that_is_struck(cast):
    person = study.screened(cast.site)
    on = date(2024, 12, 30)
    services.fail_screening(participant=person, on=on, reason="HBsAg", by=study.SETUP)
    line = filling.fill(person, "disposition", {"event": "death", "happened_on": date(2025, 4, 2)})
    assert stored(person) == ("screen_failed", on, "HBsAg")
    filling.strike(person, "disposition", line.number)
    assert stored(person) == ("screen_failed", on, "HBsAg")


def test_the_page_of_withdrawal_writes_the_line(cast, person, sign_in):
    client = sign_in(cast.coordinator)
    typed = {"on": "2025-03-01", "reason": "moved abroad", "reason_code": "wish"}
    for _ in range(2):
        assert client.post(url("patients:withdraw", person), typed).status_code == 302
    line = Disposition.objects.get(participant=person)
    assert (line.event, line.happened_on, line.reason, line.remark) == (
        "withdrawal_full", ON, "wish", "moved abroad",
    )  # fmt: skip
    assert stored(person) == ("withdrawn", ON, "Participant's wish: moved abroad")


def test_completion_with_visits_left_is_kept_and_asked_about(cast, person, sign_in):
    typed = {"on": "2026-11-10", "reason": ""}
    sign_in(cast.investigator).post(url("patients:complete", person), typed)
    assert Disposition.objects.get(participant=person).event == "study_completed"
    assert Query.objects.filter(cause__contains="DS-19").exists()


def test_a_withdrawal_in_part_shows_what_is_still_allowed(cast, person, sign_in):
    filling.fill(
        person, "disposition",
        {"event": "withdrawal_partial", "happened_on": ON, "reason": "wish",
         "allows_records": True, "allows_vital_status": True},
    )  # fmt: skip
    client = sign_in(cast.coordinator)
    page = client.get(url("visits:list", person)).content.decode()
    assert "Consent withdrawn in part" in page
    assert "Use of medical records, Asking whether alive" in page
    warning = "visits are not allowed any more"
    base = f"/participants/{person.code}/visits"
    assert warning in client.get(f"{base}/W12/forms/").content.decode()
    assert warning not in client.get(f"{base}/D0/forms/").content.decode()
    labs = f"/visits/{study.visit_of(person, 'W24').pk}/labs/"
    assert warning in client.get(labs).content.decode()


def test_a_visit_after_a_withdrawal_that_allows_none_is_asked_about(cast, person):
    study.enter(person, "W12", study.RELAPSE_COURSE["W12"], cast.laboratory)
    filling.fill(
        person, "disposition", {"event": "withdrawal_partial", "happened_on": ON, "reason": "wish",
                                "allows_records": True},
    )  # fmt: skip
    assert Query.objects.filter(cause__contains="DS-22").count() == 1


# --- consent to the form in force ---------------------------------------------------------------
@pytest.fixture
def amended(monkeypatch):
    """The protocol in force asks for version 2.0 of the consent form."""
    version = registry.latest()
    monkeypatch.setitem(version.__dict__, "consent_version", "2.0")


def test_whoever_signed_an_older_form_is_listed_until_they_sign_anew(
    cast, person, sign_in, amended
):
    study.screened(cast.site)  # nothing signed yet: nothing to sign anew
    assert must_consent_anew(person) == "2.0"
    listed = to_consent_anew(cast.coordinator).values_list("code", "signed_version")
    assert list(listed) == [(person.code, "1.0")]
    client = sign_in(cast.coordinator)
    assert "signed version 1.0" in client.get("/").content.decode()
    board = client.get(url("patients:screening", person)).content.decode()
    assert "asks for version 2.0 of the consent form" in board

    given = datetime.combine(date(2025, 2, 1), time(1), tzinfo=UTC)
    services.give_consent(participant=person, form_version="2.0", given_at=given, by=study.SETUP)
    assert must_consent_anew(person) == ""
    assert not to_consent_anew(cast.coordinator).exists()


def test_who_has_left_is_not_asked_to_consent_anew(cast, person, amended):
    services.withdraw(participant=person, on=ON, reason="moved", by=study.SETUP)
    person.refresh_from_db()
    assert must_consent_anew(person) == ""
    assert not to_consent_anew(cast.coordinator).exists()
