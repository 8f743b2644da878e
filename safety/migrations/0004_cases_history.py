from django.db import migrations

from trial.audit.operations import of_participant, track

# What is added and never changed. A case and the time of its news may be brought up to date.
FINAL = ("safety_seriousness", "safety_reportversion", "safety_submission", "safety_receipt")


def _of_case(table: str) -> str:
    return (
        "select p.site_id, p.id, null::bigint from safety_safetycase c"
        f" join patients_participant p on p.id = c.participant_id where c.id = {table}"
    )


OF_CASE = _of_case("(r->>'case_id')::bigint")
OF_RECEIPT = _of_case(
    "(select s.case_id from safety_submission s where s.id = (r->>'submission_id')::bigint)"
)
OF_EVENT = (
    "select p.site_id, p.id, null::bigint from safety_adverseevent e"
    " join patients_participant p on p.id = e.participant_id"
    " where e.id = (r->>'event_id')::bigint"
)


def _final(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"create trigger {table}_append_only before update or delete on {table}"
        " for each statement execute function audit_refuse();"
        f" revoke update, delete, truncate on {table} from ct_app;",
        f"drop trigger {table}_append_only on {table};",
    )


class Migration(migrations.Migration):
    """Cases and their reports are in the trail. They are no part of the casebook: a lock of the
    data stops no report to an authority."""

    dependencies = [("safety", "0003_cases"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("safety_safetycase", subject=of_participant(), bookkeeping=("due_at", "step_at")),
        track("safety_seriousness", subject=OF_CASE),
        track("safety_casenews", subject=OF_CASE),
        track("safety_reportversion", subject=OF_CASE),
        track("safety_submission", subject=OF_CASE),
        track("safety_receipt", subject=OF_RECEIPT),
        track("safety_eventofreaction", subject=OF_EVENT),
        *(_final(table) for table in FINAL),
    ]
