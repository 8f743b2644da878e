"""Two who plan the verification of the same site at the same instant: one plan holds."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal

import pytest

from tests.factories import study
from tests.integration.quality.test_holds_together import apart, until
from tests.integration.quality.verifying import MANAGER, plan
from trial.access.exceptions import Conflict
from trial.audit.context import transaction
from trial.quality.models import Mode, VerificationPlan

pytestmark = pytest.mark.usefixtures("fresh_database")


def waits(app_connection) -> bool:
    with app_connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks where locktype = 'transactionid' and not granted"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("before", [False, True])
def test_the_second_plan_is_told_to_try_again(app_connection, before):
    site = study.make_site()
    if before:
        plan(site=site)
    planned, may_commit = Signal(), Signal()

    def first():
        with transaction(by=MANAGER):
            made = plan(site=site)
            planned.set()
            assert may_commit.wait(20)
        return made

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(apart(first))
        assert planned.wait(20)
        other = pool.submit(apart(lambda: plan(Mode.CRITICAL, site=site)))
        until(lambda: waits(app_connection))
        may_commit.set()
        assert isinstance(other.result(), Conflict)
        assert VerificationPlan.objects.get(ended_at=None).pk == one.result().pk
