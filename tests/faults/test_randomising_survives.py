"""A process that dies between slot and commit leaves no trace but a free slot."""

import pytest

from randomization.models import Allocation
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.faults.processes import kill, running, wait_until
from trial.audit.models import Event
from visits.models import Bag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sealed"])


@pytest.fixture
def going():
    cast = study.make_cast()
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    return cast


def taken(admin_connection):
    with admin_connection.cursor() as cursor:
        cursor.execute("select number, participant_id from sealed.slot where taken_at is not null")
        return cursor.fetchall()


@pytest.mark.req("F-003")
def test_killed_before_the_commit_the_next_participant_gets_the_slot(
    going, tmp_path, admin_connection
):
    person, other = ready(going.site), ready(going.site)
    marker = tmp_path / "taken"
    arguments = ("-m", "tests.faults.randomising", person.code, "investigator", str(marker))
    with running(*arguments) as process:
        wait_until(marker.exists, "slot and bags are taken")
        kill(process)
    assert randomised(other, going.investigator).slot == 1
    assert taken(admin_connection) == [(1, other.pk)]
    assert Bag.objects.filter(state="reserved").count() == 1
    assert Event.objects.filter(kind="act:randomised").count() == 1
    assert randomised(person, going.investigator).slot == 2
    assert Allocation.objects.count() == 2
