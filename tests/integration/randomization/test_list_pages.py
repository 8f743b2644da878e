"""The statistician's pages, as they are used."""

import re
from typing import Any

import pytest
from django.urls import reverse

from randomization.blocks import Design
from randomization.models import ListCommitment
from randomization.sealed.lists import draft_blocks, draft_minimisation
from randomization.sealed.models import AllocationList
from tests.factories import study
from tests.factories.allocation import list_in_force
from tests.integration.quality.holding import MANAGER, NOTHING_MISSING
from tests.integration.randomization.counting import statements
from tests.integration.randomization.test_lists import SCHEME
from trial.audit.models import Event
from trial.audit.records import Place
from trial.quality.models import Scope
from trial.quality.services import holds

BLOCKS = {"sizes": ["4", "6"], "per_stratum": "20", "participants": "40", "runs": "20"}
MINIMISATION = {
    "weight_site": "1", "weight_group": "2", "preferred": "80", "slots": "60",
    "participants": "40", "runs": "20",
}  # fmt: skip
CHOSEN: dict[str, dict[str, Any]] = {"blocks": BLOCKS, "minimisation": MINIMISATION}
OPEN = {"reason": "for the monitoring committee", "password": study.PASSWORD}
STRATA = ("01-naive", "01-treated", "02-naive", "02-treated")


@pytest.fixture
def client_of(cast, sign_in):
    return sign_in(cast.statistician)


@pytest.fixture
def draft(cast):
    design = Design(("A", "B"), (1, 1), (4, 6), STRATA, 20)
    return draft_blocks(design=design, by=study.SETUP)


def address(name, found=None):
    return reverse(f"lists:{name}", args=[found.pk] if found else [])


