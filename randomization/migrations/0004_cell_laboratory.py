from django.db import migrations, models

from randomization.sealed import product_schema


class Migration(migrations.Migration):
    """Donors, release tests and signed dispositions of lots, in the sealed schema."""

    dependencies = [("randomization", "0003_lists")]

    operations = [
        migrations.RunSQL(product_schema.create(), product_schema.UNDO),
        *[
            migrations.CreateModel(
                name=name,
                fields=[("id", models.BigAutoField(primary_key=True))],
                options={"db_table": table, "managed": False, "ordering": ordering},
            )
            for name, table, ordering in (
                ("Donor", "donor", ["code"]),
                ("LotTest", "lot_test", ["lot", "code", "number"]),
                ("LotDisposition", "lot_disposition", ["lot", "number"]),
            )
        ],
    ]
