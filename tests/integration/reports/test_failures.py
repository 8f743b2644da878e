"""Screening failures by the criterion that excluded them, for the flow of participants."""

from datetime import date

import pytest

from patients import services
from patients.models import Answer
from reports.selectors.failures import failures
from tests.factories import study

pytestmark = pytest.mark.django_db


def failed(site, **answers):
    person = study.screened(site)
    given = {
        code: services.CriterionEntry(*(entry if isinstance(entry, tuple) else (entry,)))
        for code, entry in answers.items()
    }
    services.answer_criteria(participant=person, answers=given, by=study.SETUP)
    on = date(2025, 1, 2)
    services.fail_screening(participant=person, on=on, reason="see criteria", by=study.SETUP)
    return person


def test_failures_are_counted_by_criterion_and_site(cast, sign_in):
    failed(cast.site, E3=Answer.YES, I2=(Answer.YES, 5))
    failed(cast.site, E3=Answer.YES, E4=Answer.NO)
    failed(cast.other_site, I2=(Answer.NO, 7))
    failed(cast.site, E3=Answer.NO)  # another reason
    study.screened(cast.site)
    sites = [cast.site.pk, cast.other_site.pk]
    here, there = sites

    found = failures(cast.sponsor, sites)
    assert (found.by_site, found.other) == ({here: 3, there: 1}, {here: 1, there: 0})
    counted = {one.criterion.code: one.by_site for one in found.excluded}
    assert counted == {"I2": {here: 1, there: 1}, "E3": {here: 2}}

    own = failures(cast.coordinator, sites)
    assert {one.criterion.code: one.total for one in own.excluded} == {"I2": 1, "E3": 2}
    page = sign_in(cast.sponsor).get("/dashboard/").content.decode()
    assert "Viral hepatitis" in page
    assert "another reason" in page
