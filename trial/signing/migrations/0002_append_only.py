from django.db import migrations

from trial.audit.operations import track

OF_SIGNATURE = (
    "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
)
APPEND_ONLY = """
create trigger signature_append_only before update or delete on signing_signature
  for each statement execute function audit_refuse();
revoke update, delete, truncate on signing_signature from ct_app;
"""


class Migration(migrations.Migration):
    """A signature is under history, and nobody changes or removes one."""

    dependencies = [("signing", "0001_initial"), ("audit", "0002_subjects_and_seals")]

    operations = [
        track("signing_signature", subject=OF_SIGNATURE),
        migrations.RunSQL(APPEND_ONLY, "drop trigger signature_append_only on signing_signature;"),
    ]
