"""Administrators who act, as the trail names them."""

import pytest

from tests.factories import study
from trial.access import services
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.audit.models import Event


@pytest.fixture
def admin(cast):
    """The administrator of the cast, acting."""
    return Actor.of(cast.admin, role="admin")


@pytest.fixture
def manager(cast):
    """The data manager, who may agree to roles."""
    return Actor.of(cast.datamanager, role="datamanager")


@pytest.fixture
def newcomer(cast):
    """Somebody without any role yet."""
    return study.make_user("newcomer")


@pytest.fixture
def principal(cast):
    """The investigator of site 01, named as its principal, acting."""
    services.appoint_principal(
        user=cast.investigator,
        site=cast.site,
        from_on=cast.site.opened_on,
        by=study.SETUP,
        reason="contract",
    )
    return Actor.of(cast.investigator, role=Role.INVESTIGATOR, site="01")


@pytest.fixture
def acts():
    """`acts()`: the kinds of acts in the trail since the test began, in order."""
    before = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def since():
        rows = Event.objects.filter(id__gt=before, kind__startswith="act:").order_by("id")
        return [row.kind.removeprefix("act:") for row in rows]

    return since
