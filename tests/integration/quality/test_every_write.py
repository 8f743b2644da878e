"""After a lock, every way of writing what was observed answers 423, for every role (R-21)."""

import io
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from labs.importing import mapping as mappings
from labs.models import Panel, ReferenceRange, Result
from labs.services import imports
from tests.factories import custody, study
from tests.integration.quality.holding import MANAGER, SPONSOR, lock
from tests.integration.test_role_matrix import EXPECTED, infused
from trial.access.policy import can
from trial.access.roles import Permission
from trial.audit.models import Event
from trial.quality.casebook import FORM_OF_TABLE
from trial.quality.exceptions import Locked
from trial.quality.models import Scope
from trial.quality.services import holds
from visits.custody import State

pytestmark = [pytest.mark.req("R-21"), pytest.mark.req("F-014")]
ENTRY = {
    Permission.PARTICIPANT_SCREEN, Permission.PARTICIPANT_ENROL, Permission.VISIT_RECORD,
    Permission.LAB_ENTER, Permission.LAB_IMPORT, Permission.PRODUCT_HANDLE,
}  # fmt: skip
# What these are sent with; the others answer before they look at what was sent.
BODIES = {
    "visits:screen": lambda site, _person: {
        "site": site.code, "screened_on": "2025-01-02", "birth_year": "1980", "sex": "M",
        "sex_for_meld": "M", "key": "k",
    },
    "crf:not_done": lambda _site, _person: {"why": "no time"},
    "crf:strike": lambda _site, _person: {"reason": "mistaken"},
}  # fmt: skip
# They write nothing that was observed.
HARMLESS = {
    "patients:decision", "labs:check", "labs:import-discard", "labs:imports", "bags:infusion_check",
    # An objection to a check; and a report of what is dangerous, which no lock may hold up.
    "crf:wrong_check", "safety:submit",
}  # fmt: skip
REST = {"api:lab-panels-list", "api:lab-imports-list"}


def writing() -> list[str]:
    """Every address that takes what was observed, from the table of all addresses."""
    found = [name for name, one in EXPECTED.items() if one.methods.get("POST") in ENTRY]
    return sorted(set(found) - HARMLESS - REST)


