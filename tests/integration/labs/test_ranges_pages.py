"""Reference ranges on their pages: listed, added, corrected; what they change is shown first."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import ReferenceRange, Result, Series
from labs.selectors import is_pending
from labs.services.evaluation import evaluate_pending
from tests.factories import study
from tests.integration.labs.forms import hidden, listed
from trial.audit.models import Event


@pytest.fixture
def manager(client, cast):
    client.force_login(cast.datamanager)
    return client


@pytest.fixture
def participant(cast):
    """A woman with ALT 38 at day 0: within 7-40, above 7-30."""
    woman = study.enrolled(cast.site)
    study.enter(woman, "D0", {"ALT": "38", "AST": "30", "IGG": "14"}, cast.laboratory)
    evaluate_pending(process="test")
    return woman


@pytest.fixture
def alt(cast, participant):
    return ReferenceRange.objects.get(laboratory=cast.laboratory, analyte="ALT", sex="F")


def correction(**changes):
    return {"low": "7", "high": "30", "unit": "U/L", "valid_to": "", "reason": "new kit"} | changes


def test_the_ranges_of_a_laboratory_are_listed_by_page(manager, cast):
    with CaptureQueriesContext(connection) as statements:
        response = manager.get(reverse("labs:ranges"), {"laboratory": cast.laboratory.pk})
    html = response.content.decode()
    assert "LAB01" in html
    assert html.count("<tr>") <= 41
    assert len(listed(statements)) <= 15, listed(statements)


def test_the_list_can_be_narrowed_to_an_analyte(manager, cast):
    query = {"laboratory": cast.laboratory.pk, "analyte": "SODIUM"}
    assert manager.get(reverse("labs:ranges"), query).content.decode().count("<tr>") == 2


def test_the_effect_is_shown_before_anything_is_stored(manager, alt):
    response = manager.post(reverse("labs:range_correct", args=[alt.pk]), correction())
    assert "One stored result would be read differently" in response.content.decode()
    alt.refresh_from_db()
    assert alt.high == 40


def test_a_confirmed_correction_re_reads_the_results_and_makes_them_pending(
    manager, cast, alt, participant
):
    url = reverse("labs:range_correct", args=[alt.pk])
    mark = hidden(manager.post(url, correction()), "confirmed")
    assert manager.post(url, correction(confirmed=mark)).status_code == 302
    result = Result.objects.get(analyte="ALT")
    assert (result.range_high, result.flag) == (Decimal(30), "H")
    assert is_pending(participant)
    event = Event.objects.filter(table_name="labs_referencerange", kind="update").get()
    assert (event.reason, event.actor, event.new["high"]) == ("new kit", "datamanager", 30.0)


def test_other_limits_than_those_shown_are_shown_first(manager, alt):
    url = reverse("labs:range_correct", args=[alt.pk])
    mark = hidden(manager.post(url, correction()), "confirmed")
    response = manager.post(url, correction(high="39", confirmed=mark))
    assert "One stored result" in response.content.decode()
    alt.refresh_from_db()
    assert alt.high == 40


def test_a_correction_needs_a_reason(manager, alt):
    url = reverse("labs:range_correct", args=[alt.pk])
    response = manager.post(url, correction(reason=" "))
    assert response.status_code == 422
    alt.refresh_from_db()
    assert alt.high == 40


@pytest.mark.parametrize(
    "changes",
    [
        {"low": "50"}, {"low": "", "high": ""}, {"low": "abc"}, {"high": "NaN"}, {"unit": "stone"},
        {"valid_to": "1999-01-01"}, {"valid_to": "soon"}, {"reason": "a\x00b"}, {"high": "9" * 13},
        {"low": "-1"}, {"high": "1,234"},
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_is_refused_in_words(manager, alt, changes):
    url = reverse("labs:range_correct", args=[alt.pk])
    response = manager.post(url, correction(**changes))
    assert response.status_code == 422
    assert 'class="alert-list"' in response.content.decode()
    alt.refresh_from_db()
    assert (alt.low, alt.high) == (7, 40)


def test_a_new_range_is_added_and_applied(manager, cast, alt, participant):
    url = reverse("labs:range_add", args=[cast.laboratory.pk])
    data = {
        "analyte": "ALT", "sex": "F", "age_from": "0", "age_to": "", "low": "7", "high": "33,5",
        "unit": "U/L", "valid_from": "2025-01-01", "valid_to": "",
    }  # fmt: skip
    first = manager.post(url, data)
    assert "One stored result would be read differently" in first.content.decode()
    version = Series.objects.get(participant=participant).version
    confirmed = {"confirmed": hidden(first, "confirmed")}
    assert manager.post(url, data | confirmed).status_code == 302
    assert Result.objects.get(analyte="ALT").flag == "H"
    assert Series.objects.get(participant=participant).version == version + 1


@pytest.mark.parametrize("name", ["coordinator", "investigator", "monitor", "sponsor", "admin"])
def test_other_roles_are_refused(client, cast, alt, name):
    client.force_login(cast.users[name])
    for url in (
        reverse("labs:ranges"),
        reverse("labs:range_add", args=[cast.laboratory.pk]),
        reverse("labs:range_correct", args=[alt.pk]),
    ):
        assert client.get(url).status_code == 403
    assert client.post(reverse("labs:range_correct", args=[alt.pk]), {}).status_code == 403
