"""What the pages' tables must cover."""

from labs.assessment import OUTCOMES
from reports.presenters.home import PAGES
from reports.presenters.roles import RIGHTS
from reports.recruitment import RECRUITMENT_MONTHS
from reports.selectors.outcomes import AFTER_RESPONSE
from reports.selectors.sites import percent
from trial.access.roles import Permission, Role


def test_every_right_is_put_into_words():
    assert set(RIGHTS) == set(Permission)


def test_every_role_has_a_home():
    assert set(PAGES) == set(Role)


def test_outcomes_after_a_response_are_all_but_those_that_deny_one():
    assert set(OUTCOMES["TRIAL-REL"]) - set(AFTER_RESPONSE) == {"NO_CBR", "NE"}


def test_percent_is_hundred_only_when_all_is_there():
    assert (percent(199, 200), percent(200, 200), percent(0, 3), percent(0, 0)) == (
        99,
        100,
        0,
        None,
    )


def test_recruitment_ends_early_enough_to_follow_the_last_participant_for_96_weeks():
    assert RECRUITMENT_MONTHS == 36 - 22
