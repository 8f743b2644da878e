"""Settings that must not be taken for others: refused when a process starts."""

import os
import subprocess
import sys

import pytest

SAY = "from trial import settings; print(*settings.MFA_REQUIRED_ROLES)"


def start(**environ):
    """A process that reads the settings."""
    given = {**os.environ, "LOCAL": "1", "TESTING": "1", **environ}
    return subprocess.run(
        [sys.executable, "-c", SAY], env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.req("R-39")
@pytest.mark.parametrize("name", ["data_manager", "Admin", "administrator"])
def test_a_role_that_is_none_is_refused_where_second_factors_are_demanded(name):
    ended = start(MFA_REQUIRED_ROLES=f"sponsor,{name}")
    assert ended.returncode != 0
    assert f"MFA_REQUIRED_ROLES names no role: {name}." in ended.stderr


def test_roles_may_be_written_with_spaces():
    assert start(MFA_REQUIRED_ROLES="admin, sponsor").stdout.split() == ["admin", "sponsor"]
