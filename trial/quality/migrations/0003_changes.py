from django.db import migrations

from trial.quality.changes_sql import changes_function


class Migration(migrations.Migration):
    dependencies = [("quality", "0002_history")]

    operations = [changes_function()]
