"""Randomising in the browser: what is shown, what is signed, what comes back."""

import pytest
from django.urls import reverse

from randomization.models import Allocation
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from trial.quality.models import Scope


@pytest.fixture
def going(cast):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    return cast


@pytest.fixture
def person(going):
    return ready(going.site)


def url(person, page="randomise"):
    return reverse(f"randomization:{page}", args=[person.code])


def signed(page, user, **changes):
    """What the form sends, from the page as it was drawn."""
    given = {"shown": page.context["mark"], "username": user.username, "password": study.PASSWORD}
    return given | changes


def test_the_values_are_taken_from_the_record_and_never_typed(going, person, sign_in):
    page = sign_in(going.investigator).get(url(person))
    text = page.content.decode()
    assert page.status_code == 200
    assert "01-naive" in text
    fields = set(page.context["form"].fields)
    assert fields == {"shown", "username", "password"}


def test_an_investigator_signs_and_gets_number_bags_and_dates(going, person, sign_in):
    client = sign_in(going.investigator)
    page = client.get(url(person))
    answer = client.post(url(person), signed(page, going.investigator), follow=True)
    assert answer.redirect_chain[-1][0] == url(person, "allocation")
    text = answer.content.decode()
    assert "01-NAIVE-001" in text
    assert answer.context["bags"][0].shown in text
    shown = [row.visit.code for row in answer.context["rows"]]
    assert shown == ["SCR", "D0", "W4", "W8", "W12", "W24", "W36", "W48", "W72", "W96"]
    found = Allocation.objects.get(participant=person)
    assert found.signature.meaning == "to_be_randomised"


@pytest.mark.req("F-006")
def test_sent_twice_it_is_one_randomisation(going, person, sign_in):
    client = sign_in(going.investigator)
    page = client.get(url(person))
    sent = signed(page, going.investigator)
    for _n in range(2):
        answer = client.post(url(person), sent)
        assert answer.status_code == 302
    assert Allocation.objects.count() == 1


@pytest.mark.req("R-27")
def test_what_was_there_before_is_no_proof_for_the_next_signature(going, person, sign_in):
    """An answer that is given again asks for no password: nothing was proved by it."""
    client = sign_in(going.investigator)
    sent = signed(client.get(url(person)), going.investigator, password="no")
    randomised(person, going.investigator)
    assert client.post(url(person), sent).status_code == 302
    other = ready(going.site)
    assert "username" in client.get(url(other)).context["form"].fields


@pytest.mark.req("R-27")
def test_a_wrong_password_is_said_at_the_field_and_allocates_nothing(going, person, sign_in):
    client = sign_in(going.investigator)
    page = client.get(url(person))
    answer = client.post(url(person), signed(page, going.investigator, password="no"))
    assert answer.status_code in (400, 422)
    assert answer.context["form"].errors["password"]
    assert not Allocation.objects.exists()


def test_data_changed_since_the_page_was_drawn_are_read_again_first(going, person, sign_in):
    from patients import services  # noqa: PLC0415

    client = sign_in(going.investigator)
    page = client.get(url(person))
    person.refresh_from_db()
    services.correct(
        participant=person, changes={"birth_year": 1981}, version=person.version,
        reason="misread", by=study.SETUP,
    )  # fmt: skip
    answer = client.post(url(person), signed(page, going.investigator))
    assert answer.status_code == 409
    assert not Allocation.objects.exists()


@pytest.mark.req("R-30")
def test_what_stands_against_it_is_said_and_there_is_no_box_to_sign(going, sign_in):
    person = study.enrolled(going.site, day0=going.site.today())
    page = sign_in(going.investigator).get(url(person))
    assert "disease status is not recorded" in page.content.decode()
    assert 'name="password"' not in page.content.decode()


@pytest.mark.req("F-014")
def test_a_locked_participant_is_not_randomised(going, person, sign_in):
    from tests.integration.quality.holding import freeze  # noqa: PLC0415

    client = sign_in(going.investigator)
    page = client.get(url(person))
    freeze(Scope.PARTICIPANT, person)
    answer = client.post(url(person), signed(page, going.investigator))
    assert answer.status_code == 423
    assert not Allocation.objects.exists()


def test_others_see_number_and_bags_and_no_way_to_randomise(going, person, sign_in):
    randomised(person, going.investigator)
    for user in (going.coordinator, going.sponsor, going.monitor):
        client = sign_in(user)
        page = client.get(url(person, "allocation"))
        assert "01-NAIVE-001" in page.content.decode()
        assert client.get(url(person)).status_code == 403
    assert sign_in(going.investigator2).get(url(person, "allocation")).status_code == 404
