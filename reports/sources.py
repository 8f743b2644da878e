"""Where each exported column comes from: the table, the row and the field behind a cell (R-60)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.form_datasets import exported, name_of
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form


@dataclass(frozen=True, slots=True)
class Source:
    """The table, the exported column that holds the row's id, and the fields behind a column.

    More than one field: the column is made of them.
    """

    table: str
    key: str
    fields: tuple[str, ...]


def _of(table: str, key: str, **columns: str) -> dict[str, Source]:
    return {name: Source(table, key, tuple(text.split())) for name, text in columns.items()}


def _same(table: str, key: str, names: str) -> dict[str, Source]:
    return {name: Source(table, key, (name,)) for name in names.split()}


_PERSON = _of("patients_participant", "participant_id", participant="code", site="site_id")
_AT_VISIT = _of("visits_visit", "visit_id", visit="code", visit_number="number")
_PANEL = _of("labs_panel", "panel_id", panel_id="id", panel_version="version")


def _of_form(form: Form) -> Mapping[str, Source]:
    asked = " ".join(question.name for question in exported(form))
    line = "number" if form.repeats else ""
    return {
        **_same(form.table, "id", f"id {line} struck not_done version {asked}"),
        **_of(form.table, "id", changed_at=""),
        **_PERSON,
        **(_AT_VISIT if form.level == "visit" else {}),
    }


SOURCES: Mapping[str, Mapping[str, Source]] = {
    "sites": {
        **_same("access_site", "id", "id name name_zh timezone opened_on planned_participants"),
        **_of("access_site", "id", site="code"),
        # Counted from the participants of the site; the protocol from what it adopted.
        **_of("access_site", "id", screened="", screen_failed="", enrolled="", withdrawn="",
              completed="", protocol_version=""),
    },
    "participants": {
        **_same(
            "patients_participant",
            "id",
            "id sex sex_for_meld birth_year status screened_on enrolled_on day0_on "
            "induction_started_on ended_on version",
        ),
        **_of("patients_participant", "id", participant="code", site="site_id", changed_at=""),
        **_of("patients_consent", "consent_id", consent_version="form_version",
              consented_at="given_at"),
    },
    "visits": {
        **_same("visits_visit", "id", "id status target_on held_on protocol_version version"),
        **_of("visits_visit", "id", visit="code", visit_number="number",
              window_opens_on="opens_on", window_closes_on="closes_on",
              out_of_window="held_on opens_on closes_on", changed_at=""),
        **_of("labs_panel", "panel_id", analytes_expected="expected", analytes_filled="filled"),
        **_PERSON,
        **_PANEL,
    },
    "lab-results": {
        **_same("labs_result", "id", "id analyte unit comparator value range_low range_high flag "
                "confirmed range_id"),
        **_of("labs_result", "id", value_text="text", canonical_value="canonical",
              not_done_reason="not_done", x_uln="canonical range_high", analyte_name="analyte",
              loinc="analyte unit", unit_ucum="unit", canonical_unit="analyte", changed_at=""),
        **_same("labs_panel", "panel_id", "collected_on collected_time sample_state source"),
        **_of("labs_panel", "panel_id", laboratory="laboratory_id"),
        **_of("visits_visit", "visit_id", visit_date="held_on"),
        **_PERSON,
        **_AT_VISIT,
        **_PANEL,
    },
    "meld-scores": {
        **_same("labs_meldscore", "score_id", "formula value uncapped raw formula_version "
                "protocol_version run_id"),
        **_of("labs_meldscore", "score_id", id="id", score_id="id", status="value",
              missing_inputs="missing", bilirubin_mg_dl="inputs", creatinine_mg_dl="inputs",
              inr="inputs", sodium_mmol_l="inputs", albumin_g_dl="inputs", dialysis="inputs",
              input_result_ids="inputs", changed_at=""),
        **_same("labs_panel", "panel_id", "collected_on"),
        **_PERSON,
        **_AT_VISIT,
        **_PANEL,
    },
    "response-assessments": {
        **_same("labs_responseassessment", "assessment_id", "rule outcome occurred_on week "
                "reason_code evaluable_until inputs rule_version protocol_version panel_id run_id"),
        **_of("labs_responseassessment", "assessment_id", id="id", assessment_id="id",
              status="outcome", visit="visit_code", reason="reason_code reason_params",
              changed_at=""),
        **_PERSON,
    },
    "lab-toxicity": {
        **_of("labs_result", "result_id", id="id", result_id="id", analyte="analyte",
              term="analyte", **dict.fromkeys(
                  ("grade", "grade_low", "grade_high", "grade_by_uln", "x_uln", "x_baseline",
                   "x_nadir", "reason"), "canonical range_low range_high"),
              **dict.fromkeys(("baseline_kind", "ctcae_version", "changed_at"), "")),
        **_same("labs_panel", "panel_id", "collected_on"),
        **_of("labs_panel", "panel_id", on_treatment="collected_on"),
        **_of("visits_visit", "visit_id", protocol_version="protocol_version"),
        **_PERSON,
        **_AT_VISIT,
        **_PANEL,
    },
    "steroid-exposure": {
        **_same("visits_visit", "id", "id held_on protocol_version"),
        **_of("visits_visit", "id", **dict.fromkeys(
            ("prednisolone_mg", "prednisolone_mg_most", "steroid_first_on", "cumulative_mg",
             "cumulative_mg_most", "low_dose_on", "days_to_low_dose", "steroid_free",
             "steroid_free_response", "azathioprine_mg", "azathioprine_mg_kg", "azathioprine_high",
             "missing"), "held_on"), changed_at=""),
        **_PERSON,
        **_AT_VISIT,
    },
    "liver-signals": {
        **_same("safety_liversignal", "id", "id kind against occurred_on state found_at gone_at "
                "judged_at panel_id version"),
        **_of("safety_liversignal", "id", standing="gone_at", times_found="found", changed_at=""),
        **_PERSON,
        **_AT_VISIT,
    },
    "randomisations": {
        **_same("randomization_allocation", "id", "id number stratum protocol_version "
                "allocated_at"),
        **_of("randomization_allocation", "id", disease_status="factors", disease_group="factors",
              changed_at=""),
        **_of("patients_participant", "participant_id", disease_status_now="disease_status",
              stratum_now="disease_status", stratum_differs="disease_status"),
        **_PERSON,
    },
    "bags": {
        **_same("visits_bag", "bag_id", "state expires_at excursion_open version"),
        **_of("visits_bag", "bag_id", id="number", site="site_id", shipment="shipment_id",
              participant="reserved_for_id", visit="visit_id", visit_number="visit_id",
              moved_at="version", changed_at=""),
    },
    "infusions": {
        **_same("visits_infusion", "id", "id weight_kg weighed_on ordered_cells ordered_ml "
                "prepared_cells prepared_ml prepared_grade line gauge filter given_ml given_cells "
                "given_grade residual_ml flush_ml stopped_early stop_reason version"),
        # Reactions are counted from rows of their own.
        **_of("visits_infusion", "id", bag="bag_id", started_at="started", ended_at="ended",
              duration_minutes="started ended", reactions="", worst_grade="", changed_at=""),
        **_PERSON,
        **_AT_VISIT,
    },
    "infusion-vitals": {
        **_same("visits_infusionvitals", "id", "id infusion_id point heart_rate systolic diastolic "
                "respiration oxygen temperature version"),
        **_of("visits_infusionvitals", "id", measured_at="measured", changed_at=""),
        **_of("visits_infusion", "infusion_id", bag="bag_id"),
        **_PERSON,
        **_AT_VISIT,
    },
    "infusion-reactions": {
        **_same("visits_infusionreaction", "id", "id infusion_id term occurred grade state "
                "version"),
        **_of("visits_infusionreaction", "id", onset_at="onset", changed_at=""),
        **_of("visits_infusion", "infusion_id", bag="bag_id"),
        **_PERSON,
        **_AT_VISIT,
    },
    "histology-readings": {
        **_of("visits_biopsy", "biopsy_id", biopsy_id="id", taken_on="taken_at"),
        # The row of a reader is made of that reader's newest version.
        **_of("visits_finalhistology", "biopsy_id", id="biopsy_id", reader="", state="state",
              missing="state adequate mhai", source="reading_id", adequate="adequate",
              mhai="mhai", outcome="outcome", stage_system="stage_system", stage="stage",
              protocol_version="protocol_version", version="version", submitted_at="reading_id",
              changed_at=""),
        **_of("visits_finalhistology", "biopsy_id",
              **dict.fromkeys((
                  "mhai_a", "mhai_b", "mhai_c", "mhai_d", "interface_hepatitis", "plasma_cells",
                  "emperipolesis", "rosettes", "portal_infiltrate", "centrilobular",
                  "bile_duct_damage", "granuloma", "copper", "iron", "steatosis", "consensus",
              ), "reading_id")),
        **_PERSON,
        **_AT_VISIT,
    },
    "unblindings": {
        **_same("randomization_unblinding", "id", "id kind category learned_on requested_at "
                "approved_at read_at"),
        **_of("randomization_unblinding", "id", site="participant_id",
              participant="participant_id", changed_at=""),
    },
    "signatures": {
        **_same("signing_signature", "id", "id scope printed_name role signed_at meaning "
                "components sha256"),
        **_of("signing_signature", "id", site="site_id", participant="participant_code",
              visit="visit_id", visit_number="visit_id", meaning_text="meaning",
              schema_version="schema", state="", changed_at=""),
    },
    "verifications": {
        **_same("quality_verification", "id", "id form table_name record_id field verified_at "
                "withdrawn_at"),
        **_of("quality_verification", "id", site="site_id", participant="participant_code",
              visit="visit_id", visit_number="visit_id", scope="record_id field", state="",
              changed_at=""),
    },
    "queries": {
        **_same("quality_query", "id", "id form field origin status outcome addressee opened_at "
                "answered_at closed_at"),
        **_of("quality_query", "id", site="site_id", participant="participant_code",
              visit="visit_id", visit_number="visit_id", about="label_en", messages="",
              reopened="", changed_at=""),
    },
    **{name_of(form): _of_form(form) for form in FORMS},
}  # fmt: skip


def row_of(source: Source, row: Mapping[str, Any]) -> str | None:
    """The id of the source row, from an exported row with its keys; None where there is none."""
    value = row.get(source.key)
    return None if value is None else str(value)
