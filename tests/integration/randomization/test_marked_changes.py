"""What changes after an arm became known is marked: in the viewer, in histories, in the export."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from randomization.models import Category
from randomization.sealed.reading import read_arm
from randomization.services.unblinding import Incident, record_inadvertent
from tests.factories import study
from tests.integration.randomization.unblinding import as_investigator, asked
from trial.audit.models import Event


def enter_and_correct(person, laboratory):
    study.enter(person, "SCR", {"ALT": "250"}, laboratory)
    study.enter(person, "SCR", {"ALT": "99"}, laboratory, reason="typing error")


def marks(client, person):
    """By number: whether the viewer marks the event."""
    page = client.get(reverse("reports:trail"), {"participant": person.code})
    return {line.event.pk: line.unblinded for line in page.context["lines"]}


@pytest.mark.req("R-51")
def test_changes_after_an_emergency_are_marked_and_none_before(cast, person, sign_in):
    study.enter(person, "SCR", {"AST": "200"}, cast.laboratory)
    before = Event.objects.latest("id").pk
    made = asked(person, cast.investigator)
    read_arm(unblinding=made, by=as_investigator(cast.investigator))
    read_at = Event.objects.latest("id").pk
    enter_and_correct(person, cast.laboratory)
    found = marks(sign_in(cast.datamanager), person)
    later = {pk: mark for pk, mark in found.items() if pk > read_at}
    earlier = {pk: mark for pk, mark in found.items() if pk <= before}
    assert later
    assert all(later.values())
    assert earlier
    assert not any(earlier.values())


@pytest.mark.req("R-51")
def test_a_request_that_was_never_read_marks_nothing(cast, person, sign_in):
    asked(person, cast.investigator)
    enter_and_correct(person, cast.laboratory)
    assert not any(marks(sign_in(cast.datamanager), person).values())


@pytest.mark.req("R-51")
def test_an_inadvertent_one_marks_from_its_day_on_and_no_other_participant(cast, person, sign_in):
    other = study.enrolled(cast.site)
    enter_and_correct(person, cast.laboratory)
    enter_and_correct(other, cast.laboratory)
    yesterday = cast.site.today() - timedelta(days=1)
    incident = Incident(Category.TOLD, "the courier said it aloud", yesterday, "study nurse")
    record_inadvertent(participant=person, incident=incident, by=as_investigator(cast.investigator))
    client = sign_in(cast.datamanager)
    assert any(marks(client, person).values())
    assert not any(marks(client, other).values())


@pytest.mark.req("R-51")
def test_the_export_says_of_each_event_whether_it_was_after(cast, person, sign_in):
    read_arm(unblinding=asked(person, cast.investigator), by=as_investigator(cast.investigator))
    enter_and_correct(person, cast.laboratory)
    answer = sign_in(cast.datamanager).get(reverse("api:trail-list"), {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    after = {row["after_unblinding"] for row in rows if row["table_name"] == "labs_result"}
    screening = {row["after_unblinding"] for row in rows if row["table_name"] == "patients_consent"}
    assert (after, screening) == ({"true"}, {"false"})


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_the_list_of_unblindings_costs_the_same_at_any_length(cast, person, sign_in):
    client = sign_in(cast.sponsor)
    address = reverse("randomization:unblindings")
    asked(person, cast.investigator)
    few = statements(client, address)
    for _n in range(20):
        asked(person, cast.investigator)
    assert statements(client, address) == few <= 15
