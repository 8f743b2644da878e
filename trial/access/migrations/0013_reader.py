from django.db import migrations, models

# As in 0011, and: who reads biopsies has, and had, no other role (clinical rules §5.3).
APART = """
create or replace function membership_reader_apart() returns trigger language plpgsql
set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.ended_at is not null then return new; end if;
  perform from access_user where id = new.user_id for no key update;
  if new.role = 'reader' and exists (
      select from access_membership m where m.user_id = new.user_id and m.role <> 'reader') then
    raise exception 'who had another role does not read biopsies'
      using errcode = 'check_violation', constraint = 'membership_reader_saw_nothing';
  end if;
  if new.role <> 'reader' and exists (
      select from access_membership m where m.user_id = new.user_id and m.role = 'reader'
      and m.ended_at is null) then
    raise exception 'a reader of biopsies has no other role'
      using errcode = 'check_violation', constraint = 'membership_reader_apart';
  end if;
  return new;
end $$;
create trigger membership_reader_apart before insert or update on access_membership
  for each row execute function membership_reader_apart();
"""
DROP = """
drop trigger membership_reader_apart on access_membership;
drop function membership_reader_apart();
"""


class Migration(migrations.Migration):
    """Readers of biopsies: a role that goes with no other."""

    dependencies = [("access", "0012_link_withdrawn")]

    operations = [
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_role_known",
        ),
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="role_grant_role_known",
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("coordinator", "Site coordinator"),
                    ("investigator", "Investigator"),
                    ("sponsor", "Sponsor"),
                    ("monitor", "Monitor"),
                    ("datamanager", "Data manager"),
                    ("pharmacist", "Pharmacist (unblinded)"),
                    ("safety", "Safety officer"),
                    ("statistician", "Statistician of the monitoring committee (unblinded)"),
                    ("reader", "Central reader of biopsies"),
                    ("admin", "Administrator"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
                choices=[
                    ("coordinator", "Site coordinator"),
                    ("investigator", "Investigator"),
                    ("sponsor", "Sponsor"),
                    ("monitor", "Monitor"),
                    ("datamanager", "Data manager"),
                    ("pharmacist", "Pharmacist (unblinded)"),
                    ("safety", "Safety officer"),
                    ("statistician", "Statistician of the monitoring committee (unblinded)"),
                    ("reader", "Central reader of biopsies"),
                    ("admin", "Administrator"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "coordinator",
                            "investigator",
                            "sponsor",
                            "monitor",
                            "datamanager",
                            "pharmacist",
                            "safety",
                            "statistician",
                            "reader",
                            "admin",
                        ],
                    )
                ),
                name="membership_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "admin",
                            "coordinator",
                            "datamanager",
                            "investigator",
                            "monitor",
                            "pharmacist",
                            "reader",
                            "safety",
                            "sponsor",
                            "statistician",
                        ],
                    )
                ),
                name="role_grant_role_known",
            ),
        ),
        migrations.RunSQL(APART, DROP),
    ]
