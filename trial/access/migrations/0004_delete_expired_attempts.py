from django.db import migrations

from trial.audit.operations import grant_delete


class Migration(migrations.Migration):
    """django-axes deletes expired attempts at the next sign-in, with what hangs on them."""

    dependencies = [("access", "0003_no_last_login")]

    operations = [grant_delete("axes_accessattemptexpiration")]
