"""F-112, F-113: nothing is written for a request that no page of ours made, nor by reading."""

import json
import re

import pytest
from django.db import connection, transaction
from django.urls import reverse

from tests.integration.attacks.conftest import body_of, filled
from tests.integration.attacks.test_other_sites import panel_body
from tests.integration.test_role_matrix import EXPECTED, PUBLIC
from trial.audit.models import Event

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
# A session's last use, acts and readings are written down; audit_after only compares.
MEANT = re.compile(r"access_session|audit_(act|note_reading|after|generation_now)\(", re.IGNORECASE)
WRITES = re.compile(
    r"^\s*(insert|update|delete|truncate|merge|copy .* from|select .*audit_\w+\()", re.IGNORECASE
)


class Log:
    """The statements that write, among those that pass."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if WRITES.search(str(sql)) and not MEANT.search(str(sql)):
            self.writes.append(str(sql)[:200])
        return execute(sql, params, many, context)


@pytest.mark.req("F-113")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_writes_nothing(world, caller, method):
    wrong, asked = [], 0
    for name, address, user in [*world.pages(), *world.doors()]:
        if name == "account_logout":
            continue
        log = Log()
        with connection.execute_wrapper(log):
            caller.ask(user, method, address, headers={"Idempotency-Key": "k"})
        asked += 1
        if log.writes:
            wrong.append((name, log.writes))
    assert wrong == []
    assert asked > 80


def test_the_log_of_writes_sees_a_write(world, caller):
    """The tests above could not fail otherwise."""
    form, user = world.forms(caller)["visits:hold"]
    log = Log()
    with connection.execute_wrapper(log):
        caller.post(user, form.action, filled("visits:hold", form))
    assert any("visits_visit" in text for text in log.writes)


@pytest.mark.req("F-113")
def test_a_form_from_elsewhere_is_refused(world, caller):
    """No token, the token of another visitor, and an origin that is not ours."""
    forms = world.forms(caller)
    doors = [(n, a, u) for n, a, u in world.doors() if not n.startswith("api:")]
    wrong = []
    for name, address, user in doors:
        form = forms.get(name)
        data = filled(name, form[0]) if form else {}
        for more in ({}, {"csrfmiddlewaretoken": "a" * 64}):
            client = caller.client(user, enforce_csrf_checks=True)
            before = Event.objects.count()
            with transaction.atomic():
                answer = client.post(
                    address, {**data, "csrfmiddlewaretoken": "", **more},
                    headers={"Origin": "https://evil.example"} if more else {},
                )  # fmt: skip
                written = Event.objects.count() - before
                transaction.set_rollback(True)
            if answer.status_code != 403 or written:
                wrong.append((name, answer.status_code, written))
    assert wrong == []
    assert len(doors) > 25


@pytest.mark.req("F-113")
@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", "text/csv"]
)
def test_the_session_of_a_browser_does_not_open_the_api_to_other_pages(world, caller, kind):
    """A cookie alone writes nothing, whatever the body pretends to be."""
    text = json.dumps(panel_body(world, world.here))
    for name in ("api:lab-panels-list", "api:lab-imports-list"):
        client = caller.client(world.cast.coordinator, enforce_csrf_checks=True)
        answer = client.post(
            f"{reverse(name)}?site=01" if "imports" in name else reverse(name), text,
            content_type=kind, headers={"Idempotency-Key": "k-1"},
        )  # fmt: skip
        assert answer.status_code in (403, 415), (name, kind, answer.content)


@pytest.mark.req("F-112")
@pytest.mark.parametrize("wanted", ["POST", "DELETE"])
def test_no_header_or_field_turns_one_method_into_another(world, caller, wanted):
    wrong = []
    for name, address, user in world.pages():
        if name == "reports:hold_place":  # its query names the record: another one, another page
            continue
        log = Log()
        with connection.execute_wrapper(log):
            plain = caller.get(user, address)
            told = dict.fromkeys(OVERRIDES, wanted)
            meant = caller.get(user, f"{address}?_method={wanted}", headers=told)
        odd = name.startswith("api:") and meant.status_code == 400  # an unknown parameter
        if (meant.status_code != plain.status_code and not odd) or log.writes:
            wrong.append((name, plain.status_code, meant.status_code, log.writes))
    assert wrong == []


@pytest.mark.req("F-112")
def test_a_form_field_named_method_changes_nothing(world, caller):
    for name, (form, user) in world.forms(caller).items():
        plain, told = caller.effect(user, form.action, filled(name, form))
        meant, again = caller.effect(
            user, form.action, {**filled(name, form), "_method": "DELETE"},
            headers={OVERRIDES[0]: "DELETE"},
        )  # fmt: skip
        assert (meant.status_code, len(again)) == (plain.status_code, len(told)), name


@pytest.mark.req("F-113")
def test_what_anybody_may_post_changes_nothing_but_a_cookie(db, caller):
    for name, endpoint in EXPECTED.items():
        if endpoint.methods.get("POST") != PUBLIC or name.startswith("account_"):
            continue
        log = Log()
        with connection.execute_wrapper(log):
            answer = caller.ask(None, "POST", reverse(name))
        assert (answer.status_code, log.writes) == (302, []), name
        assert b"<form" not in body_of(answer)
