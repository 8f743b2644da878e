"""What every stored field is, as regards letting it out of the system (house rules 19, R-52).

A field that is not named here fails the build; so does an export view that reads a column which
is not exportable (tests/fitness/test_field_classification.py).
"""

from collections.abc import Mapping
from enum import StrEnum

from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form


class Kind(StrEnum):
    """What a field may tell."""

    # Names a person, or is free text in which somebody may have named one.
    IDENTIFYING = "identifying"
    # Could tell a blinded reader the arm: kept in the sealed schema, never in an export.
    BLINDING = "blinding-sensitive"
    # Coded study data: may leave the system.
    EXPORTABLE = "exportable"
    # Keys, versions, secrets, bookkeeping: of use inside only, save as keys of exported rows.
    TECHNICAL = "technical"


I, B, E, T = Kind.IDENTIFYING, Kind.BLINDING, Kind.EXPORTABLE, Kind.TECHNICAL  # noqa: E741

_WORDS: Mapping[str, Mapping[Kind, str]] = {
    "audit.Event": {
        I: "actor actor_id reason old new details",
        E: "at",
        T: "id actor_role actor_site request_id db_user kind table_name record_id site_id "
        "participant_id visit_id fields generation xid nonce",
    },
    "audit.Reading": {
        I: "user_id username address",
        T: "id at view record request_id",
    },
    "audit.RedactionRequest": {
        I: "reason requested_by requested_by_id approved_by approved_by_id refused_by",
        T: "id table_name record_id field site_id participant_id requested_at approved_at "
        "refused_at done_at events",
    },
    "audit.Seal": {T: "n at generation upto_xid ids previous root"},
    "access.User": {
        I: "username full_name email",
        T: "id password language is_active must_change_password created_at",
    },
    "access.Site": {E: "code name name_zh timezone opened_on planned_participants", T: "id"},
    "access.SiteProtocol": {
        E: "version effective_from approved_on",
        I: "approval_reference",
        T: "id site",
    },
    "access.Membership": {I: "granted_by ended_by", T: "id user role site granted_at ended_at"},
    "access.RoleGrant": {
        I: "reason requested_by requested_by_id approved_by approved_by_id refused_by refusal",
        T: "id user role site requested_at approved_at refused_at membership",
    },
    "access.Delegation": {
        I: "reason delegated_by delegated_by_id ended_by end_reason",
        T: "id user site duties from_on to_on delegated_at ended_at",
    },
    "access.Training": {
        I: "reference confirmed_by confirmed_by_id",
        T: "id user kind version confirmed_at",
    },
    "access.AccessReview": {I: "note reviewed_by", T: "id site seen reviewed_at"},
    "access.ApiToken": {
        I: "revoked_by",
        T: "id user prefix digest scope networks created_at expires_at revoked_at",
    },
    "access.Session": {I: "session_data", T: "session_key expire_date user"},
    "access.FormerPassword": {I: "set_by", T: "id user password set_at"},
    "access.SetupLink": {
        I: "created_by ended_by",
        T: "id user digest created_at expires_at ended_at end",
    },
    "access.TokenUse": {I: "address", T: "id token last_used"},
    "access.FailedSignIn": {I: "username address", T: "id at"},
    "access.ProofCount": {T: "id user failures locked_until"},
    "access.SecurityAlert": {
        I: "username address details note seen_by",
        T: "id kind mail created_at seen_at",
    },
    "access.IdempotentRequest": {I: "answer", T: "id user key fingerprint created_at"},
    "inbox.Item": {
        I: "note done_by",
        E: "participant_code",
        T: "id kind cause site role participant_id params created_at done_at mail",
    },
    "signing.Signature": {
        # Staff: the printed name of a signer is shown wherever the signed record is.
        I: "signer signed_by",
        E: "printed_name scope participant_code visit_label meaning role signed_at schema sha256 "
        "components",
        T: "id site participant_id visit_id seen_generation seen_snapshot",
    },
    "quality.Hold": {
        I: "reason placed_by requested_by request_reason released_by release_reason",
        E: "kind scope participant_code visit_label form placed_at requested_at released_at",
        T: "id site participant_id visit_id",
    },
    "quality.Query": {
        I: "opened_by answered_by closed_by assignee",
        E: "participant_code visit_label form field label_en label_zh origin status addressee "
        "opened_at answered_at closed_at outcome",
        T: "id site participant_id visit_id table record_id cause",
    },
    "quality.QueryMessage": {I: "text text_zh value by", E: "step at role", T: "id query"},
    "quality.Verification": {
        I: "verified_by withdrawn_by withdraw_reason",
        E: "participant_code visit_label form table_name field verified_at withdrawn_at",
        T: "id site participant_id visit_id record_id seen_generation seen_snapshot",
    },
    "quality.VerificationPlan": {
        I: "reason planned_by ended_by",
        T: "id site forms mode percent seed critical_of_others planned_at ended_at",
    },
    "crf.Objection": {
        I: "text made_by",
        E: "check_id form participant_code made_at",
        T: "id row_id participant_id site_id",
    },
    "crf.Checked": {T: "participant_id checks at"},
    "visits.TemperatureLog": {
        I: "imported_by content",
        E: "readings first_at last_at lowest highest imported_at",
        T: "id shipment sha256",
    },
    "visits.Shipment": {
        I: "packed_by",
        E: "number expires_at volume_ml cells storage_low storage_high packed_at",
        T: "id site",
    },
    "visits.Bag": {
        E: "number expires_at state excursion_open",
        T: "id shipment site position reserved_for visit version",
    },
    "visits.BagMovement": {
        I: "by by_id second second_id condition note",
        E: "event state at temperature",
        T: "id bag number site participant visit",
    },
    "visits.Excursion": {
        I: "source note opened_by judged_by",
        E: "began_at ended_at lowest highest opened_at verdict judged_at",
        T: "id bag",
    },
    "visits.Infusion": {
        I: "preparation_note end_note saved_by",
        E: "weight_kg weighed_on ordered_cells ordered_ml prepared_cells prepared_ml "
        "prepared_grade line gauge filter started ended given_ml given_cells given_grade "
        "residual_ml flush_ml stopped_early stop_reason version saved_at",
        T: "id visit bag",
    },
    # A cloudy bag or a drop of the pressure may hint at the content: what somebody wrote about it
    # stays here (clinical rules §8.5).
    "visits.InfusionSonography": {
        I: "operator images finding saved_by",
        E: "phase examined device portal_vein hepatic_veins thrombus ascites version saved_at",
        T: "id infusion",
    },
    "visits.InfusionVitals": {
        I: "not_done saved_by",
        E: "point measured heart_rate systolic diastolic respiration oxygen temperature version "
        "saved_at",
        T: "id infusion",
    },
    "visits.InfusionRateChange": {
        I: "note saved_by",
        E: "since rate_ml_h struck version saved_at",
        T: "id infusion number",
    },
    "visits.InfusionPremedication": {
        I: "drug dose saved_by",
        E: "given struck version saved_at",
        T: "id infusion number",
    },
    "visits.InfusionReaction": {
        I: "note saved_by",
        E: "term occurred onset grade state version saved_at",
        T: "id infusion",
    },
    "safety.SafetyCase": {
        I: "opened_by",
        E: "kind number stage due_at opened_at",
        T: "id participant step_at",
    },
    "safety.Seriousness": {I: "reason noted_by", E: "serious noted_at", T: "id case"},
    "safety.CaseNews": {I: "learned_by", E: "number learned_at", T: "id case"},
    # A version holds the narrative and what else was written freely.
    "safety.ReportVersion": {
        I: "news content frozen_by",
        E: "number sha256 frozen_at",
        T: "id case",
    },
    "safety.Submission": {
        I: "reference sent_by recorded_by",
        E: "report recipient follow_up sent_at recorded_at",
        T: "id case version",
    },
    "safety.Receipt": {
        I: "reference acknowledged_by recorded_by",
        E: "acknowledged_at recorded_at",
        T: "id submission",
    },
    "safety.EventOfReaction": {I: "made_by", E: "made_at", T: "id reaction event"},
    "visits.SlideImage": {
        I: "added_by struck_by struck_why",
        E: "stain media width height size added_at struck_at",
        T: "id biopsy number sha256 source_sha256",
    },
    # What is painted into a picture can't be ruled out to be a label.
    "visits.SlidePixels": {I: "data", T: "image"},
    "visits.ReadingBatch": {I: "drawn_by", E: "number algorithm drawn_at", T: "id seed"},
    # A reader must not find a specimen again among exported rows.
    "visits.ReadingAssignment": {
        I: "assigned_by submitted_by withdrawn_by withdrawn_why",
        E: "place assigned_at submitted_at withdrawn_at",
        T: "id batch biopsy reader code position",
    },
    "visits.HistologyReading": {
        I: "remark reason submitted_by",
        E: "number adequate mhai_a mhai_b mhai_c mhai_d stage_system stage_ishak stage_metavir "
        "interface_hepatitis plasma_cells emperipolesis rosettes portal_infiltrate centrilobular "
        "bile_duct_damage granuloma copper iron steatosis consensus submitted_at",
        T: "id assignment",
    },
    "visits.FinalHistology": {
        I: "saved_by",
        E: "state adequate mhai stage_system stage outcome protocol_version algorithm version "
        "saved_at",
        T: "biopsy reading",
    },
    "randomization.Allocation": {
        I: "frozen allocated_by",
        E: "number stratum factors protocol_version allocated_at",
        T: "id participant slot signature",
    },
    "randomization.ListCommitment": {
        I: "committed_by",
        E: "method algorithm commitment slots strata committed_at",
        T: "id list_id",
    },
    "randomization.Unblinding": {
        I: "reason requested_by requested_by_id approved_by approved_by_id read_by",
        E: "kind category learned_on requested_at approved_at read_at",
        T: "id participant access_id",
    },
    "randomization.WhoLearned": {I: "who noted_by", T: "id unblinding noted_at"},
    "randomization.AllocationList": {
        B: "method algorithm design checksum commitment slots strata state made_at made_by "
        "activated_at activated_by",
        T: "id",
    },
    "randomization.Lot": {
        B: "number arm expires_at disposition made_at made_by donor protocol_version master_bank "
        "working_bank culture_medium passage harvested_on manufactured_at formulation "
        "anticoagulant anticoagulant_amount bag_material bag_volume_ml total_cells viable_cells "
        "coa_name coa_sha256",
        T: "id version",
    },
    "randomization.Donor": {
        B: "code collected_on screening file_reference recorded_at recorded_by",
        T: "id version",
    },
    "randomization.LotTest": {
        B: "lot code number value choice tested_on reason recorded_at recorded_by",
        T: "id",
    },
    "randomization.LotDisposition": {
        B: "lot number before disposition meaning reason follow_up_on signer_id printed_name role "
        "signed_at signed_by head record sha256",
        T: "id",
    },
    "randomization.BagContent": {B: "bag_id lot turn"},
    "randomization.SealedEvent": {
        B: "at actor actor_role reason kind table_name record_id old new details",
        T: "id",
    },
    "patients.Participant": {
        I: "status_reason",
        E: "code sex sex_for_meld birth_year childbearing_potential status screened_on "
        "enrolled_on day0_on induction_started_on disease_status ended_on version created_at",
        T: "id site",
    },
    "patients.Consent": {
        I: "recorded_by",
        E: "form_version given_at recorded_at",
        T: "id participant",
    },
    "patients.CriterionAnswer": {
        E: "criterion answer value protocol_version",
        T: "id participant",
    },
    "visits.Dismissal": {
        I: "reason dismissed_by",
        E: "",
        T: "id participant finding dismissed_at",
    },
    "visits.Visit": {
        I: "reason",
        E: "code number target_on opens_on closes_on status held_on protocol_version version "
        "created_at",
        T: "id participant position",
    },
    "labs.Laboratory": {E: "code name", T: "id site"},
    "labs.ReferenceRange": {
        E: "analyte sex age_from age_to low high unit valid_from valid_to",
        T: "id laboratory",
    },
    "labs.LaboratoryUnit": {T: "id laboratory analyte unit"},
    "labs.Panel": {
        I: "saved_by",
        E: "collected_on collected_time sample_state dialysis pt_isi pt_mnpt source expected "
        "filled version saved_at",
        T: "id visit laboratory",
    },
    "labs.Result": {
        I: "comment",
        E: "analyte text unit comparator value canonical not_done confirmed range_low range_high "
        "flag changed_at",
        T: "id panel range",
    },
    "labs.Series": {E: "version changed_at", T: "id participant"},
    "labs.EvaluationRun": {
        E: "algorithm protocol_version computed_at",
        T: "id series series_version participant_version process",
    },
    "labs.MeldScore": {
        E: "formula formula_version protocol_version value uncapped raw missing inputs",
        T: "id run panel panel_version replaced_by",
    },
    "labs.ResponseAssessment": {
        E: "rule rule_version protocol_version outcome occurred_on week visit_code reason_code "
        "reason_params inputs evaluable_until",
        T: "id run participant panel replaced_by",
    },
    "safety.LiverSignal": {
        I: "judged_by",
        E: "kind occurred_on against state found found_at gone_at judged_at version",
        T: "id participant panel",
    },
    "safety.LiverSignalStep": {
        I: "note done_by",
        E: "number act state done_at",
        T: "id signal",
    },
    "safety.LiverLook": {T: "id participant series_version product_at rules"},
    "reports.Snapshot": {
        I: "note taken_by",
        E: "number name taken_at version protocols",
        T: "id seen_generation seen_snapshot seal_number seal_root build",
    },
    "reports.SnapshotFile": {E: "dataset format rows size sha256", T: "id snapshot"},
    "reports.SnapshotChunk": {E: "data", T: "id file number"},
    "reports.TrailReview": {
        I: "note reviewed_by",
        T: "id risk site since until events upto reviewed_at",
    },
    # A file may hold anything until it has been checked: nothing of an import is exported.
    "labs.ImportBatch": {
        I: "file_name failure mapping uploaded_by uploaded_by_id confirmed_by confirmed_by_id",
        T: "id site laboratory sha256 size status apply_when_checked skip_errors rows_total rules "
        "counts uploaded_at uploaded_role confirmed_at confirmed_role applied_at",
    },
    "labs.ImportChunk": {I: "data", T: "id batch number"},
    "labs.ImportProgress": {T: "batch_id done total attempts at"},
    "labs.ImportSample": {I: "values", T: "id batch participant_id visit collected_on line"},
    "labs.ImportPerson": {T: "id batch participant_id basis counts"},
    "labs.ImportPlan": {
        I: "results",
        T: "id batch participant_id collected_on visit_id visit_code panel_id holds "
        "outside_window expected filled protocol_version",
    },
    "labs.ImportFinding": {
        I: "participant given stored params",
        T: "id batch participant_id kind code line column analyte",
    },
}


def _of_form(form: Form) -> Mapping[str, Kind]:
    """The columns of a described form's table. Why it was not done is free text."""
    owner = ("participant", "visit") if form.level == "visit" else ("participant",)
    return {
        **dict.fromkeys(("id", *owner), T),
        **dict.fromkeys(("number", "struck", "version", "saved_at"), E),
        **dict.fromkeys(("not_done", "saved_by"), I),
        **{one.name: I if one.names_people else E for one in form.questions},
    }


FIELDS: Mapping[str, Mapping[str, Kind]] = {
    model: {name: kind for kind, names in kinds.items() for name in names.split()}
    for model, kinds in _WORDS.items()
} | {f"{form.app}.{form.model}": _of_form(form) for form in FORMS}
