"""Opening a participant."""

import pytest
from django.urls import reverse

from patients.models import Participant

pytestmark = pytest.mark.django_db

SCREENING = {
    "key": "one-key",
    "screened_on": "2025-03-03",
    "birth_year": "1980",
    "sex": "F",
    "childbearing_potential": "yes",
    "sex_for_meld": "",
}


def open_form(cast, **changes):
    return {**SCREENING, "site": cast.site.code, **changes}


def test_screening_opens_a_participant_and_shows_the_code(cast, sign_in):
    client = sign_in(cast.coordinator)
    response = client.post(reverse("visits:screen"), open_form(cast), follow=True)
    participant = Participant.objects.get()
    assert participant.code == "01-0019"
    assert (participant.sex, participant.sex_for_meld, participant.birth_year) == ("F", "F", 1980)
    assert participant.childbearing_potential is True
    assert response.redirect_chain[0][0].endswith("/participants/01-0019/screening/?new=1")
    assert "The code of the new participant" in response.content.decode()


def test_site_is_preselected_for_who_works_at_one(cast, sign_in):
    page = sign_in(cast.coordinator).get(reverse("visits:screen")).content.decode()
    assert '<option value="01">01 Hospital 01</option>' in page
    assert cast.other_site.name not in page
    assert "Choose a site" not in page


@pytest.mark.req("F-004")
def test_repeated_submit_opens_one_participant(cast, sign_in):
    client = sign_in(cast.coordinator)
    first = client.post(reverse("visits:screen"), open_form(cast))
    second = client.post(reverse("visits:screen"), open_form(cast))
    assert first.url == second.url
    assert Participant.objects.count() == 1


def test_same_key_for_another_person_is_refused_and_opens_nobody(cast, sign_in):
    client = sign_in(cast.coordinator)
    client.post(reverse("visits:screen"), open_form(cast))
    response = client.post(reverse("visits:screen"), open_form(cast, birth_year="1981"))
    assert response.status_code == 422
    assert Participant.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("screened_on", "2999-01-01", "between"),
        ("screened_on", "2027-06-01", "future"),
        ("screened_on", "2023-06-01", "No version of the protocol"),
        ("screened_on", "03.03.2025", "YYYY-MM-DD"),
        ("screened_on", "2025-02-29", "YYYY-MM-DD"),
        ("birth_year", "2026", "not possible"),
        ("birth_year", "80", "all four digits"),
        ("birth_year", "1e3", "whole number"),
        ("childbearing_potential", "", "Say yes or no"),
        ("sex", "X", "not one of the available choices"),
    ],
)
def test_errors_stand_at_the_field_and_what_was_typed_stays(cast, sign_in, field, typed, message):
    client = sign_in(cast.coordinator)
    response = client.post(reverse("visits:screen"), open_form(cast, **{field: typed}))
    assert response.status_code == 422
    form = response.context["form"]
    assert set(form.errors) == {field}
    if message != "between":
        assert message in str(form.errors[field])
    page = response.content.decode()
    assert 'value="1980"' in page or field == "birth_year"
    if field in ("screened_on", "birth_year"):
        assert f'value="{typed}"' in page
    assert not Participant.objects.exists()


def test_full_width_digits_are_understood(cast, sign_in):
    client = sign_in(cast.coordinator)
    typed = open_form(cast, birth_year="１９８０", screened_on="２０２５-０３-０３")
    client.post(reverse("visits:screen"), typed)
    assert Participant.objects.get().birth_year == 1980


def test_childbearing_potential_of_a_man_is_not_kept(cast, sign_in):
    sign_in(cast.coordinator).post(reverse("visits:screen"), open_form(cast, sex="M"))
    assert Participant.objects.get().childbearing_potential is None


def test_another_site_cannot_be_chosen(cast, sign_in):
    client = sign_in(cast.coordinator)
    response = client.post(reverse("visits:screen"), open_form(cast, site=cast.other_site.code))
    assert "site" in response.context["form"].errors
    assert not Participant.objects.exists()


@pytest.mark.parametrize("user", ["sponsor", "monitor", "pharmacist", "admin", "outsider"])
def test_who_may_not_screen_gets_a_403(cast, sign_in, user):
    response = sign_in(getattr(cast, user)).post(reverse("visits:screen"), open_form(cast))
    assert response.status_code == 403
    assert not Participant.objects.exists()
