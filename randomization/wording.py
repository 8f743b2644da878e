"""The words for what stands against an act of allocation; the same whatever the arm."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from randomization.readiness import Against

AGAINST: dict[Against, str | Promise] = {
    Against.DONE: _("The participant is randomised already."),
    Against.NOT_ENROLLED: _("The participant is not enrolled."),
    Against.NO_CONSENT: _("No consent is recorded."),
    Against.NOT_ELIGIBLE: _("Not every eligibility criterion is met."),
    Against.NO_STATUS: _("The disease status is not recorded: it decides the stratum."),
    Against.INFUSED: _("Day 0 has taken place already."),
    Against.LATE: _("The first infusion is planned later than the protocol allows for."),
}
# A lock that was waited for in vain (trial/database.py, LIMITS).
BUSY = _("Somebody is writing to this participant's record just now. Try again.")
# By SQLSTATE of the functions of unblinding (randomization/sealed/unblinding_sql.py).
UNBLINDING_REFUSALS: dict[str, str | Promise] = {
    "SE010": _("There is no such request."),
    "SE011": _("The arm was shown already. It is shown once; ask again if you need it again."),
    "SE012": _("The request is older than ten minutes. Ask again."),
    "SE023": _("The participant is not randomised: there is no arm to be shown."),
    "SE024": _("Somebody else asked for this arm. Ask for yourself."),
    "SE020": _("The study is not locked."),
    "SE021": _("A second person has not agreed since the study was locked."),
    "42501": _("Only an investigator of the participant's site may ask for an arm."),
    "55P03": BUSY,
}
# By SQLSTATE of the sealed functions (randomization/sealed/schema.py).
REFUSALS: dict[str, str | Promise] = {
    "SE001": _("No randomisation list is in force. The statistician has to put one in force."),
    "SE002": _("The randomisation list has no place left in this stratum."),
    "SE003": _("There is not enough product at the site. Nothing was allocated."),
    "SE004": _("The participant can't be randomised."),
    "SE006": _(
        "The database was restored, and allocations have not been compared since. "
        "Nobody can be randomised until then."
    ),
    "55P03": BUSY,
}
