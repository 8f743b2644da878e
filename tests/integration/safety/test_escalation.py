"""Reports near their limit are raised: once per step, after a downtime, by one sweeper."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from labs.management.commands.sweep import sweep
from safety.models import SafetyCase
from safety.services import cases as settling
from safety.services import escalation, reports
from tests.factories import cases, study
from trial.inbox.models import Item
from trial.sweeping import Budget, Unfinished

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def look(hours=0.0, *, at=None):
    """The sweeper's round so many hours after `at`."""
    with time_machine.travel((at or timezone.now()) + hours * HOUR, tick=False):
        return escalation.raise_due(Budget.of(60))


def raised(report="sae"):
    """(step, overdue, role) of the items of a report, whatever became of them."""
    rows = Item.objects.filter(kind="safety_clock", params__report=report).order_by("pk")
    return [(one.params["step"], one.params["overdue"], one.role) for one in rows]


BOTH = ("investigator", "safety")


@pytest.fixture
def case(cast):
    """A serious event that the site just became aware of."""
    return cases.serious(study.enrolled(cast.site), aware_at=timezone.now().replace(microsecond=0))


@pytest.mark.django_db
def test_nothing_is_raised_before_the_first_step(case):
    assert look(11.9) == 0
    assert raised() == []


@pytest.mark.django_db
def test_12_h_20_h_and_the_limit_are_raised_once_each(case):
    start = case.due_at - 24 * HOUR
    for hours in (12, 12.5, 20, 20.5, 24, 30):
        look(hours, at=start)
    assert raised() == [
        (step, step == 3, role) for step in (1, 2, 3) for role in BOTH
    ]  # fmt: skip


@pytest.mark.django_db
def test_after_a_downtime_the_newest_step_alone_is_raised(case):
    look(21, at=case.due_at - 24 * HOUR)
    assert raised() == [(2, False, role) for role in BOTH]
    case.refresh_from_db()
    assert case.step_at == case.due_at


@pytest.mark.django_db
def test_all_items_are_told_by_mail_and_name_no_arm(case):
    look(12, at=case.due_at - 24 * HOUR)
    for item in Item.objects.filter(kind="safety_clock"):
        assert item.mail == "waiting"
        assert set(item.params) == {
            "case", "case_kind", "number", "report", "recipient", "follow_up", "step", "overdue",
            "due_at", "decided",
        }  # fmt: skip


@pytest.mark.django_db
def test_a_report_that_went_out_is_not_raised_and_its_items_close(case):
    start = case.due_at - 24 * HOUR
    look(12, at=start)
    with time_machine.travel(start + 13 * HOUR, tick=False):
        reports.submit(case=case, by=study.SETUP)
    assert not Item.objects.filter(kind="safety_clock", params__report="sae",
                                   done_at=None).exists()  # fmt: skip
    look(21, at=start)
    assert len(raised()) == 2


@pytest.mark.django_db
def test_what_is_entered_late_is_raised_at_once(cast):
    cases.serious(study.enrolled(cast.site), aware_at=timezone.now() - 13 * HOUR)
    assert raised() == [(1, False, role) for role in BOTH]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("criterion", "report", "day", "limit"),
    [("life_threatening", "susar_fatal", 5, 7), ("hospitalisation", "susar", 12, 15),
     ("life_threatening", "susar_fatal_complete", 12, 15)],
)  # fmt: skip
def test_days_are_counted_on_the_sponsors_calendar(cast, criterion, report, day, limit):
    """Undecided is enough: what may be a SUSAR is raised as one."""
    met: dict[str, Any] = {criterion: True}
    made = cases.serious(study.enrolled(cast.site), **met)
    sent = reports.submit(case=made, by=study.SETUP)  # the sponsor's day 0
    zero = sent.sent_at.astimezone(made.participant.site.zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    told = [(1, False, role) for role in ("safety", "sponsor") for _party in "ab"]
    look(at=zero + day * DAY - timedelta(minutes=1))
    assert raised(report) == []
    look(at=zero + day * DAY)
    assert sorted(raised(report)) == told
    look(at=zero + (limit + 1) * DAY - timedelta(minutes=1))
    assert sorted(raised(report)) == told
    look(at=zero + (limit + 1) * DAY)
    assert sorted(raised(report))[4:] == [(2, True, role) for _step, _over, role in told]


@pytest.mark.django_db
def test_one_case_that_fails_does_not_stop_the_others(cast, monkeypatch):
    people = [study.enrolled(cast.site) for _n in range(2)]
    made = [cases.serious(one) for one in people]
    settle = settling.settle

    def fails(*, case, **more):
        if case.pk == made[0].pk:
            raise ValueError("broken")
        return settle(case=case, **more)

    monkeypatch.setattr(escalation, "settle", fails)
    with pytest.raises(Unfinished):
        look(12.1)
    assert {item.params["case"] for item in Item.objects.filter(kind="safety_clock")} == {
        made[1].pk
    }


@pytest.mark.django_db
def test_the_sweeper_does_it(case):
    with time_machine.travel(case.due_at - 12 * HOUR, tick=False):
        sweep()
    assert len(raised()) == 2


@pytest.mark.usefixtures("fresh_database")
def test_two_sweepers_at_once_raise_each_step_once():
    site = study.make_site()
    made = [cases.serious(study.enrolled(site)) for _n in range(3)]
    barrier = Barrier(2)

    def run(_number):
        try:
            barrier.wait()
            return escalation.raise_due(Budget.of(60))
        finally:
            connections.close_all()

    with (
        time_machine.travel(timezone.now() + 12.1 * HOUR, tick=False),
        ThreadPoolExecutor(2) as pool,
    ):
        list(pool.map(run, range(2)))
    steps = Item.objects.filter(kind="safety_clock")
    assert steps.count() == 2 * len(made)
    assert not SafetyCase.objects.filter(step_at__lte=timezone.now()).exists()
