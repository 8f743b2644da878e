from django.db import migrations

from trial.audit.operations import backfill, of_participant, of_site, of_visit, track

OF_PANEL = (
    "select p.site_id, p.id, v.id from labs_panel n join visits_visit v on v.id = n.visit_id"
    " join patients_participant p on p.id = v.participant_id"
    " where n.id = (r->>'panel_id')::bigint"
)
OF_SERIES = (
    "select p.site_id, p.id, null::bigint from labs_series e"
    " join patients_participant p on p.id = e.participant_id"
    " where e.id = (r->>'series_id')::bigint"
)
OF_LABORATORY = (
    "select l.site_id, null::bigint, null::bigint from labs_laboratory l"
    " where l.id = (r->>'laboratory_id')::bigint"
)


class Migration(migrations.Migration):
    """Each event of the trail says whose it is."""

    dependencies = [("labs", "0003_imports"), ("visits", "0003_subjects")]

    operations = [
        track("labs_laboratory", subject=of_site()),
        track("labs_referencerange", subject=OF_LABORATORY),
        track("labs_laboratoryunit", subject=OF_LABORATORY),
        track("labs_panel", subject=of_visit(), bookkeeping=("expected", "filled", "source")),
        track("labs_result", subject=OF_PANEL, bookkeeping=("range_id",)),
        track("labs_series", subject=of_participant()),
        track("labs_evaluationrun", subject=OF_SERIES),
        track("labs_meldscore", subject=OF_PANEL),
        track("labs_responseassessment", subject=of_participant()),
        track("labs_importbatch", subject=of_site()),
        backfill(
            "labs_laboratory",
            "labs_referencerange",
            "labs_laboratoryunit",
            "labs_panel",
            "labs_result",
            "labs_series",
            "labs_evaluationrun",
            "labs_meldscore",
            "labs_responseassessment",
            "labs_importbatch",
        ),
    ]
