"""Which roles go together, over all pairs; how user names are written; shared accounts."""

from datetime import UTC, datetime, timedelta

import pytest

from reports.selectors.access_review import SignIn, shared
from trial.access import names
from trial.access.duties import DUTY_OF, Duty
from trial.access.roles import ROLES, Permission, Role, needs_second_person
from trial.access.separation import misplaced, refusal

UNBLINDED = {Role.PHARMACIST, Role.STATISTICIAN}
CLINICAL = set(Role) - {Role.ADMIN}


def test_the_unblinded_roles_are_those_two():
    assert {role for role, one in ROLES.items() if not one.blinded} == UNBLINDED


@pytest.mark.req("R-33")
@pytest.mark.parametrize("held", Role)
@pytest.mark.parametrize("wanted", Role)
def test_two_roles_at_once_stay_on_one_side(held, wanted):
    apart = (
        (held in UNBLINDED) != (wanted in UNBLINDED)
        or (held == Role.ADMIN) != (wanted == Role.ADMIN)
        or (held == Role.READER) != (wanted == Role.READER)
    )  # fmt: skip
    assert bool(refusal(wanted, standing={held}, ever={held})) == apart


@pytest.mark.req("R-33")
@pytest.mark.parametrize("before", Role)
@pytest.mark.parametrize("wanted", Role)
def test_who_was_unblinded_once_is_never_blinded_again(before, wanted):
    seen_too_much = before in UNBLINDED and wanted not in UNBLINDED
    seen_too_much |= wanted == Role.READER and before != Role.READER
    assert bool(refusal(wanted, standing=set(), ever={before})) == seen_too_much


@pytest.mark.req("R-33")
@pytest.mark.parametrize("role", Role)
def test_what_unblinds_or_gives_power_takes_two_people(role):
    assert needs_second_person(role) == (role in UNBLINDED | {Role.ADMIN})


@pytest.mark.req("R-35")
def test_the_administrator_has_no_clinical_right_and_nobody_else_an_administrators():
    clinical = {P for role in CLINICAL for P in ROLES[role].permissions}
    # Of accounts, not of data: the second person's say, the log of duties, what became of accounts.
    shared_rights = {
        Permission.USER_APPROVE, Permission.DELEGATION_VIEW, Permission.TRAIL_ACCOUNTS,
    }  # fmt: skip
    assert ROLES[Role.ADMIN].permissions & clinical == shared_rights


@pytest.mark.parametrize("role", Role)
def test_a_role_is_given_where_it_is_held(role):
    bound = ROLES[role].site_bound
    assert bool(misplaced(role, at_site=True)) != bound
    assert bool(misplaced(role, at_site=False)) == bound


# --- user names ---------------------------------------------------------------------------------
@pytest.mark.req("R-28")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [("ａｄｍｉｎ", "admin"), (" li.wei ", "li.wei"), ("李伟", "李伟"), ("ﬁona", "fiona")],
)
def test_a_name_is_stored_in_one_form(typed, stored):
    assert names.canonical(typed) == stored
    assert names.fault_of(stored) is None


@pytest.mark.req("R-28")
@pytest.mark.parametrize(
    "name",
    [
        "", "x" * 61, "a b", "a\u200bb", "a\x00", "a/b", "system:sweeper", "a\u202eb",
        "\u0430dmin",  # a Cyrillic а before Latin letters
        "αdmin",
    ],
)  # fmt: skip
def test_a_name_that_hides_something_can_not_be_given(name):
    assert names.fault_of(name)


# --- one account, several people ----------------------------------------------------------------
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(*moments, name="li"):
    return [SignIn(name, NOON + timedelta(minutes=m), address) for m, address in moments]


@pytest.mark.req("R-28")
@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        # |a---b-----------c|  within the hour
        ([(0, "a"), (20, "b"), (60, "c")], ("a", "b", "c")),
        # |a---b-----------| c  the third comes too late
        ([(0, "a"), (20, "b"), (61, "c")], None),
        # the same address again is no other one
        ([(0, "a"), (5, "b"), (10, "a"), (15, "b")], None),
        #  a   |b---c---d|  only the later three are within an hour
        ([(0, "a"), (90, "b"), (100, "c"), (110, "d")], ("b", "c", "d")),
    ],
)
def test_three_addresses_within_an_hour_are_reported(moments, expected):
    found = shared(seen(*moments))
    assert [one.addresses for one in found] == ([expected] if expected else [])


def test_addresses_of_different_people_are_not_mixed():
    assert shared([*seen((0, "a"), (1, "b")), *seen((2, "c"), name="wang")]) == []


def test_every_duty_stands_for_a_right_that_is_given():
    granted = {right for role in ROLES.values() for right in role.permissions}
    assert set(DUTY_OF) <= granted
    assert Duty.SIGN not in DUTY_OF.values()
