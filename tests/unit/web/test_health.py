import pytest
from django.db import OperationalError

from trial.web import health


@pytest.fixture
def checks(monkeypatch):
    """Replaces every check, so that none needs a database."""
    given: dict[str, health.Check] = {}
    monkeypatch.setattr(health, "_checks", given)
    monkeypatch.setattr(health, "database", lambda: "")
    monkeypatch.setattr(health, "migrations", lambda: "")
    monkeypatch.setattr("trial.audit.guard.problem", lambda: "")
    return given


def test_a_registered_check_is_asked_and_its_answer_given(checks):
    health.register_check("pending", lambda: "oldest waits 900 s")
    assert health.run_checks() == {
        "database": "",
        "migrations": "",
        "guard": "",
        "pending": "oldest waits 900 s",
    }


def test_a_name_counts_once(checks):
    health.register_check("pending", lambda: "old")
    health.register_check("pending", lambda: "")
    assert health.run_checks()["pending"] == ""


def test_nothing_more_is_asked_of_a_database_that_does_not_answer(checks, monkeypatch):
    def broken():
        raise OperationalError("password authentication failed for user ct_app")

    monkeypatch.setattr(health, "database", broken)
    health.register_check("pending", pytest.fail)
    assert health.run_checks() == {"database": "the database does not answer"}
