"""The dashboard: recruitment, visits, completeness, response, relapse, MELD."""

import pytest

from tests.factories import study
from tests.integration.reports.conftest import evaluate_all

pytestmark = pytest.mark.django_db
ADDRESS = "/dashboard/"


@pytest.fixture
def read(cast, course, sign_in):
    """`read(**query)`: the sponsor's dashboard."""
    client = sign_in(cast.sponsor)
    return lambda **query: client.get(ADDRESS, query)


def rows(response, group, number):
    """The table of a chart: {first cell: the others}."""
    chart = response.context[group][number]
    return {first: rest for first, *rest in chart.rows()}


def test_recruitment_counts_up_against_an_even_plan(read):
    months = rows(read(), "recruitment", 0)
    assert months["2024-01"] == ["0", "4"]  # 50 planned over 14 months
    assert months["2025-01"] == ["4", "46"]
    assert months["2025-09"] == ["4", "50"]
    assert list(months)[-1] == "2025-09"


def test_recruitment_by_site(read):
    assert rows(read(), "recruitment", 1) == {"01": ["3", "25"], "02": ["1", "25"]}


def test_visits_overdue_due_and_unfinished_by_site(read):
    assert rows(read(), "visits", 0) == {"01": ["8", "2", "10"], "02": ["4", "1", "2"]}


def test_completeness_is_the_share_of_visits_due_with_complete_labs(read):
    share = rows(read(), "visits", 1)
    assert share["W24"][:2] == ["0", "0"]  # relapsed: incomplete; waiting and elsewhere: overdue
    assert share["W48"][:2] == ["–", "–"]  # nobody is due


def test_relapses_are_listed_with_their_rate_among_those_who_responded(read, course):
    context = read().context
    assert [row.participant.code for row, _why in context["relapse_lines"]] == [
        course.relapsed.code
    ]
    assert (context["relapse_count"], context["responded"], context["relapse_percent"]) == (
        1,
        2,
        50,
    )


def test_outcomes_are_counted_in_words(read):
    assert rows(read(), "course", 0)["CBR by month 6"] == ["2"]
    assert rows(read(), "course", 1)["Relapse"] == ["1"]


def test_meld_at_baseline_and_newest_with_those_not_computable(read):
    bins = rows(read(), "course", 2)
    assert bins["9–11"] == ["2", "1"]
    assert bins["none"] == ["1", "2"]  # elsewhere has no inputs; quiet's newest lacks creatinine


def test_waiting_evaluations_are_said_to_wait(read):
    assert b"PENDING" in read().content
    evaluate_all()
    assert b"PENDING" not in read().content


def test_site_filter_leaves_the_other_site_out(read):
    response = read(site="02")
    assert rows(response, "recruitment", 1) == {"02": ["1", "25"]}
    assert response.context["relapse_count"] == 0


def test_site_bound_user_sees_only_the_own_site(cast, course, sign_in):
    response = sign_in(cast.investigator2).get(ADDRESS)
    assert rows(response, "recruitment", 1) == {"02": ["1", "25"]}
    assert response.context["relapse_lines"] == []


def test_study_without_participants_has_a_dashboard(cast, sign_in):
    assert sign_in(cast.sponsor).get(ADDRESS).status_code == 200


@pytest.mark.parametrize("name", ["pharmacist", "admin", "outsider"])
def test_who_may_not_see_reports_is_refused(cast, sign_in, name):
    assert sign_in(cast.users[name]).get(ADDRESS).status_code == 403


def test_correction_moves_a_participant_from_one_bar_to_another(cast, read, course):
    study.enter(
        course.relapsed, "W36", {"ALT": "39", "AST": "33", "IGG": "14"}, cast.laboratory,
        reason="corrected report",
    )  # fmt: skip
    evaluate_all()
    assert rows(read(), "course", 1)["Relapse"] == ["0"]
