"""Work of apps above labs in a round of the sweeper: each has its budget, none stops another."""

import pytest
from django.db import OperationalError

from trial import sweeping


@pytest.fixture(autouse=True)
def _nothing_joined(monkeypatch):
    monkeypatch.setattr(sweeping, "_JOINED", {})


def test_all_that_joined_is_done_and_counted():
    sweeping.register("one", lambda budget: 2)
    sweeping.register("other", lambda budget: 3)
    assert sweeping.work_joined() == 5


def test_a_name_is_taken_once_and_by_the_same_work_again():
    def work(_budget):
        return 1

    sweeping.register("one", work)
    sweeping.register("one", work)
    with pytest.raises(ValueError, match="one"):
        sweeping.register("one", lambda budget: 1)
    assert sweeping.work_joined() == 1


def test_each_has_a_budget_of_its_own_and_can_see_it_spent():
    seen = []

    def work(budget):
        seen.append(budget.spent)
        return 0

    sweeping.register("one", work)
    sweeping.register("other", work)
    sweeping.work_joined(seconds=60)
    sweeping.work_joined(seconds=0)
    assert seen == [False, False, True, True]


def test_one_that_fails_keeps_no_other_from_its_work_and_is_told():
    done = []

    def works(_budget):
        done.append(1)
        return 1

    def fails(_budget):
        raise ZeroDivisionError

    sweeping.register("bad", fails)
    sweeping.register("good", works)
    with pytest.raises(sweeping.Unfinished, match="bad"):
        sweeping.work_joined()
    assert done == [1]


def test_a_database_that_is_gone_ends_the_round():
    def gone(_budget):
        raise OperationalError

    sweeping.register("first", gone)
    sweeping.register("second", lambda budget: pytest.fail("no database"))
    with pytest.raises(OperationalError):
        sweeping.work_joined()
