from django.db import migrations

from trial.audit.operations import of_participant, track
from trial.quality.operations import lockable

FORMS = {
    "safety_adverseevent": "adverse_event",
    "safety_seriousevent": "serious_event",
    "safety_sponsorassessment": "sponsor_assessment",
    "safety_pregnancyreport": "pregnancy_report",
    "safety_death": "death",
}


class Migration(migrations.Migration):
    """Side effects are in the trail, and can be frozen and locked."""

    dependencies = [("safety", "0001_initial"), ("quality", "0011_lockable")]

    operations = [
        *(track(table, subject=of_participant()) for table in FORMS),
        *(lockable(table, form) for table, form in FORMS.items()),
    ]
