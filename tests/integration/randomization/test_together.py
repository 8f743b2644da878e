"""Many at once: no slot shared, no hole, no error (integrity rules, finding 3)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connections

from randomization.models import Allocation
from randomization.services import allocating
from randomization.services.allocating import NotAllocated, reserve_more
from tests.factories import study
from tests.factories.allocation import crowd, list_in_force, randomised, ready, stocked
from trial.access import services as access
from trial.access.roles import Role
from visits.models import Bag
from visits.services.bags import move

CLIENTS = 8


def at_once(jobs):
    """Run all jobs from a barrier, a thread and a connection each; their results in order."""
    barrier = Barrier(len(jobs), timeout=30)

    def run(job):
        try:
            barrier.wait()
            return job()
        except Exception as error:  # noqa: BLE001 - what each saw is the result
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def going(cast):
    list_in_force(cast.site, cast.other_site)
    for site in (cast.site, cast.other_site):
        stocked(site, {"A": 30, "B": 30})
    return cast


@pytest.mark.req("F-001")
def test_one_participant_from_many_sides_gets_one_slot_and_one_bag(going, arms):
    person = ready(going.site)
    seen = at_once([lambda: randomised(person, going.investigator)] * CLIENTS)
    assert {found.number for found in seen} == {"01-NAIVE-001"}
    assert len(arms()) == 1
    assert Bag.objects.filter(reserved_for=person).count() == 1


@pytest.mark.req("F-002")
def test_eight_sites_randomise_four_hundred_without_a_hole_or_an_error(cast, arms):
    """The naive way told 237 of 400 a slot that another took (integrity rules, finding 3)."""
    sites = [cast.site, cast.other_site, *(study.make_site(f"{n:02d}") for n in range(3, 9))]
    for site in sites[1:]:
        access.grant_role(user=cast.investigator, role=Role.INVESTIGATOR, site=site, by=study.SETUP)
    list_in_force(*sites, slots=60)
    for site in sites:
        stocked(site, {"A": 60, "B": 60})
    queues = [crowd(site, 50) for site in sites]

    def job(people):
        return lambda: [randomised(person, cast.investigator) for person in people]

    seen = at_once([job(people) for people in queues])
    assert [one for one in seen if isinstance(one, Exception)] == []
    told = {found.participant_id: (found.stratum, found.slot) for one in seen for found in one}
    taken = arms()
    assert told == {row[0]: (row[1], row[2]) for row in taken}
    for site in sites:
        mine = [row[2] for row in taken if row[1] == f"{site.code}-naive"]
        assert mine == list(range(1, 51))
    given = Bag.objects.filter(state="reserved").values_list("reserved_for", flat=True)
    assert sorted(given) == sorted(told)


@pytest.mark.req("F-002")
def test_eight_clients_in_one_stratum_leave_no_hole(going, arms):
    people = [ready(going.site) for _n in range(24)]
    jobs = [
        lambda some=people[n::CLIENTS]: [randomised(one, going.investigator) for one in some]
        for n in range(CLIENTS)
    ]
    seen = at_once(jobs)
    assert [one for one in seen if isinstance(one, Exception)] == []
    assert [row[2] for row in arms()] == list(range(1, 25))
    assert {row[0] for row in arms()} == {person.pk for person in people}


@pytest.mark.req("F-016")
def test_the_last_bags_go_to_one_and_the_other_is_told_in_the_same_words(cast, arms):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 1, "B": 1})
    people = [ready(cast.site) for _n in range(2)]
    seen = at_once([lambda p=person: randomised(p, cast.investigator) for person in people])
    refused = [one for one in seen if isinstance(one, NotAllocated)]
    assert len(refused) == 1
    assert len(arms()) == Allocation.objects.count() == 1


@pytest.mark.req("F-009")
@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_the_database_undoes_is_done_again_as_a_whole(going, arms, monkeypatch, code):
    class TornError(Exception):
        pgcode = code

    real, calls = allocating._tell, []

    def torn_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError from TornError()
        real(*args)

    monkeypatch.setattr(allocating, "_tell", torn_once)
    assert randomised(ready(going.site), going.investigator).slot == 1
    assert len(calls) == 2
    assert len(arms()) == 1


@pytest.mark.req("F-008")
@pytest.mark.parametrize("table", ["patients_participant", "sealed.stratum"])
def test_a_lock_that_somebody_keeps_is_said_in_words(going, arms, admin_connection, table):
    """Before the slot is asked for, and where it is given."""
    person = ready(going.site)
    with connections["default"].cursor() as web, admin_connection.cursor() as keeping:
        web.execute("set lock_timeout = '50ms'")
        keeping.execute(f"begin; select * from {table} for update")
        with pytest.raises(NotAllocated, match="just now"):
            randomised(person, going.investigator)
        keeping.execute("rollback")
        web.execute("reset lock_timeout")
    assert arms() == []
    assert randomised(person, going.investigator).slot == 1


@pytest.mark.req("F-009")
def test_a_reservation_that_the_database_undoes_is_made_again(going, monkeypatch):
    class TornError(Exception):
        pgcode = "40P01"

    person = ready(going.site)
    randomised(person, going.investigator)
    calls = []

    def torn_once(**given):
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError from TornError()
        return move(**given)

    monkeypatch.setattr(allocating, "move", torn_once)
    monkeypatch.setattr(allocating, "require_turn", lambda visit, participant: visit)
    visit = person.visits.get(code="W4")
    found = reserve_more(participant=person, visit=visit, bags=1, by=study.SETUP)
    assert [bag.visit_id for bag in found] == [visit.pk]
    assert len(calls) == 2


def test_what_the_database_undoes_for_ever_is_an_error_after_three_times(going, arms, monkeypatch):
    class TornError(Exception):
        pgcode = "40P01"

    def torn(*args):
        raise OperationalError from TornError()

    monkeypatch.setattr(allocating, "_tell", torn)
    with pytest.raises(OperationalError):
        randomised(ready(going.site), going.investigator)
    assert arms() == []
