"""Two at the same instant: one query, one answer to it that counts."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from tests.factories import study
from tests.integration.queries.asking import (
    MANAGER,
    MONITOR,
    SITE,
    ask,
    raised,
    result_of,
    with_labs,
)
from trial.access.exceptions import Refused
from trial.quality.models import Query, QueryMessage
from trial.quality.services import asking, settling

pytestmark = [pytest.mark.usefixtures("fresh_database"), pytest.mark.req("F-023", "F-025")]


@pytest.fixture
def row():
    site = study.make_site()
    return result_of(with_labs(site, study.make_laboratory(site, "L")))


def at_once(*acts):
    """Run each in a thread with its own connection, all from the same instant."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait(10)
            return act()
        except Refused as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_many_people_who_raise_the_same_query_make_one(row):
    one, by = ask(row), [MONITOR, MANAGER] * 4
    done = at_once(*(lambda who=who: asking.raise_query(ask=one, by=who) for who in by))
    assert len({query.pk for query, _new in done}) == 1
    assert [new for _query, new in done].count(True) == 1
    assert (Query.objects.count(), QueryMessage.objects.count()) == (1, 1)


def test_two_sets_that_overlap_in_opposite_order_make_each_query_once(row):
    other = result_of(row.panel.visit.participant, analyte="AST")
    there, back = [ask(row), ask(other)], [ask(other), ask(row)]
    done = at_once(
        lambda: asking.bulk_raise(asks=there, by=MONITOR),
        lambda: asking.bulk_raise(asks=back, by=MANAGER),
    )
    assert not any(isinstance(one, Exception) for one in done)
    assert (Query.objects.count(), QueryMessage.objects.count()) == (2, 2)


def test_an_answer_and_a_cancelling_at_once_leave_one_truth(row):
    query = raised(row)
    done = at_once(
        lambda: settling.answer(query=query, text="it is 52", by=SITE),
        lambda: settling.close(query=query, text="seen in the source", by=MONITOR),
    )
    query.refresh_from_db()
    assert query.status == "closed"
    # Either the answer came first, and the closing accepts it; or it came too late, and says so.
    assert query.outcome == ("cancelled" if isinstance(done[0], Refused) else "resolved")
