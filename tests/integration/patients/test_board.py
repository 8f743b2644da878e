"""The screening board: consent, criteria, decision."""

from datetime import UTC, datetime

import pytest

from patients import services
from patients.models import Answer, Consent, CriterionAnswer, Sex
from patients.selectors import eligibility_of
from tests.factories import study
from tests.integration.patients.pages import ELIGIBLE, url
from trial.audit.models import Event

pytestmark = pytest.mark.django_db


def test_consent_is_kept_in_the_time_of_the_site(cast, sign_in):
    participant = study.screened(cast.site)
    typed = {"form_version": "2.1", "given_on": "2024-12-20", "given_time": "00:30"}
    page = sign_in(cast.coordinator).post(url("patients:consent", participant), typed, follow=True)
    consent = Consent.objects.get()
    assert consent.given_at == datetime(2024, 12, 19, 16, 30, tzinfo=UTC)
    assert consent.recorded_by == "coordinator"
    assert "2024-12-20 00:30 (UTC+08:00)" in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"given_time": "25:00"}, "given_time"),
        ({"given_on": "2027-01-01"}, "given_on"),
        ({"form_version": ""}, "form_version"),
        ({"form_version": "a\x00b"}, "form_version"),
    ],
)
def test_wrong_consent_is_shown_at_its_field(cast, sign_in, changes, field):
    participant = study.screened(cast.site)
    typed = {"form_version": "2.1", "given_on": "2024-12-20", "given_time": "10:30", **changes}
    response = sign_in(cast.coordinator).post(url("patients:consent", participant), typed)
    assert response.status_code == 422
    assert set(response.context["consent_form"].errors) == {field}
    assert not Consent.objects.exists()


def test_consent_sent_twice_is_kept_once(cast, sign_in):
    participant = study.screened(cast.site)
    typed = {"form_version": "2.1", "given_on": "2024-12-20", "given_time": "10:30"}
    client = sign_in(cast.coordinator)
    for _ in range(2):
        assert client.post(url("patients:consent", participant), typed).status_code == 302
    assert Consent.objects.count() == 1


def test_same_version_with_another_time_is_refused(cast, sign_in):
    participant = study.screened(cast.site)
    typed = {"form_version": "2.1", "given_on": "2024-12-20", "given_time": "10:30"}
    client = sign_in(cast.coordinator)
    client.post(url("patients:consent", participant), typed)
    response = client.post(url("patients:consent", participant), {**typed, "given_time": "11:30"})
    assert "form_version" in response.context["consent_form"].errors


def answers(page, **changes):
    return {"seen": page.context["criteria_form"]["seen"].value(), **changes}


