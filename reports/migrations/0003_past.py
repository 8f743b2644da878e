"""The study as it was: the day of an export is that of the state it shows."""

from django.db import migrations

FUNCTION = """
-- The time of the state that is shown: now, or the moment that reports/past.py has set.
create function export_now() returns timestamptz language sql stable parallel safe as $$
  select coalesce(nullif(current_setting('export.as_of', true), '')::timestamptz, now())
$$;
grant execute on function export_now() to ct_app;

do $do$ declare definition text := pg_get_viewdef('export_site'::regclass); begin
  if definition not like '%now()%' then
    raise exception 'export_site does not ask for the day';
  end if;
  execute 'create or replace view export_site as '
    || replace(definition, 'now()', 'export_now()');
end $do$;
"""
UNDO = """
do $do$ begin
  execute 'create or replace view export_site as '
    || replace(pg_get_viewdef('export_site'::regclass), 'export_now()', 'now()');
end $do$;
drop function export_now();
"""
# Functions of the trail that ran with whatever search path their caller had: a temporary table
# must never stand in for a real one.
PATHS = """
alter function audit_context() set search_path = pg_catalog, public, pg_temp;
alter function audit_refuse() set search_path = pg_catalog, public, pg_temp;
alter function audit_refuse_change() set search_path = pg_catalog, public, pg_temp;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_signatures"), ("audit", "0004_readings")]

    operations = [
        migrations.RunSQL(FUNCTION, UNDO),
        migrations.RunSQL(PATHS, migrations.RunSQL.noop),
    ]
