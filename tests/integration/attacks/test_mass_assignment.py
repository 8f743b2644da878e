"""F-111: what a form or body does not offer cannot be set through it.

Every form that any page shows is sent as a person would, and again with the name of every field
of every model beside: the trail must show the same changes.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from tests.integration.attacks.conftest import Caller, World, filled
from tests.integration.attacks.test_other_sites import panel_body, send_json
from trial.audit.models import Event

OURS = ("trial", "patients", "visits", "labs", "randomization", "safety", "reports")
HOSTILE = ("7", "mallory", "2001-01-01")
# Forms that write when they are sent as `WRITTEN` says; the test is empty without them.
WRITING = {
    "patients:consent", "patients:criteria", "patients:fail", "visits:enrol", "patients:details",
    "patients:withdraw", "visits:screen", "visits:unscheduled", "visits:hold", "visits:miss",
    "labs:entry", "labs:range_add", "labs:range_correct", "reports:inbox_close",
}  # fmt: skip


def model_fields() -> set[str]:
    """The names of every stored field, as attribute and as column."""
    return {
        name
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in OURS
        for field in model._meta.concrete_fields
        for name in (field.name, field.attname)
    }


def told(events: list[Event], value: str) -> list[object]:
    """What the trail says was written, and which columns hold `value`; new ids are not compared."""
    fresh = {e.record_id for e in events if e.kind == "insert"}

    def holds(found: object) -> bool:
        text = str(found)
        return text not in fresh and (text == value or text.startswith(f"{value}T"))

    return [
        (e.kind, e.table_name, e.actor, e.actor_role, e.actor_site, e.reason,
         {name: holds(found) for name, found in (e.new or e.details or {}).items()})
        for e in events
    ]  # fmt: skip


@pytest.mark.req("F-111")
@pytest.mark.parametrize("value", HOSTILE)
def test_no_field_that_a_form_does_not_offer_is_set_by_it(world, caller, value):
    differing, writing = [], set()
    for name, (form, user) in world.forms(caller).items():
        if name == "account_logout":  # the session is what it ends, and the next form needs it
            continue
        data = filled(name, form)
        answer, plain = caller.effect(user, form.action, data)
        offered = {control.rpartition("-")[2] for control in form.kinds} | set(form.kinds)
        more = dict.fromkeys(model_fields() - offered, value)
        again, loaded = caller.effect(user, form.action, {**more, **data})
        if plain:
            writing.add(name)
        if (answer.status_code, told(plain, value)) != (again.status_code, told(loaded, value)):
            differing.append((name, told(plain, value), told(loaded, value)))
    assert not differing, [
        pair for pair in zip(*differing[0][1:], strict=True) if pair[0] != pair[1]
    ]
    assert WRITING - writing == set()


@pytest.mark.req("F-111")
@pytest.mark.req("R-10")  # no time either
def test_a_body_with_any_other_field_is_refused_by_name(world, caller):
    """At the top and in a row: nothing is ignored in silence."""
    user = world.cast.coordinator
    body = panel_body(world, world.here)
    row = {"analyte": "ALT", "value": "35", "unit": "U/L"}
    assert send_json(caller, user, body).status_code == 201
    for names in batched(model_fields() - set(known("PanelIn")), 20):
        answer = send_json(caller, user, {**body, **dict.fromkeys(names, "7")})
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == set(names)
    for names in batched(model_fields() - set(known("ResultIn")), 20):
        answer = send_json(
            caller, user, {**body, "results": [{**row, **dict.fromkeys(names, "7")}]}
        )
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {f"results.0.{name}" for name in names}


def batched(names: set[str], number: int) -> Iterator[tuple[str, ...]]:
    """So many at once: a client may not ask as often as there are fields."""
    rest = iter(sorted(names))
    return iter(lambda: tuple(islice(rest, number)), ())


def described() -> Mapping[str, Any]:
    """The API's description of itself."""
    return SchemaGenerator().get_schema(request=None, public=True)


def known(serializer: str) -> Mapping[str, object]:
    """The fields of a body, as the API describes them."""
    return described()["components"]["schemas"][serializer]["properties"]


@pytest.mark.req("F-111")
def test_an_import_takes_no_other_parameter(world: World, caller: Caller):
    user = world.cast.coordinator
    offered = {"site", "laboratory", "file_name", "mapping", "dry_run", "skip_errors"}
    for name in model_fields() - offered:
        answer = caller.ask(
            user, "POST", f"{reverse('api:lab-imports-list')}?site=01&{name}=7",
            data=b"participant\n", content_type="text/csv",
            headers={"Idempotency-Key": "k-1", **caller.bearer(user)},
        )  # fmt: skip
        if name == "format":  # REST framework's own: there is no such format
            assert answer.status_code == 404
            continue
        assert (answer.status_code, list(json.loads(answer.content)["errors"])) == (400, [name])
