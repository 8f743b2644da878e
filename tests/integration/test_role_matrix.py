"""Role × site × endpoint × method: who may do what, for every address there is.

`EXPECTED` says it by name, apart from the code that decides it. An endpoint that is not named
there fails, and so does a name that no endpoint has.
"""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from labs.importing import mapping as mappings
from labs.models import Laboratory, MeldScore, Panel, ReferenceRange, Result
from labs.services import evaluation, imports
from patients.models import Participant
from randomization.blocks import Design
from randomization.models import Allocation
from randomization.sealed.lists import draft_blocks
from randomization.sealed.models import AllocationList
from randomization.services.allocating import subject_of
from reports.datasets import DATASETS
from reports.form_datasets import name_of
from reports.models import Snapshot
from reports.records import KINDS, Found
from reports.services import redaction
from safety.models import LiverSignal
from safety.services.reports import submit
from tests.factories import cases, custody, forms, histology, product, study
from tests.factories.signatures import signed
from tests.integration.quality.holding import freeze
from tests.integration.quality.verifying import recorded
from tests.integration.queries.asking import raised
from trial.access import services as access
from trial.access.alerts import raise_alert
from trial.access.models import AlertKind, Site, User
from trial.access.policy import can, powers, sites_for
from trial.access.roles import ROLES, Permission, Role
from trial.audit import context as audit
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.inbox.models import Item
from trial.protocol.casebook.forms import FORMS
from trial.quality.models import Scope
from trial.signing import content
from trial.signing.models import Components, Signature
from trial.signing.services import Request, put
from visits.custody import State
from visits.models import Shipment

# What is sealed is read and written through a connection of its own.
pytestmark = pytest.mark.django_db(databases=["default", "sealed"])
P = Permission
PUBLIC, SIGNED_IN = "public", "signed in"
# Addresses that hold nothing for whoever asks here: a set-up link that is none, another's token.
NO_LINK, NOT_MINE = "public, but without a link", "signed in, but not one's own"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
Right = Permission | str


@dataclass(frozen=True)
class Endpoint:
    """The right each method needs; whether the address names a record of a site."""

    methods: Mapping[str, Right]
    of_a_site: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    only: Role | None = None  # whose record it is: others who hold the right don't find it


def reads(right: Right, **keys: str) -> Endpoint:
    return Endpoint({"GET": right}, bool(keys), keys)


def writes(right: Right, **keys: str) -> Endpoint:
    return Endpoint({"POST": right}, bool(keys), keys)


def both(right: Right, write: Right, **keys: str) -> Endpoint:
    return Endpoint({"GET": right, "POST": write}, bool(keys), keys)


def of_lot(*methods: str, name: str = "lot") -> Endpoint:
    """A page of a lot or donor: they belong to no site."""
    return Endpoint(dict.fromkeys(methods, P.SEALED_PRODUCT), keys={"pk": name})


