"""F-110: another site's record answers as one that does not exist, to the byte.

Every identifier in every address, query and body is asked for twice: of a record at a site where
the user has no role, and of one that is not there at all.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.urls import reverse

from patients.codes import make_code
from tests.factories import forms
from tests.integration.api.test_reading import OF_SITES
from tests.integration.attacks.conftest import EXPECTED, Caller, World, body_of
from tests.integration.test_role_matrix import address_of, holds
from trial.access.models import Site, User

NOWHERE = 987_654_321
Seen = tuple[int, dict[str, str], bytes]
Answer = tuple[int, bytes]
# What differs from one answer to the next, whatever was asked.
MASKS = (
    (re.compile(rb'name="csrfmiddlewaretoken" value="\w+"'), b"CSRF"),
    (re.compile(rb"nonce[-=]\"?'?[\w+/=-]+"), b"NONCE"),
    (re.compile(rb'name="key" value="[\w-]+"'), b"KEY"),
    (re.compile(rb'data-csrf="\w+"'), b"CSRF"),
    (re.compile(rb'"x-csrftoken": ?"\w+"'), b"CSRF"),
)
CHANGING = {"Content-Security-Policy", "X-Request-ID", "X-Correlation-ID", "Date", "Set-Cookie"}


def missing(records: Mapping[str, object]) -> dict[str, object]:
    """The same names with identifiers that no record has, of the same look."""

    def other(value: object) -> object:
        if isinstance(value, int):
            return NOWHERE
        text = str(value)
        if re.fullmatch(r"\d\d-\d{4,6}", text):
            return make_code(text[:2], 987)
        return re.sub(r"^\d+-", f"{NOWHERE}-", text)

    return {name: other(value) for name, value in records.items()}


def seen(answer: Any, asked: str) -> Seen:
    """Everything of an answer that its reader can compare; the question itself is masked."""
    body = body_of(answer)
    for pattern, word in MASKS:
        body = pattern.sub(word, body)
    headers = {k: v for k, v in answer.headers.items() if k not in CHANGING}
    if headers.get("Content-Length"):
        headers["Content-Length"] = str(len(body.replace(asked.encode(), b"ASKED")))
    return answer.status_code, headers, body.replace(asked.encode(), b"ASKED")


def typed(answer: Any, name: str, *values: object) -> Answer:
    """An answer with what was typed masked where pages give it back: in fields, addresses and
    "24 is not one of the available choices"."""
    status, _headers, body = seen(answer, "no address")
    for value in values:
        shown = rf'(?:(?<=value=")|(?<=\b{name}=)){re.escape(str(value))}\b|\b{value}(?= is not)'
        body = re.sub(shown.encode(), b"TYPED", body)
    return status, body


def difference(found: Seen | Answer, nothing: Seen | Answer) -> object:
    """Where two answers part; None if they do not."""
    if found[:-1] != nothing[:-1]:
        return found[:-1], nothing[:-1]
    pairs = enumerate(zip(found[-1] + b"\0", nothing[-1] + b"\0", strict=False))
    at = next((n for n, (a, b) in pairs if a != b), None)
    if at is None:
        return None
    return found[-1][max(0, at - 60) : at + 60], nothing[-1][max(0, at - 60) : at + 60]


def strangers(world: World, right: str, site: Site) -> Iterator[User]:
    """Those who have this right somewhere, but not at `site`."""
    return (u for u in world.cast.users.values() if holds(u, right) and not holds(u, right, site))


@pytest.mark.req("F-110")
def test_an_address_of_another_site_is_an_address_of_nothing(world, caller):
    differing, asked = [], 0
    for name, endpoint in EXPECTED.items():
        if not endpoint.of_a_site:
            continue
        theirs = address_of(name, world.there)
        nobodys = address_of(name, missing(world.there))
        for method, right in endpoint.methods.items():
            for user in strangers(world, right, world.cast.other_site):
                headers = {"Idempotency-Key": "k"}
                found = seen(caller.ask(user, method, theirs, headers=headers), theirs)
                nothing = seen(caller.ask(user, method, nobodys, headers=headers), nobodys)
                asked += 1
                if found != nothing or found[0] != 404:
                    differing.append((name, method, user.username, found[:2], nothing[:2]))
    assert differing == []
    assert asked > 60


def between(caller: Caller, user: User, address: str, name: str, values: tuple[str, str]) -> object:
    """Where a page's answers to two values of a parameter part."""
    first, second = (
        typed(caller.get(user, f"{address}?{name}={v}"), name, *values) for v in values
    )
    assert first[0] < 500
    return difference(first, second)


