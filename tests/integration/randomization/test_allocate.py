"""Randomising: one slot, one number, bags, whatever is asked how often."""

from dataclasses import replace

import psycopg2
import pytest

from patients import services as patients
from patients.models import DiseaseStatus
from randomization.models import Allocation
from randomization.sealed.models import BagContent
from randomization.selectors import true_stratum
from randomization.services.allocating import NotAllocated, randomise, reserve_more, subject_of
from tests.factories import study
from tests.factories.allocation import list_in_force, proof, randomised, ready, stocked
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import Actor
from trial.audit.models import Event as Written
from trial.signing import content
from visits.custody import Event, State
from visits.models import Bag
from visits.services import schedule
from visits.services.bags import Step, move
from visits.services.turns import OutOfTurn


@pytest.fixture
def going(cast):
    """A study that can randomise at site 01: a list in force and ten bags of each kind."""
    list_in_force(cast.site)
    stocked(cast.site, {"A": 10, "B": 10})
    return cast


def test_a_participant_gets_a_number_and_a_bag(going, arms):
    person = ready(going.site)
    allocation = randomised(person, going.investigator)
    assert (allocation.number, allocation.slot) == ("01-NAIVE-001", 1)
    assert allocation.factors == {"site": "01", "disease_status": "naive", "group": "naive"}
    (bag,) = Bag.objects.filter(reserved_for=person)
    assert (bag.state, bag.visit.code) == ("reserved", "D0")
    [(who, stratum, number, arm)] = arms()
    assert (who, stratum, number) == (person.pk, "01-naive", 1)
    assert arm in ("A", "B")


@pytest.mark.req("F-002")
def test_slots_are_taken_in_the_order_of_the_list(going, arms, admin_connection):
    people = [ready(going.site) for _n in range(6)]
    for person in people:
        randomised(person, going.investigator)
    with admin_connection.cursor() as cursor:
        cursor.execute(
            "select arm from sealed.slot where stratum = '01-naive' order by number limit 6"
        )
        listed = [arm for (arm,) in cursor.fetchall()]
    assert [row[0] for row in arms()] == [person.pk for person in people]
    assert [row[3] for row in arms()] == listed


def test_every_participant_gets_a_bag_of_the_own_arm(going, arms, admin_connection):
    for _n in range(6):
        randomised(ready(going.site), going.investigator)
    with admin_connection.cursor() as cursor:
        cursor.execute(
            "select b.reserved_for_id, t.arm from visits_bag b"
            " join sealed.bag_content c on c.bag_id = b.id join sealed.lot t on t.id = c.lot_id"
            " where b.reserved_for_id is not null"
        )
        given = dict(cursor.fetchall())
    assert given == {row[0]: row[3] for row in arms()}


@pytest.mark.req("F-001")
@pytest.mark.req("F-006")
def test_asked_again_the_answer_is_the_same(going, arms):
    person = ready(going.site)
    first = randomised(person, going.investigator)
    assert randomised(person, going.investigator) == first
    assert len(arms()) == 1
    assert Bag.objects.filter(reserved_for=person).count() == 1
    assert Written.objects.filter(kind="act:randomised").count() == 1


@pytest.mark.req("F-013")
def test_without_a_disease_status_nobody_is_randomised(going, arms):
    person = study.enrolled(going.site, day0=going.site.today())
    with pytest.raises(NotAllocated):
        randomised(person, going.investigator)
    assert arms() == []


@pytest.mark.req("R-50")
def test_a_wrong_stratum_is_kept_and_the_true_one_known(going, arms):
    person = ready(going.site)
    allocation = randomised(person, going.investigator)
    person.refresh_from_db()
    patients.correct(
        participant=person,
        changes={"disease_status": DiseaseStatus.RELAPSED},
        version=person.version,
        reason="the history was misread",
        by=study.SETUP,
    )
    allocation = Allocation.objects.get(pk=allocation.pk)
    assert (allocation.stratum, true_stratum(allocation)) == ("01-naive", "01-treated")
    assert [row[1] for row in arms()] == ["01-naive"]


