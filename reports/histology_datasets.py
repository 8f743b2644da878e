"""The dataset of central readings: what counts for each biopsy, and what its readers found.

Nothing of a single reading is a row before the biopsy's result is settled, and none says who
read: 1 and 2 are the first and second reader of that biopsy, 3 is who settled a difference.
"""

from reports.dataset import Dataset
from reports.models import HistologyReadingRow
from reports.shared_columns import CHANGED, PARTICIPANT, SITE, VISIT, c
from trial.access.roles import Permission
from trial.protocol.casebook.histology_scores import FEATURES, GRADE

HISTOLOGY_READINGS = Dataset(
    name="histology-readings",
    text="Central readings of biopsies: what counts, or why nothing does, and each reader's.",
    rows=HistologyReadingRow.objects.all(),
    permission=Permission.DATA_EXPORT,
    columns=(
        c("id", "text", "Row of the biopsy and whose reading it is: stays the same."),
        SITE,
        PARTICIPANT,
        *VISIT,
        c("biopsy_id", "integer", "Row of the biopsy."),
        c("taken_on", "date", "Day of the biopsy, local to the site."),
        c("reader", "text", "final (what counts), or 1, 2, 3: a reader's; never averaged."),
        c(
            "state",
            "text",
            "Of the biopsy: awaits_reader, incomplete, agreed, adjudicate or adjudicated.",
        ),
        c(
            "missing",
            "text",
            "Why nothing counts: inadequate, size_unknown, not_read or adjudicate (two readers "
            "differ). A result is missing then, not zero.",
        ),
        c("source", "integer", "Of the final row: whose reading counts, 1 or 3."),
        c("adequate", "boolean", "Can be scored; of the final row, large enough besides."),
        c("mhai", "integer", "mHAI total, 0 to 18: the sum of the four components."),
        *(c(one.name, "integer", f"{one.label.en}.") for one in GRADE),
        c("outcome", "text", "Of the final row: remission, active or not_evaluable."),
        c("stage_system", "text", "ishak or metavir, as read: nothing is converted."),
        c("stage", "integer", "Stage in that system."),
        *(c(one.name, "boolean", f"{one.label.en}.") for one in FEATURES[:-1]),
        c("steatosis", "integer", "Steatosis, %."),
        c("consensus", "text", "Category of the 2022 consensus: likely, possible or unlikely AIH."),
        c("submitted_at", "timestamp", "When the reading was submitted."),
        c("protocol_version", "text", "Protocol version by whose rules the final row was made."),
        c("version", "integer", "Version of the reading, or how often the final row was made."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "changed_at"),
)
