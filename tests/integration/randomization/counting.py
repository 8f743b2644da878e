"""How many statements a page takes, on both connections together."""

from django.db import connections
from django.test.utils import CaptureQueriesContext

# How often the trail is sealed after a reading is noted depends on who else is at work.
CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "select sealed.seal_now()")


def statements(client, address):
    """Those of a second visit: the first one fills caches."""
    client.get(address)
    with (
        CaptureQueriesContext(connections["default"]) as one,
        CaptureQueriesContext(connections["sealed"]) as other,
    ):
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(CONTROL) for query in [*one, *other])
