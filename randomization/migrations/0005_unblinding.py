import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from randomization.sealed import reconcile_sql, unblinding_sql
from trial.audit.operations import of_participant, track

OF_ITS_UNBLINDING = (
    "select p.site_id, p.id, null::bigint from randomization_unblinding u"
    " join patients_participant p on p.id = u.participant_id"
    " where u.id = (r->>'unblinding_id')::bigint"
)


class Migration(migrations.Migration):
    """What everybody with the right may know of an unblinding, and the functions behind it."""

    dependencies = [
        ("access", "0011_people_history"),
        ("inbox", "0005_mail"),
        ("patients", "0004_disease_status"),
        ("quality", "0011_lockable"),
        ("randomization", "0004_cell_laboratory"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unblinding",
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
                            ("emergency", "emergency"),
                            ("planned", "planned, at the end of the study"),
                            ("inadvertent", "inadvertent"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("treatment", "Treatment of an emergency depends on it"),
                            ("reaction", "Severe reaction to the infusion"),
                            ("exposure", "Somebody else was exposed to the product"),
                            ("pregnancy", "Pregnancy"),
                            ("appearance", "The bag, its label or its handling gave it away"),
                            ("document", "A document, message or file showed it"),
                            ("told", "Somebody said it"),
                            ("inferred", "Guessed from effects or values, and confirmed"),
                            ("analysis", "Analysis after the database is locked"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("learned_on", models.DateField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=60)),
                ("requested_by_id", models.BigIntegerField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by", models.CharField(max_length=60, null=True)),
                ("approved_by_id", models.BigIntegerField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("read_by", models.CharField(max_length=60, null=True)),
                ("access_id", models.BigIntegerField(null=True, unique=True)),
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unblindings",
                        to="patients.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="WhoLearned",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("who", models.CharField(max_length=200)),
                ("noted_at", models.DateTimeField()),
                ("noted_by", models.CharField(max_length=60)),
                (
                    "unblinding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="learned",
                        to="randomization.unblinding",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["emergency", "planned", "inadvertent"])),
                name="unblinding_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "category__in",
                            ("treatment", "reaction", "exposure", "pregnancy", "other"),
                        ),
                        ("kind", "emergency"),
                    ),
                    models.Q(
                        ("category__in", ("appearance", "document", "told", "inferred", "other")),
                        ("kind", "inadvertent"),
                    ),
                    models.Q(("category__in", ("analysis",)), ("kind", "planned")),
                    _connector="OR",
                ),
                name="unblinding_category_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.GreaterThanOrEqual(
                    django.db.models.functions.text.Length(
                        django.db.models.functions.text.Trim("reason")
                    ),
                    10,
                ),
                name="unblinding_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "planned"), ("participant", None)),
                    models.Q(
                        models.Q(("kind", "planned"), _negated=True), ("participant__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="unblinding_names_its_participant",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("access_id__isnull", False), ("kind", "emergency")),
                    models.Q(models.Q(("kind", "emergency"), _negated=True), ("access_id", None)),
                    _connector="OR",
                ),
                name="unblinding_has_its_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "inadvertent"), ("learned_on__isnull", False), ("read_at", None)
                    ),
                    models.Q(
                        models.Q(("kind", "inadvertent"), _negated=True), ("learned_on", None)
                    ),
                    _connector="OR",
                ),
                name="unblinding_learned_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None), ("approved_by", None), ("approved_by_id", None)
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("approved_by_id__isnull", False),
                        ("kind", "planned"),
                    ),
                    _connector="OR",
                ),
                name="unblinding_approval_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by_id", None),
                    models.Q(
                        ("requested_by_id__isnull", False),
                        models.Q(("approved_by_id", models.F("requested_by_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="unblinding_of_the_study_takes_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("read_at", None), ("read_by", None)),
                    models.Q(("read_at__isnull", False), ("read_by__isnull", False)),
                    _connector="OR",
                ),
                name="unblinding_read_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "planned"), _negated=True),
                    ("read_at", None),
                    ("approved_at__isnull", False),
                    _connector="OR",
                ),
                name="unblinding_planned_read_once_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="unblinding",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved_at", None), ("kind", "planned")),
                fields=("kind",),
                name="unblinding_one_planned_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="wholearned",
            constraint=models.CheckConstraint(
                condition=models.Q(("who", ""), _negated=True), name="who_learned_is_named"
            ),
        ),
        track("randomization_unblinding", subject=of_participant()),
        track("randomization_wholearned", subject=OF_ITS_UNBLINDING),
        migrations.RunSQL(unblinding_sql.create()),
        migrations.RunSQL(reconcile_sql.create()),
    ]
