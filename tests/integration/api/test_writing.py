"""Sending a panel over REST: once per key, exact, at the own site, and nothing unknown."""

import json
from decimal import Decimal

import pytest

from labs.models import Panel, Result
from patients.codes import make_code
from tests.factories import study
from trial.access.models import ApiToken, IdempotentRequest
from trial.access.services import revoke_token
from trial.audit.models import Event
from visits.services import schedule as visits

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(cast, labs):
    """A first panel of week 48, as another system would send it."""
    visit = study.visit_of(labs.here, "W48")
    return {
        "participant": labs.here.code,
        "visit": "W48",
        "base_version": 0,
        "laboratory": "LAB01",
        "collected_on": visit.target_on.isoformat(),
        "dialysis": False,
        "results": [
            {"analyte": "ALT", "value": "35,5", "unit": "U/L"},
            {"analyte": "IGG", "value": "<0.9", "unit": "g/L", "confirmed": True, "comment": "?"},
            {"analyte": "PT", "not_done": "not_drawn"},
        ],
    }


@pytest.fixture
def coordinator(api, cast):
    return api(cast.coordinator)


def send(client, body, key="k-1"):
    return client.post("lab-panels/", body, Idempotency_Key=key)


def results(answer):
    return {row["analyte"]: row for row in answer.json()["results"]}


def test_a_panel_is_stored_and_answered_with_what_it_means(coordinator, body):
    answer = send(coordinator, body)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["version"], answer.json()["evaluation"]) == (1, "PENDING")
    alt, igg = results(answer)["ALT"], results(answer)["IGG"]
    assert (alt["value_text"], alt["value"], alt["flag"]) == ("35,5", "35.5", "N")
    assert alt["verdict"] == {"level": "ok", "code": None, "text": None}
    assert (igg["comparator"], igg["verdict"]["code"]) == ("<", "soft_low")
    assert results(answer)["PT"]["not_done"] == "not_drawn"
    assert Panel.objects.get(pk=answer.json()["id"]).source == "api"


def test_the_panel_is_read_back_with_its_version(coordinator, body):
    sent = send(coordinator, body).json()
    read = coordinator.get(f"lab-panels/{sent['id']}/").json()
    assert read == {name: value for name, value in sent.items() if name != "changed"}


def test_the_trail_names_the_person_role_and_site(coordinator, body):
    panel = send(coordinator, body).json()["id"]
    event = Event.objects.get(table_name="labs_panel", record_id=str(panel))
    assert (event.actor, event.actor_role, event.actor_site) == (
        "coordinator",
        "coordinator",
        "01",
    )


@pytest.mark.req("F-004")
def test_a_repeated_request_gets_the_same_answer_and_writes_nothing(coordinator, body):
    first = send(coordinator, body)
    events = Event.objects.count()
    again = send(coordinator, body)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert Event.objects.count() == events


def test_the_answer_stays_the_same_after_a_later_correction(coordinator, body):
    first = send(coordinator, body)
    body_2 = {**body, "base_version": 1, "reason": "typo", "results": [alt("40")]}
    assert send(coordinator, body_2, key="k-2").status_code == 201
    assert send(coordinator, body).content == first.content


@pytest.mark.req("F-005")
def test_the_same_key_with_another_body_is_refused(coordinator, body):
    send(coordinator, body)
    answer = send(coordinator, {**body, "results": [alt("36")]})
    assert answer.status_code == 422
    assert "errors" in answer.json()


def test_a_refused_request_leaves_its_key_free(coordinator, body):
    assert send(coordinator, {**body, "results": [alt("abc")]}).status_code == 400
    assert send(coordinator, body).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "k" * 101, "schlüssel"])
def test_a_request_without_a_usable_key_is_refused(coordinator, body, key):
    answer = coordinator.post("lab-panels/", body, Idempotency_Key=key)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]


@pytest.mark.req("F-023")
def test_a_stale_version_is_answered_with_the_difference(coordinator, body):
    send(coordinator, body)
    answer = send(coordinator, {**body, "results": [alt("99")], "reason": "typo"}, key="k-2")

    assert answer.status_code == 409
    [row] = answer.json()["difference"]
    assert (row["field"], row["stored"]["text"], row["yours"]["text"]) == ("ALT", "35,5", "99")
    assert Result.objects.get(panel__visit__code="W48", analyte="ALT").text == "35,5"


