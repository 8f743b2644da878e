"""The pages of the casebook: who sees and writes what, what is answered, how much is read."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import study
from tests.integration.crf.filling import (
    GOOD,
    HISTORY,
    VITALS,
    add,
    address,
    at_day_0,
    put,
    row_of,
    send,
)
from tests.integration.quality.holding import lock
from trial.crf import services
from trial.crf.models import MODELS, Objection
from trial.crf.owner import Owner
from trial.crf.services import NEW
from trial.protocol.casebook.forms import BY_CODE, CHECKS, FORMS
from trial.quality.models import Query, Scope

pytestmark = pytest.mark.django_db
LIMIT = 15
HIGH = GOOD | {"systolic": 190}
EXPLAINED = {check.id: "so it is" for check in CHECKS}
SECTION = VITALS.sections[0]


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def vitals(person):
    return at_day_0(person)


def addresses(person) -> list[str]:
    """Every page of the casebook that is read."""
    root = f"/participants/{person.code}"
    lists = [f"{root}/casebook/{one.code}/" for one in FORMS if one.repeats]
    lines = [f"{one}1/" for one in lists] + [f"{one}new/" for one in lists]
    sheets = [f"{root}/casebook/{one.code}/1/" for one in FORMS
              if one.level == "participant" and not one.repeats]  # fmt: skip
    return [f"{root}/casebook/", f"{root}/visits/D0/forms/", *lists, *lines, *sheets]


def grow(person, lines: int, visits: int):
    """Lines in every form that has lines, sheets at visits, with what checks say about them."""
    for form in FORMS:
        if form.repeats:
            named = form.question(form.titled_by[0])
            value: Any = named.codes[0].code if named.codes else "as described"
            value = study.DAY0 if named.kind == "date" else value
            value = 1 if named.kind == "line" else value
            for _n in range(lines if form.code != "disposition" else 1):  # one end of treatment
                add(Owner(person), form, {named.name: value}, answers=EXPLAINED)
    for code in ("D0", "W4", "W8", "W12", "W24")[:visits]:
        owner = Owner(person, study.visit_of(person, code))
        put(owner, VITALS, HIGH, answers=EXPLAINED)
    services.mark_not_done(owner=Owner(person), form=BY_CODE["genotype"], why="x", by=study.SETUP)


def statements(client, page):
    client.get(page)
    with CaptureQueriesContext(connection) as found:
        assert client.get(page).status_code == 200, page
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in found)


def test_no_page_needs_more_statements_with_more_data(cast, sign_in):
    counted = []
    for lines, visits in ((1, 1), (9, 5)):
        person = study.enrolled(cast.site)
        grow(person, lines, visits)
        client = sign_in(cast.coordinator)
        pages = addresses(person)
        counted.append({page.replace(person.code, "CODE"): statements(client, page)
                        for page in pages})  # fmt: skip
    few, many = counted
    assert {page: count for page, count in many.items() if count > LIMIT} == {}
    assert {page: (few[page], many[page]) for page in few if many[page] > few[page]} == {}


def test_a_save_needs_as_many_statements_whatever_was_entered(cast, sign_in):
    counted = []
    for lines, visits in ((1, 1), (9, 5)):
        person = study.enrolled(cast.site)
        grow(person, lines, visits)
        client = sign_in(cast.coordinator)
        owner = at_day_0(person)
        send(client, owner, VITALS, SECTION, HIGH | {"height_cm": 170})
        with CaptureQueriesContext(connection) as found:
            send(client, owner, VITALS, SECTION, HIGH | {"height_cm": 170, "respiration": 14})
        counted.append(len(found))
    assert counted[1] <= counted[0]


# --- who ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("user", ["coordinator2", "investigator2"])
def test_a_sheet_of_another_site_is_none(cast, person, sign_in, user):
    grow(person, 1, 1)
    client = sign_in(cast.users[user])
    for page in addresses(person):
        assert client.get(page).status_code == 404, page
    owner = at_day_0(person)
    assert send(client, owner, VITALS, SECTION, GOOD | {"height_cm": 170}).status_code == 404
    for name in ("not_done", "strike", "wrong_check"):
        assert client.post(address(owner, VITALS, "D0", name)).status_code == 404
    assert client.post(address(owner, VITALS, "D0", "check", "measured")).status_code == 404


@pytest.mark.req("R-14")
@pytest.mark.parametrize("user", ["sponsor", "monitor", "datamanager"])
def test_who_reads_only_saves_nothing(cast, vitals, sign_in, user):
    client = sign_in(cast.users[user])
    page = f"/participants/{vitals.participant.code}/visits/D0/forms/"
    assert client.get(page).status_code == 200
    assert send(client, vitals, VITALS, SECTION, GOOD).status_code == 403
    assert client.post(address(vitals, VITALS, "D0", "not_done"), {"why": "x"}).status_code == 403
    assert not MODELS["vital_signs"].objects.exists()


def test_the_safety_unit_writes_its_form_and_the_site_does_not(cast, person, sign_in):
    form, owner = BY_CODE["sponsor_assessment"], Owner(person)
    add(owner, BY_CODE["adverse_event"], {"term": "Nausea"}, answers=EXPLAINED)
    values = {"adverse_event": 1}
    sent: dict[str, Any] = {"number": NEW, "values": values, "owner": owner, "form": form,
            "section": form.sections[0]}  # fmt: skip
    assert send(sign_in(cast.coordinator), **sent).status_code == 403
    assert send(sign_in(cast.safety), **sent).status_code == 302


@pytest.mark.parametrize(
    "page",
    ["casebook/none/", "casebook/none/1/", "casebook/vital_signs/", "casebook/diagnosis/2/",
     "casebook/diagnosis/new/", "casebook/medical_history/7/", "casebook/medical_history/0/",
     "casebook/medical_history/x/", "casebook/medical_history/99999999999/",
     "casebook/medical_history/%D9%A1/", "visits/D1/forms/"],
)  # fmt: skip
def test_what_there_is_not_is_not_found(cast, person, sign_in, page):
    found = sign_in(cast.coordinator).get(f"/participants/{person.code}/{page}")
    assert found.status_code == 404


def test_a_section_of_another_form_is_not_found(cast, vitals, sign_in):
    client = sign_in(cast.coordinator)
    for name in ("save", "check"):
        assert client.post(address(vitals, VITALS, "D0", name, "other")).status_code == 404


# --- what is answered ---------------------------------------------------------------------------
@pytest.mark.req("R-21")
def test_what_is_locked_is_answered_with_423_and_who_holds_it(cast, person, vitals, sign_in):
    lock(Scope.PARTICIPANT, person)
    sent = send(sign_in(cast.coordinator), vitals, VITALS, SECTION, GOOD)
    assert sent.status_code == 423
    assert "database closed" in sent.content.decode()
    unreadable: dict[str, Any] = {"vital_signs-measured-systolic": "x"}
    sent = send(sign_in(cast.coordinator), vitals, VITALS, SECTION, GOOD, **unreadable)
    assert sent.status_code == 423
    page = sign_in(cast.coordinator).get(f"/participants/{person.code}/visits/D0/forms/")
    assert "crf-save" not in page.content.decode()


def test_a_conflict_shows_both_answers(cast, vitals, sign_in):
    client = sign_in(cast.coordinator)
    put(vitals, VITALS, GOOD)
    base: dict[str, Any] = {f"{VITALS.code}-{SECTION.code}-base": "of an empty sheet"}
    sent = send(client, vitals, VITALS, SECTION, GOOD | {"systolic": 120}, reason="x", **base)
    text = sent.content.decode()
    assert sent.status_code == 409
    assert "118 mmHg" in text
    assert "120 mmHg" in text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_soft_check_asks_on_the_page_and_is_answered_there(cast, vitals, sign_in, htmx):
    client = sign_in(cast.coordinator)
    asked = send(client, vitals, VITALS, SECTION, HIGH, htmx=htmx)
    assert asked.status_code == 422
    assert 'name="why-vital_signs.systolic"' in asked.content.decode()
    why: dict[str, Any] = {"why-vital_signs.systolic": "measured twice"}
    done = send(client, vitals, VITALS, SECTION, HIGH, htmx=htmx, **why)
    assert done.status_code == (200 if htmx else 302)
    assert Query.objects.get().messages.last().text == "measured twice"


def test_a_new_line_by_htmx_goes_on_at_its_own_address(cast, person, sign_in):
    sent = send(sign_in(cast.coordinator), Owner(person), HISTORY, HISTORY.sections[0],
                {"condition": "Asthma"}, number=NEW, htmx=True)  # fmt: skip
    assert sent.headers["HX-Redirect"] == f"/participants/{person.code}/casebook/medical_history/1/"


def test_while_one_types_the_checks_speak_and_nothing_is_stored(cast, vitals, sign_in):
    client = sign_in(cast.coordinator)
    typed = {"vital_signs-measured-systolic": "190", "vital_signs-measured-weight_kg": "x"}
    live = client.post(address(vitals, VITALS, "D0", "check", "measured"), typed)
    assert "outside the usual 90–180 mmHg" in live.content.decode()
    assert not MODELS["vital_signs"].objects.exists()


def test_not_done_and_struck_over_http(cast, person, vitals, sign_in):
    client = sign_in(cast.coordinator)
    put(vitals, VITALS, GOOD)
    add(Owner(person), HISTORY, {"condition": "Asthma"})
    refused = client.post(address(vitals, VITALS, "D0", "not_done"), {"why": "x"}, follow=True)
    assert "Say why a recorded value is changed." in refused.content.decode()
    client.post(address(vitals, VITALS, "D0", "not_done"), {"why": "no device", "reason": "x"})
    assert row_of(vitals, VITALS).not_done == "no device"
    client.post(address(Owner(person), HISTORY, "1", "strike"), {"reason": "twice"})
    assert row_of(Owner(person), HISTORY).struck
    page = client.get(f"/participants/{person.code}/casebook/medical_history/")
    assert "Entered by mistake" in page.content.decode()
    gone = client.get(f"/participants/{person.code}/casebook/medical_history/1/")
    assert gone.status_code == 404


def test_somebody_says_on_the_page_that_a_check_is_wrong(cast, vitals, sign_in):
    client = sign_in(cast.coordinator)
    put(vitals, VITALS, HIGH, answers=EXPLAINED)
    page = client.get(f"/participants/{vitals.participant.code}/visits/D0/forms/")
    assert "This check is wrong here" in page.content.decode()
    said = {"check": "vital_signs.systolic", "text": "an athlete"}
    client.post(address(vitals, VITALS, "D0", "wrong_check"), said)
    assert Objection.objects.get().made_by == "coordinator"


def test_a_form_that_the_protocol_drops_is_shown_where_it_was_filled_in(cast, person, sign_in):
    """Vital signs at a visit whose protocol does not ask for them any more stay to be seen."""
    biopsy, owner = BY_CODE["biopsy"], at_day_0(person)
    put(owner, biopsy, {"specimen": "L-77"}, answers=EXPLAINED,
        section=next(one.code for one in biopsy.sections
                     if biopsy.question("specimen") in one.questions))  # fmt: skip
    page = sign_in(cast.coordinator).get(f"/participants/{person.code}/visits/D0/forms/")
    assert "L-77" in page.content.decode()
