"""Data and API: what is offered, to whom, and what was taken."""

import pytest
import time_machine
from django.test import Client

from tests.factories import study
from trial.access.models import ApiToken
from trial.access.services import issue_token, revoke_token
from trial.audit import events

PAGE = "/data/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def open_page(sign_in, cast):
    def get(name="sponsor", **query):
        return sign_in(cast.users[name]).get(PAGE, query)

    return get


@pytest.mark.parametrize("name", ["sponsor", "datamanager", "statistician"])
def test_those_who_may_export_are_offered_every_file(open_page, name):
    text = open_page(name).content.decode()
    for dataset in ("participants", "visits", "lab-results", "meld-scores",
                    "response-assessments", "sites"):  # fmt: skip
        assert f"/api/v1/{dataset}/?format=csv" in text
        assert f"/api/v1/{dataset}/?format=ndjson" in text


@pytest.mark.parametrize("name", ["coordinator", "monitor", "admin", "outsider"])
def test_nobody_else_gets_the_page(open_page, name):
    assert open_page(name).status_code == 403


def test_a_site_narrows_every_link_and_an_unknown_one_none(open_page):
    assert b"format=csv&amp;site=02" in open_page(site="02").content
    assert b"format=csv&amp;site=77" not in open_page(site="77").content


@pytest.mark.req("R-53")
def test_the_page_says_how_small_the_smallest_group_is(open_page, cast):
    study.enrolled(cast.site)
    study.enrolled(cast.site)
    assert "year of birth: 2; 0 participants" in plain(open_page())
    study.enrolled(cast.other_site)
    assert "year of birth: 1; 1 participant stands alone" in plain(open_page())


def test_without_participants_no_group_is_spoken_of(open_page):
    assert "Smallest group" not in plain(open_page())


def test_tokens_are_listed_with_their_state_and_never_whole(open_page, cast):
    kept, ended = (issue_token(user=cast.sponsor, by=study.SETUP) for _ in range(2))
    with time_machine.travel("2025-01-01T00:00:00+00:00"):
        issue_token(user=cast.sponsor, by=study.SETUP, days=1)
    revoke_token(token=ApiToken.objects.get(prefix=ended[:8]), by=study.SETUP)
    issue_token(user=cast.datamanager, by=study.SETUP)

    answer = open_page()

    states = [key.state for key in answer.context["keys"]]
    assert states == ["expired", "revoked", "valid"]
    assert kept[:8] in answer.content.decode()
    assert kept not in answer.content.decode()


def test_ones_own_exports_are_listed_newest_first(open_page, cast):
    for name, user in (("visits", cast.sponsor), ("sites", cast.sponsor), ("visits", cast.admin)):
        details = {"dataset": name, "format": "csv", "filters": {"site": "01"}, "rows": 3,
                   "sha256": "ab12"}  # fmt: skip
        by = study.Actor.of(user)
        events.record(events.Act.EXPORTED, by=by, record=f"dataset:{name}", details=details)

    taken = open_page().context["exports"]

    assert [(str(one.title), one.filters, one.rows) for one in taken] == [
        ("Sites", "site=01", 3),
        ("Visits", "site=01", 3),
    ]


def test_the_page_takes_few_statements(open_page, cast, django_assert_max_num_queries):
    study.enrolled(cast.site)
    client = Client()
    client.force_login(cast.sponsor, backend="allauth.account.auth_backends.AuthenticationBackend")
    with django_assert_max_num_queries(10):
        client.get(PAGE)


def plain(answer) -> str:
    return " ".join(answer.content.decode().split())
