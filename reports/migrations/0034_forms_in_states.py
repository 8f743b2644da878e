from django.db import migrations

from reports.state_views import state_views


class Migration(migrations.Migration):
    """Whether a signature or a verification still holds follows the described forms too."""

    dependencies = [("reports", "0033_infusions_in_states")]

    operations = state_views()
