from django.db import migrations

from trial.audit.operations import of_visit, track
from trial.quality.operations import lockable

# A row of an infusion belongs to its visit.
OF_INFUSION = (
    "select p.site_id, p.id, v.id from visits_infusion i join visits_visit v on v.id = i.visit_id"
    " join patients_participant p on p.id = v.participant_id"
    " where i.id = (r->>'infusion_id')::bigint"
)
ROWS = (
    "visits_infusionsonography",
    "visits_infusionvitals",
    "visits_infusionratechange",
    "visits_infusionpremedication",
    "visits_infusionreaction",
)


class Migration(migrations.Migration):
    """Infusions are in the trail, and can be frozen and locked as the form "infusion"."""

    dependencies = [("visits", "0006_infusion")]

    operations = [
        track("visits_infusion", subject=of_visit()),
        lockable("visits_infusion", "infusion"),
        *(track(table, subject=OF_INFUSION) for table in ROWS),
        *(lockable(table, "infusion") for table in ROWS),
    ]