@pytest.mark.req("F-110")
def test_a_filter_by_another_site_finds_what_a_filter_by_no_site_finds(world, caller):
    """Pages and REST; whether or not the page knows the parameter."""
    code = str(world.there["participant"])
    questions = [
        ("site", ("02", "77")),
        ("participant", (code, make_code("02", 987))),
        ("code", (code, make_code("02", 987))),
        ("laboratory", (str(world.there["laboratory"]), str(NOWHERE))),
    ]
    pages = [
        (name, address)
        for name, address, _user in world.pages()
        if not EXPECTED[name].of_a_site and EXPECTED[name].methods["GET"] != "public"
    ]
    users = [world.cast.coordinator, world.cast.pharmacist]
    differing = [
        (name, user.username, parameter, found)
        for name, address in pages
        for user in users
        for parameter, values in questions
        if (found := between(caller, user, address, parameter, values))
    ]
    assert differing == []
    assert len(pages) > 15


@pytest.mark.req("F-110")
@forms.each("name", OF_SITES)
def test_no_order_or_page_leads_to_rows_of_another_site(name, world, caller):
    """A cursor made for somebody else's rows gives one's own."""
    address = reverse(f"api:{name}-list")
    everywhere = caller.get(world.cast.sponsor, f"{address}?page_size=1").json()
    assert everywhere["next"]
    query = everywhere["next"].partition("?")[2]
    own = caller.get(world.cast.investigator, f"{address}?{query}")
    # The planned unblinding is of no site: it concerns all.
    whole_study = {None} if name == "unblindings" else set()
    assert {row["site"] for row in own.json()["results"]} <= {"01"} | whole_study


def panel_body(world: World, records: Mapping[str, object]) -> dict[str, Any]:
    return {
        "participant": records["participant"], "visit": "W48", "base_version": 0,
        "laboratory": "LAB01", "collected_on": "2025-12-08", "dialysis": False,
        "results": [{"analyte": "ALT", "value": "35", "unit": "U/L"}],
    }  # fmt: skip


def send_json(caller: Caller, user: User, body: object) -> Any:
    return caller.ask(
        user, "POST", reverse("api:lab-panels-list"), data=json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": "k-1", **caller.bearer(user)},
    )  # fmt: skip


@pytest.mark.req("F-110")
def test_a_body_that_names_another_sites_record_is_answered_as_one_that_names_nothing(
    world, caller
):
    user = world.cast.coordinator
    theirs = send_json(caller, user, panel_body(world, world.there))
    nobodys = send_json(caller, user, panel_body(world, missing(world.there)))
    assert seen(theirs, "?") == seen(nobodys, "?")
    assert theirs.status_code == 404
    for wrong in ("LAB02", "LAB99"):
        body = {**panel_body(world, world.here), "laboratory": wrong}
        answer = send_json(caller, user, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["laboratory"])
    answers = [
        seen(send_json(caller, user, {**panel_body(world, world.here), "laboratory": wrong}), wrong)
        for wrong in ("LAB02", "LAB99")
    ]
    assert answers[0] == answers[1]


@pytest.mark.req("F-110")
@pytest.mark.parametrize(
    ("field", "theirs", "nobodys"),
    [("site", "02", "77"), ("laboratory", "LAB02", "LAB77")],
)
def test_an_import_for_another_site_is_answered_as_one_for_none(
    world, caller, field, theirs, nobodys
):
    answers = []
    for value in (theirs, nobodys):
        query = "&".join(f"{k}={v}" for k, v in ({"site": "01"} | {field: value}).items())
        answer = caller.ask(
            world.cast.coordinator, "POST", f"{reverse('api:lab-imports-list')}?{query}",
            data=b"participant,visit,collected_on,analyte,value,unit,comment\n",
            content_type="text/csv",
            headers={"Idempotency-Key": "k-1", **caller.bearer(world.cast.coordinator)},
        )  # fmt: skip
        answers.append(seen(answer, value))
    assert answers[0][0] in (400, 404)
    assert answers[0] == answers[1]


@pytest.mark.req("F-110")
def test_a_form_that_names_another_sites_record_is_answered_as_one_that_names_nothing(
    world, caller
):
    """Every choice of every form, set to a record of the other site and to one of none."""
    pairs: dict[str, list[tuple[object, object]]] = {
        "site": [(world.there["site"], NOWHERE), ("02", "77")],
        "laboratory": [(world.there["laboratory"], NOWHERE)],
        "participant": [(world.there["participant"], make_code("02", 987))],
        "visit": [(world.there["visit"], NOWHERE)],
    }
    differing, asked = [], 0
    for name, (form, user) in world.forms(caller).items():
        if user == world.cast.admin:  # sees every site
            continue
        for field in form.kinds:
            for theirs, nobodys in pairs.get(field, []):
                answers = [
                    typed(
                        caller.post(user, form.action, {**form.values, field: str(v)}),
                        field,
                        theirs,
                        nobodys,
                    )
                    for v in (theirs, nobodys)
                ]
                asked += 1
                if found := difference(*answers):
                    differing.append((name, field, theirs, found))
    assert differing == []
    assert asked >= 4
