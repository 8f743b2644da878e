"""The datasets of randomisation, product and infusions: for everybody, and so without any arm.

A bag goes by its number, which is drawn at random. The order in which bags were packed is in no
column: it is the order in which they are given out, and whoever sees which ones were passed over
learns who got the same (docs/adr/0014-sealed-allocation.md).
"""

from reports import expressions as e
from reports.columns import Column
from reports.dataset import Dataset
from reports.models import (
    BagRow,
    InfusionReactionRow,
    InfusionRow,
    InfusionVitalsRow,
    RandomisationRow,
    UnblindingRow,
)
from reports.shared_columns import CHANGED, PARTICIPANT, SITE, VISIT, c
from trial.access.roles import Permission

_BAG = c("bag", "text", "Number of the bag: the id of a row of bags.")
_INFUSION = c("infusion_id", "integer", "Row of the infusion.")
_VERSION = c("version", "integer", "How often the row has been saved.")

RANDOMISATIONS = Dataset(
    name="randomisations",
    text="Randomised participants: number, stratum and the values that were used; no arm.",
    rows=RandomisationRow.objects.all(),
    permission=Permission.PARTICIPANT_VIEW,
    columns=(
        c("id", "integer", "Row of the randomisation."),
        SITE,
        PARTICIPANT,
        c("number", "text", "Randomisation number."),
        c("stratum", "text", "Stratum that was used; it stays, even if a value was wrong."),
        c("disease_status", "text", "Disease status that was used: naive, insufficient, relapsed."),
        c("disease_group", "text", "Group of the stratum it counted in: naive or treated."),
        c("disease_status_now", "text", "Disease status as it is recorded now."),
        Column("stratum_now", "text", "Stratum that this would give.", e.STRATUM_NOW),
        Column(
            "stratum_differs",
            "boolean",
            "The stratum that was used is not the true one; empty where that can't be said.",
            e.STRATUM_DIFFERS,
        ),
        c("protocol_version", "text", "Protocol version it was done under."),
        c("allocated_at", "timestamp", "When it was done, by the server's clock."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "allocated_at", "changed_at"),
)

BAGS = Dataset(
    name="bags",
    text="Bags of product: where each is, for whom, and when it was last moved; no content.",
    rows=BagRow.objects.all(),
    permission=Permission.PRODUCT_VIEW,
    columns=(
        c("id", "text", "Number of the bag, eight digits. Read it as text."),
        SITE,
        c("shipment", "integer", "Number of the shipment it came with."),
        c(
            "state",
            "text",
            "released, shipped, received, reserved, issued, verified, infused, returned, wasted or "
            "recalled.",
        ),
        c("expires_at", "timestamp", "Expiry; the same for all bags of a shipment."),
        c("participant", "text", "For whom it is reserved, or who got it."),
        *VISIT,
        c("excursion_open", "boolean", "It was too warm or too cold, and is not judged yet."),
        c("moved_at", "timestamp", "When it was last moved: the start, of one that was infused."),
        c("version", "integer", "Number of that movement in the bag's ledger."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "expires_at", "changed_at"),
)

INFUSIONS = Dataset(
    name="infusions",
    text="Infusions: dose ordered, prepared and given, from when to when, and how it went.",
    rows=InfusionRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the infusion."),
        SITE,
        PARTICIPANT,
        *VISIT,
        _BAG,
        c("weight_kg", "decimal", "Weight the dose was worked out from."),
        c("weighed_on", "date", "Day of weighing, local to the site."),
        c("ordered_cells", "decimal", "Dose ordered, in 10^6 viable cells."),
        c("ordered_ml", "decimal", "Volume ordered."),
        c("prepared_cells", "decimal", "Dose prepared, in 10^6 viable cells."),
        c("prepared_ml", "decimal", "Volume prepared."),
        c(
            "prepared_grade",
            "text",
            "Dose prepared against ordered: within the tolerance, warning or deviation.",
        ),
        c("line", "text", "peripheral or central."),
        c("gauge", "text", "Size of the needle."),
        c("filter", "text", "standard, none or leukocyte."),
        c("started_at", "timestamp", "Start."),
        c("ended_at", "timestamp", "End."),
        c("duration_minutes", "integer", "Whole minutes from start to end."),
        c("given_ml", "decimal", "Volume given."),
        c("given_cells", "decimal", "Dose given, in 10^6 viable cells; per kg: by weight_kg."),
        c("given_grade", "text", "Dose given against ordered: within, warning or deviation."),
        c("residual_ml", "decimal", "Left in the bag."),
        c("flush_ml", "decimal", "Flush of the line."),
        c("stopped_early", "boolean", "Stopped before its end."),
        c("stop_reason", "text", "Why: reaction, line, product, wish or other."),
        c("reactions", "integer", "Reactions that occurred: rows of infusion-reactions."),
        c("worst_grade", "integer", "Highest CTCAE grade among them."),
        _VERSION,
        CHANGED,
    ),
    key=("id",),
    orders=("id", "changed_at"),
)

_OF_INFUSION = (SITE, PARTICIPANT, *VISIT, _INFUSION, _BAG)
INFUSION_VITALS = Dataset(
    name="infusion-vitals",
    text="Vital signs around infusions: one row per point of the plan.",
    rows=InfusionVitalsRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the measurement."),
        *_OF_INFUSION,
        c(
            "point",
            "text",
            "B before the start, D15 fifteen minutes after it, E at the end, P30 thirty minutes "
            "after the end.",
        ),
        c("measured_at", "timestamp", "When; empty if nothing was measured."),
        c("heart_rate", "integer", "Beats a minute."),
        c("systolic", "integer", "Systolic pressure, mmHg."),
        c("diastolic", "integer", "Diastolic pressure, mmHg."),
        c("respiration", "integer", "Breaths a minute."),
        c("oxygen", "integer", "Oxygen saturation, %."),
        c("temperature", "decimal", "Temperature, °C."),
        _VERSION,
        CHANGED,
    ),
    key=("id",),
    orders=("id", "changed_at"),
)

