from django.db import migrations

from randomization.sealed import list_schema


class Migration(migrations.Migration):
    """How far lists reach, lists that follow others, disclosure after the trial."""

    dependencies = [("randomization", "0002_sealed")]

    operations = [migrations.RunSQL(list_schema.CREATE, list_schema.UNDO)]
