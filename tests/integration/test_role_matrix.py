"""Role × site × endpoint × method: who may do what, for every address there is.

`EXPECTED` says it by name, apart from the code that decides it. An endpoint that is not named
there fails, and so does a name that no endpoint has.
"""

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from labs.importing import mapping as mappings
from labs.models import Laboratory, MeldScore, Panel, ReferenceRange, Result
from labs.services import evaluation, imports
from reports.datasets import DATASETS
from tests.factories import study
from trial.access.models import Site
from trial.access.policy import can, sites_for
from trial.access.roles import ROLES, Permission, Role
from trial.inbox.models import Item
from trial.quality.models import Query, Verification

P = Permission
PUBLIC, SIGNED_IN = "public", "signed in"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
Right = Permission | str


@dataclass(frozen=True)
class Endpoint:
    """The right each method needs; whether the address names a record of a site."""

    methods: Mapping[str, Right]
    of_a_site: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)


def reads(right: Right, **keys: str) -> Endpoint:
    return Endpoint({"GET": right}, bool(keys), keys)


def writes(right: Right, **keys: str) -> Endpoint:
    return Endpoint({"POST": right}, bool(keys), keys)


def both(right: Right, write: Right, **keys: str) -> Endpoint:
    return Endpoint({"GET": right, "POST": write}, bool(keys), keys)


CODE = {"code": "participant"}
VISIT = {"code": "participant", "label": "visit_label"}

EXPECTED: dict[str, Endpoint] = {
    "web:healthz": reads(PUBLIC),
    "web:readyz": reads(PUBLIC),
    "web:language": writes(PUBLIC),
    "web:theme": writes(PUBLIC),
    "web:alive": writes(SIGNED_IN),
    "web:gallery": reads(SIGNED_IN),
    "account_login": both(PUBLIC, PUBLIC),
    "account_logout": both(PUBLIC, PUBLIC),
    "account_signup": both(PUBLIC, PUBLIC),
    "account_change_password": both(SIGNED_IN, SIGNED_IN),
    "account_reauthenticate": both(SIGNED_IN, SIGNED_IN),
    "patients:screening": reads(P.REPORT_VIEW, **CODE),
    "patients:consent": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:criteria": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:decision": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:fail": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:details": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "patients:withdraw": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "patients:complete": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "visits:participants": reads(P.PARTICIPANT_VIEW),
    "visits:screen": both(P.PARTICIPANT_SCREEN, P.PARTICIPANT_SCREEN),
    "visits:enrol": writes(P.PARTICIPANT_ENROL, **CODE),
    "visits:schedule": reads(P.PARTICIPANT_VIEW, **CODE),
    "visits:list": reads(P.PARTICIPANT_VIEW, **CODE),
    "visits:unscheduled": both(P.VISIT_RECORD, P.VISIT_RECORD, **CODE),
    "visits:visit": reads(P.PARTICIPANT_VIEW, **VISIT),
    "visits:hold": writes(P.VISIT_RECORD, **VISIT),
    "visits:miss": writes(P.VISIT_RECORD, **VISIT),
    "visits:due": reads(P.REPORT_VIEW),
    "labs:entry": both(P.LAB_VIEW, P.LAB_ENTER, visit_id="visit"),
    "labs:check": writes(P.LAB_ENTER, visit_id="visit"),
    "labs:status": reads(P.LAB_VIEW, visit_id="visit"),
    "labs:history": reads(P.LAB_VIEW, result_id="result"),
    "labs:imports": both(P.LAB_IMPORT, P.LAB_IMPORT),
    "labs:import": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-progress": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-findings": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-confirm": writes(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-discard": writes(P.LAB_IMPORT, batch_id="batch"),
    "labs:ranges": reads(P.LAB_RANGES),
    "labs:range_add": both(P.LAB_RANGES, P.LAB_RANGES, laboratory_id="laboratory"),
    "labs:range_correct": both(P.LAB_RANGES, P.LAB_RANGES, range_id="range"),
    "reports:home": reads(SIGNED_IN),
    "reports:roles": reads(SIGNED_IN),
    "reports:participant": reads(P.REPORT_VIEW, **CODE),
    "reports:matrix": reads(P.REPORT_VIEW),
    "reports:dashboard": reads(P.REPORT_VIEW),
    "reports:data": reads(P.DATA_EXPORT),
    "reports:inbox": reads(P.INBOX_ACT),
    "reports:inbox_close": writes(P.INBOX_ACT, item="item"),
    "reports:queries": reads(P.QUERY_VIEW),
    "reports:query_metrics": reads(P.QUERY_VIEW),
    "reports:query_bulk": writes(P.QUERY_CLOSE),
    "reports:query_raise": both(P.QUERY_RAISE, P.QUERY_RAISE, kind="kind", record="result"),
    "reports:query": reads(P.QUERY_VIEW, query="query"),
    "reports:query_answer": writes(P.QUERY_ANSWER, query="query"),
    "reports:query_decide": writes(P.QUERY_CLOSE, query="query"),
    "reports:query_assign": writes(P.QUERY_CLOSE, query="query"),
    "reports:verification": reads(P.SDV_VIEW),
    "reports:verification_plans": both(P.SDV_VIEW, P.SDV_PLAN),
    "reports:verification_withdraw": writes(P.SDV_PERFORM, verification="verification"),
    "reports:verification_ask": writes(P.QUERY_RAISE, **CODE),
    "reports:verify_participant": both(P.SDV_VIEW, P.SDV_PERFORM, **CODE),
    "reports:verify_visit": both(P.SDV_VIEW, P.SDV_PERFORM, **VISIT),
    "api:schema": reads(SIGNED_IN),
    "api:docs": reads(SIGNED_IN),
    "api:participants-list": reads(P.PARTICIPANT_VIEW),
    "api:participants-detail": reads(P.PARTICIPANT_VIEW, pk="participant_id"),
    "api:visits-list": reads(P.PARTICIPANT_VIEW),
    "api:visits-detail": reads(P.PARTICIPANT_VIEW, pk="visit"),
    "api:sites-list": reads(P.PARTICIPANT_VIEW),
    "api:sites-detail": reads(P.PARTICIPANT_VIEW, pk="site"),
    "api:lab-results-list": reads(P.LAB_VIEW),
    "api:lab-results-detail": reads(P.LAB_VIEW, pk="result"),
    "api:meld-scores-list": reads(P.LAB_VIEW),
    "api:meld-scores-detail": reads(P.LAB_VIEW, pk="score"),
    "api:response-assessments-list": reads(P.LAB_VIEW),
    "api:response-assessments-detail": reads(P.LAB_VIEW, pk="assessment"),
    "api:queries-list": reads(P.QUERY_VIEW),
    "api:queries-detail": reads(P.QUERY_VIEW, pk="query"),
    "api:verifications-list": reads(P.SDV_VIEW),
    "api:verifications-detail": reads(P.SDV_VIEW, pk="verification"),
    "api:lab-panels-list": writes(P.LAB_ENTER),
    "api:lab-panels-detail": reads(P.LAB_ENTER, pk="panel"),
    "api:lab-imports-list": writes(P.LAB_IMPORT),
    "api:lab-imports-detail": reads(P.LAB_IMPORT, pk="batch"),
    "api:lab-imports-findings": reads(P.LAB_IMPORT, pk="batch"),
}
# allauth's form views answer PUT as they answer POST.
for _name in ("login", "signup", "change_password", "reauthenticate"):
    _found = EXPECTED[f"account_{_name}"]
    EXPECTED[f"account_{_name}"] = Endpoint({**_found.methods, "PUT": _found.methods["POST"]})


