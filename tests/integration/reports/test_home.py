"""Home by role: what is due, what is wrong, and nothing a role may not see."""

import re

import pytest
from django.urls import reverse

from tests.factories import study
from tests.integration.reports.conftest import evaluate_all

pytestmark = pytest.mark.django_db
HOME = "/"


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def stats(response):
    return {str(one.label): one.value for one in response.context["stats"]}


def pairs(rows):
    return [(visit.participant, visit.code) for visit, _url in rows]


def test_coordinator_sees_overdue_visits_first_with_links_to_the_lab_form(cast, course, sign_in):
    response = sign_in(cast.coordinator).get(HOME)
    urgent = response.context["urgent"]
    visit = study.visit_of(course.quiet, "W4")
    first = next(
        url for row, url in urgent if (row.participant, row.code) == (course.quiet.code, "W4")
    )
    assert first == reverse("labs:entry", args=[visit.pk])
    closes = [row.closes_on for row, _url in urgent]
    assert closes == sorted(closes)


def test_coordinator_counts_what_is_to_do(cast, course, sign_in):
    response = sign_in(cast.coordinator).get(HOME)
    # overdue: W4 and W8 of all three, W12 and W24 of waiting; due: W36 of quiet and waiting;
    # unfinished: screening and day 0 of all three, the four later panels of relapsed and quiet
    assert stats(response) == {"Overdue": 8, "Due now": 2, "Next 7 days": 0, "Labs to finish": 10}


def test_coordinator_does_not_see_the_other_site(cast, course, sign_in):
    assert course.elsewhere.code not in text(sign_in(cast.coordinator).get(HOME))


def test_waiting_evaluation_is_listed_as_pending(cast, course, sign_in):
    response = sign_in(cast.coordinator).get(HOME)
    assert [row.participant.code for row in response.context["pending"].rows] == [
        course.waiting.code
    ]
    assert "Pending" in text(response)


def test_investigator_sees_the_relapse_with_its_reason_before_everything_else(
    cast, course, sign_in
):
    response = sign_in(cast.investigator).get(HOME)
    (line,) = response.context["inbox"].lines
    assert line.item.participant_code == course.relapsed.code
    assert line.reason == "ALT 3.1×ULN at week 36 after CBR at week 12"
    shown = text(response)
    assert shown.index("Needs your judgement") < shown.index("Overdue and due")


def test_investigator_of_the_other_site_has_nothing_to_judge(cast, course, sign_in):
    response = sign_in(cast.investigator2).get(HOME)
    assert response.context["inbox"].total == 0
    assert "Nothing waits for you." in text(response)


def test_sponsor_sees_recruitment_against_plan_at_every_site(cast, course, sign_in):
    response = sign_in(cast.sponsor).get(HOME)
    found = {one.site.code: one for one in response.context["sites"]}
    assert (found["01"].people.enrolled, found["01"].site.planned_participants) == (3, 25)
    assert found["02"].people.enrolled == 1
    assert len(response.context["changes"]) == 8


def test_monitor_compares_entered_with_expected_values(cast, course, sign_in):
    response = sign_in(cast.monitor).get(HOME)
    other = next(one for one in response.context["sites"] if one.site.code == "02")
    # screening is held without labs; day 0 has 3 of 19 values; W4 to W24 are overdue
    screening, day0, infusion, follow_up = 21, 19, 19, 14
    assert other.values_entered == 3
    assert other.values_expected == screening + day0 + 2 * infusion + 2 * follow_up


def test_data_manager_sees_confirmed_unusual_values_with_their_comment(cast, course, sign_in):
    study.enter(course.quiet, "W36", {"ALT": "1500"}, cast.laboratory)
    response = sign_in(cast.datamanager).get(HOME)
    (result,) = response.context["soft"].rows
    assert (result.analyte, result.text, result.comment) == ("ALT", "1500", "checked")


def test_data_manager_sees_laboratories_whose_results_have_no_range(cast, course, sign_in):
    bare = study.ranges.create_laboratory(site=cast.site, code="BARE", name="Bare", by=study.SETUP)
    study.enter(course.quiet, "W36", {"ALT": "30"}, bare)
    response = sign_in(cast.datamanager).get(HOME)
    (laboratory,) = response.context["gaps"]
    assert (laboratory.code, laboratory.unranged) == ("BARE", 1)


def test_safety_officer_sees_relapses_and_high_scores(cast, course, sign_in):
    sick = {"BILI": "120", "CREAT": "180", "INR": "2.1", "SODIUM": "130", "ALB": "25"}
    study.enter(course.quiet, "W36", {"ALT": "30", **sick}, cast.laboratory)
    evaluate_all()
    response = sign_in(cast.safety).get(HOME)
    assert [row.participant.code for row in response.context["relapses"].rows] == [
        course.relapsed.code
    ]
    (score,) = response.context["scores"].rows
    assert response.context["scores"].total == 1
    assert score.panel.visit.participant.code == course.quiet.code
    assert score.value >= 15


def test_rise_of_five_points_is_shown_though_the_score_is_not_high(cast, course, sign_in):
    rising = study.enrolled(cast.site)
    rest = {"CREAT": "64", "SODIUM": "140", "ALB": "41"}
    study.enter(rising, "D0", {"BILI": "10", "INR": "1.0", **rest}, cast.laboratory)
    study.enter(rising, "W36", {"BILI": "30", "INR": "1.3", **rest}, cast.laboratory)
    evaluate_all()
    (score,) = sign_in(cast.safety).get(HOME).context["scores"].rows
    assert (score.previous, score.value) == (7, 12)


def test_pharmacist_sees_counts_and_no_result(cast, course, sign_in):
    response = sign_in(cast.pharmacist).get(HOME)
    assert stats(response)["enrolled"] == 3
    shown = text(response)
    assert "ULN" not in shown
    assert "MELD" not in shown


def test_statistician_sees_counts(cast, course, sign_in):
    assert stats(sign_in(cast.statistician).get(HOME))["Enrolled"] == 4


def test_administrator_sees_users_and_sites_and_no_clinical_data(cast, course, sign_in):
    response = sign_in(cast.admin).get(HOME)
    shown = text(response)
    assert "coordinator2" in shown
    assert "Hospital 02" in shown
    for participant in (course.relapsed, course.quiet, course.elsewhere):
        assert participant.code not in shown


def test_user_without_a_role_is_told_so(cast, sign_in):
    assert "You have no role yet" in text(sign_in(cast.outsider).get(HOME))


def test_stranger_is_sent_to_the_sign_in(client, db):
    response = client.get(HOME)
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))