def test_sending_what_is_stored_writes_nothing(coordinator, body):
    send(coordinator, body)
    answer = send(coordinator, {**body, "base_version": 1}, key="k-2")
    assert (answer.status_code, answer.json()["changed"]) == (200, False)
    assert answer.json()["version"] == 1


def test_a_correction_needs_a_reason(coordinator, body):
    send(coordinator, body)
    answer = send(coordinator, {**body, "base_version": 1, "results": [alt("40")]}, key="k-2")
    assert list(answer.json()["errors"]) == ["reason"]


def test_what_a_correction_leaves_out_stays_as_it_is(coordinator, body):
    send(coordinator, body)
    short = {name: body[name] for name in body if name != "dialysis"}
    changed = {**short, "base_version": 1, "reason": "typo", "results": [alt("40")]}
    answer = send(coordinator, changed, key="k-2").json()
    assert answer["dialysis"] is False
    assert {row["analyte"] for row in answer["results"]} == {"ALT", "IGG", "PT"}


def test_a_value_is_taken_back_with_null(coordinator, body):
    send(coordinator, body)
    changed = {**body, "base_version": 1, "reason": "wrong form", "results": [alt(None)]}
    assert results(send(coordinator, changed, key="k-2"))["ALT"]["value_text"] is None


def test_an_unscheduled_visit_is_named_by_its_number(coordinator, cast, labs, body):
    on = study.DAY0.replace(month=3)
    visit = visits.add_unscheduled(participant=labs.here, held_on=on, reason="flu", by=study.SETUP)
    body |= {"visit": "UNS", "visit_number": visit.number, "collected_on": on.isoformat()}
    assert send(coordinator, body).json()["visit_number"] == visit.number


def alt(value, **more):
    return {"analyte": "ALT", "value": value, "unit": "U/L", **more}


# --- values -------------------------------------------------------------------------------------
def literal(body, text):
    """The body with `text` as the JSON literal of ALT's value."""
    marked = {**body, "results": [alt("@@")]}
    return json.dumps(marked).replace('"@@"', text)


@pytest.mark.parametrize(
    ("text", "stored", "value"),
    [
        ("0.1", "0.1", "0.1"),
        ("125.00000001", "125.00000001", "125.00000001"),
        ("35.50", "35.50", "35.5"),
        ("0.00000001", "0.00000001", "0.00000001"),
        ('"１２,５"', "１２,５", "12.5"),
    ],
)
def test_a_number_is_kept_digit_by_digit(coordinator, body, text, stored, value):
    marked = literal(body, text).replace(
        '"unit": "U/L"', '"unit": "U/L", "confirmed": true, "comment": "seen"'
    )
    answer = send(coordinator, marked)
    assert answer.status_code == 201, answer.content
    row = Result.objects.get(panel=answer.json()["id"], analyte="ALT")
    assert (row.text, row.value) == (stored, Decimal(value))


REFUSED = {
    "NaN": "",
    "Infinity": "",
    "-Infinity": "",
    "1e309": "results.ALT",
    "1e2": "results.ALT",
    "true": "results.0.value",
    "false": "results.0.value",
    "[1]": "results.0.value",
    '{"a": 1}': "results.0.value",
    '"1,234"': "results.ALT",
    '"abc"': "results.ALT",
    '"\\u0000"': "results.ALT",
    '"\\ud800"': "",
    "9" * 5000: "results.0.value",
    f'"{"9" * 900_000}"': "results.0.value",
    "-5": "results.ALT",
    "": "",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:12] or "nothing")