CODE = {"code": "participant"}
BAG = {"number": "bag"}
BIOPSY = {"code": "participant", "label": "biopsy_visit"}
VISIT = {"code": "participant", "label": "visit_label"}
SHEET = {"code": "participant", "form": "crf_form", "where": "crf_where"}

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
    "mfa_authenticate": both(PUBLIC, PUBLIC),
    "security:setup": Endpoint({"GET": PUBLIC}, keys={"key": "setup_key"}),
    "security:setup-password": both(NO_LINK, NO_LINK),
    "security:overview": reads(SIGNED_IN),
    "security:app-add": both(SIGNED_IN, SIGNED_IN),
    "security:key-add": both(SIGNED_IN, SIGNED_IN),
    "security:key-rename": Endpoint({"GET": SIGNED_IN, "POST": SIGNED_IN}, keys={"pk": "nothing"}),
    "security:factor-remove": Endpoint({"POST": SIGNED_IN}, keys={"pk": "nothing"}),
    "security:codes": reads(SIGNED_IN),
    "security:codes-make": writes(SIGNED_IN),
    "security:sessions-end": writes(SIGNED_IN),
    "security:session-end": Endpoint({"POST": NOT_MINE}, keys={"mark": "mark"}),
    "security:token-issue": both(P.PARTICIPANT_VIEW, P.PARTICIPANT_VIEW),
    "security:token-revoke": Endpoint({"POST": NOT_MINE}, keys={"pk": "nothing"}),
    "security:alerts": reads(P.USER_VIEW),
    "security:alert-seen": Endpoint({"POST": P.USER_VIEW}, keys={"pk": "alert"}),
    "patients:screening": reads(P.REPORT_VIEW, **CODE),
    "patients:consent": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:criteria": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:decision": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:fail": writes(P.PARTICIPANT_SCREEN, **CODE),
    "patients:details": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "patients:withdraw": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "patients:complete": both(P.PARTICIPANT_ENROL, P.PARTICIPANT_ENROL, **CODE),
    "safety:cases": reads(P.REPORT_VIEW),
    "safety:case": reads(P.REPORT_VIEW, pk="case"),
    "safety:version": reads(P.REPORT_VIEW, pk="case", number="version"),
    "safety:submit": writes(P.VISIT_RECORD, pk="case"),
    "safety:outside": writes(P.SAFETY_ASSESS, pk="case"),
    "safety:acknowledge": writes(P.SAFETY_ASSESS, pk="case", submission="submission"),
    "safety:event_of_reaction": writes(P.VISIT_RECORD, pk="occurred"),
    "randomization:randomise": both(P.RANDOMISE, P.RANDOMISE, **CODE),
    "randomization:allocation": reads(P.PARTICIPANT_VIEW, **CODE),
    "randomization:inadvertent": both(P.UNBLIND, P.UNBLIND, **CODE),
    "randomization:unblindings": reads(P.UNBLIND_VIEW),
    "randomization:unblinding": reads(P.UNBLIND_VIEW, pk="emergency"),
    "randomization:unblinding_learned": writes(P.UNBLIND, pk="emergency"),
    "randomization:study_unblinding": both(P.UNBLIND_STUDY, P.UNBLIND_STUDY),
    "randomization:study_unblinding_ok": Endpoint(
        {"POST": P.UNBLIND_STUDY}, keys={"pk": "planned"}
    ),
    "unblinding:ask": both(P.UNBLIND, P.UNBLIND, **CODE),
    "unblinding:arm": both(P.UNBLIND, P.UNBLIND, code="participant", pk="emergency"),
    "unblinding:everybody": both(P.SEALED_LIST, P.SEALED_LIST),
    "unblinding:indices": both(P.SEALED_LIST, P.SEALED_LIST),
    "unblinding:trail": reads(P.SEALED_LIST),
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
    "crf:overview": reads(P.REPORT_VIEW, **CODE),
    "crf:visit": reads(P.REPORT_VIEW, **VISIT),
    "crf:lines": reads(P.REPORT_VIEW, code="participant", form="crf_lines"),
    "crf:sheet": reads(P.REPORT_VIEW, **SHEET),
    "crf:save": writes(P.VISIT_RECORD, **SHEET, section="crf_section"),
    "crf:check": writes(P.REPORT_VIEW, **SHEET, section="crf_section"),
    "crf:not_done": writes(P.VISIT_RECORD, **SHEET),
    "crf:strike": writes(P.VISIT_RECORD, **SHEET),
    "crf:wrong_check": writes(P.VISIT_RECORD, **SHEET),
    "bags:stock": reads(P.PRODUCT_VIEW),
    "bags:scan": reads(P.PRODUCT_VIEW),
    "bags:receive": both(P.PRODUCT_HANDLE, P.PRODUCT_HANDLE, number="shipment"),
    "bags:bag": reads(P.PRODUCT_VIEW, **BAG),
    "bags:issue": both(P.PRODUCT_HANDLE, P.PRODUCT_HANDLE, **BAG),
    "bags:verify": both(P.PRODUCT_HANDLE, P.PRODUCT_HANDLE, **BAG),
    "bags:return": both(P.PRODUCT_HANDLE, P.PRODUCT_HANDLE, **BAG),
    "bags:waste": both(P.PRODUCT_HANDLE, P.PRODUCT_HANDLE, **BAG),
    "bags:infusion": reads(P.REPORT_VIEW, **BAG),
    "bags:infusion_save": writes(P.VISIT_RECORD, **BAG, section="section"),
    "bags:infusion_check": writes(P.VISIT_RECORD, **BAG, section="section"),
    "reading:work": reads(P.HISTOLOGY_READ),
    "reading:total": writes(P.HISTOLOGY_READ),
    "reading:specimen": Endpoint(
        dict.fromkeys(("GET", "POST"), P.HISTOLOGY_READ), keys={"specimen": "specimen"}
    ),
    "reading:image": Endpoint(
        {"GET": P.HISTOLOGY_READ}, keys={"specimen": "specimen", "number": "picture"}
    ),
    "histology:desk": reads(P.HISTOLOGY_MANAGE),
    "histology:assign": writes(P.HISTOLOGY_MANAGE),
    "histology:third": writes(P.HISTOLOGY_MANAGE),
    "histology:biopsy": reads(P.HISTOLOGY_MANAGE, **BIOPSY),
    "histology:add_image": writes(P.HISTOLOGY_MANAGE, **BIOPSY),
    "histology:image": reads(P.HISTOLOGY_MANAGE, **BIOPSY, number="picture"),
    "histology:strike": writes(P.HISTOLOGY_MANAGE, **BIOPSY, number="picture"),
    "histology:replace": writes(P.HISTOLOGY_MANAGE, **BIOPSY, place="place"),
    "randomization:reserve": writes(P.PRODUCT_HANDLE, **VISIT),
    "labs:entry": both(P.LAB_VIEW, P.LAB_ENTER, visit_id="visit"),
    "labs:check": writes(P.LAB_ENTER, visit_id="visit"),
    "labs:status": reads(P.LAB_VIEW, visit_id="visit"),
    "labs:imports": both(P.LAB_IMPORT, P.LAB_IMPORT),
    "labs:import": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-progress": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-findings": reads(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-confirm": writes(P.LAB_IMPORT, batch_id="batch"),
    "labs:import-discard": writes(P.LAB_IMPORT, batch_id="batch"),
    "labs:ranges": reads(P.LAB_RANGES),
    "labs:range_add": both(P.LAB_RANGES, P.LAB_RANGES, laboratory_id="laboratory"),
    "labs:range_correct": both(P.LAB_RANGES, P.LAB_RANGES, range_id="range"),
    "randomization:overview": reads(P.ALLOCATION_VIEW),
    "liver:overview": reads(P.LAB_VIEW),
    "liver:toxicity": reads(P.LAB_VIEW, **CODE),
    "liver:judge": writes(P.SIGNAL_JUDGE, **CODE, signal="liver_signal"),
    "lists:overview": reads(P.SEALED_LIST),
    "lists:blocks": both(P.SEALED_LIST, P.SEALED_LIST),
    "lists:minimisation": both(P.SEALED_LIST, P.SEALED_LIST),
    "lists:file": both(P.SEALED_LIST, P.SEALED_LIST),
    "lists:list": reads(P.SEALED_LIST, pk="list"),
    "lists:force": both(P.SEALED_LIST, P.SEALED_LIST, pk="list"),
    "lists:read": both(P.SEALED_LIST, P.SEALED_LIST, pk="list"),
    "lists:disclose": both(P.SEALED_LIST, P.SEALED_LIST, pk="list"),
    "reports:home": reads(SIGNED_IN),
    "reports:roles": reads(SIGNED_IN),
    "reports:participant": reads(P.REPORT_VIEW, **CODE),
    "reports:matrix": reads(P.REPORT_VIEW),
    "paper:filled": both(P.REPORT_VIEW, P.REPORT_VIEW, **CODE),
    "paper:timeline": reads(P.REPORT_VIEW, **CODE),
    "paper:blank": reads(P.REPORT_VIEW),
    "reports:dashboard": reads(P.REPORT_VIEW),
    "reports:data": reads(P.DATA_EXPORT),
    "reports:inbox": reads(P.INBOX_ACT),
    "reports:inbox_close": Endpoint(
        {"POST": P.INBOX_ACT}, of_a_site=True, keys={"item": "item"}, only=Role.INVESTIGATOR
    ),
    "reports:history": reads(P.PARTICIPANT_VIEW, kind="person_kind", pk="participant_id"),
    "reports:snapshots": both(P.SNAPSHOT_VIEW, P.SNAPSHOT_TAKE),
    "reports:snapshot": reads(P.SNAPSHOT_VIEW, number="snapshot"),
    "reports:manifest": reads(P.SNAPSHOT_VIEW, number="snapshot"),
    "reports:compare": reads(P.SNAPSHOT_VIEW),
    "reports:trail": reads(P.TRAIL_VIEW),
    "reports:trail_accounts": reads(P.TRAIL_ACCOUNTS),
    "reports:trail_review": reads(P.TRAIL_VIEW),
    "reports:trail_reviewed": writes(P.TRAIL_REVIEW),
    "reports:queries": reads(P.QUERY_VIEW),
    "reports:query_metrics": reads(P.QUERY_VIEW),
    "reports:query_bulk": writes(P.QUERY_CLOSE),
    "reports:checks": reads(P.QUERY_VIEW),
    "reports:deviations": reads(P.REPORT_VIEW),
    "reports:deviation_dismiss": writes(P.VISIT_RECORD, **CODE),
    "reports:query_raise": both(P.QUERY_RAISE, P.QUERY_RAISE, kind="result_kind", pk="result"),
    "reports:query": reads(P.QUERY_VIEW, query_id="query"),
    "reports:query_answer": writes(P.QUERY_ANSWER, query_id="query"),
    "reports:query_close": writes(P.QUERY_CLOSE, query_id="query"),
    "reports:query_reopen": writes(P.QUERY_RAISE, query_id="query"),
    "reports:query_assign": writes(P.QUERY_CLOSE, query_id="query"),
    "reports:redactions": reads(P.REDACT),
    "reports:redaction_ask": both(
        P.REDACT, P.REDACT, kind="result_kind", pk="result", field="text_field"
    ),
    "reports:redaction_decide": writes(P.REDACT, pk="redaction"),
    "people:users": reads(P.USER_VIEW),
    "people:user_new": both(P.USER_MANAGE, P.USER_MANAGE),
    "people:user": reads(P.USER_VIEW, pk="user"),
    "people:user_edit": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_deactivate": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_reactivate": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_training": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_link": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_factors": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:user_sessions": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:role_new": both(P.USER_MANAGE, P.USER_MANAGE, pk="user"),
    "people:role_end": both(P.USER_MANAGE, P.USER_MANAGE, pk="membership"),
    "people:grants": reads(P.USER_APPROVE),
    "people:grant_decide": writes(P.USER_APPROVE, pk="grant"),
    "people:sites": reads(P.USER_VIEW),
    "people:site_new": both(P.SITE_MANAGE, P.SITE_MANAGE),
    "people:site": reads(P.USER_VIEW, code="site_code"),
    "people:site_edit": both(P.SITE_MANAGE, P.SITE_MANAGE, code="site_code"),
    "people:site_adopt": both(P.SITE_MANAGE, P.SITE_MANAGE, code="site_code"),
    "people:site_principal": both(P.SITE_MANAGE, P.SITE_MANAGE, code="site_code"),
    "people:review": reads(P.USER_VIEW),
    "people:review_file": reads(P.USER_VIEW),
    "people:review_done": writes(P.USER_MANAGE),
    "people:logs": reads(P.DELEGATION_VIEW),
    "people:log": reads(P.DELEGATION_VIEW, code="site_code"),
    "people:log_new": both(P.DELEGATE, P.DELEGATE, code="site_code"),
    "people:log_end": both(P.DELEGATE, P.DELEGATE, code="site_code", pk="delegation"),
    "people:trainings": reads(SIGNED_IN),
    "people:training": both(SIGNED_IN, SIGNED_IN, kind="training_kind"),
    "reports:to_sign": both(P.SIGN, P.SIGN),
    "reports:sign_casebook": both(P.SIGN, P.SIGN, **CODE),
    "reports:sign_visit": both(P.SIGN, P.SIGN, **VISIT),
    "reports:signature": reads(P.REPORT_VIEW, signature_id="signature"),
    "reports:holds": reads(P.REPORT_VIEW),
    "reports:hold_place": both(P.FREEZE, P.FREEZE),
    "reports:hold": reads(P.REPORT_VIEW, hold_id="hold"),
    "reports:hold_release": writes(P.FREEZE, hold_id="hold"),
    "reports:hold_ask": writes(P.LOCK, hold_id="hold"),
    "reports:hold_approve": writes(P.UNLOCK_APPROVE, hold_id="hold"),
    "reports:hold_decline": writes(P.UNLOCK_APPROVE, hold_id="hold"),
    "reports:verification": reads(P.REPORT_VIEW),
    "reports:verification_plan": both(P.REPORT_VIEW, P.SDV_PLAN),
    "reports:verify_participant": both(P.REPORT_VIEW, P.SDV_PERFORM, **CODE),
    "reports:verify_visit": both(P.REPORT_VIEW, P.SDV_PERFORM, **VISIT),
    "reports:unverify_participant": writes(P.SDV_PERFORM, **CODE, form="consent_form"),
    "reports:unverify_visit": writes(P.SDV_PERFORM, **VISIT, form="labs_form"),
    "product:lots": reads(P.SEALED_PRODUCT),
    "product:lot_new": both(P.SEALED_PRODUCT, P.SEALED_PRODUCT),
    "product:lot": of_lot("GET"),
    "product:lot_edit": of_lot("GET", "POST"),
    "product:results": of_lot("GET", "POST"),
    "product:disposition": of_lot("GET", "POST"),
    "product:recall_lot": of_lot("GET", "POST"),
    "product:withdraw_lot": of_lot("POST"),
    "product:donors": reads(P.SEALED_PRODUCT),
    "product:donor_new": both(P.SEALED_PRODUCT, P.SEALED_PRODUCT),
    "product:donor": of_lot("GET", "POST", name="donor"),
    "product:recall_donor": of_lot("GET", "POST", name="donor"),
    "product:withdraw_donor": of_lot("POST", name="donor"),
    "product:shipments": reads(P.SEALED_PRODUCT),
    "product:pack": both(P.SEALED_PRODUCT, P.SEALED_PRODUCT),
    "product:shipment": reads(P.SEALED_PRODUCT, number="packed"),
    "product:labels": reads(P.SEALED_PRODUCT, number="packed"),
    "product:ship": writes(P.SEALED_PRODUCT, number="packed"),
    "product:temperature": writes(P.SEALED_PRODUCT, number="packed"),
    "product:judge": writes(P.SEALED_PRODUCT, number="packed"),
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
    "api:queries-list": reads(P.QUERY_VIEW),
    "api:queries-detail": reads(P.QUERY_VIEW, pk="query"),
    "api:randomisations-list": reads(P.PARTICIPANT_VIEW),
    "api:randomisations-detail": reads(P.PARTICIPANT_VIEW, pk="allocation"),
    "api:bags-list": reads(P.PRODUCT_VIEW),
    "api:bags-detail": reads(P.PRODUCT_VIEW, pk="bag"),
    "api:infusions-list": reads(P.REPORT_VIEW),
    "api:infusions-detail": reads(P.REPORT_VIEW, pk="infusion"),
    "api:infusion-vitals-list": reads(P.REPORT_VIEW),
    "api:infusion-vitals-detail": reads(P.REPORT_VIEW, pk="vitals"),
    "api:infusion-reactions-list": reads(P.REPORT_VIEW),
    "api:infusion-reactions-detail": reads(P.REPORT_VIEW, pk="reaction"),
    "api:histology-readings-list": reads(P.DATA_EXPORT),
    "api:histology-readings-detail": reads(P.DATA_EXPORT, pk="histology_reading"),
    "api:unblindings-list": reads(P.UNBLIND_VIEW),
    "api:unblindings-detail": reads(P.UNBLIND_VIEW, pk="emergency"),
    "api:steroid-exposure-list": reads(P.REPORT_VIEW),
    "api:steroid-exposure-detail": reads(P.REPORT_VIEW, pk="visit"),
    "api:lab-toxicity-list": reads(P.LAB_VIEW),
    "api:lab-toxicity-detail": reads(P.LAB_VIEW, pk="toxicity"),
    "api:liver-signals-list": reads(P.LAB_VIEW),
    "api:liver-signals-detail": reads(P.LAB_VIEW, pk="liver_signal"),
    "api:signatures-list": reads(P.REPORT_VIEW),
    "api:signatures-detail": reads(P.REPORT_VIEW, pk="signature"),
    "api:verifications-list": reads(P.REPORT_VIEW),
    "api:verifications-detail": reads(P.REPORT_VIEW, pk="verification"),
    "api:meld-scores-list": reads(P.LAB_VIEW),
    "api:meld-scores-detail": reads(P.LAB_VIEW, pk="score"),
    "api:response-assessments-list": reads(P.LAB_VIEW),
    "api:response-assessments-detail": reads(P.LAB_VIEW, pk="assessment"),
    "api:trail-list": reads(P.TRAIL_VIEW),
    "api:trail-detail": reads(P.TRAIL_VIEW, pk="event"),
    "api:trace": reads(P.TRAIL_VIEW),
    "api:forms": reads(P.REPORT_VIEW),
    **{f"api:{name_of(form)}-list": reads(P.REPORT_VIEW) for form in FORMS},
    **{f"api:{name_of(form)}-detail": reads(P.REPORT_VIEW, pk=form.code) for form in FORMS},
    "api:allocations-list": writes(P.RANDOMISE),
    "api:allocations-detail": reads(P.PARTICIPANT_VIEW, participant="participant"),
    "api:lab-panels-list": writes(P.LAB_ENTER),
    "api:lab-panels-detail": reads(P.LAB_ENTER, pk="panel"),
    "api:lab-imports-list": writes(P.LAB_IMPORT),
    "api:lab-imports-detail": reads(P.LAB_IMPORT, pk="batch"),
    "api:lab-imports-findings": reads(P.LAB_IMPORT, pk="batch"),
}
# allauth's form views answer PUT as they answer POST.
for _name in ("login", "signup"):
    _found = EXPECTED[f"account_{_name}"]
    EXPECTED[f"account_{_name}"] = Endpoint({**_found.methods, "PUT": _found.methods["POST"]})


