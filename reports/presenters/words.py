"""Records, fields and values of the trail as people call them."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import expressions as e
from reports.form_records import DESCRIBED, NAMES, name_of, question_of
from reports.infusion_records import NAMES as INFUSION_NAMES
from reports.infusion_records import name_of as infusion_name
from reports.records import KIND_OF_TABLE, MARKS, shown
from trial.access.roles import ROLES, Role
from trial.quality.casebook import FORM_OF_TABLE
from trial.web.formats import localized

Text = str | Promise
FORMS: Mapping[str, Text] = {
    "participant": gettext_lazy("Participant details"),
    "consent": gettext_lazy("Consent"),
    "eligibility": gettext_lazy("Eligibility"),
    "visit": gettext_lazy("Visit"),
    "labs": gettext_lazy("Labs"),
    "infusion": gettext_lazy("Infusion"),
    **NAMES,
}
# Tables that are no form of the casebook; one that is not named here goes by its own name.
TABLES: Mapping[str, Text] = {
    "access_user": gettext_lazy("user"),
    "access_site": gettext_lazy("site"),
    "access_siteprotocol": gettext_lazy("protocol at a site"),
    "access_membership": gettext_lazy("role of a user"),
    "access_rolegrant": gettext_lazy("role of a user"),
    "access_apitoken": gettext_lazy("API token"),
    "access_accessreview": gettext_lazy("Access review"),
    "access_delegation": gettext_lazy("Delegation log"),
    "access_securityalert": gettext_lazy("Security alert"),
    "access_training": gettext_lazy("Training"),
    "inbox_item": gettext_lazy("inbox item"),
    "visits_shipment": gettext_lazy("shipment"),
    "visits_bag": gettext_lazy("bag"),
    "visits_bagmovement": gettext_lazy("movement of a bag"),
    "visits_excursion": gettext_lazy("excursion of temperature"),
    "visits_slideimage": gettext_lazy("picture of a slide"),
    "visits_readingbatch": gettext_lazy("order of reading"),
    "visits_readingassignment": gettext_lazy("specimen of a reader"),
    "visits_histologyreading": gettext_lazy("reading of a biopsy"),
    "visits_finalhistology": gettext_lazy("final reading of a biopsy"),
    "labs_laboratory": gettext_lazy("laboratory"),
    "labs_laboratoryunit": gettext_lazy("unit of a laboratory"),
    "labs_referencerange": gettext_lazy("reference range"),
    "labs_series": gettext_lazy("series of lab values"),
    "labs_evaluationrun": gettext_lazy("evaluation"),
    "labs_meldscore": gettext_lazy("MELD score"),
    "labs_responseassessment": gettext_lazy("response or relapse"),
    "labs_importbatch": gettext_lazy("import of lab results"),
    "safety_liversignal": gettext_lazy("Signal of the liver"),
    "safety_liversignalstep": gettext_lazy("Signal of the liver"),
    "audit_redactionrequest": gettext_lazy("redaction"),
    "randomization_unblinding": gettext_lazy("Unblinding"),
    "randomization_wholearned": gettext_lazy("Unblinding"),
    "quality_hold": gettext_lazy("Freeze and lock"),
    "quality_query": gettext_lazy("Query"),
    "quality_querymessage": gettext_lazy("Query"),
    "quality_verification": gettext_lazy("Verification"),
    "quality_verificationplan": gettext_lazy("Verification plan"),
    "signing_signature": gettext_lazy("Signature"),
    "safety_safetycase": gettext_lazy("safety case"),
    "safety_seriousness": gettext_lazy("safety case"),
    "safety_casenews": gettext_lazy("news of a safety case"),
    "safety_reportversion": gettext_lazy("safety report"),
    "safety_submission": gettext_lazy("safety report"),
    "safety_receipt": gettext_lazy("receipt of a safety report"),
    "safety_eventofreaction": gettext_lazy("adverse event of a reaction"),
    "reports_snapshot": gettext_lazy("snapshot"),
    "reports_snapshotfile": gettext_lazy("file of a snapshot"),
    "reports_trailreview": gettext_lazy("review of the trail"),
}


def form_of(table: str) -> Text:
    """The form a table's rows belong to, or what such a row is called."""
    form = FORM_OF_TABLE.get(table)
    return FORMS[form] if form else TABLES.get(table, table)


def mark_of(table: str, row: Mapping[str, Any]) -> str:
    """What tells a row from its neighbours on the same form: the analyte, the criterion."""
    return str(row.get(MARKS.get(table, ""), "") or "")


def record_of(table: str, mark: str, visit: str) -> str:
    """A record as people call it: "ALT, W36", "criterion I2"."""
    if table == "labs_result":
        analyte = e.ANALYTES.get(mark)
        name = localized(analyte.name) if analyte else mark
    elif table == "patients_criterionanswer":
        name = _("criterion %(code)s") % {"code": mark}
    elif table == "patients_consent":
        name = _("consent %(version)s") % {"version": mark}
    elif table == "labs_panel":
        name = _("lab sample")
    elif table in INFUSION_NAMES:
        name = infusion_name(table, mark)
    elif table in DESCRIBED:
        name = name_of(DESCRIBED[table], mark)
    else:
        name = str(form_of(table))
    return f"{name}, {visit}" if visit else name


def field_of(table: str, field: str) -> Text:
    """A column as people call it; one that is nobody's question by its own name."""
    kind = KIND_OF_TABLE.get(table)
    return kind.labels.get(field, field) if kind else field


def value_of(table: str, field: str, value: Any) -> str:
    """A value of the trail as people read it."""
    if isinstance(value, dict) and "redacted" in value:
        return _("[redacted]")
    kind = KIND_OF_TABLE.get(table)
    column = _column(kind.model, field) if kind else None
    if kind is None or column is None:
        return "" if value is None else str(value)
    if isinstance(column, models.BooleanField) and isinstance(value, str):
        value = {"true": True, "false": False}.get(value)
    if question_of(table, column.name):
        return shown(kind, column.name, value)
    if isinstance(column, models.DecimalField):
        return _plain(value)
    return shown(kind, column.name, value)


def _column(model: type[models.Model], name: str) -> Any:
    return next((f for f in model._meta.concrete_fields if name in (f.name, f.column)), None)


def _plain(value: Any) -> str:
    """A number without the zeros that its column adds."""
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def role_of(role: str, site: str) -> str:
    """A role with the site it was held at: "Site coordinator, 01"."""
    name = str(ROLES[Role(role)].name) if role in set(Role) else role
    return f"{name}, {site}" if site else name