def test_what_is_no_clear_number_is_refused_at_its_field(coordinator, body, text):
    answer = send(coordinator, literal(body, text))

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [REFUSED[text]]
    assert not Panel.objects.filter(visit__code="W48").exists()
    assert not IdempotentRequest.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"reason": "\ud800"}',
        rb'{"\ud800": 1}',
        b"",
        b"{",
        b'"text"',
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b" " * 1_100_000 + b"{}",
    ],
    ids=[
        "half",
        "half-name",
        "empty",
        "cut",
        "text",
        "list",
        "null",
        "utf-16",
        "twins",
        "deep",
        "long",
    ],
)
def test_a_body_that_is_no_clear_object_is_refused(coordinator, labs, raw):
    answer = coordinator.post("lab-panels/", raw, Idempotency_Key="k")
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_version", "1"),
        ("base_version", True),
        ("base_version", -1),
        ("base_version", 1.5),
        ("dialysis", "yes"),
        ("dialysis", 1),
        ("collected_on", "06.01.2025"),
        ("collected_on", "2999-01-01"),
        ("collected_on", "0001-01-01"),
        ("collected_time", "25:00"),
        ("sample_state", "fine"),
        ("pt_isi", True),
        ("pt_isi", "1,2345"),
        ("pt_mnpt", "<12"),
        ("reason", 5),
        ("reason", "\x00"),
        ("visit", "W99"),
        ("visit", None),
        ("visit_number", 7),
        ("participant", "01-0000"),
        ("laboratory", "LAB02"),
        ("laboratory", "NOWHERE"),
        ("results", None),
        ("results", "ALT"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(coordinator, body, name, value):
    answer = send(coordinator, {**body, name: value})
    assert answer.status_code == 400, answer.content
    assert [field.split(".")[0] for field in answer.json()["errors"]] == [
        "visit" if name == "visit_number" and value == 7 else name
    ]


def test_an_analyte_given_twice_is_refused(coordinator, body):
    answer = send(coordinator, {**body, "results": [alt("1"), alt("2")]})
    assert list(answer.json()["errors"]) == ["results"]


@pytest.mark.req("F-111")
@pytest.mark.parametrize("name", ["site", "id", "version", "saved_by", "source", "arm", "locked"])
def test_a_field_nobody_asked_for_is_refused(coordinator, body, name):
    top = send(coordinator, {**body, name: "1"})
    inner = send(coordinator, {**body, "results": [alt("35", **{name: "1"})]})
    assert (top.status_code, inner.status_code) == (400, 400)
    assert list(top.json()["errors"]) == [name]
    assert list(inner.json()["errors"]) == [f"results.0.{name}"]


# --- who ----------------------------------------------------------------------------------------
@pytest.mark.req("R-14")
@pytest.mark.parametrize(
    "name",
    ["sponsor", "monitor", "datamanager", "safety", "statistician", "pharmacist", "admin",
     "outsider"],
)  # fmt: skip
def test_only_the_sites_own_people_send_panels(api, cast, body, name):
    assert send(api(cast.users[name]), body).status_code == 403
    assert not Panel.objects.filter(visit__code="W48").exists()


@pytest.mark.req("F-110")
def test_another_sites_participant_is_not_there(api, cast, labs, body):
    client = api(cast.coordinator2)
    theirs = send(client, body)
    missing = send(client, {**body, "participant": make_code("01", 999)})
    assert theirs.status_code == missing.status_code == 404
    assert theirs.content == missing.content


def test_another_sites_panel_is_not_there(api, cast, labs):
    panel = Panel.objects.filter(visit__participant=labs.here).first()
    client = api(cast.coordinator2)
    theirs, missing = client.get(f"lab-panels/{panel.pk}/"), client.get("lab-panels/999999/")
    assert theirs.status_code == missing.status_code == 404
    assert theirs.content == missing.content


def test_a_session_needs_the_csrf_token(client, cast, body):
    client = type(client)(enforce_csrf_checks=True)
    client.force_login(
        cast.coordinator, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    answer = client.post(
        "/api/v1/lab-panels/",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 403


def test_only_json_is_taken(coordinator, labs):
    answer = coordinator.client.post(
        "/api/v1/lab-panels/", {"a": "b"}, headers=coordinator.headers({"Idempotency-Key": "k"})
    )
    assert answer.status_code == 415


def test_a_revoked_token_sends_nothing(coordinator, body):
    revoke_token(token=ApiToken.objects.get(), by=study.SETUP)
    assert send(coordinator, body).status_code == 401


def test_a_save_costs_a_bounded_number_of_statements(
    coordinator, body, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40):
        send(coordinator, body)


MOST_STATEMENTS = 40  # savepoints of nested transactions and the key's own rows included