def endpoints(patterns=None, spaces: str = "") -> Iterator[str]:
    """The full name of every address of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
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
    score = MeldScore.objects.current().filter(panel=panel)[0]
    batch = imports.upload(
        site=site,
        laboratory=laboratory,
        file=io.BytesIO(b"participant,visit,collected_on,analyte,value,unit,comment\n"),
        file_name="values.csv",
        mapping=mappings.builtin("long"),
        by=study.SETUP,
    )
    signer = User.objects.get(username=f"investigator{'' if site.code == '01' else int(site.code)}")
    frozen = freeze(Scope.FORM, person, study.visit_of(person, "W96"), "labs")
    return {
        "signature": signed(study.visit_of(person, "D0"), signer).pk,
        "hold": frozen.pk,
        "query": raised(Result.objects.filter(panel=panel)[0]).pk,
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
        "toxicity": f"{Result.objects.get(panel=panel, analyte='ALT').pk}-ALT_UP",
        "liver_signal": make_signal(panel).pk,
        "nothing": 0,
        "shipment": custody.on_the_way(site).number,
        "bag": custody.bag_for(person, "W4", State.RESERVED, second=signer).number,
        "section": "order",
        "mark": "0" * 32,
        "setup_key": "k" * 43,
        "alert": raise_alert(kind=AlertKind.SPRAY, username="x", by=study.SETUP).pk,
        "item": Item.objects.filter(site=site)[0].pk,
        "result_kind": "result",
        "person_kind": "participant",
        "event": Event.objects.filter(site_id=site.pk).latest("id").pk,
        "snapshot": make_snapshot(site).number,
        "text_field": "comment",
        "consent_form": "consent",
        "verification": recorded(study.visit_of(person, "D0"), "labs").pk,
        "labs_form": "labs",
        "list": make_list(site).pk,
        "redaction": redaction.request(
            found=Found(KINDS["result"], Result.objects.filter(panel=panel)[0]),
            field="comment",
            reason="names a person",
            by=Actor.of(make_asker(site), role="datamanager"),
        ).pk,
        "crf_form": "diagnosis",
        "crf_where": "1",
        "crf_section": "disease",
        "crf_lines": "medical_history",
        **infused(person, signer),
        **{code: row.pk for code, row in forms.every(person).items()},
        **safety_case(person),
        **biopsied(person),
        **people_at(site),
        **make_product(site),
    }


def make_signal(panel: Panel) -> LiverSignal:
    """A signal, as one that was found."""
    with audit.transaction(by=study.SETUP):
        return LiverSignal.objects.create(
            participant=panel.visit.participant, kind="stop", panel=panel,
            occurred_on=panel.collected_on, found_at=timezone.now(),
        )  # fmt: skip


def infused(person: Participant, second: User) -> dict[str, object]:
    """An infusion that runs, with vital signs and a reaction that did not occur."""
    bag = custody.started(custody.bag_for(person, "D0", second=second))
    custody.put(bag, "vitals-D15", **custody.vitals(45))
    custody.put(bag, "reaction-fever", occurred=False, onset=None, grade=None, note="")
    reaction = bag.infusion.reactions.get().pk
    custody.put(bag, "reaction-chills", occurred=True, onset=custody.moment(30), grade=1, note="")
    given = bag.infusion
    return {
        "infusion": given.pk,
        "vitals": given.vitals.get().pk,
        "reaction": reaction,
        "occurred": given.reactions.get(term="chills").pk,
    }


def safety_case(person: Participant) -> dict[str, object]:
    """A serious event that went to the sponsor."""
    sent = submit(case=cases.serious(person), by=study.SETUP)
    return {"case": sent.case_id, "version": sent.version.number, "submission": sent.pk}


def biopsied(person: Participant) -> dict[str, object]:
    """A biopsy that two read; of each, the specimen of the cast's reader."""
    biopsy = histology.ready(person, "W24")
    histology.given(biopsy)
    return {
        "biopsy_visit": "W24",
        "specimen": histology.specimen(biopsy, "reader").code,
        "picture": 1,
        "place": 1,
        "histology_reading": f"{biopsy.pk}-final",
    }


