from django.db import migrations

from trial.audit.operations import of_participant, track

OF_STEP = (
    "select p.site_id, p.id, null::bigint from safety_liversignal s"
    " join patients_participant p on p.id = s.participant_id"
    " where s.id = (r->>'signal_id')::bigint"
)
APPEND_ONLY = """
create trigger liver_signal_step_append_only before update or delete on safety_liversignalstep
  for each statement execute function audit_refuse();
revoke update, delete, truncate on safety_liversignalstep from ct_app;
"""


class Migration(migrations.Migration):
    """Signals are in the trail, and nobody changes or removes a step of one."""

    dependencies = [("safety", "0020_liver_signals"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("safety_liversignal", subject=of_participant()),
        track("safety_liversignalstep", subject=OF_STEP),
        migrations.RunSQL(
            APPEND_ONLY,
            "drop trigger liver_signal_step_append_only on safety_liversignalstep;",
        ),
    ]
