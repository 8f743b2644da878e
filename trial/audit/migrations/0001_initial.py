from django.db import migrations, models

from trial.audit.operations import CREATE, DROP


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={"db_table": "audit_event", "managed": False, "ordering": ["id"]},
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