def people_at(site: Site) -> dict[str, object]:
    """Somebody with a role and duties at the site, and a role that waits for a second person."""
    person = study.make_user(f"person{site.code}", Role.COORDINATOR, site)
    asker = Actor.of(study.make_user(f"manager{site.code}"), role="admin")
    grant = access.request_role(
        user=study.make_user(f"newcomer{site.code}"),
        role=Role.PHARMACIST,
        site=site,
        by=asker,
        reason="cell laboratory",
    )
    investigator = User.objects.get(memberships__site=site, memberships__role=Role.INVESTIGATOR)
    access.appoint_principal(
        user=investigator, site=site, from_on=site.today(), by=study.SETUP, reason="contract"
    )
    entry = access.delegate(
        user=person, site=site, duties=["enter"], from_on=site.today(), by=study.SETUP
    )
    return {
        "user": person.pk,
        "membership": person.memberships.get().pk,
        "grant": grant.pk,
        "site_code": site.code,
        "delegation": entry.pk,
        "training_kind": "system",
    }


def make_snapshot(site: Site) -> Snapshot:
    """A snapshot without files: taking a real one needs a transaction of its own."""
    with audit.transaction(by=study.SETUP):
        return Snapshot.objects.create(
            number=int(site.code), name="matrix", taken_at=timezone.now(), taken_by="datamanager",
            seen_generation=1, seen_snapshot="1:1:", seal_number=0, version="0", protocols={},
        )  # fmt: skip


