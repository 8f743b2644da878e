"""The forms of the casebook as queries, verifications, signatures and locks know them.

Pure data: which form a table's rows belong to. Those described in trial/protocol/casebook are here
by their description; the others add their tables.
"""

from collections.abc import Mapping

from trial.protocol.casebook.forms import FORMS

FORM_OF_TABLE: Mapping[str, str] = {
    "patients_participant": "participant",
    "patients_consent": "consent",
    "patients_criterionanswer": "eligibility",
    "visits_visit": "visit",
    "labs_panel": "labs",
    "labs_result": "labs",
    "visits_infusion": "infusion",
    "visits_infusionsonography": "infusion",
    "visits_infusionvitals": "infusion",
    "visits_infusionratechange": "infusion",
    "visits_infusionpremedication": "infusion",
    "visits_infusionreaction": "infusion",
    **{form.table: form.code for form in FORMS},
}
# Tables whose rows are what was observed: a change of one breaks a signature over it.
CLINICAL_TABLES = tuple(FORM_OF_TABLE)
# Forms of a visit; the others are of the participant.
AT_VISIT = (
    "visit", "labs", "infusion", *(form.code for form in FORMS if form.level == "visit"),
)  # fmt: skip


def tables_of(form: str) -> tuple[str, ...]:
    """The tables whose rows make up a form."""
    return tuple(table for table, name in FORM_OF_TABLE.items() if name == form)