# --- making ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", CHOSEN)
def test_a_simulation_shows_balance_and_guessing_and_stores_nothing(client_of, way):
    answer = client_of.post(address(way), CHOSEN[way] | {"step": "simulate"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert re.search(r"\d\d\.\d %", text)
    assert answer.context["outcome"].runs == 20
    assert sum(answer.context["outcome"].final_differences.values()) == 20
    assert not AllocationList.objects.exists()


@pytest.mark.parametrize("way", CHOSEN)
def test_a_list_is_stored_as_a_draft_for_all_strata(client_of, way):
    answer = client_of.post(address(way), CHOSEN[way] | {"step": "make"})
    made = AllocationList.objects.get()
    assert answer.headers["Location"] == address("list", made)
    assert (made.method, made.state, made.made_by) == (way, "draft", "statistician")
    assert made.strata == (list(STRATA) if way == "blocks" else ["all"])
    assert not ListCommitment.objects.exists()


@pytest.mark.parametrize(
    ("way", "changes", "field"),
    [
        ("blocks", {"sizes": ["4"]}, "sizes"),
        ("blocks", {"sizes": ["3", "4"]}, "sizes"),
        ("blocks", {"per_stratum": "0"}, "per_stratum"),
        ("blocks", {"per_stratum": "5"}, "participants"),
        ("blocks", {"participants": "80", "runs": "9999"}, "runs"),
        ("minimisation", {"preferred": "100"}, "preferred"),
        ("minimisation", {"weight_site": "x"}, "weight_site"),
        ("minimisation", {"slots": "30"}, "participants"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_chosen_stays(
    client_of, way, changes, field
):
    answer = client_of.post(address(way), CHOSEN[way] | changes | {"step": "make"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    kept = answer.context["form"].data
    assert kept["participants"] == (CHOSEN[way] | changes)["participants"]
    assert not AllocationList.objects.exists()


def upload(client, data, **more):
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    return client.post(address("file"), {"file": SimpleUploadedFile("list.csv", data), **more})


GOOD = b"stratum,number,arm\n01-naive,1,A\n01-naive,2,B\n"


@pytest.mark.req("F-011")
def test_the_checksum_of_a_file_is_shown_and_compared(client_of):
    wrong = upload(client_of, GOOD, checksum="0" * 64)
    assert wrong.status_code == 422
    assert list(wrong.context["form"].errors) == ["checksum"]
    assert wrong.context["form"].data["checksum"] == "0" * 64
    made = client_of.get(upload(client_of, GOOD).headers["Location"])
    assert AllocationList.objects.get().checksum in made.content.decode()


@pytest.mark.req("F-012")
def test_every_bad_line_of_a_file_is_told_and_no_arm(client_of):
    answer = upload(client_of, GOOD + "01-naive,3,Α\n09-naive,1,B\n01-naive,5,A\n".encode())
    assert answer.status_code == 422
    assert [line for line, _text in answer.context["faults"]] == ["Line 4", "Line 5", "Line 6"]
    assert "letter by letter" in answer.context["faults"][0][1]
    assert "09-naive" in answer.context["faults"][1][1]
    assert not AllocationList.objects.exists()


def test_the_errors_of_a_file_are_in_the_language_of_the_reader(client_of):
    client_of.cookies["language"] = "zh-hans"
    answer = upload(client_of, b"\xef\xbb\xbf" + GOOD)
    assert len(answer.context["faults"]) == 1


# --- in force -------------------------------------------------------------------------------------
def test_a_list_takes_force_with_a_password_and_a_decision(client_of, draft):
    assert client_of.get(address("force", draft)).status_code == 200
    answer = client_of.post(address("force", draft), {"agreed": "on", "password": study.PASSWORD})
    assert answer.headers["Location"] == address("list", draft)
    published = ListCommitment.objects.get()
    assert (published.commitment, published.committed_by) == (draft.commitment, "statistician")
    act = Event.objects.get(kind="act:list_committed")
    assert (act.actor, act.actor_role) == ("statistician", "statistician")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"agreed": "on", "password": "wrong"}, "password"),
        ({"agreed": "on", "password": ""}, "password"),
        ({"password": study.PASSWORD}, "agreed"),
    ],
)
def test_without_either_nothing_is_in_force(client_of, draft, given, field):
    answer = client_of.post(address("force", draft), given)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert AllocationList.objects.get().state == "draft"
    assert not ListCommitment.objects.exists()


def test_strata_that_a_list_does_not_cover_are_named_before_it_takes_force(client_of, draft):
    page = client_of.get(address("force", draft)).content.decode()
    assert "does not cover every stratum" not in page
    design = Design(("A", "B"), (1, 1), (2, 4), ("01-naive",), 4)
    fewer = draft_blocks(design=design, by=study.SETUP)
    page = client_of.get(address("force", fewer)).content.decode()
    assert "Nobody could be randomised in: 01-treated, 02-naive, 02-treated." in page


def test_a_list_in_force_can_not_be_put_in_force_again(client_of, cast):
    found = list_in_force(cast.site)
    answer = client_of.post(address("force", found), {"agreed": "on", "password": study.PASSWORD})
    assert answer.status_code == 422
    assert ListCommitment.objects.count() == 1


# --- reading --------------------------------------------------------------------------------------
@pytest.mark.req("R-17")
def test_a_list_is_read_with_a_reason_and_the_reading_is_kept(client_of, draft, admin_connection):
    answer = client_of.post(address("read", draft), OPEN)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="list-{draft.pk}.csv"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.content.startswith(b"stratum,number,arm\n01-naive,1,")
    with admin_connection.cursor() as cursor:
        cursor.execute("select kind, list_id, reason, asked_by, read_at is null from sealed.access")
        assert cursor.fetchall() == [("list", draft.pk, OPEN["reason"], "statistician", False)]


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": "why"}, "reason"), ({"password": "wrong"}, "password")]
)
def test_without_reason_or_password_no_arm_is_shown(client_of, draft, changes, field):
    answer = client_of.post(address("read", draft), OPEN | changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert b",A" not in answer.content


@pytest.mark.parametrize("name", ["overview", "list", "force", "read", "disclose"])
def test_no_other_page_shows_an_arm_or_a_secret(client_of, draft, name, admin_connection):
    with admin_connection.cursor() as cursor:
        cursor.execute("select salt, seed from sealed.list")
        secrets = [bytes(one).hex() for one in cursor.fetchone()]
    text = client_of.get(address(name, None if name == "overview" else draft)).content.decode()
    assert not any(secret in text for secret in secrets)
    assert not re.search(r">\s*[AB]\s*<", text)


@pytest.mark.req("R-49")
def test_salt_and_seed_are_shown_after_the_trial_and_not_before(client_of, cast, admin_connection):
    found = list_in_force(cast.site)
    early = client_of.post(address("disclose", found), OPEN)
    assert early.status_code == 422
    holds.lock(
        scope=Scope.STUDY, place=Place(0), reason="database closed", by=MANAGER,
        missing=NOTHING_MISSING,
    )  # fmt: skip
    text = client_of.post(address("disclose", found), OPEN).content.decode()
    with admin_connection.cursor() as cursor:
        cursor.execute("select salt, seed from sealed.list")
        for secret in cursor.fetchone():
            assert bytes(secret).hex() in text
            assert bytes(secret).hex() not in early.content.decode()
    assert "manage.py replay_list --file" in text


# --- who, and how much ----------------------------------------------------------------------------
def test_a_list_that_is_not_there_is_not_found(client_of):
    for name in ("list", "force", "read", "disclose"):
        assert client_of.get(reverse(f"lists:{name}", args=[999_999])).status_code == 404


def test_the_pages_take_as_many_statements_for_many_lists_as_for_one(client_of, cast, draft):
    few = [statements(client_of, url) for url in (address("overview"), address("list", draft))]
    for _n in range(10):
        draft_minimisation(scheme=SCHEME, slots=3, by=study.SETUP)
    design = Design(("A", "B"), (1, 1), (4, 6), tuple(f"{n:02}-naive" for n in range(40)), 4)
    big = draft_blocks(design=design, by=study.SETUP)
    many = [statements(client_of, url) for url in (address("overview"), address("list", big))]
    assert many == few
    assert max(many) <= 15