def make_product(site: Site) -> dict[str, object]:
    """A lot and its donor, and a shipment whose bags are not there: they would have to be written
    through both connections, of which neither sees what the other has not committed."""
    source = product.donor(f"D-{site.code}")
    with audit.transaction(by=study.SETUP):
        shipment = Shipment.objects.create(
            site=site, number=900 + int(site.code), expires_at=timezone.now(), cells=31,
            volume_ml=50, storage_low=2, storage_high=8, packed_at=timezone.now(),
            packed_by="test",
        )  # fmt: skip
    return {
        "donor": source.pk,
        "lot": product.quarantined(f"L-{site.code}", "A", of=source).pk,
        "packed": shipment.number,
    }


def make_list(site: Site) -> AllocationList:
    """A small list for a site. What asks every address is one long transaction of the sealed login,
    which would be ended for being idle."""
    with connections["sealed"].cursor() as cursor:
        cursor.execute("set idle_in_transaction_session_timeout = 0")
    design = Design(("A", "B"), (1, 1), (2, 4), (f"{site.code}-naive",), 4)
    return draft_blocks(design=design, by=study.SETUP)


def make_asker(site: Site) -> User:
    """Somebody who asks for redactions: another has to agree."""
    return study.make_user(f"asker{site.code}")


@pytest.fixture(autouse=True)
def quiet(settings) -> Iterator[None]:
    """Thousands of refusals are meant here, and writing each one's log costs more than asking.

    DEMO, because the gallery is not there in production."""
    settings.DEMO = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(cast, taken_slot, unblinded):
    """(site, one of everything there) of the two sites."""
    pairs = ((cast.site, cast.laboratory), (cast.other_site, cast.other_laboratory))
    made = [(site, records_of(site, laboratory)) for site, laboratory in pairs]
    for site, records in made:
        person = Participant.objects.get(code=records["participant"])
        allocated = taken_slot(person, f"{site.code}-naive")
        records.update({"allocation": allocated.pk, **unblinded(person)})
    return made


