"""Taking a name out of the record: asked for by one person, agreed to by another, and seen."""

from django.db import migrations, models

from trial.audit.operations import track

FUNCTION = """
-- The trail itself changes in one case only: while a redaction both have agreed to is carried out.
create function audit_refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and coalesce(current_setting('audit.redacting', true), '') <> '' then
    return null;
  end if;
  raise exception '% is append-only: % refused', tg_table_name, tg_op
    using errcode = 'insufficient_privilege';
end $$;
create or replace trigger audit_append_only before update or delete on audit_event
  for each statement execute function audit_refuse_change();

create function audit_redact(request bigint) returns int language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  q audit_redactionrequest;
  mark jsonb;
  touched int;
begin
  select * into q from audit_redactionrequest r where r.id = request for update;
  if q.approved_at is null or q.done_at is not null or q.approved_by_id = q.requested_by_id then
    raise exception 'redaction % is not approved by a second person, or done' , request
      using errcode = 'insufficient_privilege';
  end if;
  execute format('update public.%I set %I = %L where id = $1', q.table_name, q.field, '[redacted]')
    using q.record_id;
  mark := jsonb_build_object('redacted', q.id);
  insert into audit_redacted (event_id, leaf, request_id)
  select e.id, audit_leaf(e), q.id from audit_event e
  where e.table_name = q.table_name and e.record_id = q.record_id::text
    and (e.old ? q.field or e.new ? q.field)
  on conflict (event_id) do nothing;
  perform set_config('audit.redacting', q.id::text, true);
  update audit_event e
  set old = case when e.old ? q.field then jsonb_set(e.old, array[q.field], mark) else e.old end,
      new = case when e.new ? q.field then jsonb_set(e.new, array[q.field], mark) else e.new end
  where e.table_name = q.table_name and e.record_id = q.record_id::text
    and (e.old ? q.field or e.new ? q.field);
  get diagnostics touched = row_count;
  perform set_config('audit.redacting', '', true);
  return touched;
end $$;
revoke all on function audit_redact(bigint), audit_refuse_change() from public;
grant execute on function audit_redact(bigint) to ct_app;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_subjects_and_seals")]

    operations = [
        migrations.CreateModel(
            name="RedactionRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.TextField()),
                ("record_id", models.BigIntegerField()),
                ("field", models.TextField()),
                ("site_id", models.BigIntegerField(null=True)),
                ("participant_id", models.BigIntegerField(null=True)),
                ("reason", models.TextField()),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=60)),
                ("requested_by_id", models.BigIntegerField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by", models.CharField(max_length=60, null=True)),
                ("approved_by_id", models.BigIntegerField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("refused_by", models.CharField(max_length=60, null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("events", models.PositiveIntegerField(null=True)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            model_name="redactionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(reason__regex=r"\S"), name="redaction_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="redactionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(approved_at=None, approved_by=None, approved_by_id=None)
                | models.Q(
                    approved_at__isnull=False,
                    approved_by__isnull=False,
                    approved_by_id__isnull=False,
                ),
                name="redaction_approved_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="redactionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(approved_by_id=None)
                | ~models.Q(approved_by_id=models.F("requested_by_id")),
                name="redaction_needs_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="redactionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(refused_at=None, refused_by=None)
                | models.Q(refused_at__isnull=False, refused_by__isnull=False),
                name="redaction_refused_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="redactionrequest",
            constraint=models.UniqueConstraint(
                fields=["table_name", "record_id", "field"],
                condition=models.Q(done_at=None, refused_at=None),
                name="redaction_one_open",
            ),
        ),
        track(
            "audit_redactionrequest",
            subject="select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, null::bigint",
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
    ]
