"""The role matrix: readable by everybody signed in, the same table as the checks use."""

import re

import pytest

from trial.access.roles import ROLES, Permission

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["coordinator", "sponsor", "admin", "pharmacist", "outsider"])
def test_everybody_signed_in_may_read_it(cast, sign_in, name):
    assert sign_in(cast.users[name]).get("/roles/").status_code == 200


def test_stranger_is_sent_to_the_sign_in(client, db):
    assert client.get("/roles/").status_code == 302


def test_table_says_of_every_right_and_role_what_the_checks_say(cast, sign_in):
    page = sign_in(cast.monitor).get("/roles/").content.decode()
    table = page[page.index('id="roles-table"') :]
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', table, re.DOTALL)[: len(Permission)]
    shown = {
        re.search(r'result-unit">([^<]+)<', row).group(1): [
            ">yes<" in cell for cell in re.findall(r'<td class="role-cell">(.*?)</td>', row)
        ]
        for row in rows
    }
    assert shown == {
        permission.value: [permission in role.permissions for role in ROLES.values()]
        for permission in Permission
    }