@pytest.fixture
def taken_slot(admin_connection) -> Iterator[Callable[[Participant, str], Allocation]]:
    """`taken_slot(person, stratum)`: the person is randomised, without another login's commits."""
    with admin_connection.cursor() as cursor:
        actor = {"actor": "system:test", "role": "", "site": "", "request": "", "reason": ""}
        cursor.execute("select set_config('app.context', %s, false)", [json.dumps(actor)])

        def take(person: Participant, stratum: str) -> Allocation:
            design = json.dumps(asdict(Design(("A", "B"), (1, 1), (2,), (stratum,), 1)))
            cursor.execute(SLOT, {"stratum": stratum, "person": person.pk, "design": design})
            with audit.transaction(by=study.SETUP):
                return Allocation.objects.create(
                    participant=person, number=f"{stratum.upper()}-001", stratum=stratum, slot=1,
                    factors={}, frozen=[], protocol_version="1.0", allocated_by="test",
                    allocated_at=timezone.now(), signature=signed_allocation(person),
                )  # fmt: skip

        yield take
        cursor.execute("set session_replication_role = replica")
        for table in ("slot", "stratum", "list", "event"):
            cursor.execute(f"delete from sealed.{table}")


@pytest.fixture
def unblinded(admin_connection) -> Iterator[Callable[[Participant], dict[str, int]]]:
    """`unblinded(person)`: an emergency of the site's investigator; the study's own waits."""
    with admin_connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")

        def make(person: Participant, said: str = "needed for the matrix") -> dict[str, int]:
            at_site = {"memberships__site": person.site, "memberships__role": Role.INVESTIGATOR}
            asker = User.objects.get(**at_site)
            named = {"person": person.pk, "who": asker.username, "id": asker.pk, "said": said}
            cursor.execute(UNBLINDINGS, named)
            planned.update(cursor.fetchall())
            cursor.execute(LEARNED, {"unblinding": planned["emergency"], "who": said})
            return dict(planned)

        planned: dict[str, int] = {}
        yield make
        cursor.execute("delete from randomization_wholearned")
        cursor.execute("delete from randomization_unblinding")


