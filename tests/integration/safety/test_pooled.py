"""The stopping rules as blinded people see them: counted over both arms, over all sites."""

import pytest

from safety.cases import Kind
from safety.selectors.pooled import pooled
from safety.stopping import Trigger
from tests.factories import cases, custody, study
from trial.crf.owner import Owner
from trial.crf.services import strike
from trial.protocol.casebook.adverse_event import FORM
from trial.protocol.safety import SafetyParameters

pytestmark = pytest.mark.django_db
PARAMETERS = SafetyParameters()


def counted():
    return pooled(PARAMETERS)


def test_an_empty_study_reaches_nothing(cast):
    found = counted()
    assert (found.pause.reached, found.pause.possible, found.treated) == ((), (), 0)
    assert found.next_review == PARAMETERS.stopping.review_after[0]


def grave(person, related="", **values):
    number = cases.event(person, **values)
    cases.make_serious(person, number)
    if related:
        cases.judged(person, number, related)
    return number


def test_a_related_event_of_grade_4_pauses_dosing(cast):
    grave(study.enrolled(cast.site), "possible", grade="4")
    assert counted().pause.reached == (Trigger.RELATED_GRADE_4_OR_5,)


def test_one_that_is_not_judged_yet_is_told_as_possible(cast):
    grave(study.enrolled(cast.site), grade="4")
    found = counted()
    assert (found.pause.reached, found.pause.possible) == ((), (Trigger.RELATED_GRADE_4_OR_5,))


def test_the_sponsor_adds_a_relation_and_never_takes_one_away(cast):
    person = study.enrolled(cast.site)
    number = grave(person, "unrelated", grade="4")
    assert counted().pause.possible  # the sponsor has not judged
    cases.assessed(person, number, related="possible")
    assert counted().pause.reached == (Trigger.RELATED_GRADE_4_OR_5,)


def test_what_is_not_serious_needs_no_word_of_the_sponsor(cast):
    person = study.enrolled(cast.site)
    number = cases.event(person, grade="4", ctcae_term="alt_increased")
    cases.fill(person, "adverse_event", "seriousness", number=number, serious=False)
    cases.judged(person, number, "unlikely")
    found = counted()
    assert (found.pause.reached, found.pause.possible) == ((), ())


def test_two_related_thrombo_embolic_events_over_all_sites(cast):
    for site in (cast.site, cast.other_site):
        assert Trigger.RELATED_THROMBOEMBOLIC not in counted().pause.reached
        grave(study.enrolled(site), "related", ctcae_term="portal_thrombosis", grade="3")
    assert counted().pause.reached == (Trigger.RELATED_THROMBOEMBOLIC,)


def test_a_related_sepsis_and_a_related_death(cast):
    person = study.enrolled(cast.site)
    grave(person, "probable", ctcae_term="sepsis", grade="3")
    assert counted().pause.reached == (Trigger.RELATED_SEPSIS,)
    grave(person, "probable", grade="5", outcome="fatal", ongoing=False)
    assert set(counted().pause.reached) == {
        Trigger.RELATED_SEPSIS, Trigger.RELATED_DEATH, Trigger.RELATED_GRADE_4_OR_5
    }  # fmt: skip


def test_struck_lines_count_for_nothing(cast):
    person = study.enrolled(cast.site)
    number = grave(person, "related", grade="4")
    strike(owner=Owner(person), form=FORM, number=number, by=study.SETUP, reason="wrong")
    assert counted().pause.reached == ()
    assert cases.case(person, number, Kind.EVENT).stage == "withdrawn"


def test_infusions_stopped_early_are_counted_by_participant(cast):
    for early in (True, False, True):
        bag = custody.started(custody.bag_for(study.enrolled(cast.site), second=cast.coordinator))
        custody.put(bag, "end", ended=custody.moment(30), given_ml=10, residual_ml=21, flush_ml=20,
                    stopped_early=early, stop_reason="reaction" if early else "",
                    end_note="stopped")  # fmt: skip
    found = counted()
    assert found.treated == 3
    assert sum(found.counts.halted) == 2
    assert Trigger.HALTED_INFUSIONS not in found.pause.reached
