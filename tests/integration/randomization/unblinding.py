"""Short ways to unblind in tests."""

import json
import os
from contextlib import closing, contextmanager

import psycopg2

from randomization.models import Category
from randomization.sealed.reading import Asking, request_arm
from tests.factories import study
from trial.audit.context import Actor

WHY = "severe reaction, antidote depends on it"


def as_investigator(user) -> Actor:
    return Actor.of(user, role="investigator", site="01")


def asking(user, *, reason: str = WHY, password: str = study.PASSWORD) -> Asking:
    return Asking(Category.REACTION, reason, user, user.username, password)


def asked(person, user):
    """An emergency request of this user, committed."""
    return request_arm(participant=person, asking=asking(user), by=as_investigator(user))


@contextmanager
def sealed_session():
    """A session of ct_sealed outside Django: what it begins, the test ends."""
    with closing(psycopg2.connect(os.environ["SEALED_DATABASE_URL"])) as connection:
        connection.autocommit = True
        yield connection.cursor()


def acting(cursor, user) -> None:
    """Begin a transaction as this user."""
    cursor.execute("begin")
    context = {"actor": user.username, "actor_id": user.pk, "role": "", "site": "", "request": "",
               "reason": "test"}  # fmt: skip
    cursor.execute("select set_config('app.context', %s, true)", [json.dumps(context)])