def endpoints(patterns=None, spaces: str = "") -> Iterator[str]:
    """The full name of every address of the site."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from endpoints(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{spaces}{pattern.name}"


@pytest.mark.req("R-32")
def test_every_address_has_a_row_and_every_row_an_address():
    assert sorted(endpoints()) == sorted(EXPECTED)


# --- the world ----------------------------------------------------------------------------------
def records_of(site: Site, laboratory: Laboratory) -> dict[str, object]:
    """One of everything at a site, by the names that `keys` use."""
    person = study.enrolled(site)
    for visit, values in study.RELAPSE_COURSE.items():
        study.enter(person, visit, values, laboratory)
    evaluation.evaluate_pending(process="test")
    panel = Panel.objects.filter(visit__participant=person).order_by("id")[0]
    study.ask(panel)
    study.verify(panel)
    score = MeldScore.objects.current().filter(panel=panel)[0]
    batch = imports.upload(
        site=site,
        laboratory=laboratory,
        file=io.BytesIO(b"participant,visit,collected_on,analyte,value,unit,comment\n"),
        file_name="values.csv",
        mapping=mappings.builtin("long"),
        by=study.SETUP,
    )
    return {
        "site": site.pk,
        "participant": person.code,
        "participant_id": person.pk,
        "visit": panel.visit_id,
        "visit_label": "W48",
        "panel": panel.pk,
        "result": Result.objects.filter(panel=panel)[0].pk,
        "score": f"{panel.pk}-{score.formula}",
        "assessment": f"{person.pk}-TRIAL-REL",
        "batch": batch.pk,
        "laboratory": laboratory.pk,
        "range": ReferenceRange.objects.filter(laboratory=laboratory)[0].pk,
        "kind": "result",
        "query": Query.objects.filter(site=site)[0].pk,
        "verification": Verification.objects.filter(site=site)[0].pk,
        "item": Item.objects.filter(site=site)[0].pk,
    }


@pytest.fixture(autouse=True)
def quiet(settings) -> Iterator[None]:
    """Thousands of refusals are meant here, and writing each one's log costs more than asking.

    DEMO, because the gallery is not there in production."""
    settings.DEMO = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(cast):
    """(site, one of everything there) of the two sites."""
    pairs = ((cast.site, cast.laboratory), (cast.other_site, cast.other_laboratory))
    return [(site, records_of(site, laboratory)) for site, laboratory in pairs]


@pytest.fixture
def call(cast) -> Callable[..., int]:
    """`call(user, method, address)`: the status a signed-in user gets; nothing is kept."""
    jars = {}
    for user in cast.users.values():
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        jars[user.pk] = client.cookies["session"].value

    def ask(user, method: str, address: str) -> int:
        client = Client(raise_request_exception=False)
        client.cookies["session"] = jars[user.pk]
        with transaction.atomic():
            answer = client.generic(method, address, headers={"Idempotency-Key": "k"})
            transaction.set_rollback(True)
        return answer.status_code

    return ask


def address_of(name: str, records: Mapping[str, object]) -> str:
    return reverse(name, kwargs={k: records[v] for k, v in EXPECTED[name].keys.items()})


def holds(user, right: Right, site: Site | None = None) -> bool:
    return True if right in (PUBLIC, SIGNED_IN) else bool(can(user, Permission(right), site))


# --- the matrix ---------------------------------------------------------------------------------
def cells(world) -> Iterator[tuple[str, Site, str]]:
    """(endpoint, site, address): both sites where the address names a record."""
    for name, endpoint in EXPECTED.items():
        for site, records in world if endpoint.of_a_site else world[:1]:
            yield name, site, address_of(name, records)


def as_expected(user, name: str, method: str, site: Site, status: int) -> bool:
    endpoint = EXPECTED[name]
    right = endpoint.methods[method]
    if not holds(user, right):
        return status == 403
    if endpoint.of_a_site and not holds(user, right, site):
        return status == 404
    return status < 500 and status not in (401, 403, 404, 405)


@pytest.mark.req("R-32")
def test_who_may_do_what_where(cast, world, call):
    wrong, asked = [], 0
    for name, site, address in cells(world):
        for who, user in cast.users.items():
            for method in EXPECTED[name].methods:
                status = call(user, method, address)
                asked += 1
                if not as_expected(user, name, method, site, status):
                    wrong.append((name, who, method, site.code, status))
    assert wrong == []
    assert asked > 1_000


@pytest.mark.req("F-112")
def test_a_method_that_is_not_listed_does_nothing(cast, world, call):
    wrong = []
    for name, site, address in cells(world[:1]):
        for user in (cast.coordinator, cast.datamanager, cast.outsider):
            for method in set(METHODS) - set(EXPECTED[name].methods):
                status = call(user, method, address)
                if status not in (403, 404, 405) and not only_asks(user, name, method, status):
                    wrong.append((name, user.username, method, site.code, status))
    assert wrong == []


def only_asks(user, name: str, method: str, status: int) -> bool:
    """HEAD and OPTIONS of what one may read; a signed-in user is sent on from the sign-in page."""
    rights = EXPECTED[name].methods
    if rights.get("GET") == PUBLIC and status == 302:
        return True
    asked = rights.get("GET", next(iter(rights.values())))
    return method in ("HEAD", "OPTIONS") and holds(user, asked) and status < 400


def test_nobody_gets_in_without_signing_in(world):
    wrong = []
    for name, _site, address in cells(world[:1]):
        for method, right in EXPECTED[name].methods.items():
            answer = Client().generic(method, address)
            if right == PUBLIC:
                good = answer.status_code not in (401, 403, 404, 405)
            elif name.startswith("api:") and name != "api:docs":
                good = answer.status_code == 401
            else:
                sent_to = answer.headers.get("Location", "")
                good = answer.status_code == 302 and sent_to.startswith("/accounts/login/")
            if not good:
                wrong.append((name, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("how", ["csv", "ndjson"])
def test_a_file_needs_the_right_to_export(name, how, cast, call):
    for user in cast.users.values():
        if not can(user, P.DATA_EXPORT):
            assert call(user, "GET", f"{reverse(f'api:{name}-list')}?format={how}") == 403


def test_the_cast_plays_every_role_and_the_outsider_none(cast):
    held = {role for user in cast.users.values() for role in Role if may_all(user, role)}
    assert held == set(Role)
    assert not any(sites_for(cast.outsider, permission) for permission in Permission)


def may_all(user, role: Role) -> bool:
    return all(can(user, permission) for permission in ROLES[role].permissions)
