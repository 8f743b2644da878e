"""Values outside the soft limits raise queries, and healed values close them."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labs.entry import Entry
from labs.models import Panel
from labs.services.panels import record_panel
from tests.factories import study
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.quality.models import Query
from trial.quality.services import queries

pytestmark = pytest.mark.django_db
UNUSUAL = "2500"  # ALT, above its soft limit


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def save(cast, person, alt, *, comment="checked", reason="", by=study.SETUP, **others):
    visit = study.visit_of(person, "W12")
    panel = Panel.objects.filter(visit=visit).first()
    data = study.panel_entry(cast.laboratory, visit.target_on, others)
    entries = {**data.entries, "ALT": Entry(alt, "U/L", confirmed=True, comment=comment)}
    return record_panel(
        visit=visit,
        data=replace(data, entries=entries),
        base_version=panel.version if panel else 0,
        reason=reason,
        by=by,
    ).panel


def thread(query):
    return list(query.messages.values_list("action", "by", "text", "value"))


@pytest.mark.req("R-12")
def test_an_unusual_value_opens_one_query_with_the_site_s_comment_as_its_answer(
    cast, person, actors
):
    save(cast, person, UNUSUAL, comment="Repeated, same value", by=actors["coordinator"])
    query = Query.objects.get()
    assert (query.origin, query.status, query.check_code) == ("edit_check", "answered", "labs.soft")
    assert query.params["code"] == "soft_high"
    assert (query.label_en, query.form) == ("Alanine aminotransferase (ALT), W12", "labs")
    assert thread(query) == [
        ("raised", "system:labs.soft", "", "2500 U/L"),
        ("answered", "coordinator", "Repeated, same value", "2500 U/L"),
    ]
    save(cast, person, UNUSUAL, comment="Repeated, same value", AST="40")
    assert Query.objects.get() == query


@pytest.mark.req("R-12")
def test_a_corrected_value_closes_its_query_by_itself(cast, person):
    save(cast, person, UNUSUAL)
    save(cast, person, "25", comment="", reason="Typing error")
    query = Query.objects.get()
    assert (query.status, query.closing, query.closed_by) == (
        "closed",
        "healed",
        "system:labs.soft",
    )
    assert thread(query)[-1] == ("healed", "system:labs.soft", "", "25 U/L")


def test_an_unusual_correction_closes_the_first_query_and_opens_its_own(cast, person):
    save(cast, person, UNUSUAL)
    save(cast, person, "2600", comment="Other report", reason="Misread")
    first, second = Query.objects.order_by("pk")
    assert (first.closing, second.status) == ("healed", "answered")
    assert second.params["value"] == "2600 U/L"


def test_the_same_unusual_value_again_is_a_new_occurrence(cast, person):
    save(cast, person, UNUSUAL)
    save(cast, person, "25", comment="", reason="Typing error")
    save(cast, person, UNUSUAL, reason="It was right")
    assert sorted(Query.objects.values_list("status", flat=True)) == ["answered", "closed"]


def test_what_the_data_manager_has_accepted_is_not_asked_again(cast, person, actors):
    save(cast, person, UNUSUAL)
    queries.close(query=Query.objects.get(), by=actors["datamanager"])
    save(cast, person, UNUSUAL, comment="checked once more", reason="comment")
    assert Query.objects.get().status == "closed"


def test_a_new_comment_is_the_answer_to_a_query_that_was_reopened(cast, person, actors):
    save(cast, person, UNUSUAL)
    queries.reopen(query=Query.objects.get(), text="Which report?", by=actors["datamanager"])
    save(cast, person, UNUSUAL, comment="Report 4711", reason="comment")
    query = Query.objects.get()
    assert (query.status, thread(query)[-1][2]) == ("answered", "Report 4711")


def test_a_check_s_query_is_closed_by_the_data_manager_only(cast, person, actors):
    save(cast, person, UNUSUAL)
    for who in ("monitor", "coordinator"):
        with pytest.raises(queries.Refused, match="A check raised"):
            queries.close(query=Query.objects.get(), by=actors[who])
    queries.close(query=Query.objects.get(), by=actors["datamanager"])


def statements(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_a_save_without_anything_to_ask_takes_at_most_one_statement_more(cast, person, monkeypatch):
    save(cast, person, "25", comment="", AST="30")
    with_check = statements(lambda: save(cast, person, "26", comment="", reason="Typing error"))
    monkeypatch.setattr("labs.services.panels.check_values", lambda *_a, **_more: 0)
    without = statements(lambda: save(cast, person, "27", comment="", reason="Typing error"))
    assert with_check - without <= 1


def test_many_unusual_values_take_as_many_statements_as_one(cast, person):
    by = Actor.of(cast.coordinator, role=Role.COORDINATOR.value)
    one = statements(lambda: save(cast, person, UNUSUAL, AST="40", by=by))
    other = study.enrolled(cast.site)
    three = statements(lambda: save(cast, other, UNUSUAL, AST="2500", IGG="70", by=by))
    assert Query.objects.count() == 4
    assert three <= one
