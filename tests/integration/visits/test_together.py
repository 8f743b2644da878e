"""Two at once: one row each, one number each (F-025)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import connections

from patients import services as patients
from patients.codes import normalise
from patients.models import Consent, Participant, Sex
from tests.factories import study
from trial.access.exceptions import Conflict, Refused
from trial.access.models import Site
from trial.audit.models import Event
from visits.models import Visit
from visits.services import schedule as services

pytestmark = [pytest.mark.usefixtures("fresh_database"), pytest.mark.req("F-025")]
AT_ONCE = 6


def together(act: Callable[[int], object]) -> list[object]:
    """What each of the callers gets that all start at the same moment: a result or a refusal."""
    barrier = Barrier(AT_ONCE)

    def run(number: int) -> object:
        try:
            barrier.wait()
            return act(number)
        except Refused as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def start(site: Site, key: str = "") -> Participant:
    return services.start_screening(
        site=site, sex=Sex.MALE, birth_year=1970, screened_on=date(2025, 1, 2), key=key,
        by=study.Actor(name="nurse", id=4711),
    )  # fmt: skip


def test_participants_screened_at_once_get_a_number_each():
    site = study.make_site()
    found = together(lambda _n: start(site).code)
    assert sorted(str(code)[3:6] for code in found) == ["001", "002", "003", "004", "005", "006"]
    assert all(normalise(str(code)) == code for code in found)
    assert Visit.objects.count() == AT_ONCE


def test_one_submit_that_arrives_several_times_opens_one_participant():
    site = study.make_site()
    user = study.make_user("nurse")
    by = study.Actor.of(user)

    def submit(_number: int) -> str:
        return services.start_screening(
            site=site, sex=Sex.MALE, birth_year=1970, screened_on=date(2025, 1, 2), key="k", by=by
        ).code

    assert len(set(together(submit))) == 1
    assert Participant.objects.count() == Visit.objects.count() == 1


def test_a_consent_recorded_at_once_is_one():
    participant = study.screened(study.make_site())

    def consent(number: int) -> Consent:
        return patients.give_consent(
            participant=participant,
            form_version="1.0",
            given_at=datetime(2024, 12, 23, 2, number % 2, tzinfo=UTC),
            by=study.SETUP,
        )

    found = together(consent)
    assert Consent.objects.count() == 1
    assert sum(isinstance(one, Consent) for one in found) == AT_ONCE // 2
    refused = [one for one in found if isinstance(one, Refused)]
    assert all(set(one.errors) == {"form_version"} for one in refused)


def test_unscheduled_visits_added_at_once_get_a_number_each():
    participant = study.screened(study.make_site())
    together(
        lambda n: services.add_unscheduled(
            participant=participant, held_on=date(2025, 1, 10), reason=f"r{n}", by=study.SETUP
        )
    )
    assert sorted(participant.visits.filter(code="UNS").values_list("number", flat=True)) == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip


def test_one_unscheduled_visit_that_arrives_several_times_is_one():
    participant = study.screened(study.make_site())
    together(
        lambda _n: services.add_unscheduled(
            participant=participant, held_on=date(2025, 1, 10), reason="fever", by=study.SETUP
        )
    )
    assert participant.visits.filter(code="UNS").count() == 1


def test_of_several_dates_recorded_at_once_one_stands_and_the_others_are_told():
    participant = study.enrolled(study.make_site())
    visit = study.visit_of(participant, "W4")
    found = together(
        lambda n: services.hold(
            visit=visit, held_on=date(2025, 2, 1 + n), version=1, by=study.SETUP
        )
    )
    assert sum(isinstance(one, Visit) for one in found) == 1
    assert sum(isinstance(one, Conflict) for one in found) == AT_ONCE - 1
    visit.refresh_from_db()
    assert visit.version == 2
    changes = Event.objects.filter(table_name="visits_visit", record_id=str(visit.pk))
    assert changes.filter(kind="update").count() == 1


def test_enrolment_that_arrives_several_times_plans_the_visits_once():
    participant = study.enrolled(study.make_site())
    day0 = study.DAY0
    found = together(
        lambda _n: services.enrol(
            participant=participant, enrolled_on=date(2025, 1, 3), day0_on=day0,
            induction_started_on=day0, by=study.SETUP,
        )
    )  # fmt: skip
    assert all(isinstance(one, Participant) for one in found)
    assert participant.visits.count() == 10


@pytest.mark.req("F-024")
def test_of_two_who_change_different_fields_of_a_record_neither_undoes_the_other():
    """One is taken; each of the others is told, and nothing of the first is put back."""
    person = study.enrolled(study.make_site())
    changes: list[dict[str, object]] = [{"birth_year": 1979}, {"sex_for_meld": Sex.MALE}]

    def correct(number: int) -> object:
        return patients.correct(
            participant=Participant.objects.get(pk=person.pk),
            changes=changes[number % 2],
            version=person.version,
            reason="the passport says so",
            by=study.SETUP,
        )

    seen = together(correct)
    # Who asks for what has just been stored is told so, without a change.
    taken = [one for one in seen if isinstance(one, Participant)]
    stored = Participant.objects.get(pk=person.pk)
    assert stored.version == person.version + 1
    assert (stored.birth_year, stored.sex_for_meld) in ((1979, Sex.FEMALE), (1980, Sex.MALE))
    refused = [one for one in seen if isinstance(one, Conflict)]
    assert len(refused) >= AT_ONCE // 2
    assert len(refused) + len(taken) == AT_ONCE