UNBLINDINGS = """
insert into randomization_unblinding (kind, category, reason, requested_at, requested_by,
                                      requested_by_id, participant_id, access_id)
values ('emergency', 'other', %(said)s, now(), %(who)s, %(id)s, %(person)s,
        %(person)s),
       ('planned', 'analysis', 'needed for the matrix', now(), 'x', 0, null, null)
on conflict do nothing returning kind, id
"""
LEARNED = """
insert into randomization_wholearned (unblinding_id, who, noted_at, noted_by)
values (%(unblinding)s, %(who)s, now(), 'test')
"""
SLOT = """
with l as (
  insert into sealed.list (method, algorithm, design, salt, checksum, commitment, slots, strata,
                           made_by)
  values ('blocks', 'x', %(design)s, decode(repeat('00', 32), 'hex'), 'x', repeat('0', 64), 1,
          array[%(stratum)s], 'test') returning id
), s as (
  insert into sealed.stratum (list_id, code) select id, %(stratum)s from l returning list_id
)
insert into sealed.slot (list_id, stratum, number, arm, participant_id, taken_at)
select list_id, %(stratum)s, 1, 'A', %(person)s, now() from s
"""


def signed_allocation(person: Participant) -> Signature:
    at_site = {"memberships__site": person.site, "memberships__role": Role.INVESTIGATOR}
    signer = User.objects.get(**at_site)
    subject = subject_of(person)
    request = Request(subject, read=lambda: content.read(subject), against=lambda: ())
    by = Actor.of(signer, role="investigator", site=person.site.code)
    return put(request, signer, Components.BOTH, by)


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
    if right in (PUBLIC, SIGNED_IN, NO_LINK, NOT_MINE):
        return True
    return bool(can(user, Permission(right), site))


