from django.db import migrations

from trial.audit.operations import of_participant, of_visit, track
from trial.quality.operations import lockable

AT_VISIT = {
    "visits_vitalsigns": "vital_signs",
    "visits_symptoms": "symptoms",
    "visits_adherence": "adherence",
    "visits_biopsy": "biopsy",
    "visits_blindingguess": "blinding_guess",
}


class Migration(migrations.Migration):
    """The forms of a visit, and deviations, are in the trail and can be frozen and locked."""

    dependencies = [("visits", "0009_forms"), ("quality", "0011_lockable")]

    operations = [
        *(track(table, subject=of_visit()) for table in AT_VISIT),
        *(lockable(table, form) for table, form in AT_VISIT.items()),
        track("visits_deviation", subject=of_participant()),
        lockable("visits_deviation", "deviation"),
    ]
