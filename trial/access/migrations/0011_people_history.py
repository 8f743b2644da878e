from django.db import migrations

from trial.audit.operations import of_site, track

# Which roles one person may not hold together, or one after the other. The user's
# row is locked first: two grants at once see each other. trial/access/separation.py has the words.
APART = """
create function membership_apart() returns trigger language plpgsql
set search_path = pg_catalog, public, pg_temp as $$
declare
  unblinded constant text[] := '{pharmacist,statistician}';
begin
  if new.ended_at is not null then return new; end if;
  perform from access_user where id = new.user_id for no key update;
  if exists (select from access_membership m where m.user_id = new.user_id and m.id <> new.id
             and m.ended_at is null and (m.role = 'admin') <> (new.role = 'admin')) then
    raise exception 'an administrator holds no role in the study'
      using errcode = 'check_violation', constraint = 'membership_admin_apart';
  end if;
  if new.role = any(unblinded) and exists (
      select from access_membership m where m.user_id = new.user_id and m.id <> new.id
      and m.ended_at is null and m.role <> all(unblinded)) then
    raise exception 'nobody is blinded and unblinded at once'
      using errcode = 'check_violation', constraint = 'membership_blind_apart';
  end if;
  if new.role <> all(unblinded) and exists (
      select from access_membership m where m.user_id = new.user_id and m.id <> new.id
      and m.role = any(unblinded)) then
    raise exception 'who was unblinded is not blinded any more'
      using errcode = 'check_violation', constraint = 'membership_never_blinded_again';
  end if;
  return new;
end $$;
create trigger membership_apart before insert or update on access_membership
  for each row execute function membership_apart();
"""
DROP = """
drop trigger membership_apart on access_membership;
drop function membership_apart();
"""
# Last sign-ins and shared accounts are read off the trail.
INDEX = """
create index audit_event_sign_in on audit_event (actor, at) where kind = 'act:signed_in';
create index audit_event_sign_in_failed on audit_event ((details->'username'), id)
  where kind = 'act:sign_in_failed';
"""
NO_INDEX = "drop index audit_event_sign_in; drop index audit_event_sign_in_failed;"


class Migration(migrations.Migration):
    """History of what people may do; roles that never go together."""

    dependencies = [("access", "0010_people"), ("audit", "0003_redaction")]

    operations = [
        track("access_rolegrant", subject=of_site()),
        track("access_delegation", subject=of_site()),
        track("access_training"),
        track("access_accessreview", subject=of_site()),
        migrations.RunSQL(APART, DROP),
        migrations.RunSQL(INDEX, NO_INDEX),
    ]
