"""Who has looked at what: one row for each page or answer with clinical data (R-54)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models
from django.db.models.functions import Now

SQL = """
-- A reader does not wait for the disk: should the server fail within the next half second, what is
-- lost is the note of a page that has just been shown, never data.
create function audit_note_reading(user_id bigint, username text, view text, record jsonb,
                                   address text, request_id text)
returns void language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  insert into audit_reading (user_id, username, view, record, address, request_id)
  values (user_id, username, view, record, address, request_id);
end $$;
create trigger audit_append_only before update or delete on audit_reading
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_reading
  for each statement execute function audit_refuse();
revoke all on audit_reading from ct_app;
grant select on audit_reading to ct_app;
revoke all on function audit_note_reading(bigint, text, text, jsonb, text, text) from public;
grant execute on function audit_note_reading(bigint, text, text, jsonb, text, text) to ct_app;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_redaction")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=Now())),
                ("user_id", models.BigIntegerField()),
                ("username", models.TextField()),
                ("view", models.TextField()),
                ("record", models.JSONField()),
                ("address", models.TextField()),
                ("request_id", models.TextField()),
            ],
            options={
                "ordering": ["id"],
                "indexes": [BrinIndex(fields=["at"], name="reading_at")],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
