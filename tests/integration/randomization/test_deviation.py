"""Somebody who was randomised, and turns out not to be eligible."""

from patients import services as patients
from patients.models import Answer
from reports.selectors.deviations import Detecting
from tests.factories import allocation, study


def test_somebody_randomised_who_turns_out_not_to_be_eligible(cast):
    allocation.list_in_force(cast.site)
    allocation.stocked(cast.site, {"A": 3, "B": 3})
    person = allocation.ready(cast.site)
    allocation.randomised(person, cast.investigator)
    assert not Detecting([person]).of(person)
    answers = {"E1": patients.CriterionEntry(Answer.YES)}
    patients.answer_criteria(participant=person, answers=answers, by=study.SETUP, reason="found")
    person.refresh_from_db()
    (one,) = Detecting([person]).of(person)
    assert (one.name, one.deviation.details) == ("ineligible", ("E1",))
