import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0004_subjects"),
        ("patients", "0006_forms_history"),
        ("safety", "0004_cases_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="LiverLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("series_version", models.PositiveIntegerField(default=0)),
                ("product_at", models.DateTimeField(null=True)),
                ("rules", models.CharField(blank=True, max_length=40)),
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.participant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiverSignal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hys_law", "Candidate for Hy's law"),
                            ("stop", "Level to stop"),
                            ("watch", "Level to watch closely"),
                        ],
                        max_length=10,
                    ),
                ),
                ("occurred_on", models.DateField(verbose_name="sample taken on")),
                ("against", models.CharField(blank=True, max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "not judged yet"),
                            ("under_review", "under review"),
                            ("aih_activity", "activity of the AIH"),
                            ("dili", "drug-induced liver injury"),
                            ("other", "another cause"),
                        ],
                        default="new",
                        max_length=20,
                        verbose_name="judgement",
                    ),
                ),
                ("found", models.PositiveSmallIntegerField(default=1)),
                ("found_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                ("judged_at", models.DateTimeField(null=True)),
                ("judged_by", models.CharField(max_length=60, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "panel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labs.panel",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="liver_signals",
                        to="patients.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["participant", "occurred_on", "id"],
            },
        ),
        migrations.CreateModel(
            name="LiverSignalStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("found", "found"),
                            ("gone", "no longer there after a correction"),
                            ("found_again", "found again"),
                            ("judged", "judged"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "not judged yet"),
                            ("under_review", "under review"),
                            ("aih_activity", "activity of the AIH"),
                            ("dili", "drug-induced liver injury"),
                            ("other", "another cause"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("done_at", models.DateTimeField()),
                ("done_by", models.CharField(max_length=60)),
                (
                    "signal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="safety.liversignal",
                    ),
                ),
            ],
            options={
                "ordering": ["signal", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="liversignal",
            constraint=models.UniqueConstraint(
                fields=("participant", "kind", "panel"), name="liver_signal_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["hys_law", "stop", "watch"])),
                name="liver_signal_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["new", "under_review", "aih_activity", "dili", "other"])
                ),
                name="liver_signal_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("judged_at", None), ("judged_by", None), ("state", "new")),
                    models.Q(
                        ("judged_at__isnull", False),
                        ("judged_by__isnull", False),
                        models.Q(("state", "new"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="liver_signal_judged_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignalstep",
            constraint=models.UniqueConstraint(
                fields=("signal", "number"), name="liver_signal_step_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignalstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("act__in", ["found", "gone", "found_again", "judged"]),
                    ("state__in", ["new", "under_review", "aih_activity", "dili", "other"]),
                ),
                name="liver_signal_step_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="liversignalstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("act", "judged"), _negated=True),
                    models.Q(("note", ""), _negated=True),
                    _connector="OR",
                ),
                name="liver_signal_judgement_has_note",
            ),
        ),
    ]