def test_answers_are_kept_and_decide(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    page = client.get(url("patients:screening", participant))
    assert page.context["decision"]["eligible"] is None
    page = client.post(
        url("patients:criteria", participant), answers(page, **ELIGIBLE), follow=True
    )
    assert page.context["decision"]["eligible"] is True
    assert CriterionAnswer.objects.get(criterion="I2").value == 7
    assert {a.protocol_version for a in CriterionAnswer.objects.all()} == {"1.0"}


def test_preview_decides_without_keeping_anything(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    page = client.get(url("patients:screening", participant))
    panel = client.post(
        url("patients:decision", participant), answers(page, **{**ELIGIBLE, "E5": "yes"})
    )
    assert "Not eligible" in panel.content.decode()
    assert "E5" in panel.content.decode()
    assert not CriterionAnswer.objects.exists()


def test_preview_says_what_is_open_while_half_is_typed(cast, sign_in):
    participant = study.screened(cast.site)
    panel = sign_in(cast.coordinator).post(
        url("patients:decision", participant), {"I1": "yes", "I2_number": "abc", "E1": "nonsense"}
    )
    assert panel.status_code == 200
    assert "Still open" in panel.content.decode()


def test_changing_a_known_answer_needs_a_reason_and_keeps_what_was_typed(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    page = client.get(url("patients:screening", participant))
    page = client.post(
        url("patients:criteria", participant), answers(page, **ELIGIBLE), follow=True
    )
    changed = answers(page, **{**ELIGIBLE, "E1": "yes"})
    response = client.post(url("patients:criteria", participant), changed)
    assert response.status_code == 422
    assert "reason" in response.context["criteria_form"].errors
    assert response.context["criteria_form"]["E1"].value() == "yes"
    client.post(url("patients:criteria", participant), {**changed, "reason": "CT came back"})
    assert CriterionAnswer.objects.get(criterion="E1").answer == Answer.YES
    event = Event.objects.filter(table_name="patients_criterionanswer").latest("id")
    assert event.reason == "CT came back"


def test_answers_that_did_not_change_write_nothing(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    page = client.get(url("patients:screening", participant))
    page = client.post(
        url("patients:criteria", participant), answers(page, **ELIGIBLE), follow=True
    )
    before = Event.objects.count()
    client.post(url("patients:criteria", participant), answers(page, **ELIGIBLE))
    assert Event.objects.count() == before


@pytest.mark.req("F-023")
def test_second_editor_sees_the_first_ones_answer_and_overwrites_nothing(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    stale = client.get(url("patients:screening", participant))
    client.post(url("patients:criteria", participant), answers(stale, E1="no"))
    response = client.post(
        url("patients:criteria", participant), answers(stale, E1="yes", E2="no", reason="x")
    )
    assert response.status_code == 409
    assert "Somebody else" in response.content.decode()
    assert CriterionAnswer.objects.get().answer == Answer.NO


def test_a_field_somebody_else_answered_is_left_alone(cast, sign_in):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    stale = client.get(url("patients:screening", participant))
    client.post(url("patients:criteria", participant), answers(stale, E1="no"))
    assert (
        client.post(url("patients:criteria", participant), answers(stale, E2="no")).status_code
        == 302
    )
    assert CriterionAnswer.objects.get(criterion="E1").answer == Answer.NO


@pytest.mark.parametrize("typed", ["9", "-1", "7.5", "1e309", "NaN"])
def test_a_score_off_its_scale_is_refused_at_the_field(cast, sign_in, typed):
    participant = study.screened(cast.site)
    response = sign_in(cast.coordinator).post(
        url("patients:criteria", participant), {**ELIGIBLE, "seen": "{}", "I2_number": typed}
    )
    assert set(response.context["criteria_form"].errors) == {"I2_number"}
    assert f'value="{typed}"' in response.content.decode()


@pytest.mark.parametrize("sent", ["[]", "nonsense", '{"E1": 1}', '{"E1": ["maybe", null]}'])
def test_a_page_that_was_tampered_with_is_refused(cast, sign_in, sent):
    participant = study.screened(cast.site)
    response = sign_in(cast.coordinator).post(
        url("patients:criteria", participant), {**ELIGIBLE, "seen": sent}
    )
    expected = 302 if sent == "[]" else 422
    assert response.status_code == expected


@pytest.mark.parametrize(
    ("fertile", "eligible"), [(False, True), (True, None)], ids=["not fertile", "fertile"]
)
def test_not_applicable_meets_the_criteria_about_fertile_women_only(cast, fertile, eligible):
    participant = study.screened(cast.site)
    services.correct(
        participant=participant, changes={"childbearing_potential": fertile},
        version=participant.version, reason="asked again", by=study.SETUP,
    )  # fmt: skip
    participant.refresh_from_db()
    given = {k: services.CriterionEntry(Answer(v)) for k, v in ELIGIBLE.items() if "_" not in k}
    given["I2"] = services.CriterionEntry(Answer.YES, 7)
    given |= {code: services.CriterionEntry(Answer.NOT_APPLICABLE) for code in ("I3", "E2")}
    services.answer_criteria(participant=participant, answers=given, by=study.SETUP)
    assert eligibility_of(participant).eligible is eligible


def test_men_are_not_asked_what_concerns_women(cast, sign_in):
    participant = study.screened(cast.site, sex=Sex.MALE)
    page = sign_in(cast.coordinator).get(url("patients:screening", participant))
    asked = set(page.context["criteria_form"].fields)
    assert not asked & {"I3", "E2"}
    assert {"I1", "I2", "I2_number", "AGE", "E1"} <= asked
