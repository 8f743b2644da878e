"""Central readings as exported rows."""

import pytest
from django.test import Client
from django.urls import reverse

from reports.datasets import DATASETS
from reports.models import HistologyReadingRow
from tests.factories import histology, study
from tests.integration.histology.test_pages import client_of
from trial.access.services import issue_token

pytestmark = pytest.mark.django_db
ACTIVE, QUIET, answers = histology.ACTIVE, histology.QUIET, histology.answers


def rows(**more) -> dict[str, HistologyReadingRow]:
    return {row.reader: row for row in HistologyReadingRow.objects.filter(**more)}


def test_nothing_of_a_single_reading_is_exported_before_it_is_settled(cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    assert rows()["final"].missing == "not_read"
    histology.given(biopsy)
    histology.submit(biopsy, "reader", answers(QUIET))
    histology.submit(biopsy, "reader2", answers(ACTIVE))
    found = rows()
    assert set(found) == {"final"}
    assert (found["final"].missing, found["final"].mhai) == ("adjudicate", None)
    histology.third(biopsy)
    histology.submit(biopsy, "reader3", answers((2, 1, 1, 0), 3))
    found = rows()
    assert {name: row.mhai for name, row in found.items()} == {
        "final": 4, "1": 2, "2": 6, "3": 4,
    }  # fmt: skip
    assert (found["final"].source, found["final"].stage, found["final"].outcome) == (3, 3, "active")
    assert (found["final"].mhai_a, found["final"].steatosis) == (2, 5)


def test_an_inadequate_biopsy_is_missing_not_zero(cast):
    biopsy = histology.read(study.enrolled(cast.site), core_mm=9, adequate=False)
    final = rows()["final"]
    assert (final.missing, final.mhai, final.mhai_a, final.stage) == ("inadequate",) + (None,) * 3
    assert final.outcome == "not_evaluable"
    assert final.id == f"{biopsy.pk}-final"


def test_a_corrected_reading_replaces_its_row(cast):
    biopsy = histology.read(study.enrolled(cast.site))
    histology.submit(biopsy, "reader2", answers((1, 0, 1, 1)), base=1, reason="slip")
    found = rows()
    assert (found["2"].mhai, found["2"].version) == (3, 2)
    assert len(found) == 3


@pytest.mark.req("R-52")
def test_no_row_names_a_reader_or_a_specimen(cast):
    biopsy = histology.read(study.enrolled(cast.site))
    text = client_of(cast.sponsor).get(
        reverse("api:histology-readings-list"),
        headers={"Authorization": f"Token {issue_token(user=cast.sponsor, by=study.SETUP)}"},
    ).content.decode()  # fmt: skip
    assert biopsy.participant.code in text
    for secret in ("reader2", histology.specimen(biopsy).code, f"S{biopsy.visit_id}Q"):
        assert secret not in text


@pytest.mark.parametrize("who", ["coordinator", "investigator", "monitor", "safety", "reader"])
def test_who_may_not_export_reads_no_readings(cast, who):
    key = issue_token(user=cast.sponsor, by=study.SETUP)
    assert key
    client: Client = client_of(cast.users[who])
    assert client.get(reverse("api:histology-readings-list")).status_code == 403


def test_the_columns_are_those_of_the_view(cast):
    histology.read(study.enrolled(cast.site))
    dataset = DATASETS["histology-readings"]
    assert dataset.everything().values(*dataset.stored).count() == 3
