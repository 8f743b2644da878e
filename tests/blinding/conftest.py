"""What the tests of blinding share: databases they fill themselves, recordings of worlds."""

from collections.abc import Callable

import pytest

from tests.blinding.observing import Recording
from tests.blinding.recording import recorded


@pytest.fixture(scope="session")
def databases_open(django_db_setup, django_db_blocker):
    """Both logins may be used, and everything is committed: worlds begin in a new database."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def recording(databases_open) -> Callable[[str], Recording]:
    """`recording(name)`: what there was to see in the world with this sealed list."""
    kept: dict[str, Recording] = {}

    def of(name: str) -> Recording:
        if name not in kept:
            kept[name] = recorded(name)
        return kept[name]

    return of
