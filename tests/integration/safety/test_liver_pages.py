"""The pages of laboratory toxicity and liver safety: what they say, to whom, at what cost."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safety.models import LiverSignal
from safety.services.liver import look_pending
from tests.factories import liver, study
from trial.sweeping import Budget

pytestmark = pytest.mark.django_db
HIGH = {"ALT": "120", "BILI": "42.1", "ALP": "239"}
STATEMENTS = 18


@pytest.fixture
def person(cast):
    person = liver.treated(cast.site, second=cast.coordinator)
    liver.draw(person, cast.laboratory, -1, ALT="200", BILI="20", ALP="100", PLAT="200")
    liver.draw(person, cast.laboratory, 20, ALT="30", BILI="20", ALP="100", PLAT="60")
    liver.draw(person, cast.laboratory, 60, ALT="250", BILI="50", ALP="100", PLAT="24")
    look_pending(Budget.of(60))
    return person


def address(person):
    return f"/participants/{person.code}/toxicity/"


def text_of(response):
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split()).replace("&#x27;", "'")


def test_the_page_shows_grade_multiples_and_what_the_baseline_hides(cast, person, sign_in):
    text = text_of(sign_in(cast.coordinator).get(address(person)))
    assert "A high baseline hides values here" in text
    assert "grade 3 by the upper limit" in text
    assert "6.3×ULN · 8.3×nadir" in text
    assert "Hy's law range" in text


def test_reasons_stand_where_there_is_no_grade(cast, person, sign_in):
    liver.draw(person, cast.laboratory, 70, ALB="35", limits={"ALB": (None, None)})
    text = text_of(sign_in(cast.coordinator).get(address(person)))
    assert "no lower limit" in text


def test_before_a_product_the_page_says_why_grades_are_open(cast, sign_in):
    person = study.enrolled(cast.site)
    liver.draw(person, cast.laboratory, 1, ALT="50")
    text = text_of(sign_in(cast.coordinator).get(address(person)))
    assert "No infusion has begun" in text
    assert "no product given yet, so no baseline" in text


def test_a_participant_without_results_has_an_empty_page(cast, sign_in):
    response = sign_in(cast.coordinator).get(address(study.enrolled(cast.site)))
    assert "No results to grade yet" in text_of(response)


def test_another_site_sees_neither_page_nor_signal(cast, person, sign_in):
    client = sign_in(cast.investigator2)
    assert client.get(address(person)).status_code == 404
    assert person.code not in text_of(client.get("/safety/liver/?show=all"))
    signal = LiverSignal.objects.get(kind="hys_law")
    response = client.post(f"{address(person)}signals/{signal.pk}/judge/", {})
    assert response.status_code == 404


def test_a_signal_of_another_participant_is_not_there(cast, person, sign_in):
    other = study.enrolled(cast.site)
    signal = LiverSignal.objects.get(kind="hys_law")
    client = sign_in(cast.investigator)
    assert client.post(f"{address(other)}signals/{signal.pk}/judge/", {}).status_code == 404


def judge(client, person, **typed):
    signal = LiverSignal.objects.get(kind="hys_law")
    names = {"state": "dili", "note": "seen", "version": str(signal.version)} | typed
    data = {f"signal-{signal.pk}-{name}": value for name, value in names.items()}
    return client.post(f"{address(person)}signals/{signal.pk}/judge/", data), signal


def test_the_investigator_judges_and_nobody_else(cast, person, sign_in):
    response, signal = judge(sign_in(cast.coordinator), person)
    assert response.status_code == 403
    assert "Judge this signal" not in text_of(sign_in(cast.safety).get(address(person)))
    response, signal = judge(sign_in(cast.investigator), person)
    assert response.status_code == 302
    signal.refresh_from_db()
    assert (signal.state, signal.judged_by) == ("dili", "investigator")
    assert "drug-induced liver injury" in text_of(sign_in(cast.safety).get(address(person)))


def test_a_judgement_without_a_note_keeps_what_was_chosen(cast, person, sign_in):
    response, _signal = judge(sign_in(cast.investigator), person, note="")
    assert response.status_code == 422
    assert re.search(r'value="dili"[^>]*checked', response.content.decode())


def test_a_judgement_over_another_is_refused_as_a_conflict(cast, person, sign_in):
    client = sign_in(cast.investigator)
    judge(client, person, state="under_review")
    response, _signal = judge(client, person, version="1")
    assert response.status_code == 409
    assert "has changed since you opened the page" in text_of(response)


def test_the_study_page_lists_signals_places_and_shifts(cast, person, sign_in):
    text = text_of(sign_in(cast.safety).get("/safety/liver/"))
    assert person.code in text
    assert "Candidate for Hy's law" in text
    assert "1 treated participant with both peaks." in text
    assert "Hy's law range: 1" in text


@pytest.mark.parametrize("query", ["against=baseline", "against=nadir", "analyte=BILI", "show=all"])
def test_the_study_page_against_other_references_and_analytes(cast, person, sign_in, query):
    response = sign_in(cast.monitor).get(f"/safety/liver/?{query}&page=9&x=1")
    assert response.status_code == 200


def test_the_inbox_says_what_was_reached_and_leads_to_it(cast, person, sign_in):
    response = sign_in(cast.safety).get("/inbox/")
    assert "Signal of the liver" in text_of(response)
    assert f"{address(person)}#signal-" in response.content.decode()


def test_pages_take_a_bounded_number_of_statements(cast, person, sign_in):
    client = sign_in(cast.investigator)

    def count(page):
        client.get(page)
        with CaptureQueriesContext(connection) as found:
            assert client.get(page).status_code == 200
        control = ("SAVEPOINT", "RELEASE")
        return sum(not one["sql"].startswith(control) for one in found)

    pages = (address(person), "/safety/liver/")
    few = [count(page) for page in pages]
    for day in range(100, 112, 3):
        liver.draw(person, cast.laboratory, day, ALT="30", BILI="9", ALP="90", PLAT="200")
        liver.draw(person, cast.laboratory, day + 1, **HIGH)
    for _n in range(6):
        other = liver.treated(cast.site, second=cast.coordinator)
        liver.draw(other, cast.laboratory, -1, **HIGH)
        liver.draw(other, cast.laboratory, 3, **HIGH)
    look_pending(Budget.of(60))
    many = [count(page) for page in pages]
    assert many == few
    assert max(many) <= STATEMENTS
