"""The role matrix: readable by everybody signed in, the same table as the checks use."""

import re

import pytest

from reports.presenters.roles import RIGHTS
from trial.access.roles import ROLES, Permission, needs_second_person

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


@pytest.mark.req("R-33")
def test_table_says_who_is_unblinded_and_which_roles_take_two_people(cast, sign_in):
    page = sign_in(cast.monitor).get("/roles/").content.decode()
    purposes = page[page.index("What each role is for") :]
    rows = re.findall(r"<tr>\s*<td data-label=\"Role\">(.*?)</tr>", purposes, re.DOTALL)
    assert [(">unblinded<" in row, ">two people<" in row) for row in rows] == [
        (not one.blinded, needs_second_person(role)) for role, one in ROLES.items()
    ]


@pytest.mark.parametrize("permission", Permission)
def test_every_right_has_words(permission):
    assert str(RIGHTS[permission])
