"""SQL of `quality_changes(verification)`: the events after its watermark that changed what it
covers. The one reading that pages, counts and the export share.

The function is made from trial/quality/forms.py when a migration runs: a new form, or columns that
make up a value, need a migration with `changes_function()` in it (a test tells).
"""

from django.db.migrations.operations import RunSQL

from trial.quality.forms import FORM_OF_TABLE, TOGETHER


def constants() -> tuple[str, str]:
    """(form, table) and (table, field, columns) as SQL lists."""
    forms = ", ".join(f"('{form}', '{table}')" for table, form in sorted(FORM_OF_TABLE.items()))
    columns = ", ".join(
        f"('{table}', '{field}', '{{{','.join(names)}}}'::text[])"
        for (table, field), names in sorted(TOGETHER.items())
    )
    return forms, columns


def changes_sql() -> str:
    """Of the form's tables, of the record if it is about one, of the value's columns if it is
    about one; new and removed rows, and updates of more than bookkeeping."""
    forms, columns = constants()
    # The names in it are those of the code.
    return f"""
create or replace function quality_changes(v quality_verification) returns setof audit_event
language sql stable as $$
  select e.* from audit_event e
  where e.participant_id = v.participant_id
    and (e.generation, e.xid)
        >= (v.seen_generation, pg_snapshot_xmin(v.seen_snapshot::pg_snapshot))
    and e.visit_id is not distinct from v.visit_id
    and (v.form, e.table_name) in (values {forms})
    and (e.kind in ('insert', 'delete') or e.kind = 'update' and e.fields <> '{{}}')
    and (v.table_name = '' or e.table_name = v.table_name and e.record_id = v.record_id::text)
    and (v.field = '' or e.kind <> 'update' or e.fields && coalesce(
      (select c.columns from (values {columns}) c(table_name, field, columns)
       where c.table_name = v.table_name and c.field = v.field), array[v.field::text]))
    and audit_after(e.generation, e.xid, v.seen_generation, v.seen_snapshot)
$$;
"""  # noqa: S608


def changes_function() -> RunSQL:
    """Migration operation: make the function, or make it anew."""
    return RunSQL(changes_sql(), RunSQL.noop)
