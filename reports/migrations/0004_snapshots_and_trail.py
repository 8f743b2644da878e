"""Snapshots, reviews of the trail, and the trail as rows to export."""

import django.db.models.deletion
from django.db import migrations, models

from trial.audit.operations import of_site, track

# Rows made once and never changed, by whatever rights.
KEPT = "".join(
    f"""
create trigger audit_append_only before update or delete on {table}
  for each statement execute function audit_refuse();
revoke update, delete, truncate on {table} from ct_app;
"""
    for table in (
        "reports_snapshot",
        "reports_snapshotfile",
        "reports_snapshotchunk",
        "reports_trailreview",
    )
)
CHUNKS = """
create trigger audit_no_truncate before truncate on reports_snapshotchunk
  for each statement execute function audit_refuse();
-- The pieces are compressed already.
alter table reports_snapshotchunk alter data set storage external;
"""
TRAIL = """
create view export_trail as
select e.id, e.at, e.site_id, e.participant_id, e.visit_id, s.code as site,
       p.code as participant,
       case when v.number > 0 then v.code || ' ' || v.number else v.code end as visit,
       e.kind, e.table_name, e.record_id, array_to_string(e.fields, ';') as changed_fields,
       e.old::text as old_row, e.new::text as new_row, e.details::text as details,
       e.actor_id, e.actor, e.actor_role, e.actor_site, e.reason, e.request_id, e.db_user,
       e.generation, e.xid, e.nonce::text as nonce, audit_canonical(e) as canonical
from audit_event e
left join access_site s on s.id = e.site_id
left join patients_participant p on p.id = e.participant_id
left join visits_visit v on v.id = e.visit_id;
revoke all on export_trail from ct_app;
grant select on export_trail to ct_app;
"""
# What the screen of the trail asks by, besides the participant and the person.
INDEXES = """
create index audit_event_site on audit_event (site_id, id) where site_id is not null;
create index audit_event_at on audit_event using brin (at);
"""
TRAIL_ROW = migrations.CreateModel(
    name="TrailRow",
    fields=[("id", models.BigAutoField(primary_key=True))],
    options={"db_table": "export_trail", "managed": False},
)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_subjects"),
        ("reports", "0003_past"),
    ]

    operations = [
        migrations.RunSQL(TRAIL, "drop view export_trail", state_operations=[TRAIL_ROW]),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("taken_at", models.DateTimeField(verbose_name="taken")),
                ("taken_by", models.CharField(max_length=60)),
                ("seen_generation", models.PositiveIntegerField()),
                ("seen_snapshot", models.TextField()),
                ("seal_number", models.BigIntegerField()),
                ("seal_root", models.CharField(max_length=64)),
                ("version", models.CharField(max_length=20)),
                ("build", models.CharField(max_length=64)),
                ("protocols", models.JSONField()),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="snapshot_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="snapshot_number_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "\\S")), name="snapshot_has_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("taken_by", ""), _negated=True),
                        name="snapshot_taken_has_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SnapshotFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dataset", models.CharField(max_length=40)),
                ("format", models.CharField(max_length=10)),
                ("rows", models.PositiveIntegerField()),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="reports.snapshot",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SnapshotChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chunks",
                        to="reports.snapshotfile",
                    ),
                ),
            ],
            options={
                "ordering": ["file", "number"],
            },
        ),
        migrations.CreateModel(
            name="TrailReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("risk", models.CharField(max_length=30)),
                ("since", models.DateField()),
                ("until", models.DateField()),
                ("events", models.PositiveIntegerField()),
                ("upto", models.BigIntegerField()),
                ("note", models.TextField()),
                ("reviewed_at", models.DateTimeField()),
                ("reviewed_by", models.CharField(max_length=60)),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="snapshotfile",
            constraint=models.UniqueConstraint(
                fields=("snapshot", "dataset", "format"), name="snapshot_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshotfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")),
                name="snapshot_file_has_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshotchunk",
            constraint=models.UniqueConstraint(
                fields=("file", "number"), name="snapshot_chunk_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trailreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("note__regex", "\\S")), name="trail_review_has_note"
            ),
        ),
        migrations.AddConstraint(
            model_name="trailreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("reviewed_by", ""), _negated=True), name="trail_review_has_by"
            ),
        ),
        migrations.AddConstraint(
            model_name="trailreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("since__lte", models.F("until"))),
                name="trail_review_period_ordered",
            ),
        ),
        track("reports_snapshot"),
        track("reports_snapshotfile"),
        track("reports_trailreview", subject=of_site()),
        migrations.RunSQL(KEPT + CHUNKS, migrations.RunSQL.noop),
        migrations.RunSQL(INDEXES, "drop index audit_event_site; drop index audit_event_at"),
    ]
