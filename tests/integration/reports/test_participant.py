"""The participant page: flags, trends, scores and how they came about, what corrections changed."""

import json
import re

import pytest
from django.urls import reverse

from tests.factories import study
from tests.integration.reports.conftest import MELD_INPUTS, evaluate_all

pytestmark = pytest.mark.django_db


def address(participant):
    return reverse("reports:participant", args=[participant.code])


@pytest.fixture
def read(cast, course, sign_in):
    """`read(participant)`: what the investigator of site 01 sees."""
    client = sign_in(cast.investigator)

    return lambda participant: client.get(address(participant))


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def options(response, chart):
    found = re.search(
        rf'<script id="chart-{chart}-options" type="application/json">(.*?)</script>',
        response.content.decode(),
        re.DOTALL,
    )
    return json.loads(found.group(1))


def test_relapse_stands_on_top_with_its_reason_and_day(read, course):
    endpoint = read(course.relapsed).context["findings"][0]
    assert (endpoint.rule, endpoint.outcome, endpoint.tone) == (
        "TRIAL-REL", "Relapse", "red",
    )  # fmt: skip
    assert endpoint.reason == "ALT 3.1×ULN at week 36 after CBR at week 12"
    assert "2025-09-15" in text(read(course.relapsed))


def test_trend_draws_multiples_of_the_upper_limit_with_both_limits_and_the_relapse(read, course):
    drawn = options(read(course.relapsed), "trend")
    alt = next(row for row in drawn["series"] if row["name"] == "ALT")
    assert [point["value"] for point in alt["data"]] == [
        [0.0, 7.5], [12.0, 0.75], [24.0, 0.75], [36.0, 3.13],
    ]  # fmt: skip
    lines = drawn["series"][0]["markLine"]["data"]
    assert [line["yAxis"] for line in lines if "yAxis" in line] == [1.0, 3.0]
    red = [line for line in lines if line["tone"] == "red"]
    assert [(line["xAxis"], line["name"]) for line in red] == [(36.0, "Relapse W36")]


def test_charts_have_their_numbers_as_a_table(read, course):
    trend = read(course.relapsed).context["charts"][0]
    assert trend.header()[:3] == ["Week", "ALT", "AST"]
    assert [row[:2] for row in trend.rows()] == [
        ["0.0", "7.50"], ["12.0", "0.75"], ["24.0", "0.75"], ["36.0", "3.13"],
    ]  # fmt: skip


def test_score_without_creatinine_says_what_is_missing(read, course):
    response = read(course.quiet)
    assert [(name, value) for name, value, _why in response.context["last_scores"]] == [
        ("MELD", None), ("MELD-Na (OPTN 2016)", None), ("MELD 3.0", None),
    ]  # fmt: skip
    assert "not computable: creatinine missing" in text(response)


def test_score_is_explained_by_inputs_units_bounds_versions_and_who_entered(read, course):
    shown = text(read(course.relapsed))
    row = read(course.relapsed).context["scores"][0]
    bilirubin, creatinine = row.explanation.inputs[:2]
    assert (bilirubin.entered, bilirubin.converted) == ("24 µmol/L", "1.403509 mg/dL")
    assert (creatinine.used, creatinine.remark) == (
        ["1", "1", "1"], "brought within the formula's bounds",
    )  # fmt: skip
    assert [one.version for one in row.explanation.results] == [
        "UNOS-A.1", "OPTN-2016-A.1", "OPTN-2023.1",
    ]  # fmt: skip
    assert "by system:test-setup" in shown


def test_waiting_evaluation_says_pending_where_results_would_be(read, course):
    response = read(course.waiting)
    assert "PENDING" in text(response)
    assert response.content.decode().count("icon-hourglass") == 0  # icons are drawn inline
    assert text(response).count("Pending") >= 2  # scores, and response and relapse


def test_evaluated_participant_does_not_say_pending(read, course):
    assert "PENDING" not in text(read(course.relapsed))


def test_correction_lists_what_it_changed_from_old_to_new(cast, read, course):
    study.enter(
        course.relapsed, "W36", {"ALT": "39", "AST": "33", "IGG": "14", **MELD_INPUTS},
        cast.laboratory, reason="laboratory corrected its report",
    )  # fmt: skip
    evaluate_all()
    last = read(course.relapsed).context["revisions"][0]
    lines = {line.what: (line.old, line.new) for line in last.lines}
    assert lines["Relapse (study endpoint)"] == ("Relapse", "CBR maintained")
    assert lines["RS1 · EASL 2015"] == ("Relapse", "No relapse")
    assert (last.cause, last.why) == (
        "Week 36 corrected by system:test-setup", "laboratory corrected its report",
    )  # fmt: skip


def test_results_stand_by_analyte_and_visit_with_flag_and_multiple(read, course):
    rows = {row.analyte.code: row.cells for row in read(course.relapsed).context["results"]}
    newest = rows["ALT"][-1]
    assert (newest.text, newest.flag, newest.mark, str(newest.times)) == (
        "125", "H", "high", "3.13",
    )  # fmt: skip
    assert rows["SODIUM"][0].flag == ""
    assert "entered as 125 U/L" in newest.hint


def test_visits_lead_to_the_lab_form_of_those_who_may_enter(read, course):
    links = {visit.code: url for visit, url, *_marks in read(course.quiet).context["visits"]}
    assert links["W36"] == reverse("labs:entry", args=[study.visit_of(course.quiet, "W36").pk])


def test_visits_lead_a_reader_back_to_this_page(cast, course, sign_in):
    response = sign_in(cast.monitor).get(address(course.quiet))
    links = {visit.code: url for visit, url, *_marks in response.context["visits"]}
    visit = study.visit_of(course.quiet, "W36")
    assert links["W36"] == f"{address(course.quiet)}#visit-{visit.pk}"


def test_page_of_another_site_is_not_there(cast, course, sign_in):
    assert sign_in(cast.investigator).get(address(course.elsewhere)).status_code == 404


def test_pharmacist_may_not_open_it(cast, course, sign_in):
    assert sign_in(cast.pharmacist).get(address(course.relapsed)).status_code == 403


def test_participant_in_screening_has_a_page_without_any_result(cast, read, course):
    response = read(study.screened(cast.site))
    assert response.status_code == 200
    assert "No results yet" in text(response)
