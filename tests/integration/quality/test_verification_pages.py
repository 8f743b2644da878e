"""The screens of verification: comparing, withdrawing, the work list, the plan."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import Result
from tests.factories import study
from tests.integration.quality.verifying import MONITOR, at, plan, states, verify, visit
from trial.access.services import issue_token
from trial.audit.records import Record
from trial.quality.models import Mode, Verification, VerificationPlan
from trial.quality.services.verifications import withdraw

pytestmark = pytest.mark.usefixtures("fresh_database")
LIMIT = 15
VALUES = {"ALT": "40", "AST": "38", "IGG": "14"}


@pytest.fixture
def person(cast):
    person = study.enrolled(cast.site)
    study.enter(person, "D0", VALUES, cast.laboratory)
    return person


def text(answer) -> str:
    return answer.content.decode()


def page_of(person, label="D0") -> str:
    return reverse("reports:verify_visit", args=[person.code, label])


def key(person, analyte) -> str:
    found = Result.objects.get(panel__visit=visit(person, "D0"), analyte=analyte)
    return f"labs_result:{found.pk}"


def send(client, address, **body):
    seen = client.get(address).context["seen"]
    return client.post(address, {"seen": seen, **body})


def correct(cast, person):
    study.enter(person, "D0", {**VALUES, "ALT": "41"}, cast.laboratory, reason="typing error")


def test_every_value_is_there_and_those_ticked_are_verified(cast, person, sign_in):
    client = sign_in(cast.monitor)
    page = text(client.get(page_of(person)))
    for part in ("40 U/L", "Lab LAB01", "sample taken on", "date of visit"):
        assert part in page
    assert send(client, page_of(person), item=[key(person, "ALT")]).status_code == 302
    found = states(visit(person, "D0"))
    assert (found["ALT"], found["AST"]) == ("verified", "open")


def test_a_whole_form_and_everything_shown_are_one_click_each(cast, person, sign_in):
    client = sign_in(cast.monitor)
    send(client, page_of(person), form=["labs"])
    assert Verification.objects.get().record_id is None
    send(client, page_of(person), all="1")
    assert set(states(visit(person, "D0")).values()) == {"verified"}
    address = reverse("reports:verify_participant", args=[person.code])
    send(client, address, all="1")
    assert set(states(person).values()) == {"verified"}


def test_what_was_changed_since_is_shown_with_old_and_new(cast, person, sign_in):
    verify(visit(person, "D0"), "labs")
    correct(cast, person)
    for who in (cast.monitor, cast.coordinator):
        page = text(sign_in(who).get(page_of(person)))
        assert "<del>40 U/L</del> → <ins>41 U/L</ins>" in page
        assert "typing error" in page


def test_values_changed_while_the_page_was_open_are_to_be_read_again(cast, person, sign_in):
    client = sign_in(cast.monitor)
    seen = client.get(page_of(person)).context["seen"]
    correct(cast, person)
    answer = client.post(page_of(person), {"seen": seen, "item": [key(person, "ALT")]})
    assert answer.status_code == 409
    assert "Read them again" in text(answer)
    assert not Verification.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "WzEsIjE6MToiXQ:1abc:def"])
def test_a_mark_that_nobody_drew_verifies_nothing(cast, person, sign_in, seen):
    client = sign_in(cast.monitor)
    answer = client.post(page_of(person), {"seen": seen, "all": "1"})
    assert answer.status_code == 409
    assert not Verification.objects.exists()


def test_nothing_ticked_is_said(cast, person, sign_in):
    answer = send(sign_in(cast.monitor), page_of(person), item=["labs_result:0", "nonsense"])
    assert answer.status_code == 422
    assert "Choose at least one value." in text(answer)


@pytest.mark.req("R-32")
@pytest.mark.parametrize("who", ["coordinator", "investigator", "datamanager", "sponsor"])
def test_others_read_it_and_can_tick_nothing(cast, person, sign_in, who):
    client = sign_in(cast.users[who])
    assert 'type="checkbox"' not in text(client.get(page_of(person)))
    assert client.post(page_of(person), {"all": "1"}).status_code == 403


def test_it_is_withdrawn_with_a_reason(cast, person, sign_in):
    verify(visit(person, "D0"), "labs")
    client = sign_in(cast.monitor)
    address = reverse("reports:unverify_visit", args=[person.code, "D0", "labs"])
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "wrong chart"}).status_code == 302
    assert states(visit(person, "D0"))["ALT"] == "open"
    unknown = reverse("reports:unverify_visit", args=[person.code, "D0", "nothing"])
    assert client.post(unknown, {"reason": "x"}).status_code == 404


# --- the list -----------------------------------------------------------------------------------
def test_the_list_says_what_is_left_what_changed_and_what_is_done(cast, person, sign_in):
    plan(Mode.CRITICAL, forms=("labs",))
    client, address = sign_in(cast.monitor), reverse("reports:verification")
    assert [line.visit for line in client.get(address).context["lines"]] == ["D0"]
    verify(visit(person, "D0"), "labs")
    assert client.get(address).context["lines"] == []
    assert len(client.get(f"{address}?state=done").context["lines"]) == 1
    correct(cast, person)
    answer = client.get(f"{address}?state=changed")
    assert answer.context["lines"][0].counts.changed == 1
    assert "Changed since verified" in text(answer)
    assert client.get(f"{address}?state=all&participant=99-0001").context["lines"] == []


@pytest.mark.parametrize("query", ["page=99", "page=x", "page=0", "state=x", "site=99"])
def test_an_odd_address_still_gives_a_list(cast, person, sign_in, query):
    plan(Mode.ALL)
    answer = sign_in(cast.monitor).get(f"{reverse('reports:verification')}?{query}")
    assert answer.status_code == 200
    assert answer.context["lines"]


# --- the plan -----------------------------------------------------------------------------------
def test_the_data_manager_plans_a_sample_with_a_seed(cast, person, sign_in):
    client, address = sign_in(cast.datamanager), reverse("reports:verification_plan")
    body = {
        "site": "01", "covers": ["labs", "consent"], "mode": "sample", "percent": "20",
        "seed": "7", "critical_of_others": "on", "reason": "risk assessment",
    }  # fmt: skip
    assert client.post(address, body).status_code == 302
    made = VerificationPlan.objects.get()
    assert (made.site, made.percent, made.seed, made.planned_by) == (
        cast.site, 20, 7, "datamanager",
    )  # fmt: skip
    assert "20 %" in text(client.get(address))


def test_a_plan_without_share_or_reason_is_told_at_the_field(cast, sign_in):
    client, address = sign_in(cast.datamanager), reverse("reports:verification_plan")
    answer = client.post(address, {"covers": ["labs"], "mode": "sample", "reason": "r"})
    assert answer.status_code == 422
    assert "percent" in answer.context["form"].errors
    answer = client.post(address, {"covers": ["labs"], "mode": "all", "reason": ""})
    assert "reason" in answer.context["form"].errors
    assert not VerificationPlan.objects.exists()


@pytest.mark.parametrize("who", ["monitor", "coordinator", "sponsor"])
def test_nobody_else_plans(cast, sign_in, who):
    client, address = sign_in(cast.users[who]), reverse("reports:verification_plan")
    assert "<textarea" not in text(client.get(address))
    assert (
        client.post(address, {"covers": ["labs"], "mode": "all", "reason": "r"}).status_code == 403
    )


def test_the_plans_of_other_sites_are_not_shown(cast, sign_in):
    plan(site=cast.other_site)
    plan()
    address = reverse("reports:verification_plan")
    shown = {
        who: [one.site for one, _words in sign_in(cast.users[who]).get(address).context["plans"]]
        for who in ("coordinator", "coordinator2", "monitor")
    }
    both = [None, cast.other_site]
    assert shown == {"coordinator": [None], "coordinator2": both, "monitor": both}


# --- statements ---------------------------------------------------------------------------------
def statements(client, address) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_no_page_needs_more_statements_for_more_rows(cast, person, sign_in):
    plan(Mode.ALL)
    client = sign_in(cast.monitor)
    pages = [
        reverse("reports:verification"), reverse("reports:verification_plan"), page_of(person),
        reverse("reports:home"), reverse("reports:matrix"),
        reverse("reports:participant", args=[person.code]),
    ]  # fmt: skip
    few = [statements(client, one) for one in pages]
    study.enter(person, "D0", {**VALUES, "ALB": "40", "BILI": "9"}, cast.laboratory, reason="late")
    for _n in range(4):
        other = study.enrolled(cast.site)
        study.enter(other, "D0", VALUES, cast.laboratory)
        verify(visit(other, "D0"), "labs")
    many = [statements(client, one) for one in pages]
    assert max(many) <= LIMIT, many
    assert many == few


# --- where it is shown --------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["labs", "participant", "casebook"])
@pytest.mark.parametrize("who", ["monitor", "coordinator"])
def test_what_is_verified_and_changed_since_is_marked(cast, person, sign_in, where, who):
    address = {
        "labs": reverse("labs:entry", args=[visit(person, "D0").pk]),
        "participant": reverse("reports:participant", args=[person.code]),
        "casebook": reverse("reports:matrix"),
    }[where]
    client = sign_in(cast.users[who])

    def marks() -> tuple[int, int]:
        page = text(client.get(address)).lower()
        changed = page.count("changed since verified")
        return page.count("verified") - changed, changed

    for form in ("visit", "labs"):
        verify(visit(person, "D0"), form)
    verified = marks()
    correct(cast, person)
    changed = marks()
    assert verified[0] > changed[0]
    assert changed[1] > verified[1]


@pytest.mark.parametrize("who", ["monitor", "coordinator"])
def test_the_visit_leads_a_monitor_to_the_comparison(cast, person, sign_in, who):
    page = text(sign_in(cast.users[who]).get(reverse("visits:visit", args=[person.code, "D0"])))
    assert (page_of(person) in page) == (who == "monitor")


def test_the_monitors_home_says_what_is_left(cast, person, sign_in):
    plan(Mode.ALL, forms=("labs",))
    assert page_of(person) in text(sign_in(cast.monitor).get(reverse("reports:home")))


# --- REST ---------------------------------------------------------------------------------------
def test_rest_gives_what_is_covered_and_its_state_and_nobodys_name(cast, person, client):
    verify(visit(person, "D0"), "labs")
    verify(visit(person, "D0"), "visit")
    verify(
        visit(person, "D0"), "labs", Record("labs_result", int(key(person, "AST").split(":")[1]))
    )
    verify(person, "consent")
    correct(cast, person)
    withdraw(place=at(person, "consent"), reason="wrong chart", by=MONITOR)
    token = issue_token(user=cast.sponsor, by=study.SETUP)
    answer = client.get("/api/v1/verifications/", headers={"Authorization": f"Token {token}"})
    rows = {(row["form"], row["scope"]): row for row in answer.json()["results"]}
    found = {what: row["state"] for what, row in rows.items()}
    assert found == {
        ("labs", "form"): "changed", ("visit", "form"): "verified", ("labs", "record"): "verified",
        ("consent", "form"): "withdrawn",
    }  # fmt: skip
    assert rows["labs", "form"]["visit"] == "D0"
    assert "monitor" not in answer.content.decode()
    assert "wrong chart" not in answer.content.decode()
