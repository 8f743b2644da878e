"""Sessions end after a while without a request; last use is written down once a minute."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from trial.access.models import Session

HALF_HOUR = timedelta(seconds=settings.SESSION_COOKIE_AGE)


def written(queries):
    return [q["sql"] for q in queries if "UPDATE" in q["sql"] and "access_session" in q["sql"]]


def test_a_second_request_at_once_writes_nothing(sign_in, cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = sign_in(cast.coordinator)
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    assert written(queries) == []


def test_a_request_a_minute_later_is_written_down(sign_in, cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = sign_in(cast.coordinator)
    client.get("/")
    before = Session.objects.get().expire_date
    time_machine.shift(timedelta(minutes=1, seconds=1))
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert len(written(queries)) == 1
    assert Session.objects.get().expire_date > before


def test_somebody_who_works_stays_signed_in(sign_in, cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = sign_in(cast.coordinator)
    for _request in range(4):
        time_machine.shift(HALF_HOUR - timedelta(seconds=1))
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("waited", [timedelta(seconds=0), timedelta(seconds=59)])
def test_nobody_is_signed_out_before_the_time_they_were_told(sign_in, cast, time_machine, waited):
    time_machine.move_to(timezone.now(), tick=False)
    client = sign_in(cast.coordinator)
    client.get("/")
    time_machine.shift(waited)
    client.get("/")  # perhaps too soon to be written down
    time_machine.shift(HALF_HOUR - timedelta(seconds=1))
    assert client.get("/").status_code == 200


@pytest.mark.req("R-39")
def test_who_was_away_has_to_sign_in_again(sign_in, cast, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    client = sign_in(cast.coordinator)
    client.get("/")
    time_machine.shift(HALF_HOUR + timedelta(minutes=1, seconds=1))
    assert client.get("/").status_code == 302
