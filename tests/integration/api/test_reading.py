"""Reading the datasets as pages of JSON."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from labs.meld import FORMULAS
from labs.models import MeldScore, Panel, Result
from labs.services import evaluation
from reports import expressions
from reports.datasets import DATASETS as ALL
from reports.models import MeldScoreRow, ResponseAssessmentRow
from tests.factories import forms, study
from tests.integration.api.conftest import API, Api, reader
from trial.access.models import ApiToken
from trial.access.services import issue_token, revoke_token
from trial.audit.models import Event

pytestmark = pytest.mark.django_db

DATASETS = tuple(ALL)
# Readings of biopsies are for those who may export.
OF_SITES = tuple(name for name in DATASETS if name != "histology-readings")
LAB_DATASETS = ("lab-results", "meld-scores", "response-assessments")


def pages(client: Api, path: str, **query):
    """Every page of a dataset, following `next`."""
    answer = client.get(path, **query)
    while True:
        assert answer.status_code == 200, answer.content
        yield answer.json()["results"]
        following = answer.json()["next"]
        if following is None:
            return
        answer = client.client.get(following, headers=client.headers())


# --- whose data ---------------------------------------------------------------------------------
def test_a_sponsor_reads_every_site(api, cast, everything):
    client = api(cast.sponsor)
    sites = {name: {row["site"] for row in client.rows(f"{name}/")} for name in DATASETS}
    assert sites == {name: {"01", "02"} for name in DATASETS}


def test_somebody_at_a_site_reads_the_own_site_only(api, cast, everything):
    sites = {
        name: {row["site"] for row in api(reader(cast, name)).rows(f"{name}/")} for name in OF_SITES
    }
    assert sites == {name: {"01"} for name in OF_SITES}


@pytest.mark.req("F-110")
def test_another_sites_row_is_answered_like_one_that_is_not_there(api, cast, everything):
    for name in OF_SITES:
        there, client = api(reader(cast, name, 2)), api(reader(cast, name))
        theirs = there.rows(f"{name}/")[0]["id"]
        missing = f"999999-{str(theirs).partition('-')[2]}" if "-" in str(theirs) else "999999"
        hidden, nothing = client.get(f"{name}/{theirs}/"), client.get(f"{name}/{missing}/")

        assert there.get(f"{name}/{theirs}/").status_code == 200, name
        assert hidden.status_code == nothing.status_code == 404, name
        assert hidden.content == nothing.content, name


def test_one_row_reads_as_it_does_in_the_list(api, cast, everything):
    client = api(cast.sponsor)
    for name in DATASETS:
        for row in client.rows(f"{name}/", page_size=3):
            assert client.get(f"{name}/{row['id']}/").json() == row, name


@pytest.mark.parametrize("name", LAB_DATASETS)
def test_a_pharmacist_sees_no_results(api, cast, labs, name):
    assert api(cast.pharmacist).get(f"{name}/").status_code == 403


def test_a_filter_by_another_site_finds_nothing_and_says_no_more(api, cast, labs):
    client = api(cast.coordinator)
    assert client.rows("lab-results/", site="02") == client.rows("lab-results/", site="77") == []


# --- what a row says ----------------------------------------------------------------------------
def test_a_lab_result_row_says_everything_about_a_value(api, cast, labs):
    [row] = api(cast.sponsor).rows("lab-results/", site="02", analyte="ALT")
    result = Result.objects.get(pk=row["id"])
    assert row == {
        "id": result.pk, "site": "02", "participant": labs.there.code,
        "visit": "D0", "visit_number": 0, "visit_date": "2025-01-06",
        "collected_on": "2025-01-06", "collected_time": None, "laboratory": "LAB02",
        "analyte": "ALT", "analyte_name": "Alanine aminotransferase (ALT)", "loinc": "1742-6",
        "value_text": "<12", "unit": "U/L", "unit_ucum": "U/L", "comparator": "<", "value": "12",
        "canonical_value": "12", "canonical_unit": "U/L", "range_low": "7", "range_high": "40",
        "x_uln": "0.3", "flag": row["flag"], "not_done_reason": None, "confirmed": True,
        "sample_state": "good", "source": "form", "range_id": result.range_id,
        "panel_id": result.panel_id, "panel_version": 1, "changed_at": row["changed_at"],
    }  # fmt: skip
    assert row["flag"] == (result.flag or None)


@pytest.mark.req("R-10")
@pytest.mark.parametrize("name", ["participants", "visits", *LAB_DATASETS])
def test_timestamps_are_utc_with_their_offset(api, cast, labs, name):
    for row in api(cast.sponsor).rows(f"{name}/"):
        assert row["changed_at"].endswith("+00:00")
        assert datetime.fromisoformat(row["changed_at"]) <= datetime.now(UTC)


def test_a_score_carries_what_it_rests_on(api, cast, labs):
    [row] = api(cast.sponsor).rows("meld-scores/", site="01", visit="W36", formula="MELD")
    score = MeldScore.objects.get(pk=row["score_id"])
    assert (row["status"], row["value"]) == ("FINAL", score.value)
    assert (row["inr"], row["sodium_mmol_l"]) == ("1.1", None)
    used = Result.objects.filter(pk__in=row["input_result_ids"].split(";"))
    assert {result.analyte for result in used} == {"BILI", "CREAT", "INR"}
    assert (row["run_id"], row["panel_id"]) == (score.run_id, score.panel_id)


def test_a_score_that_cannot_be_computed_says_why(api, cast, labs):
    rows = api(cast.sponsor).rows("meld-scores/", site="02")
    assert {(row["status"], row["value"]) for row in rows} == {("NOT_COMPUTABLE", None)}
    assert "creatinine_missing" in rows[0]["missing_inputs"].split(";")


def test_the_relapse_is_there_with_an_english_reason(api, cast, labs):
    [row] = api(cast.sponsor).rows("response-assessments/", rule="TRIAL-REL", site="01")
    assert (row["status"], row["outcome"], row["visit"]) == ("FINAL", "RELAPSE", "W36")
    assert row["reason"] == "ALT 3.1×ULN at week 36 after CBR at week 12"


def test_the_reason_is_english_whoever_asks(api, cast, labs):
    answer = api(cast.sponsor).get(
        "response-assessments/", headers={"Accept-Language": "zh-hans"}, rule="TRIAL-REL", site="01"
    )
    assert answer.json()["results"][0]["reason"].startswith("ALT 3.1×ULN at week 36")


@pytest.mark.parametrize("name", ["meld-scores", "response-assessments"])
def test_what_waits_for_its_evaluation_says_pending_and_shows_no_old_value(api, cast, labs, name):
    study.enter(labs.here, "W36", {"ALT": "35"}, cast.laboratory, reason="wrong form")

    rows = api(cast.sponsor).rows(f"{name}/", site="01", page_size=1000)

    assert {row["status"] for row in rows} == {"PENDING"}
    empty = ("value", "raw", "outcome", "reason", "run_id", "score_id", "assessment_id")
    assert {row.get(column) for row in rows for column in empty} == {None}
    assert len(rows) == len(api(cast.sponsor).rows(f"{name}/", status="PENDING", page_size=1000))


@pytest.mark.parametrize("name", ["meld-scores", "response-assessments"])
def test_another_algorithm_makes_everything_pending(api, cast, labs, name, monkeypatch):
    monkeypatch.setattr(expressions, "EVALUATED", expressions.evaluated_by("2099.1"))
    rows = MeldScoreRow if name == "meld-scores" else ResponseAssessmentRow
    assert set(rows.objects.published().values_list("status", flat=True)) == {"PENDING"}


def test_evaluation_ends_the_waiting(api, cast, labs):
    normal = {"ALT": "35", "AST": "28", "IGG": "14"}
    study.enter(labs.here, "W36", normal, cast.laboratory, reason="wrong form")
    evaluation.evaluate_pending(process="test")
    [row] = api(cast.sponsor).rows("response-assessments/", rule="TRIAL-REL", site="01")
    assert (row["status"], row["outcome"]) == ("FINAL", "CBR_MAINTAINED")


def test_the_views_know_every_formula_and_rule_of_the_code(labs):
    formulas = MeldScoreRow.objects.values_list("formula", flat=True)
    rules = ResponseAssessmentRow.objects.values_list("rule", flat=True)
    assert set(formulas) == set(FORMULAS)
    assert set(rules) == set(expressions.RULES)


@pytest.mark.req("R-52")
def test_no_row_holds_a_text_that_somebody_typed_freely(api, cast, everything):
    """Comments, reasons and status reasons could name a person: they stay in the casebook."""
    study.enter(everything.here, "W48", {"ALT": "5000"}, cast.laboratory)  # comment: "checked"
    typed = {"checked", "a blanket", "A nurse said it aloud.", "nurse", "Dr. One", "PACS 1"}
    typed |= {forms.TYPED[:length] for length in range(1, len(forms.TYPED) + 1)}
    for name in DATASETS:
        for row in api(cast.sponsor).rows(f"{name}/", page_size=1000):
            assert not typed & {str(value) for value in row.values()}


# --- paging -------------------------------------------------------------------------------------
@pytest.mark.parametrize("ordering", ["id", "-id", "changed_at", "-collected_on"])
def test_pages_give_every_row_once(api, cast, labs, ordering):
    client = api(cast.sponsor)
    everything = client.rows("lab-results/", page_size=1000)
    found = [
        r for page in pages(client, "lab-results/", page_size=7, ordering=ordering) for r in page
    ]

    assert sorted(row["id"] for row in found) == [row["id"] for row in everything]
    key = ordering.lstrip("-")
    values = [(row[key], row["id"]) for row in found]
    assert values == sorted(values, reverse=ordering.startswith("-"))


@pytest.mark.parametrize("name", ["meld-scores", "response-assessments"])
def test_pages_of_computed_rows_give_every_row_once(api, cast, labs, name):
    client = api(cast.sponsor)
    found = [row["id"] for page in pages(client, f"{name}/", page_size=4) for row in page]
    assert len(found) == len(set(found))
    assert found == [row["id"] for row in client.rows(f"{name}/", page_size=1000)]


def test_pages_hold_still_while_rows_are_added(api, cast, labs):
    client = api(cast.sponsor)
    before = [row["id"] for row in client.rows("lab-results/", page_size=1000)]
    reader = pages(client, "lab-results/", page_size=10)
    found = [row["id"] for row in next(reader)]
    study.enter(labs.there, "W12", {"ALT": "30"}, cast.other_laboratory)
    found += [row["id"] for page in reader for row in page]
    assert found[: len(before)] == before
    assert len(found) == len(set(found)) == len(before) + 1


def test_a_correction_is_found_by_when_it_was_made(api, cast, labs):
    client = api(cast.sponsor)
    names = ("visits", *LAB_DATASETS)
    newest = max(
        row["changed_at"] for name in names for row in client.rows(f"{name}/", page_size=1000)
    )
    after = (datetime.fromisoformat(newest) + timedelta(microseconds=1)).isoformat()
    assert client.rows("lab-results/", changed_since=after) == []

    study.enter(labs.there, "D0", {"ALT": "13"}, cast.other_laboratory, reason="typing error")

    rows = client.rows("lab-results/", changed_since=after)
    assert {row["analyte"]: row["value_text"] for row in rows} == {"ALT": "13", "AST": "30,5"}
    assert {row["panel_version"] for row in rows} == {2}
    for name in names:
        assert {row["site"] for row in client.rows(f"{name}/", changed_since=after)} == {"02"}


@forms.each("name", DATASETS)
def test_the_number_of_statements_does_not_grow_with_the_rows(
    api, cast, everything, name, django_assert_num_queries
):
    """The token, its use, the roles, the rows, and the note of who was shown them."""
    client = api(cast.sponsor)
    with django_assert_num_queries(5):
        client.rows(f"{name}/", page_size=1)
    with django_assert_num_queries(5):
        client.rows(f"{name}/", page_size=1000)


# --- bad questions ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sites": "01"}, "sites"),
        ({"site__regex": ".*"}, "site__regex"),
        ({"search": "x"}, "search"),
        ({"site": "1"}, "site"),
        ({"site": "01\x00"}, "site"),
        ({"site": ["01", "02"]}, "site"),
        ({"analyte": "alt"}, "analyte"),
        ({"analyte": "ALT' OR 1=1 --"}, "analyte"),
        ({"visit": "W37"}, "visit"),
        ({"participant": "01-0010"}, "participant"),
        ({"date_from": "31.01.2025"}, "date_from"),
        ({"date_from": "2025-02-30"}, "date_from"),
        ({"date_from": "2025-02-01", "date_to": "2025-01-01"}, "date_to"),
        ({"changed_since": "2025-01-01"}, "changed_since"),
        ({"changed_since": "2025-01-01T00:00:00"}, "changed_since"),
        ({"changed_since": "2025-13-01T00:00:00Z"}, "changed_since"),
        ({"changed_since": "0001-01-01T00:00:00+14:00"}, "changed_since"),
        ({"ordering": "value_text"}, "ordering"),
        ({"ordering": "--id"}, "ordering"),
        ({"ordering": ""}, "ordering"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "1001"}, "page_size"),
        ({"page_size": "1e9"}, "page_size"),
        ({"page_size": "１０"}, "page_size"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"format": "xml"}, "format"),
        ({"excel": "1"}, "excel"),
        ({"excel": "yes"}, "excel"),
        ({"format": "csv", "cursor": "abc"}, "cursor"),
        ({"format": "csv", "page_size": "5"}, "page_size"),
        ({"format": "csv", "site": "x"}, "site"),
    ],
)
def test_a_bad_parameter_is_refused_by_its_name(api, cast, labs, query, field):
    answer = api(cast.sponsor).get("lab-results/", **query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_cursor_of_another_question_is_refused(api, cast, labs):
    client = api(cast.sponsor)
    following = client.get("lab-results/", page_size=5).json()["next"]
    cursor = following.partition("cursor=")[2].partition("&")[0]
    assert client.get("lab-results/", cursor=cursor, site="01").status_code == 400
    assert client.get("visits/", cursor=cursor).status_code == 400
    assert client.get("lab-results/", cursor=cursor[:-1] + "A").status_code == 400


def test_one_row_takes_no_filters(api, cast, labs):
    row = api(cast.sponsor).rows("visits/")[0]
    answer = api(cast.sponsor).get(f"visits/{row['id']}/", site="01")
    assert list(answer.json()["errors"]) == ["site"]
    assert api(cast.sponsor).get(f"visits/{row['id']}/", format="csv").status_code == 400


@pytest.mark.parametrize(
    "key", ["0", "99999999999999999", "9999999999999999999999", "a", "-1", "1 "]
)
def test_an_odd_key_is_not_found(api, cast, labs, key):
    assert api(cast.sponsor).get(f"visits/{key}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@forms.each("name", DATASETS)
def test_datasets_are_only_read(api, cast, labs, name, method):
    client = api(cast.sponsor)
    answer = getattr(client.client, method)(f"{API}{name}/", headers=client.headers())
    assert answer.status_code == 405


# --- tokens -------------------------------------------------------------------------------------
@pytest.mark.req("F-118")
@pytest.mark.parametrize("key", ["", " ", "Token", "Token ", "Token  \t", "Token x", "Token é",
                                 "Bearer x", "Token a b"])  # fmt: skip
def test_a_header_without_a_standing_token_is_401(cast, labs, key):
    answer = Client().get(f"{API}sites/", headers={"Authorization": key})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_revoked_token_is_401(api, cast):
    client = api(cast.sponsor)
    assert client.get("sites/").status_code == 200
    revoke_token(token=ApiToken.objects.get(), by=study.SETUP)
    assert client.get("sites/").status_code == 401


def test_an_expired_token_is_401(cast):
    client = Api(Client(), issue_token(user=cast.sponsor, by=study.SETUP, days=1))
    assert client.get("sites/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, seconds=1)):
        assert client.get("sites/").status_code == 401


def test_a_token_in_the_address_is_refused_by_name(api, cast):
    client = api(cast.sponsor)
    assert Client().get(f"{API}sites/?token={client.token}").status_code == 401
    assert client.get("sites/", token=client.token).status_code == 400


def test_a_signed_in_user_reads_without_a_token(sign_in, cast, labs):
    assert sign_in(cast.sponsor).get(f"{API}sites/").status_code == 200


def test_reading_writes_nothing(api, cast, labs):
    client = api(cast.sponsor)
    before = (Event.objects.count(), Panel.objects.count())
    for name in DATASETS:
        client.rows(f"{name}/")
    assert (Event.objects.count(), Panel.objects.count()) == before