@pytest.fixture
def world(cast):
    person = study.enrolled(cast.site)
    study.enter(person, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    batch = imports.upload(
        site=cast.site, laboratory=cast.laboratory, by=study.SETUP, file_name="v.csv",
        file=io.BytesIO(b"participant,visit,collected_on,analyte,value,unit,comment\n"),
        mapping=mappings.builtin("long"),
    )  # fmt: skip
    visit = study.visit_of(person, "D0")
    return person, {
        "participant": person.code, "visit": visit.pk, "visit_label": "D0", "batch": batch.pk,
        "shipment": custody.on_the_way(cast.site).number, "section": "order",
        "bag": custody.bag_for(person, "W4", State.RESERVED, second=cast.coordinator).number,
        **infused(person, cast.investigator),
        "crf_form": "diagnosis", "crf_where": "1", "crf_section": "disease",
    }  # fmt: skip


def post(user, name, keys, body):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    given = {key: keys[value] for key, value in EXPECTED[name].keys.items()}
    with transaction.atomic():
        answer = client.post(reverse(name, kwargs=given), body)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("scope", [Scope.STUDY, Scope.SITE])
def test_every_page_that_writes_answers_423_for_every_role(cast, world, scope):
    person, keys = world
    lock(scope, person)
    before = Event.objects.filter(table_name__in=FORM_OF_TABLE).count()
    wrong, asked = [], 0
    for name in writing():
        right = EXPECTED[name].methods["POST"]
        for user in cast.users.values():
            if can(user, Permission(right), cast.site):
                body = BODIES[name](cast.site, person) if name in BODIES else {}
                answer = post(user, name, keys, body)
                asked += 1
                if answer.status_code != 423 or "database closed" not in answer.content.decode():
                    wrong.append((name, user.username, answer.status_code))
    assert wrong == []
    assert asked >= 2 * 12
    assert Event.objects.filter(table_name__in=FORM_OF_TABLE).count() == before


def test_no_way_of_writing_is_forgotten():
    """What is not asked here is named, and what is named exists."""
    assert set(BODIES) <= set(writing())
    assert set(EXPECTED) > HARMLESS | REST
    assert len(writing()) >= 12


# --- REST -----------------------------------------------------------------------------------------
def send(api, person, laboratory):
    panel = Panel.objects.get(visit__participant=person)
    body = {
        "participant": person.code, "visit": "D0", "laboratory": laboratory.code,
        "collected_on": panel.collected_on.isoformat(), "base_version": panel.version,
        "reason": "typing error",
        "results": [{"analyte": "ALT", "value": "31", "unit": "U/L"}],
    }  # fmt: skip
    headers = {**api.headers(), "Idempotency-Key": "k1"}
    return api.client.post(
        "/api/v1/lab-panels/", body, content_type="application/json", headers=headers
    )


@pytest.fixture
def api(cast):
    from tests.integration.api.conftest import Api  # noqa: PLC0415
    from trial.access.services import issue_token  # noqa: PLC0415

    return Api(Client(), issue_token(user=cast.coordinator, by=study.SETUP))


def test_a_panel_sent_over_rest_is_answered_423_with_who_when_and_why(cast, world, api):
    person, _keys = world
    lock(Scope.PARTICIPANT, person)
    answer = send(api, person, cast.laboratory)
    assert answer.status_code == 423
    hold = answer.json()["hold"]
    assert (hold["kind"], hold["scope"], hold["participant"]) == (
        "lock", "participant", person.code,
    )  # fmt: skip
    assert (hold["placed_by"], hold["reason"]) == ("datamanager", "database closed")
    assert Result.objects.get(analyte="ALT").text == "300"


def test_a_file_for_a_locked_site_is_answered_423(cast, world, api):
    person, _keys = world
    lock(Scope.SITE, person)
    query = urlencode({"site": cast.site.code, "laboratory": cast.laboratory.code})
    answer = api.client.post(
        f"/api/v1/lab-imports/?{query}",
        b"participant,visit,collected_on,analyte,value,unit,comment\n",
        content_type="text/csv",
        headers={**api.headers(), "Idempotency-Key": "k2"},
    )
    assert answer.status_code == 423


def test_after_the_unlock_the_same_request_is_stored(cast, world, api):
    person, _keys = world
    hold = lock(Scope.PARTICIPANT, person)
    assert send(api, person, cast.laboratory).status_code == 423
    holds.request_unlock(hold=hold, reason="typing error", by=MANAGER)
    holds.approve_unlock(hold=hold, reason="agreed", by=SPONSOR)
    assert send(api, person, cast.laboratory).status_code == 201


# --- ranges ---------------------------------------------------------------------------------------
def test_a_range_that_reads_a_locked_result_anew_is_refused_whole(cast, world, sign_in):
    person, _keys = world
    lock(Scope.PARTICIPANT, person)
    row = ReferenceRange.objects.filter(laboratory=cast.laboratory, analyte="ALT", sex="F").first()
    row = row or ReferenceRange.objects.filter(laboratory=cast.laboratory, analyte="ALT")[0]
    client = sign_in(cast.datamanager)
    address = reverse("labs:range_correct", args=[row.pk])
    body = {"low": "", "high": "20", "unit": row.unit, "valid_to": "", "reason": "new report"}
    mark = client.post(address, body).context["mark"]
    answer = client.post(address, {**body, "confirmed": mark})
    assert answer.status_code == 423
    row.refresh_from_db()
    assert row.high != 20


# --- imports --------------------------------------------------------------------------------------
def csv(person, value: str) -> bytes:
    head = "participant,visit,collected_on,analyte,value,unit,comment\n"
    return (head + f"{person.code},W12,2025-03-31,ALT,{value},U/L,\n").encode()


def bring(cast, person, value="30", **more):
    return imports.upload(
        site=cast.site, laboratory=cast.laboratory, by=study.SETUP, file_name="v.csv",
        file=io.BytesIO(csv(person, value)), mapping=mappings.builtin("long"), **more,
    )  # fmt: skip


@pytest.mark.usefixtures("fresh_database")
def test_an_import_says_which_rows_are_held(cast, world):
    person, _keys = world
    lock(Scope.VISIT, person, study.visit_of(person, "W12"))
    batch = bring(cast, person)
    imports.work(batch_id=batch.pk, process="test")
    (finding,) = batch.findings.all()
    assert (finding.kind, finding.code) == ("error", "locked")


@pytest.mark.usefixtures("fresh_database")
def test_an_import_checked_before_a_lock_is_checked_again_before_it_is_written(cast, world):
    person, _keys = world
    batch = bring(cast, person)
    imports.work(batch_id=batch.pk, process="test")
    imports.confirm(batch=batch, by=study.SETUP)
    lock(Scope.VISIT, person, study.visit_of(person, "W12"))
    imports.work(batch_id=batch.pk, process="test")
    batch.refresh_from_db()
    assert batch.status == "uploaded"
    assert not Result.objects.filter(panel__visit=study.visit_of(person, "W12")).exists()


def test_services_refuse_before_they_judge_anything(cast, world):
    person, _keys = world
    lock(Scope.PARTICIPANT, person)
    with pytest.raises(Locked):
        study.enter(person, "D0", {"ALT": "nonsense"}, cast.laboratory, reason="x")
