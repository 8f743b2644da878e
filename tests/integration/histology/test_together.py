"""Two submits at once: nothing is read twice, and what counts follows from both."""

import threading

import pytest
from django.db import connections

from tests.factories import histology, study
from trial.access.exceptions import Refused
from visits.models import FinalHistology, HistologyReading, ReadingAssignment
from visits.services import assigning

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts) -> list[object]:
    """What each act gave or raised; all begin at one moment, on connections of their own."""
    results: list[object] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(number: int, act) -> None:
        try:
            ready.wait(timeout=20)
            results[number] = act()
        except Exception as error:  # noqa: BLE001 - it is the result
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.fixture
def biopsy(fresh_database, cast):
    found = histology.ready(study.enrolled(cast.site))
    histology.given(found)
    return found


def test_two_readers_at_once_are_both_counted(biopsy):
    results = together(
        lambda: histology.submit(biopsy, "reader"), lambda: histology.submit(biopsy, "reader2")
    )
    assert [type(one) for one in results] == [HistologyReading, HistologyReading]
    found = FinalHistology.objects.get()
    assert (found.state, found.mhai, found.reading.assignment.place) == ("agreed", 2, 1)


def test_one_reader_in_two_tabs_submits_once(biopsy):
    results = together(
        lambda: histology.submit(biopsy, "reader", histology.answers(histology.QUIET)),
        lambda: histology.submit(biopsy, "reader", histology.answers(histology.ACTIVE)),
    )
    assert sum(isinstance(one, HistologyReading) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 1
    assert HistologyReading.objects.count() == 1


def test_a_biopsy_is_given_to_readers_once(fresh_database, cast):
    found = histology.ready(study.enrolled(cast.site))
    two = histology.reader("reader2")

    def give():
        return assigning.assign(biopsies=[found.pk], first=cast.reader, second=two, by=study.SETUP)

    results = together(give, give)
    assert sum(isinstance(one, Refused) for one in results) == 1
    assert ReadingAssignment.objects.count() == 2
