"""The lab form through the browser's door: shown, saved, given back, corrected."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import Panel, Result
from labs.services.evaluation import evaluate_pending
from tests.factories import study

PANEL = {"ALT": "62", "AST": "48", "IGG": "17.2", "BILI": "18,5", "CREAT": "70", "INR": "1.05",
         "SODIUM": "139", "ALB": "41", "GLOBG": "14"}  # fmt: skip


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


def address(visit):
    return reverse("labs:entry", args=[visit.pk])


def listed(captured):
    """The statements, without the savepoints that stand for BEGIN and COMMIT in a test."""
    texts = [query["sql"][:100] for query in captured]
    return [text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE"))]


def hidden(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def typed(cast, visit, values, **more):
    """A form as a browser would send it, all in canonical units."""
    data = {
        "laboratory": str(cast.laboratory.pk), "collected_on": str(visit.target_on),
        "collected_time": "", "sample_state": "good", "dialysis": "no", "pt_isi": "",
        "pt_mnpt": "", "reason": "", "version": "0", "key": "a-key-of-this-page-load",
    }  # fmt: skip
    for code, text in values.items():
        data |= {f"v-{code}": text, f"u-{code}": study.UNITS[code]}
    return data | more


def save(desk, visit, data):
    response = desk.post(address(visit), data, follow=True)
    assert response.status_code == 200, re.findall(
        r"<li>.*?</li>", response.content.decode().partition("alert-list")[2]
    )[:9]
    return response


def test_the_form_shows_ranges_before_anything_is_typed(desk, cast, visit):
    html = desk.get(address(visit)).content.decode()
    assert "7–40" in html  # ALT of a woman
    assert html.index('id="v-ALT"') < html.index('id="v-AST"') < html.index('id="v-SODIUM"')


def test_a_panel_is_saved_as_it_was_typed(desk, cast, visit):
    response = save(desk, visit, typed(cast, visit, PANEL))
    panel = Panel.objects.get(visit=visit)
    stored = {row.analyte: row.text for row in panel.results.all()}
    assert stored == PANEL
    assert panel.saved_by == cast.coordinator.username
    assert "Being computed" in response.content.decode()


def test_what_was_computed_is_shown_as_stored(desk, cast, visit):
    save(desk, visit, typed(cast, visit, PANEL))
    evaluate_pending(process="test")
    html = desk.get(reverse("labs:status", args=[visit.pk])).content.decode()
    assert "hx-trigger" not in html
    assert "MELD 3.0" in html
    assert "Stored" in html


def test_pages_and_saves_stay_within_their_statements(desk, cast, participant, visit):
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values, cast.laboratory)
    evaluate_pending(process="test")
    later = study.visit_of(participant, "W48")
    with CaptureQueriesContext(connection) as shown:
        desk.get(address(later))
    assert len(listed(shown)) <= 15, listed(shown)
    data = typed(cast, later, PANEL)
    with CaptureQueriesContext(connection) as saving:
        assert desk.post(address(later), data).status_code == 302
    assert len(listed(saving)) <= 25, listed(saving)
    with CaptureQueriesContext(connection) as stored:
        desk.get(address(later))
    corrected = data | {"v-ALT": "63", "v-AST": "", "v-PT": "12", "u-PT": "s", "reason": "misread"}
    corrected |= {"version": "1", "key": "another-key"}
    with CaptureQueriesContext(connection) as correcting:
        assert desk.post(address(later), corrected).status_code == 302
    assert len(listed(correcting)) <= 25, listed(correcting)
    assert len(listed(stored)) <= 15, listed(stored)
