import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_proofs"),
        ("quality", "0021_query_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("participant_id", models.BigIntegerField()),
                ("participant_code", models.CharField(max_length=12)),
                ("visit_id", models.BigIntegerField(null=True)),
                ("visit_label", models.CharField(blank=True, max_length=20)),
                ("form", models.CharField(max_length=20)),
                ("table_name", models.CharField(blank=True, max_length=60)),
                ("record_id", models.BigIntegerField(null=True)),
                ("field", models.CharField(blank=True, max_length=60)),
                ("seen_generation", models.IntegerField()),
                ("seen_snapshot", models.TextField()),
                (
                    "verified_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("verified_by", models.CharField(max_length=60)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by", models.CharField(max_length=60, null=True)),
                ("withdraw_reason", models.TextField(blank=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        models.F("participant_id"),
                        django.db.models.functions.comparison.Coalesce("visit_id", 0),
                        models.F("form"),
                        condition=models.Q(("withdrawn_at", None)),
                        name="verification_standing",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("field", ""), ("record_id", None), ("table_name", "")),
                            models.Q(
                                ("record_id__isnull", False),
                                models.Q(("table_name", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="verification_covers_form_or_record",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("form", ""), _negated=True),
                        name="verification_has_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("visit_id", None), ("visit_label", "")),
                            models.Q(
                                ("visit_id__isnull", False),
                                models.Q(("visit_label", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="verification_visit_has_label",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verified_by", ""), _negated=True),
                        name="verification_has_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdraw_reason", ""),
                                ("withdrawn_at", None),
                                ("withdrawn_by", None),
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdraw_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="verification_withdrawal_has_by_and_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VerificationPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "forms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("all", "everything"),
                            ("critical", "critical fields"),
                            ("sample", "drawn participants"),
                        ],
                        max_length=10,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(null=True)),
                ("seed", models.BigIntegerField(null=True)),
                ("critical_of_others", models.BooleanField(default=False)),
                ("reason", models.TextField()),
                (
                    "planned_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("planned_by", models.CharField(max_length=60)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(max_length=60, null=True)),
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
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["all", "critical", "sample"])),
                        name="plan_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="plan_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("forms__len__gt", 0)), name="plan_has_forms"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("mode", "sample"),
                                ("percent__range", (1, 100)),
                                ("seed__isnull", False),
                            ),
                            models.Q(
                                models.Q(("mode", "sample"), _negated=True),
                                ("critical_of_others", False),
                                ("percent", None),
                                ("seed", None),
                            ),
                            _connector="OR",
                        ),
                        name="plan_sample_has_draw",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="plan_end_has_by",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("site",),
                        name="plan_one_standing",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
    ]