INFUSION_REACTIONS = Dataset(
    name="infusion-reactions",
    text="Reactions to infusions: one row per reaction that was asked about.",
    rows=InfusionReactionRow.objects.all(),
    permission=Permission.REPORT_VIEW,
    columns=(
        c("id", "integer", "Row of the answer."),
        *_OF_INFUSION,
        c("term", "text", "The reaction, such as fever or chest_pain."),
        c("occurred", "boolean", "Whether it occurred."),
        c("onset_at", "timestamp", "When it began."),
        c("grade", "integer", "CTCAE grade, 1 to 5."),
        c("state", "text", "draft (of an adverse event) or withdrawn."),
        _VERSION,
        CHANGED,
    ),
    key=("id",),
    orders=("id", "changed_at"),
)

UNBLINDINGS = Dataset(
    name="unblindings",
    text="That the blind was broken: whose, how and when; no arm.",
    rows=UnblindingRow.objects.all(),
    permission=Permission.UNBLIND_VIEW,
    columns=(
        c("id", "integer", "Row of the unblinding."),
        c("site", "text", "Site, two digits; empty for the planned one of the whole study."),
        c("participant", "text", "Participant code; empty for the planned one."),
        c("kind", "text", "emergency, planned or inadvertent."),
        c("category", "text", "Why, in a word, such as treatment or appearance."),
        c("learned_on", "date", "Day on which an arm became known inadvertently."),
        c("requested_at", "timestamp", "When it was asked for; of an inadvertent one, recorded."),
        c("approved_at", "timestamp", "When a second person agreed to the planned one."),
        c("read_at", "timestamp", "When the arm, or all arms, were shown."),
        CHANGED,
    ),
    key=("id",),
    orders=("id", "requested_at", "changed_at"),
)
