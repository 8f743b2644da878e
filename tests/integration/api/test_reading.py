"""Reading the datasets as pages of JSON."""

import pytest

pytestmark = pytest.mark.django_db

DATASETS = (
    "participants",
    "visits",
    "lab-results",
    "meld-scores",
    "response-assessments",
    "sites",
)


@pytest.mark.parametrize("name", DATASETS)
def test_a_sponsor_reads_every_site(api, cast, labs, name):
    assert {row["site"] for row in api(cast.sponsor).rows(f"{name}/")} == {"01", "02"}


@pytest.mark.parametrize("name", DATASETS)
def test_a_coordinator_reads_the_own_site_only(api, cast, labs, name):
    assert {row["site"] for row in api(cast.coordinator).rows(f"{name}/")} == {"01"}
