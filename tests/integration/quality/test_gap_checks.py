"""What the sweeper asks about, once however often and by how many it runs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from labs.management.commands.sweep import sweep
from labs.services.evaluation import evaluate_pending
from labs.services.gap_checks import check_gaps
from labs.services.panels import record_panel
from tests.factories import study
from trial.protocol import registry
from trial.protocol.quality import QualityParameters
from trial.quality.models import Query, QueryMessage
from trial.quality.services import queries
from visits import services as visits

MELD = {"BILI": "18", "CREAT": "70", "INR": "1.1", "SODIUM": "139", "ALB": "41"}


def held(cast, days):
    """A participant whose W12 was held so many days ago without any labs."""
    day0 = cast.site.today() - timedelta(days=days + 84)
    person = study.enrolled(cast.site, day0=day0)
    visit = study.visit_of(person, "W12")
    visits.hold(visit=visit, held_on=visit.target_on, by=study.SETUP)
    return person


def asked():
    found = Query.objects.order_by("pk").values_list("check_code", "visit_label", "status")
    return [row for row in found if row[1] == "W12"]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "expected"), [(14, 0), (15, 1)])
def test_labs_that_are_missing_are_asked_about_after_the_protocol_s_days(cast, days, expected):
    held(cast, days)
    check_gaps()
    assert asked() == [("labs.incomplete", "W12", "open")] * expected


@pytest.mark.django_db
def test_how_many_days_is_a_parameter_of_the_protocol(cast, monkeypatch):
    version = registry.latest()
    longer = version.amended(
        number=version.number, issued_on=version.issued_on, quality=QualityParameters(30)
    )
    monkeypatch.setattr("labs.services.gap_checks.registry.get", lambda _number: longer)
    held(cast, 20)
    check_gaps()
    assert asked() == []


@pytest.mark.django_db
def test_a_query_about_missing_labs_closes_by_itself_once_they_are_complete(cast):
    person = held(cast, 20)
    check_gaps()
    study.enter(person, "W12", {"ALT": "30"}, cast.laboratory)
    check_gaps()
    assert asked() == [("labs.incomplete", "W12", "open")]
    visit = study.visit_of(person, "W12")
    entry = study.panel_entry(cast.laboratory, visit.target_on, {})
    missing = {
        analyte.code: study.Entry(not_done="not_ordered")
        for analyte in registry.latest().panel("W12")
        if analyte.code != "ALT"
    }
    record_panel(
        visit=visit,
        data=study.PanelEntry(entry.laboratory_id, entry.collected_on, dialysis=False,
                              entries=missing),
        base_version=1,
        by=study.SETUP,
    )  # fmt: skip
    check_gaps()
    query = Query.objects.get(visit_label="W12")
    assert (query.status, query.closing) == ("closed", "healed")


@pytest.mark.django_db
def test_an_unanswered_question_about_dialysis_is_asked_and_closes_with_the_answer(cast):
    person = study.enrolled(cast.site)
    visit = study.visit_of(person, "W12")
    entry = study.panel_entry(cast.laboratory, visit.target_on, MELD, dialysis=None)
    record_panel(visit=visit, data=entry, base_version=0, by=study.SETUP)
    evaluate_pending(process="test")
    check_gaps()
    query = Query.objects.get(check_code="labs.dialysis")
    assert (query.status, query.field, query.origin) == ("open", "dialysis", "machine")
    answered = study.panel_entry(cast.laboratory, visit.target_on, MELD, dialysis=False)
    record_panel(
        visit=visit, data=answered, base_version=1, reason="asked the ward", by=study.SETUP
    )
    check_gaps()
    query.refresh_from_db()
    assert query.closing == "healed"


@pytest.mark.django_db
def test_what_the_data_manager_has_closed_is_not_asked_again(cast, actors):
    held(cast, 20)
    check_gaps()
    query = Query.objects.get(visit_label="W12")
    queries.cancel(query=query, text="Laboratory burnt down", by=actors["datamanager"])
    assert check_gaps() == 0
    assert len(asked()) == 1


@pytest.mark.django_db
def test_a_round_without_news_takes_four_statements_and_writes_nothing(cast):
    held(cast, 20)
    check_gaps()
    with CaptureQueriesContext(connection) as captured:
        assert check_gaps() == 0
    assert len(captured) <= 4
    assert not any("INSERT" in query["sql"] or "UPDATE" in query["sql"] for query in captured)


@pytest.mark.req("F-073")
@pytest.mark.parametrize("act", [check_gaps, sweep])
def test_two_sweepers_at_once_raise_one_query(fresh_database, act):
    cast = study.make_cast()
    held(cast, 20)
    barrier = Barrier(2)

    def run(_number):
        try:
            barrier.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    sweep()
    assert asked() == [("labs.incomplete", "W12", "open")]
    assert QueryMessage.objects.filter(query__visit_label="W12").count() == 1
