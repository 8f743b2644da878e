from django.db import migrations

from trial.audit.operations import track
from trial.quality.operations import lockable

_OF_BIOPSY = (
    "select p.site_id, p.id, b.visit_id from visits_biopsy b"
    " join patients_participant p on p.id = b.participant_id"
)
OF_BIOPSY = f"{_OF_BIOPSY} where b.id = (r->>'biopsy_id')::bigint"
OF_READING = (
    f"{_OF_BIOPSY} join visits_readingassignment a on a.biopsy_id = b.id"
    " where a.id = (r->>'assignment_id')::bigint"
)
# A reading is never changed, nor is a picture that somebody has read from.
APPEND_ONLY = """
create trigger reading_append_only before update or delete on visits_histologyreading
  for each statement execute function audit_refuse();
create trigger pixels_append_only before update or delete or truncate on visits_slidepixels
  for each statement execute function audit_refuse();
-- Pictures are compressed already.
alter table visits_slidepixels alter data set storage external;
"""
NOT_APPEND_ONLY = """
drop trigger reading_append_only on visits_histologyreading;
drop trigger pixels_append_only on visits_slidepixels;
"""


class Migration(migrations.Migration):
    """The central reading is in the trail, and stops where a visit or participant is locked. The
    bytes of a picture are not in the trail: its hash is."""

    dependencies = [("visits", "0012_central_reading"), ("quality", "0011_lockable")]

    operations = [
        track("visits_slideimage", subject=OF_BIOPSY),
        track("visits_readingbatch"),
        track("visits_readingassignment", subject=OF_BIOPSY),
        track("visits_histologyreading", subject=OF_READING),
        track("visits_finalhistology", pk="biopsy_id", subject=OF_BIOPSY),
        lockable("visits_slideimage", "histology"),
        lockable("visits_histologyreading", "histology"),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
    ]
