import django.db.models.deletion
from django.db import migrations, models

from trial.audit.operations import track

OF_SHIPMENT = (
    "select s.site_id, null::bigint, null::bigint from visits_shipment s"
    " where s.id = (r->>'shipment_id')::bigint"
)


class Migration(migrations.Migration):
    """The files of temperature loggers; the trail holds their hash, not their many lines."""

    dependencies = [("visits", "0007_infusion_history")]

    operations = [
        migrations.CreateModel(
            name="TemperatureLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.TextField()),
                ("readings", models.PositiveIntegerField(verbose_name="readings")),
                ("first_at", models.DateTimeField(verbose_name="from")),
                ("last_at", models.DateTimeField(verbose_name="to")),
                (
                    "lowest",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="coldest"),
                ),
                (
                    "highest",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="warmest"),
                ),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=60)),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="logs",
                        to="visits.shipment",
                    ),
                ),
            ],
            options={
                "ordering": ["shipment", "first_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("shipment", "sha256"), name="temperature_log_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_at__lte", models.F("last_at")),
                            ("lowest__lte", models.F("highest")),
                        ),
                        name="temperature_log_ordered",
                    ),
                ],
            },
        ),
        track("visits_temperaturelog", subject=OF_SHIPMENT, secret=("content",)),
    ]
