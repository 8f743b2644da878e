"""The diagnosis scores beside their form, with the laboratory of screening (§4)."""

import pytest

from tests.factories import filling, study
from trial.crf.panels import panels_of
from trial.crf.selectors import facts_of
from trial.protocol import registry

pytestmark = pytest.mark.django_db

# Upper limits of a woman in the default ranges: IgG 16 g/L.
SCREENING = {"IGG": "19.2", "ALT": "300", "AST": "250"}


@pytest.fixture
def person(cast):
    return study.screened(cast.site)


def panel(person):
    facts = facts_of([person.pk])[person.pk]
    row = next(iter(facts.all("diagnosis")), None)
    form = filling.BY_CODE["diagnosis"]
    return next(iter(panels_of(form, facts, person, registry.latest(), row)), None)


def scores(person):
    return panel(person).context["scores"]


def test_without_a_diagnosis_there_is_nothing(cast, person):
    assert panel(person) is None


def test_the_first_vector_scores_eight_and_is_definite(cast, person):
    study.enter(person, "SCR", SCREENING, cast.laboratory)
    filling.fill(person, "diagnosis", filling.DIAGNOSIS)
    simplified = scores(person).simplified
    assert (simplified.total, simplified.verdict) == (8, "definite")
    assert scores(person).revised_after is None


@pytest.mark.parametrize(
    ("igg", "changes", "total", "verdict"),
    [
        ("14.4", {"ana": "160", "sla_lp": "positive"}, 6, "probable"),  # IgG 0.9 times
        ("20.8", {"ana": "40"}, 7, "definite"),  # IgG 1.3 times
        ("17.6", {}, 7, "definite"),  # exactly 1.10 times is one point
        ("19.2", {"other_virus": "positive", "other_virus_which": "EBV"}, 6, "probable"),
    ],
)
def test_vectors_of_the_simplified_score(cast, person, igg, changes, total, verdict):
    study.enter(person, "SCR", {"IGG": igg}, cast.laboratory)
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, **changes})
    simplified = scores(person).simplified
    assert (simplified.total, simplified.verdict) == (total, verdict)


def test_what_is_missing_leaves_bounds(cast, person):
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, "histology": "not_done"})
    simplified = scores(person).simplified
    assert (simplified.low, simplified.high, simplified.total) == (4, 8, None)
    assert set(simplified.missing) == {"igg", "histology"}


def test_results_under_treatment_do_not_count(cast):
    person = study.enrolled(cast.site)
    filling.fill(person, "diagnosis", filling.DIAGNOSIS)
    study.enter(person, "W12", {"IGG": "19.2"}, cast.laboratory)
    assert "igg" in scores(person).simplified.missing
    study.enter(person, "SCR", {"IGG": "19.2"}, cast.laboratory)
    assert scores(person).simplified.total == 8


def test_the_response_counts_after_treatment(cast, person):
    treated = {**filling.DIAGNOSIS, "treated_before": True, "response": "relapse"}
    filling.fill(person, "diagnosis", treated)
    before, after = scores(person).revised_before, scores(person).revised_after
    assert (after.low, after.high) == (before.low + 3, before.high + 3)


def test_the_page_shows_points_what_they_rest_on_and_what_is_missing(cast, person, sign_in):
    study.enter(person, "SCR", SCREENING, cast.laboratory)
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, "hbsag": "not_done"})
    page = sign_in(cast.investigator).get(
        f"/participants/{person.code}/casebook/diagnosis/1/"
    ).content.decode()  # fmt: skip
    assert "Simplified score (IAIHG 2008): <strong>6 to 8</strong>" in page
    assert "1.2 times the upper limit, 2024-12-23" in page
    assert "Missing or not settled:" in page
    assert "still open" in page
