"""The datasets of /api/v1/, each with its columns."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import override

from labs.reason_wording import reason_text
from reports import expressions as e
from reports.columns import Column, Kind
from reports.dataset import Dataset
from reports.form_datasets import FORM_DATASETS
from reports.histology_datasets import HISTOLOGY_READINGS
from reports.models import (
    LabResultRow,
    MeldScoreRow,
    ParticipantRow,
    QueryRow,
    ResponseAssessmentRow,
    SignatureRow,
    SiteRow,
    VerificationRow,
    VisitRow,
)
from reports.product_datasets import (
    BAGS,
    INFUSION_REACTIONS,
    INFUSION_VITALS,
    INFUSIONS,
    RANDOMISATIONS,
    UNBLINDINGS,
)
from reports.safety_datasets import LAB_TOXICITY, LIVER_SIGNALS
from reports.shared_columns import CHANGED, NUMBER, PARTICIPANT, SITE, VISIT, c
from reports.treatment_dataset import STEROID_EXPOSURE
from trial.access.roles import Permission
from trial.signing.models import Meaning


def _meanings() -> Mapping[str, str]:
    with override("en"):
        return {one.value: str(one.label) for one in Meaning}


MEANINGS = _meanings()


def _reason(row: Mapping[str, Any]) -> str | None:
    """The reason of an assessment as an English sentence, whoever asks."""
    if row["reason_code"] is None:
        return None
    with override("en"):
        return reason_text(row["reason_code"], row["last_reason_params"])


def _last(name: str, kind: Kind, text: str) -> Column:
    return Column(name, kind, text, e.current(f"last_{name}"))


_PANEL = (
    c("panel_id", "integer", "Row of the panel (the visit's blood sample)."),
    c("panel_version", "integer", "How often the panel has been saved."),
)
SITES = Dataset(
    name="sites",
    text="Sites and how far their recruitment is.",
    rows=SiteRow.objects.all(),
    permission=Permission.PARTICIPANT_VIEW,
    columns=(
        c("id", "integer", "Row of the site."),
        SITE,
        c("name", "text", "Name of the hospital."),
        c("name_zh", "text", "Its name in Chinese."),
        c("timezone", "text", "Time zone of the site's local dates (IANA name)."),
        c("opened_on", "date", "From when the site recruits."),
        c("protocol_version", "text", "Protocol version in force at the site today."),
        c("planned_participants", "integer", "Planned number of participants."),
        c("screened", "integer", "Participants screened so far."),
        c("screen_failed", "integer", "Of these, screen failures."),
        c("enrolled", "integer", "Of these, ever enrolled."),
        c("withdrawn", "integer", "Withdrawn after screening began."),
        c("completed", "integer", "Completed."),
    ),
    key=("id",),
    orders=("id", "site"),
)

PARTICIPANTS = Dataset(
    name="participants",
    text="Participants: code, sex, year of birth and the dates of taking part.",
    rows=ParticipantRow.objects.all(),
    permission=Permission.PARTICIPANT_VIEW,
    columns=(
        c("id", "integer", "Row of the participant."),
        SITE,
        PARTICIPANT,
        c("sex", "text", "M or F."),
        c("sex_for_meld", "text", "Sex that MELD 3.0 uses."),
        c("birth_year", "integer", "Year of birth."),
        c("status", "text", "screening, screen_failed, enrolled, withdrawn or completed."),
        c("screened_on", "date", "Day of screening."),
        c("consent_version", "text", "Version of the consent form signed first."),
        c("consented_at", "timestamp", "When it was signed."),
        c("enrolled_on", "date", "Day of enrolment."),
        c("day0_on", "date", "First infusion day; planned until that visit is held."),
        c("induction_started_on", "date", "Start of induction immunosuppression."),
        c("ended_on", "date", "Last day in the study."),
        c("version", "integer", "How often the record has been saved."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "participant", "screened_on", "changed_at"),
)

VISITS = Dataset(
    name="visits",
    text="Visits, planned and unscheduled, with their windows and completeness.",
    rows=VisitRow.objects.all(),
    permission=Permission.PARTICIPANT_VIEW,
    columns=(
        c("id", "integer", "Row of the visit."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("status", "text", "planned, held or missed."),
        c("target_on", "date", "Target date."),
        c("window_opens_on", "date", "First day of the window."),
        c("window_closes_on", "date", "Last day of the window."),
        c("held_on", "date", "Day of the visit."),
        c("out_of_window", "boolean", "Held before or after the window."),
        c("panel_id", "integer", "Row of its panel, if there is one."),
        c("panel_version", "integer", "How often that panel has been saved."),
        c("analytes_expected", "integer", "Analytes the protocol asks for at this visit."),
        c("analytes_filled", "integer", "Of these, answered with a value or a reason."),
        c("protocol_version", "text", "Protocol version the visit was planned under."),
        c("version", "integer", "How often the visit has been saved."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "changed_at"),
)

LAB_RESULTS = Dataset(
    name="lab-results",
    text="Laboratory results: one row per analyte, as entered and converted.",
    rows=LabResultRow.objects.all(),
    permission=Permission.LAB_VIEW,
    columns=(
        c("id", "integer", "Row of the result; stays the same through corrections."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("visit_date", "date", "Day of the visit."),
        c("collected_on", "date", "Day the sample was taken, local to the site."),
        c("collected_time", "time", "Local time the sample was taken, where known."),
        c("laboratory", "text", "Code of the reporting laboratory."),
        c("analyte", "text", "Analyte: CDISC LBTESTCD."),
        Column("analyte_name", "text", "Its English name.", e.by_analyte(e.ANALYTE_NAMES)),
        Column("loinc", "text", "LOINC code in the unit entered.", e.by_unit(e.LOINC)),
        c("value_text", "text", "The value exactly as entered."),
        c("unit", "text", "The unit it was entered in (CDISC UNIT)."),
        Column("unit_ucum", "text", "That unit in UCUM.", e.by_unit(e.UCUM)),
        c("comparator", "text", "<, <=, > or >= of a censored value; else empty."),
        c("value", "decimal", "The value as a number, in the unit entered."),
        c("canonical_value", "decimal", "The value in canonical_unit."),
        Column(
            "canonical_unit",
            "text",
            "The protocol's unit of canonical_value, range_low and range_high.",
            e.by_analyte(e.CANONICAL_UNITS),
        ),
        c("range_low", "decimal", "Lower limit of the laboratory's range that applied."),
        c("range_high", "decimal", "Its upper limit."),
        c("x_uln", "decimal", "canonical_value / range_high, to four decimals."),
        c("flag", "text", "L, N or H against that range; empty where it can't be said."),
        c(
            "not_done_reason",
            "text",
            "Why there is no value: not_ordered, not_drawn, lost, unsuitable, not_reported or "
            "refused.",
        ),
        c("confirmed", "boolean", "An unusual value was confirmed by the site."),
        c("sample_state", "text", "good, haemolysed or rejected; only good ones are evaluated."),
        c("source", "text", "Door of the panel's last save: form, api or import."),
        c("range_id", "integer", "Row of the reference range."),
        *_PANEL,
        CHANGED,
    ),
    key=("id",),
    orders=("id", "collected_on", "changed_at"),
)

MELD_SCORES = Dataset(
    name="meld-scores",
    text="MELD, MELD-Na and MELD 3.0 of every panel: a score, or why there is none.",
    rows=MeldScoreRow.objects.all(),
    permission=Permission.LAB_VIEW,
    columns=(
        c("id", "text", "Panel and formula: stays the same through corrections."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("collected_on", "date", "Day the sample was taken, local to the site."),
        c("formula", "text", "MELD, MELDNA (MELD-Na, OPTN 2016) or MELD30 (MELD 3.0)."),
        Column(
            "status",
            "text",
            "FINAL; NOT_COMPUTABLE: missing_inputs says why; PENDING: newer inputs wait for "
            "their evaluation, so no value is shown.",
        ),
        _last("value", "integer", "The score, 6 to 40."),
        _last("uncapped", "integer", "The score before the cap at 40."),
        _last("raw", "decimal", "The score before rounding."),
        Column("missing_inputs", "text", "What is missing, joined by ;", e.current("last_missing")),
        _last("bilirubin_mg_dl", "decimal", "Bilirubin that went in, before the bounds."),
        _last("creatinine_mg_dl", "decimal", "Creatinine that went in, before the bounds."),
        _last("inr", "decimal", "INR that went in, before the bounds."),
        _last("sodium_mmol_l", "decimal", "Sodium that went in, before the bounds."),
        _last("albumin_g_dl", "decimal", "Albumin that went in, before the bounds."),
        _last("dialysis", "text", "yes or no; empty where nobody answered."),
        Column(
            "input_result_ids",
            "text",
            "Rows of lab-results that went in, joined by ;",
            e.current("last_inputs"),
        ),
        _last("formula_version", "text", "Version of the formula."),
        _last("protocol_version", "text", "Protocol version it was computed under."),
        *_PANEL,
        _last("score_id", "integer", "Row of the score."),
        _last("run_id", "integer", "Run that computed it."),
        CHANGED,
    ),
    key=("panel_id", "formula"),
    orders=("id", "collected_on", "changed_at"),
)

RESPONSE_ASSESSMENTS = Dataset(
    name="response-assessments",
    text="Response and relapse: one row per participant and rule, with the reason.",
    rows=ResponseAssessmentRow.objects.all(),
    permission=Permission.LAB_VIEW,
    columns=(
        c("id", "text", "Participant's row and rule: stays the same through corrections."),
        SITE,
        PARTICIPANT,
        c("rule", "text", "The rule; TRIAL-REL is the study's relapse endpoint."),
        Column(
            "status",
            "text",
            "FINAL; NOT_EVALUABLE: reason says why; PENDING: newer inputs wait for their "
            "evaluation, so no outcome is shown.",
        ),
        _last("outcome", "text", "Outcome of the rule."),
        _last("occurred_on", "date", "Day of the event."),
        _last("week", "integer", "Study week of the event, from day 0."),
        _last("visit", "text", "Visit of the event."),
        _last("reason_code", "text", "Why, as a code."),
        Column(
            "reason",
            "text",
            "Why, as an English sentence.",
            derive=_reason,
            needs=("last_reason_params",),
        ),
        _last("evaluable_until", "date", "Day up to which the absence of an event is known."),
        Column(
            "inputs",
            "text",
            "Results it rests on: result id:panel id:panel version, joined by ;",
            e.current("last_inputs"),
        ),
        _last("rule_version", "text", "Version of the rule."),
        _last("protocol_version", "text", "Protocol version it was computed under."),
        _last("panel_id", "integer", "Row of the panel of the event."),
        _last("assessment_id", "integer", "Row of the assessment."),
        _last("run_id", "integer", "Run that computed it."),
        CHANGED,
    ),
    key=("participant_id", "rule"),
    orders=("id", "changed_at"),
)

SIGNATURES = Dataset(
    name="signatures",
    text="Electronic signatures: by whom, when, with which meaning, and whether they stand.",
    rows=SignatureRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the signature."),
        SITE,
        PARTICIPANT,
        c("visit", "text", "Visit that was signed; empty for a casebook or randomisation."),
        NUMBER,
        c("scope", "text", "visit, casebook or allocation (what was signed to randomise)."),
        c("printed_name", "text", "Printed name of the signer."),
        c("role", "text", "Role under which it was given."),
        c("signed_at", "timestamp", "When it was given, by the server's clock."),
        c("meaning", "text", "Code of the meaning, such as visit_reviewed."),
        Column("meaning_text", "text", "The meaning in words.", e.lookup(MEANINGS, F("meaning"))),
        c(
            "state",
            "text",
            "intact; changed: something of the record was changed afterwards; superseded: signed "
            "again later.",
        ),
        c("components", "text", "What was given: both, or the password alone."),
        c("schema_version", "integer", "Version of the list of signed columns."),
        c("sha256", "text", "Hash over the signed values, record, signer, time and meaning."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "signed_at", "changed_at"),
)

VERIFICATIONS = Dataset(
    name="verifications",
    text="Source-data verification: what was compared with the source, when, and whether it holds.",
    rows=VerificationRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the verification."),
        SITE,
        PARTICIPANT,
        c("visit", "text", "Visit whose form it is; empty for a form of the participant."),
        NUMBER,
        c(
            "form",
            "text",
            "Form: participant, consent, eligibility, visit, labs, infusion, or "
            "the code of another one.",
        ),
        c("scope", "text", "form (all of it), record (one row) or value."),
        c("table_name", "text", "Table of the row, where it covers one."),
        c("record_id", "integer", "The row, where it covers one."),
        c("field", "text", "The value of that row, where it covers one."),
        c("verified_at", "timestamp", "When it was compared, by the server's clock."),
        c("withdrawn_at", "timestamp", "When it was taken back."),
        c(
            "state",
            "text",
            "verified; changed: something it covers was changed afterwards (other values of the "
            "form stay verified); withdrawn.",
        ),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "verified_at", "changed_at"),
)

QUERIES = Dataset(
    name="queries",
    text="Queries about the data: what about, by whom, in which state and since when.",
    rows=QueryRow.objects.all(),
    permission=Permission.QUERY_VIEW,
    columns=(
        c("id", "integer", "Number of the query."),
        SITE,
        PARTICIPANT,
        c("visit", "text", "Visit it is about; empty if about none."),
        NUMBER,
        c(
            "form",
            "text",
            "Form: participant, consent, eligibility, visit, labs, infusion, or "
            "the code of another one.",
        ),
        c("field", "text", "The value that is asked about; empty for the record as a whole."),
        c("about", "text", "What the record was called when it was asked."),
        c("origin", "text", "edit_check, monitor, datamanager or machine."),
        c("status", "text", "open, answered or closed."),
        c("outcome", "text", "Of a closed one: resolved, cancelled, or healed by itself."),
        c("addressee", "text", "Role at the site that answers: coordinator or investigator."),
        c("opened_at", "timestamp", "When it was raised."),
        c("answered_at", "timestamp", "When it was last answered."),
        c("closed_at", "timestamp", "When it was closed."),
        c("messages", "integer", "Steps of its thread."),
        c("reopened", "integer", "How often it was asked again."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "opened_at", "changed_at"),
)

DATASETS = {
    dataset.name: dataset
    for dataset in (
        PARTICIPANTS, RANDOMISATIONS, VISITS, LAB_RESULTS, MELD_SCORES, RESPONSE_ASSESSMENTS,
        BAGS, INFUSIONS, INFUSION_VITALS, INFUSION_REACTIONS,
        HISTOLOGY_READINGS, UNBLINDINGS, SIGNATURES,
        VERIFICATIONS, QUERIES, SITES,
        LAB_TOXICITY, LIVER_SIGNALS, STEROID_EXPOSURE,
        *FORM_DATASETS.values(),
    )
}  # fmt: skip