# --- the matrix ---------------------------------------------------------------------------------
def cells(world) -> Iterator[tuple[str, Site, str]]:
    """(endpoint, site, address): both sites where the address names a record."""
    for name, endpoint in EXPECTED.items():
        for site, records in world if endpoint.of_a_site else world[:1]:
            yield name, site, address_of(name, records)


def as_expected(user, name: str, method: str, site: Site, status: int) -> bool:
    endpoint = EXPECTED[name]
    right = endpoint.methods[method]
    if right in (NO_LINK, NOT_MINE):
        return status in (404, 429)
    if not holds(user, right):
        return status == 403
    if endpoint.only and endpoint.only not in {role for role, _site in powers(user)}:
        return status == 404
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
            if right == NO_LINK:
                good = answer.status_code in (404, 429)
            elif right == PUBLIC:
                good = answer.status_code not in (401, 403, 404, 405)
            elif name.startswith("api:") and name != "api:docs":
                good = answer.status_code == 401
            else:
                sent_to = answer.headers.get("Location", "")
                good = answer.status_code == 302 and sent_to.startswith("/accounts/login/")
            if not good:
                wrong.append((name, method, answer.status_code))
    assert wrong == []


@forms.each("name", DATASETS)
@pytest.mark.parametrize("how", ["csv", "ndjson", "parquet"])
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
