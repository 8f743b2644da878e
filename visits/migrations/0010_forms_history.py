from django.db import migrations

from trial.audit.operations import of_visit, track
from trial.quality.operations import lockable

FORMS = {"visits_vitalsigns": "vital_signs"}


class Migration(migrations.Migration):
    """The forms of a visit are in the trail, and can be frozen and locked."""

    dependencies = [("visits", "0009_forms")]

    operations = [
        *(track(table, subject=of_visit()) for table in FORMS),
        *(lockable(table, form) for table, form in FORMS.items()),
    ]
