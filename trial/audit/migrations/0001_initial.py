from django.db import migrations, models

CREATE = """
create table audit_event (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  actor_id bigint,
  actor text not null check (actor <> ''),
  actor_role text not null,
  actor_site text not null,
  request_id text not null,
  reason text not null,
  db_user text not null default session_user,
  kind text not null,
  table_name text not null,
  record_id text not null,
  old jsonb,
  new jsonb,
  details jsonb
);
create index audit_event_record on audit_event (table_name, record_id, id);
create index audit_event_actor on audit_event (actor, id);

create function audit_context() returns jsonb language plpgsql stable
set search_path = pg_catalog, public as $$
declare context jsonb := nullif(current_setting('app.context', true), '')::jsonb;
begin
  if coalesce(context->>'actor', '') = '' then
    raise exception 'a write without an actor is refused' using errcode = 'insufficient_privilege';
  end if;
  return context;
end $$;

-- arguments: the primary key's column, then the columns that never enter the trail (secrets)
create function audit_rows() returns trigger language plpgsql security definer
set search_path = pg_catalog, public as $$
declare
  c jsonb;
  pk text := tg_argv[0];
  secret text[] := tg_argv[1:];
begin
  if tg_op = 'INSERT' then
    if not exists (select from new_rows) then return null; end if;
    c := audit_context();
    insert into audit_event (actor_id, actor, actor_role, actor_site, request_id, reason,
                             kind, table_name, record_id, new)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', 'insert', tg_table_name, j->>pk, j - secret
    from (select to_jsonb(n) as j from new_rows n) r;
  elsif tg_op = 'DELETE' then
    if not exists (select from old_rows) then return null; end if;
    c := audit_context();
    insert into audit_event (actor_id, actor, actor_role, actor_site, request_id, reason,
                             kind, table_name, record_id, old)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', 'delete', tg_table_name, j->>pk, j - secret
    from (select to_jsonb(o) as j from old_rows o) r;
  else
    if not exists (select from new_rows) then return null; end if;
    c := audit_context();
    insert into audit_event (actor_id, actor, actor_role, actor_site, request_id, reason,
                             kind, table_name, record_id, old, new)
    select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
           c->>'reason', 'update', tg_table_name, coalesce(n.j->>pk, o.j->>pk),
           o.j - secret, n.j - secret
    from (select to_jsonb(t) as j from old_rows t) o
    full join (select to_jsonb(t) as j from new_rows t) n on n.j->>pk = o.j->>pk
    where o.j is distinct from n.j;
  end if;
  return null;
end $$;

create function audit_act(kind text, table_name text, record_id text, details jsonb)
returns bigint language sql security definer set search_path = pg_catalog, public as $$
  insert into audit_event (actor_id, actor, actor_role, actor_site, request_id, reason,
                           kind, table_name, record_id, details)
  select (c->>'actor_id')::bigint, c->>'actor', c->>'role', c->>'site', c->>'request',
         c->>'reason', 'act:' || $1, $2, $3, $4
  from audit_context() c returning id
$$;

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op
    using errcode = 'insufficient_privilege';
end $$;

create trigger audit_append_only before update or delete on audit_event
  for each statement execute function audit_refuse();
create trigger audit_no_truncate before truncate on audit_event
  for each statement execute function audit_refuse();
revoke all on audit_event from ct_app;
grant select on audit_event to ct_app;
revoke all on function audit_rows(), audit_refuse() from public;
revoke all on function audit_act(text, text, text, jsonb) from public;
grant execute on function audit_act(text, text, text, jsonb) to ct_app;
"""

DROP = """
drop table audit_event;
drop function audit_rows();
drop function audit_act(text, text, text, jsonb);
drop function audit_refuse();
drop function audit_context();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={"db_table": "audit_event", "managed": False, "ordering": ["id"]},
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
