"""Every report page reads the database in a bounded number of statements, at any size."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import custody, study
from tests.integration.reports.conftest import MELD_INPUTS, evaluate_all

pytestmark = pytest.mark.django_db
LIMIT = 15
ROLES = (
    "coordinator", "investigator", "sponsor", "monitor", "datamanager", "safety", "statistician",
    "pharmacist", "reader", "admin",
)  # fmt: skip


def statements(client, address):
    client.get(address)  # whatever is read once per process is read
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    control = ("SAVEPOINT", "RELEASE")  # the test's own transaction around the session's
    return sum(not query["sql"].startswith(control) for query in found)


def grow(cast, number):
    """`number` more participants: the first with a whole course and with infusions, of a large
    study with more of them; the others with one sample."""
    participant = study.enrolled(cast.site)
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values | MELD_INPUTS, cast.laboratory)
    for _n in range(number - 2):
        other = study.enrolled(cast.site)
        study.enter(other, "D0", study.RELAPSE_COURSE["D0"] | MELD_INPUTS, cast.laboratory)
    for _n in range(2 if number < 10 else 6):
        custody.whole(custody.bag_for(participant, second=cast.coordinator))
    evaluate_all()
    waiting = study.enrolled(cast.site)
    study.enter(waiting, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    return participant


def pages(cast, participant, sign_in):
    """(name, statements) of every page, for every role that may open it."""
    found = {f"home of {name}": ("/", name) for name in ROLES}
    found |= {
        f"{address} of {name}": (address, name)
        for address in (f"/participants/{participant.code}/", "/casebook/", "/dashboard/")
        for name in ("investigator", "sponsor")
    }
    found["inbox"] = ("/inbox/", "investigator")
    found["roles"] = ("/roles/", "investigator")
    return {
        name.replace(participant.code, "CODE"): statements(sign_in(cast.users[user]), address)
        for name, (address, user) in found.items()
    }


def test_no_page_needs_more_than_fifteen_statements_and_none_grows_with_the_study(cast, sign_in):
    few = pages(cast, grow(cast, 5), sign_in)
    many = pages(cast, grow(cast, 55), sign_in)
    assert {name: count for name, count in many.items() if count > LIMIT} == {}
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name]} == {}