@pytest.mark.req("F-014")
def test_who_has_withdrawn_is_refused_by_service_and_database(going, arms, as_web):
    person = ready(going.site)
    patients.withdraw(
        participant=person, on=going.site.today(), reason="moved away", by=study.SETUP
    )
    with pytest.raises(NotAllocated):
        randomised(person, going.investigator)
    as_web.execute("begin; select set_config('app.context', '{\"actor\": \"x\"}', true)")
    with pytest.raises(psycopg2.Error) as refused:
        as_web.execute("select * from sealed.allocate(%s, '01-naive', '{}', 1, now())", [person.pk])
    assert refused.value.pgcode == "SE004"
    as_web.execute("rollback")
    assert arms() == []


@pytest.mark.req("F-010")
def test_a_list_at_its_end_says_so_and_allocates_nothing(cast, arms):
    list_in_force(cast.site, sizes=(4,), slots=4)
    stocked(cast.site, {"A": 10, "B": 10})
    for _n in range(4):
        randomised(ready(cast.site), cast.investigator)
    with pytest.raises(NotAllocated) as refused:
        randomised(ready(cast.site), cast.investigator)
    assert "no place left" in str(refused.value.errors[""][0])
    assert len(arms()) == 4
    assert Allocation.objects.count() == 4


@pytest.mark.req("F-016")
@pytest.mark.parametrize("lacking", ["A", "B"])
def test_where_one_kind_is_lacking_everybody_is_refused_with_the_same_words(cast, arms, lacking):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 3, "B": 3} | {lacking: 0})
    with pytest.raises(NotAllocated) as refused:
        randomised(ready(cast.site), cast.investigator)
    assert refused.value.errors == {
        "": ["There is not enough product at the site. Nothing was allocated."]
    }
    assert arms() == []


@pytest.mark.req("F-003")
def test_what_fails_after_the_slot_leaves_it_free(going, arms, monkeypatch):
    def fails(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the process dies here")

    person = ready(going.site)
    monkeypatch.setattr("randomization.services.allocating._tell", fails)
    with pytest.raises(RuntimeError):
        randomised(person, going.investigator)
    assert arms() == []
    assert not Bag.objects.filter(state="reserved").exists()
    monkeypatch.undo()
    assert randomised(person, going.investigator).slot == 1


def test_a_wrong_password_allocates_nothing(going, arms):
    person = ready(going.site)
    by = study.SETUP
    with pytest.raises(Refused):
        randomise(participant=person, proof=proof(going.investigator, password="wrong"), by=by)
    assert arms() == []


@pytest.mark.req("F-019")
@pytest.mark.parametrize(
    "statement",
    [
        "delete from randomization_allocation",
        "update randomization_allocation set number = 'x'",
        "update sealed.slot set participant_id = null, taken_at = null",
        "update sealed.slot set arm = case arm when 'A' then 'B' else 'A' end",
        "delete from sealed.slot",
    ],
)
def test_nothing_undoes_an_allocation(going, owner_connection, statement):
    """Not even the owner of the tables: a participant is randomised once, a slot never reused."""
    randomised(ready(going.site), going.investigator)
    with owner_connection.cursor() as cursor:
        cursor.execute("select set_config('app.context', '{\"actor\": \"x\"}', false)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


@pytest.mark.req("F-013")
def test_a_status_edited_in_the_same_moment_is_either_before_or_after(going, arms):
    """The signature is over what was shown: a correction in between refuses it."""
    person = ready(going.site)
    shown = content.read(subject_of(person)).mark
    patients.correct(
        participant=person,
        changes={"disease_status": DiseaseStatus.RELAPSED},
        version=person.version,
        reason="the history was misread",
        by=study.SETUP,
    )
    given = replace(proof(going.investigator), shown=shown)
    with pytest.raises(Conflict):
        randomise(participant=person, proof=given, by=study.SETUP)
    assert arms() == []


# --- which bag ----------------------------------------------------------------------------------
def drawn(as_web, person, times):
    """The bags that a participant would get, asked so often and undone each time."""
    found = []
    for _n in range(times):
        as_web.execute("begin; select set_config('app.context', '{\"actor\": \"x\"}', true)")
        as_web.execute("select sealed.bags_for(%s, %s, 1, now())", [person.pk, person.site_id])
        found += as_web.fetchone()[0]
        as_web.execute("rollback")
    return Bag.objects.filter(pk__in=found)


@pytest.mark.req("F-039")
def test_a_bag_that_is_passed_over_says_nothing_of_its_content(going, as_web):
    """Were the first of the arm taken, each bag before it would be known to be of the other one."""
    person = ready(going.site)
    randomised(person, going.investigator)
    assert drawn(as_web, person, 60).count() >= 5


@pytest.mark.req("F-039")
def test_which_shipment_it_comes_from_says_nothing_of_the_arm(cast, as_web):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 2, "B": 2})
    person = ready(cast.site)
    randomised(person, cast.investigator)
    older, newer = (stocked(cast.site, {"A": 2, "B": 2})[0].shipment for _n in range(2))
    here = {one.shipment_id for one in drawn(as_web, person, 10)}
    assert len(here) == 1
    # As soon as one arm has run out there, whichever, the next shipment is opened for both.
    for arm in "AB":
        used = Bag.objects.filter(shipment__in=here, state="received").values_list("pk", flat=True)
        of_arm = BagContent.objects.filter(bag_id__in=list(used), lot__arm=arm)
        move(bags=list(of_arm.values_list("bag_id", flat=True)), step=Step(Event.WASTE),
             by=study.SETUP)  # fmt: skip
        after = {one.shipment_id for one in drawn(as_web, person, 10)}
        assert len(after) == 1
        assert after.isdisjoint(here)
        here = after
    assert here == {newer.pk}
    assert older.pk not in here


