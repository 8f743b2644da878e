"""The screens of queries: list, thread, raising, settling, many at once, signs at the forms."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labs.models import Panel
from tests.factories import study
from tests.integration.queries.asking import (
    MANAGER,
    SITE,
    TEXT,
    raised,
    result_of,
    with_labs,
)
from trial.access.exceptions import Refused
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.quality.models import Query, Status
from trial.quality.selectors.asked import metrics, unsettled_by_place
from trial.quality.services import settling

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(cast):
    return result_of(with_labs(cast.site, cast.laboratory))


def aged(query: Query, days: int) -> Query:
    with transaction(by=MANAGER):
        Query.objects.filter(pk=query.pk).update(opened_at=timezone.now() - timedelta(days=days))
    return query


def test_the_list_shows_what_is_not_closed_oldest_first_and_counts_ages(cast, sign_in, row):
    young, old = raised(row, "young"), aged(raised(row, "old"), 40)
    settling.close(query=raised(row, "gone"), text="no", by=MANAGER)
    page = sign_in(cast.monitor).get(reverse("reports:queries"))
    assert [line.query.pk for line in page.context["lines"]] == [old.pk, young.pk]
    assert [n for _bucket, n, _chosen in page.context["buckets"]] == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": "answered"}, {"b"}),
        ({"status": "all"}, {"a", "b"}),
        ({"origin": "datamanager"}, {"b"}),
        ({"site": "02"}, set()),
        ({"form": "labs"}, {"a", "b"}),
        ({"form": "visit"}, set()),
        ({"age": "older"}, {"a"}),
        ({"participant": "01-9999"}, set()),
        ({"mine": "on"}, set()),
        ({"status": "nonsense", "age": "x", "page": "99"}, {"a", "b"}),
    ],
)
def test_filters_of_the_list(cast, sign_in, row, given, expected):
    aged(raised(row, "a"), 31)
    settling.answer(query=raised(row, "b", by=MANAGER), text="yes", by=SITE)
    page = sign_in(cast.monitor).get(reverse("reports:queries"), given)
    assert {line.question for line in page.context["lines"]} == expected


def test_the_list_takes_the_same_number_of_statements_however_long(cast, sign_in, row):
    client, seen = sign_in(cast.monitor), []
    for number in range(12):
        raised(row, f"question {number}")
        if number in (1, 11):
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse("reports:queries"))
            seen.append(len(captured))
    assert seen[0] == seen[1] <= 15


@pytest.mark.req("R-13", "R-12")
def test_a_correction_opened_from_a_query_names_it_and_the_page_shows_what_became(
    cast, sign_in, row
):
    query = raised(row)
    url = reverse("labs:entry", args=[query.visit_id])
    form = sign_in(cast.coordinator).get(url, {"query": query.pk}).context["form"]
    reason = form["reason"].value()
    assert reason == f"Query #{query.pk}: {TEXT}"
    study.enter(row.panel.visit.participant, "D0", {"ALT": "52"}, cast.laboratory, reason=reason)
    event = Event.objects.of_record("labs_result", row.pk).filter(kind="update").get()
    assert event.reason == reason
    page = sign_in(cast.monitor).get(reverse("reports:query", args=[query.pk]))
    assert (page.context["then"], page.context["now"]) == ("300", "52 U/L")
    assert ("300", "52", reason) in [(c.before, c.after, c.reason) for c in page.context["changes"]]


def test_a_query_of_another_participant_proposes_no_reason(cast, sign_in, row):
    other = with_labs(cast.site, cast.laboratory)
    url = reverse("labs:entry", args=[study.visit_of(other, "D0").pk])
    for number in (raised(row).pk, "x", "9" * 30):
        form = sign_in(cast.coordinator).get(url, {"query": number}).context["form"]
        assert not form["reason"].value()


def test_asking_answering_and_accepting_through_the_pages(cast, sign_in, row):
    ask = reverse("reports:query_raise", args=["result", row.pk])
    given = {"field": "text", "text": TEXT, "addressee": "investigator"}
    answer = sign_in(cast.monitor).post(ask, given)
    assert answer.status_code == 302
    query = Query.objects.get()
    assert (query.origin, query.label_en, query.addressee) == (
        "monitor", "Alanine aminotransferase (ALT), D0", "investigator",
    )  # fmt: skip
    assert query.label_zh != query.label_en
    sign_in(cast.investigator).post(
        reverse("reports:query_answer", args=[query.pk]), {"answer-text": "it is 300"}
    )
    sign_in(cast.monitor).post(reverse("reports:query_close", args=[query.pk]), {"close-text": ""})
    query.refresh_from_db()
    assert (query.status, query.outcome, query.closed_by) == ("closed", "resolved", "monitor")


def test_what_is_refused_stands_at_its_field_with_what_was_typed(cast, sign_in, row):
    query = raised(row)
    page = sign_in(cast.monitor).post(reverse("reports:query_close", args=[query.pk]), {})
    assert page.status_code == 422
    assert "say why it is cancelled" in page.content.decode()
    settling.close(query=query, text="no", by=MANAGER)
    late = sign_in(cast.coordinator).post(
        reverse("reports:query_answer", args=[query.pk]), {"answer-text": "my long answer"}
    )
    assert late.status_code == 409


@pytest.mark.req("R-12")
def test_a_query_about_the_laboratory_of_a_sample_names_it_then_and_now(cast, sign_in, row):
    client = sign_in(cast.monitor)
    ask = reverse("reports:query_raise", args=["panel", row.panel_id])
    body = {"field": "laboratory_id", "text": TEXT, "addressee": "coordinator"}
    assert client.post(ask, body).status_code == 302
    other = study.make_laboratory(cast.site, "LAB01B")
    with transaction(by=study.SETUP, reason="sent elsewhere"):
        Panel.objects.filter(pk=row.panel_id).update(laboratory=other)
    answer = client.get(reverse("reports:query", args=[Query.objects.get().pk]))
    seen = answer.context
    assert str(seen["field_name"]) == "laboratory"
    assert (seen["then"], seen["now"]) == ("LAB01 Lab LAB01", "LAB01B Lab LAB01B")
    assert [(one.before, one.after) for one in seen["changes"]] == [
        ("LAB01 Lab LAB01", "LAB01B Lab LAB01B"), ("", "LAB01 Lab LAB01"),
    ]  # fmt: skip


@pytest.mark.req("R-14")
@pytest.mark.parametrize("who", ["coordinator", "investigator", "sponsor", "safety"])
def test_who_does_not_ask_neither_raises_nor_closes(cast, sign_in, row, who):
    query = raised(row)
    client = sign_in(getattr(cast, who))
    assert client.post(reverse("reports:query_close", args=[query.pk]), {}).status_code == 403
    ask = reverse("reports:query_raise", args=["result", row.pk])
    assert client.post(ask, {"text": "x", "addressee": "coordinator"}).status_code == 403
    assert client.get(reverse("reports:query", args=[query.pk])).status_code == 200


def test_many_are_previewed_before_anything_happens(cast, sign_in, row):
    query = raised(row, by=MANAGER)
    client, url = sign_in(cast.datamanager), reverse("reports:query_bulk")
    preview = client.post(url, {"query": [query.pk], "act": "close"})
    assert (preview.status_code, preview.context["doable"]) == (200, 0)
    client.post(url, {"query": [query.pk], "act": "close", "text": "no", "confirmed": "1"})
    query.refresh_from_db()
    assert query.status == Status.CLOSED


@pytest.mark.parametrize("who", ["monitor", "coordinator"])
def test_the_lab_form_shows_the_query_beside_its_value_in_one_statement(cast, sign_in, row, who):
    query = raised(row)
    with CaptureQueriesContext(connection) as captured:
        page = sign_in(getattr(cast, who)).get(reverse("labs:entry", args=[query.visit_id]))
    assert reverse("reports:query", args=[query.pk]) in page.content.decode()
    assert ("queries/raise" in page.content.decode()) == (who == "monitor")
    assert sum('FROM "quality_query"' in one["sql"] for one in captured.captured_queries) == 1


def test_visit_page_board_and_participant_list_what_is_open(cast, sign_in, row):
    query = raised(row)
    person, client = row.panel.visit.participant, sign_in(cast.monitor)
    address = reverse("reports:query", args=[query.pk])
    pages = [
        reverse("visits:visit", args=[person.code, "D0"]),
        reverse("reports:participant", args=[person.code]),
    ]
    assert all(address in client.get(page).content.decode() for page in pages)


@pytest.mark.parametrize(("who", "seen"), [("coordinator", True), ("datamanager", False)])
def test_home_tells_each_what_waits_for_them(cast, sign_in, row, who, seen):
    raised(row)
    assert (TEXT[:20] in sign_in(getattr(cast, who)).get("/").content.decode()) == seen


def test_the_numbers_by_site(cast, sign_in, row):
    aged(raised(row, "a"), 10)
    aged(raised(row, "b"), 20)
    settling.close(query=raised(row, "c"), text="no", by=MANAGER)
    found = metrics(cast.monitor)[0]
    assert (found.open, found.median_age, found.oldest, found.closed_30) == (2, 15.0, 20, 1)
    page = sign_in(cast.monitor).get(reverse("reports:query_metrics"), {"format": "csv"})
    assert page.content.decode().splitlines()[1] == "01,2,0,2,15.0,20,1"


def test_open_and_answered_queries_count_as_open_work(row):
    settling.answer(query=raised(row, "a"), text="x", by=SITE)
    raised(row, "b")
    visit = row.panel.visit
    counts = unsettled_by_place([visit.participant_id])
    assert counts[visit.participant_id, visit.pk] == 2
    with pytest.raises(Refused):
        settling.reopen(query=raised(row, "b"), text="again", by=MANAGER)
