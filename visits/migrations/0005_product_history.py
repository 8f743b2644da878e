from django.db import migrations

from trial.audit.operations import of_site, track
from trial.quality.operations import lockable

OF_BAG = "select (r->>'site_id')::bigint, (r->>'reserved_for_id')::bigint, (r->>'visit_id')::bigint"
OF_MOVEMENT = (
    "select (r->>'site_id')::bigint, (r->>'participant_id')::bigint, (r->>'visit_id')::bigint"
)
OF_EXCURSION = (
    "select b.site_id, b.reserved_for_id, b.visit_id from visits_bag b"
    " where b.id = (r->>'bag_id')::bigint"
)


class Migration(migrations.Migration):
    """The way of every bag is in the trail, and stops where a participant or site is locked."""

    dependencies = [("visits", "0004_product"), ("quality", "0031_verification_history")]

    operations = [
        track("visits_shipment", subject=of_site()),
        track("visits_bag", subject=OF_BAG),
        track("visits_bagmovement", subject=OF_MOVEMENT),
        track("visits_excursion", subject=OF_EXCURSION),
        lockable("visits_bagmovement", "product"),
    ]
