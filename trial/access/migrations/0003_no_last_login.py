from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0002_history")]

    operations = [migrations.RemoveField(model_name="user", name="last_login")]
