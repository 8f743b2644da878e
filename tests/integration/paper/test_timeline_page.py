"""The page of the timeline: everything that is drawn is a line of a table, with its form."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import custody, sheets, study
from trial.crf.models import MODELS

pytestmark = pytest.mark.django_db
EVENT = MODELS["adverse_event"].form


def page_of(person) -> str:
    return f"/participants/{person.code}/timeline/"


def options(answer):
    text = answer.content.decode()
    found = re.search(r'<script id="timeline-options" type="application/json">(.*?)</script>', text)
    return json.loads(found.group(1))


@pytest.fixture
def person(cast):
    found = study.enrolled(cast.site)
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(found, code, values, cast.laboratory)
    custody.whole(custody.bag_for(found, "D0", second=cast.coordinator))
    sheets.all_forms(found, study.visit_of(found, "W12"))
    return found


def test_visits_infusions_events_and_labs_are_on_one_axis(cast, person, sign_in):
    answer = sign_in(cast.investigator).get(page_of(person))
    given = options(answer)
    assert given["start"] == "2025-01-06"
    lanes = [name for name in given["rows"] if name]
    assert lanes[0] == "Visits"
    assert {"Infusions", "Adverse events", "AIH treatment", "Biopsies"} <= {*lanes}
    assert {one["code"]: len(one["points"]) for one in given["lines"]}["ALT"] == 4
    assert all(0 <= one["row"] < len(given["rows"]) for one in (*given["bars"], *given["dots"]))


def test_everything_drawn_stands_in_the_table_with_its_form(cast, person, sign_in):
    answer = sign_in(cast.investigator).get(page_of(person))
    text = answer.content.decode()
    given = options(answer)
    for one in (*given["bars"], *given["dots"]):
        assert f'href="{one["url"]}"' in text, one


def test_a_partial_date_has_a_pale_end(cast, sign_in):
    person = study.enrolled(cast.site)
    sheets.filled(EVENT, person, starts_on="2025-02", ends_on="2025-03-10", ongoing=False)
    (bar,) = [one for one in options(sign_in(cast.monitor).get(page_of(person)))["bars"]
              if "adverse_event" in one["url"]]  # fmt: skip
    assert bar["at"] == [26, 53, 63, 63]  # 1 to 28 February, 10 March, from 6 January


def test_somebody_in_screening_has_a_timeline_too(cast, sign_in):
    person = study.screened(cast.site)
    assert sign_in(cast.monitor).get(page_of(person)).status_code == 200


def test_another_sites_participant_is_not_there(cast, person, sign_in):
    assert sign_in(cast.coordinator2).get(page_of(person)).status_code == 404


def test_the_number_of_statements_does_not_grow(cast, person, sign_in):
    client = sign_in(cast.investigator)
    few = statements(client, person)
    for number in range(2, 40):
        sheets.filled(EVENT, person, number=number, term=f"event {number}")
    study.enter(person, "W48", study.RELAPSE_COURSE["W12"], cast.laboratory)
    custody.whole(custody.bag_for(person, second=cast.coordinator))
    assert statements(client, person) <= few <= 15


def statements(client, person) -> int:
    client.get(page_of(person))
    with CaptureQueriesContext(connection) as found:
        assert client.get(page_of(person)).status_code == 200
    control = ("SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in found)
