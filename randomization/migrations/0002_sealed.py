from django.db import migrations, models

from randomization.sealed import schema
from trial.audit.operations import of_participant, track
from trial.quality.operations import lockable


class Migration(migrations.Migration):
    """The sealed schema; what everybody may know of it is under the open trail."""

    dependencies = [
        ("randomization", "0001_initial"),
        ("audit", "0004_readings"),
        ("visits", "0005_product_history"),
    ]

    operations = [
        track("randomization_allocation", subject=of_participant()),
        track("randomization_listcommitment"),
        lockable("randomization_allocation", "allocation"),
        migrations.RunSQL(schema.create(), schema.UNDO),
        *[
            migrations.CreateModel(
                name=name,
                fields=[("id", models.BigAutoField(primary_key=True))],
                options={"db_table": table, "managed": False, **options},
            )
            for name, table, options in (
                ("AllocationList", "list", {"ordering": ["-id"]}),
                ("Lot", "lot", {"ordering": ["-id"]}),
                ("BagContent", "bag_content", {}),
                ("SealedEvent", "event", {"ordering": ["id"]}),
            )
        ],
    ]
