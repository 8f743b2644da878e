"""The proof of blinding: other arms, the same view, byte for byte (R-45; docs/blinding.md).

All in one module without classes: one worker of pytest-xdist builds each world once.
"""

from collections import Counter

import pytest

from tests.blinding.comparing import differences, told
from tests.blinding.crawl import ANONYMOUS, BLINDED, UNBLINDED, Crawl
from tests.blinding.lists import NAMES, REFERENCE, SHARES, sealed_list
from tests.blinding.normalise import REPLACEMENTS
from tests.integration import test_role_matrix as matrix

EVERY_BUILD = ("random-2", "swap", "all-A")
# Endpoints that may be read but never answer 200 here, each with its reason.
NOT_200 = {
    "account_logout": "who is not signed in is sent to sign in",
    "account_login": "who has signed in is sent on; nobody else asks it in vain",
    "account_reauthenticate": "sent on: nothing asks for the password just now",
    "account_signup": "there is no signing up",
    "mfa_authenticate": "only in the middle of signing in",
    "security:setup": "set-up links are used once, and this one is none",
    "security:setup-password": "the same",
    "security:key-rename": "nobody has a security key",
    "bags:receive": "nothing is on its way to the site any more",
    "unblinding:arm": "an arm is shown once, and was",
}


WORLDS = [
    pytest.param(name, marks=() if name in EVERY_BUILD else pytest.mark.every_world)
    for name in NAMES
    if name != REFERENCE
]


@pytest.mark.req("R-16")
@pytest.mark.req("R-45")
@pytest.mark.req("F-030")
@pytest.mark.req("F-031")
@pytest.mark.req("F-032")
@pytest.mark.req("F-033")
@pytest.mark.req("F-034")
@pytest.mark.req("F-035")
@pytest.mark.req("F-036")
@pytest.mark.req("F-037")
@pytest.mark.req("F-038")
@pytest.mark.req("F-039")
@pytest.mark.req("F-040")
@pytest.mark.req("F-041")
@pytest.mark.req("F-042")
@pytest.mark.req("F-043")
@pytest.mark.req("F-044")
@pytest.mark.req("F-045")
@pytest.mark.req("F-046")
@pytest.mark.req("F-047")
@pytest.mark.req("F-049")
@pytest.mark.req("F-051")
@pytest.mark.req("F-052")
@pytest.mark.req("F-059")
@pytest.mark.parametrize("name", WORLDS)
def test_other_arms_are_the_same_view(name, recording, record_property):
    """Everything a blinded reader can see of a world, against the first one."""
    mine, first = recording(name), recording(REFERENCE)
    found = list(differences(first, mine))
    record_property("blinding", {"world": name, "differences": len(found), **mine.facts})
    assert not found, told(found, name)


@pytest.fixture
def first(recording):
    return recording(REFERENCE)


# --- what would make the proof say nothing does not happen ----------------------------------------
def test_no_address_fails(first, record_property):
    record_property("blinding", {"world": REFERENCE, "differences": 0, **first.facts})
    failed = [one for one in first.answers if one[3] >= 500]
    assert not failed, failed


def test_every_blinded_role_reads_whatever_it_may_read(first):
    good = {(name, who) for name, who, method, status, _address in first.answers
            if method == "GET" and 200 <= status < 300}  # fmt: skip
    missing = [
        (name, who)
        for name, who in first.facts["may_read"]
        if (name, who) not in good and name not in NOT_200
    ]
    assert not missing, missing


def test_every_endpoint_of_the_site_was_asked(first):
    asked = {answer[0] for answer in first.answers}
    assert set(matrix.endpoints()) - asked - {"account_logout", "security:sessions-end"} == set()


def test_parameters_of_every_kind_were_asked(first):
    kinds: Counter[str] = Counter()
    for roles in first.facts["grid"].values():
        for row in roles.values():
            kinds.update(row)
    least = {"filter": 60, "order": 40, "page": 18, "file": 30, "lookup": 60, "link": 20,
             "options": 20, "chinese": 40, "empty form": 60, "form": 15}  # fmt: skip
    assert {kind: kinds[kind] for kind, n in least.items() if kinds[kind] < n} == {}


def test_nothing_is_replaced_but_what_is_listed(first):
    assert set(first.facts["replaced"]) == {one.name for one in REPLACEMENTS}


@pytest.mark.req("R-46")
@pytest.mark.req("F-058")
def test_the_login_of_the_web_reads_nothing_sealed(first):
    lines = first.seen["rights"]["rows"].splitlines()
    refused = [line for line in lines if "permission denied" in line]
    assert len(refused) >= 10


# --- positive controls: there is something to be seen by those who may see it ---------------------
def test_whoever_may_see_arms_sees_that_the_worlds_differ(recording, first):
    other = recording("random-2")
    assert first.facts["arms"] != other.facts["arms"]
    mine, theirs = first.facts["sealed"], other.facts["sealed"]
    assert mine["sealed.bag_content"] != theirs["sealed.bag_content"]


def test_pages_of_the_unblinded_differ(recording, first):
    mine, theirs = first.facts["sealed"], recording("random-2").facts["sealed"]
    pages = [key for key in mine if key != "sealed.bag_content"]
    assert pages
    assert [key for key in pages if mine[key]["body"] != theirs[key]["body"]] != []


def test_there_are_five_random_lists_with_other_counts_a_swap_and_one_of_one_arm():
    counts = [tuple(arms.count("A") for arms in sealed_list(name).arms.values()) for name in SHARES]
    assert len(set(counts)) == len(SHARES) >= 5
    assert {"swap", "all-A"} < set(NAMES)
    assert len({tuple(map(tuple, sealed_list(name).arms.values())) for name in NAMES}) == len(NAMES)


def test_the_roles_are_those_of_the_study():
    assert set(BLINDED) | set(UNBLINDED) == {role.value for role in matrix.Role}
    assert ANONYMOUS not in BLINDED
    assert Crawl.right(None, "web:healthz")
