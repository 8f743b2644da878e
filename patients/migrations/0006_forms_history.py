from django.db import migrations

from trial.audit.operations import of_participant, track
from trial.quality.operations import lockable

FORMS = {
    "patients_diagnosis": "diagnosis",
    "patients_pregnancytest": "pregnancy_test",
    "patients_genotype": "genotype",
    "patients_medicalhistory": "medical_history",
    "patients_aihtherapy": "aih_therapy",
    "patients_medication": "medication",
    "patients_disposition": "disposition",
}


class Migration(migrations.Migration):
    """The forms about the person are in the trail, and can be frozen and locked."""

    dependencies = [("patients", "0005_forms"), ("quality", "0011_lockable")]

    operations = [
        *(track(table, subject=of_participant()) for table in FORMS),
        *(lockable(table, form) for table, form in FORMS.items()),
    ]
