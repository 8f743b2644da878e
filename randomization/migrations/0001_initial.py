import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("patients", "0004_disease_status"),
        ("signing", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListCommitment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("list_id", models.BigIntegerField(unique=True)),
                ("method", models.CharField(max_length=20)),
                ("algorithm", models.CharField(max_length=60)),
                ("commitment", models.CharField(max_length=64)),
                ("slots", models.PositiveIntegerField()),
                ("strata", models.JSONField()),
                ("committed_at", models.DateTimeField()),
                ("committed_by", models.CharField(max_length=60)),
            ],
            options={
                "ordering": ["committed_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("commitment__regex", "^[0-9a-f]{64}$")),
                        name="commitment_is_a_hash",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=24, unique=True)),
                ("stratum", models.CharField(max_length=40)),
                ("slot", models.PositiveIntegerField()),
                ("factors", models.JSONField()),
                ("frozen", models.JSONField()),
                ("protocol_version", models.CharField(max_length=20)),
                ("allocated_at", models.DateTimeField()),
                ("allocated_by", models.CharField(max_length=60)),
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocation",
                        to="patients.participant",
                    ),
                ),
                (
                    "signature",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="signing.signature",
                    ),
                ),
            ],
            options={
                "ordering": ["allocated_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stratum", "slot"), name="allocation_slot_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__gte", 1)), name="allocation_slot_counts_from_one"
                    ),
                ],
            },
        ),
    ]
