"""A new installation has one way in, and it closes behind the first administrator."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from trial.access.models import User
from trial.access.policy import can
from trial.access.roles import Permission

pytestmark = pytest.mark.django_db


def make(username="root01", **options) -> str:
    out = StringIO()
    call_command("first_administrator", username, name="Somebody", stdout=out, **options)
    return out.getvalue().split()[-1]


def test_the_first_administrator_chooses_a_password_by_a_link(client):
    path = make()
    assert client.get(path, follow=True).status_code == 200
    user = User.objects.get(username="root01")
    assert can(user, Permission.USER_MANAGE)
    assert not user.has_usable_password()


def test_a_second_one_is_not_made_this_way():
    make()
    with pytest.raises(CommandError, match="administrator already"):
        make("root02")
    assert not User.objects.filter(username="root02").exists()


def test_a_name_that_can_not_be_is_refused():
    with pytest.raises(CommandError):
        make("a name with blanks")
