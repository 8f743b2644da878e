import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import trial.access.names


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0006_credentials"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen", models.PositiveIntegerField()),
                ("note", models.TextField(verbose_name="what was found")),
                ("reviewed_at", models.DateTimeField(auto_now_add=True)),
                ("reviewed_by", models.CharField(max_length=60)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "duties",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("screen", "Screen participants"),
                                ("consent", "Obtain informed consent"),
                                ("enrol", "Enrol participants"),
                                ("enter", "Record visits"),
                                ("labs", "Enter laboratory results"),
                                ("infuse", "Give the infusion"),
                                ("unblind", "Break the blind in an emergency"),
                                ("sign", "Sign as principal investigator"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("to_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("reason", models.TextField(blank=True)),
                ("delegated_at", models.DateTimeField(auto_now_add=True)),
                ("delegated_by", models.CharField(max_length=60)),
                ("delegated_by_id", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(max_length=60, null=True)),
                ("end_reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("coordinator", "Site coordinator"),
                            ("investigator", "Investigator"),
                            ("sponsor", "Sponsor"),
                            ("monitor", "Monitor"),
                            ("datamanager", "Data manager"),
                            ("pharmacist", "Pharmacist (unblinded)"),
                            ("safety", "Safety officer"),
                            (
                                "statistician",
                                "Statistician of the monitoring committee (unblinded)",
                            ),
                            ("admin", "Administrator"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("requested_by", models.CharField(max_length=60)),
                ("requested_by_id", models.BigIntegerField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by", models.CharField(max_length=60, null=True)),
                ("approved_by_id", models.BigIntegerField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("refused_by", models.CharField(max_length=60, null=True)),
                ("refusal", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Training",
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
                            ("system", "Training in this system"),
                            ("protocol", "Training in the protocol"),
                            ("signature_agreement", "Agreement on electronic signatures"),
                        ],
                        max_length=20,
                    ),
                ),
                ("version", models.CharField(max_length=20)),
                (
                    "reference",
                    models.CharField(blank=True, max_length=200, verbose_name="reference"),
                ),
                ("confirmed_at", models.DateTimeField(auto_now_add=True)),
                ("confirmed_by", models.CharField(max_length=60)),
                ("confirmed_by_id", models.BigIntegerField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="user",
            name="user_username_unique",
        ),
        migrations.AddField(
            model_name="siteprotocol",
            name="approval_reference",
            field=models.CharField(
                blank=True, max_length=100, verbose_name="reference of the approval"
            ),
        ),
        migrations.AddField(
            model_name="siteprotocol",
            name="approved_on",
            field=models.DateField(blank=True, null=True, verbose_name="ethics approval"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("role__in", ["coordinator", "investigator", "pharmacist"]),
                        ("site__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            ("role__in", ["coordinator", "investigator", "pharmacist"]),
                            _negated=True,
                        ),
                        ("site", None),
                    ),
                    _connector="OR",
                ),
                name="membership_site_fits_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="siteprotocol",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_on", None),
                    ("approved_on__lte", models.F("effective_from")),
                    _connector="OR",
                ),
                name="site_protocol_approved_before",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower(trial.access.names.Normalized("username")),
                name="user_username_unique",
            ),
        ),
        migrations.AddField(
            model_name="accessreview",
            name="site",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.site",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations",
                to="access.site",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="delegations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="membership",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grant",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.site",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="training",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trainings",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="accessreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("note__regex", "\\S")), name="access_review_says_what_was_found"
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "duties__contained_by",
                        [
                            "screen",
                            "consent",
                            "enrol",
                            "enter",
                            "labs",
                            "infuse",
                            "unblind",
                            "sign",
                        ],
                    ),
                    ("duties__len__gt", 0),
                ),
                name="delegation_duties_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"
                ),
                name="delegation_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_at", None), ("ended_by", None)),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        ("to_on__isnull", False),
                        models.Q(("end_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="delegation_end_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delegated_by_id", None),
                    models.Q(("delegated_by_id", models.F("user_id")), _negated=True),
                    _connector="OR",
                ),
                name="delegation_not_for_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("user", "site"),
                name="delegation_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("duties__contains", ["sign"]), ("ended_at", None)),
                fields=("site",),
                name="delegation_one_principal",
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
                            "safety",
                            "sponsor",
                            "statistician",
                        ],
                    )
                ),
                name="role_grant_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at", None), ("approved_by", None), ("approved_by_id", None)
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("approved_by_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="role_grant_approved_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("refusal", ""), ("refused_at", None), ("refused_by", None)),
                    models.Q(
                        ("refused_at__isnull", False),
                        ("refused_by__isnull", False),
                        models.Q(("refusal", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="role_grant_refused_has_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refused_at", None),
                    models.Q(("approved_at", None), ("membership", None)),
                    _connector="OR",
                ),
                name="role_grant_one_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by_id", None),
                    models.Q(
                        models.Q(("approved_by_id", models.F("requested_by_id")), _negated=True),
                        models.Q(("approved_by_id", models.F("user_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="role_grant_needs_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("requested_by_id", None),
                    models.Q(("requested_by_id", models.F("user_id")), _negated=True),
                    _connector="OR",
                ),
                name="role_grant_not_for_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("membership", None),
                    ("approved_at__isnull", False),
                    ("requested_by_id", None),
                    models.Q(("role__in", ["admin", "pharmacist", "statistician"]), _negated=True),
                    _connector="OR",
                ),
                name="role_grant_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("membership", None), ("refused_at", None)),
                fields=("user", "role", "site"),
                name="role_grant_one_open",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["system", "protocol", "signature_agreement"])),
                name="training_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.UniqueConstraint(
                fields=("user", "kind", "version"), name="training_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "signature_agreement"), _negated=True),
                    ("confirmed_by_id", None),
                    ("confirmed_by_id", models.F("user_id")),
                    _connector="OR",
                ),
                name="training_agreement_by_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by_id", None),
                    ("confirmed_by_id", models.F("user_id")),
                    models.Q(("reference", ""), _negated=True),
                    _connector="OR",
                ),
                name="training_recorded_with_reference",
            ),
        ),
    ]