# --- later infusions ----------------------------------------------------------------------------
@pytest.mark.req("F-006")
@pytest.mark.parametrize("state", [State.RESERVED, State.ISSUED, State.VERIFIED])
def test_a_page_left_open_reserves_no_second_bag(going, state):
    person = ready(going.site)
    randomised(person, going.investigator)
    (bag,) = Bag.objects.filter(reserved_for=person)
    along(bag, person, state, going)
    again = reserve_more(participant=person, visit=bag.visit, bags=1, by=study.SETUP)
    assert again == [bag]
    assert Bag.objects.filter(reserved_for=person).count() == 1


@pytest.mark.req("F-017")
def test_what_was_given_is_not_given_again(going):
    person = ready(going.site)
    randomised(person, going.investigator)
    (bag,) = Bag.objects.filter(reserved_for=person)
    along(bag, person, State.INFUSED, going)
    with pytest.raises(OutOfTurn, match="was given at D0 already"):
        reserve_more(participant=person, visit=bag.visit, bags=1, by=study.SETUP)
    assert Bag.objects.filter(reserved_for=person).count() == 1


@pytest.mark.req("F-015")
def test_a_bag_that_expires_before_the_infusion_is_not_reserved_for_it(cast):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5}, days=10)
    person = ready(cast.site)
    randomised(person, cast.investigator)
    schedule.miss(visit=study.visit_of(person, "D0"), reason="was ill", by=study.SETUP)
    later = study.visit_of(person, "W4")
    with pytest.raises(NotAllocated):
        reserve_more(participant=person, visit=later, bags=1, by=study.SETUP)
    stocked(cast.site, {"A": 1, "B": 1}, days=60)
    (bag,) = reserve_more(participant=person, visit=later, bags=1, by=study.SETUP)
    assert bag.expires_at.date() > later.target_on


def along(bag, person, state, cast):
    """The bag as far on its way as `state`."""
    by = Actor(name="nurse", id=cast.coordinator.pk)
    way = (Event.ISSUE, Event.VERIFY, Event.INFUSE)
    for event in way[: (State.RESERVED, State.ISSUED, State.VERIFIED, State.INFUSED).index(state)]:
        step = Step(event, site=cast.site, participant=person, second=cast.investigator)
        move(bags=[bag.pk], step=step, by=by)
