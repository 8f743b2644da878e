"""Two hands on one panel at the same moment, each with its own connection."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from labs.models import Panel, Result
from tests.factories import study
from tests.integration.labs.forms import PANEL, address, typed
from trial.audit.models import Event

pytestmark = pytest.mark.usefixtures("fresh_database")
HANDS = 6


@pytest.fixture
def committed():
    return study.make_cast()


@pytest.fixture
def visit(committed):
    return study.visit_of(study.enrolled(committed.site), "W12")


def all_at_once(user, visit, forms):
    """Send every form at the same moment; returns the answers' status codes."""
    barrier = Barrier(len(forms))

    def send(data):
        client = Client()
        client.force_login(user)
        barrier.wait(timeout=30)
        try:
            return client.post(address(visit), data).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(forms)) as hands:
        return sorted(hands.map(send, forms))


@pytest.mark.req("F-006")
def test_a_double_click_saves_once(committed, visit):
    data = typed(committed.laboratory, visit, PANEL)
    assert all_at_once(committed.coordinator, visit, [data] * HANDS) == [302] * HANDS
    assert Panel.objects.get(visit=visit).version == 1
    assert Result.objects.count() == len(PANEL)
    assert Event.objects.filter(table_name="labs_panel").count() == 1


@pytest.mark.req("F-023")
def test_of_two_different_panels_one_is_saved_and_the_others_are_shown_it(committed, visit):
    forms = [
        typed(committed.laboratory, visit, PANEL | {"ALT": str(20 + n)}, key=f"page-load-{n}")
        for n in range(HANDS)
    ]
    assert all_at_once(committed.coordinator, visit, forms) == [302] + [409] * (HANDS - 1)
    assert Panel.objects.get(visit=visit).version == 1
    assert Event.objects.filter(table_name="labs_result").count() == len(PANEL)
