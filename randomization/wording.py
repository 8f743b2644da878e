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
# By SQLSTATE of the sealed functions (randomization/sealed/schema.py).
REFUSALS: dict[str, str | Promise] = {
    "SE001": _("No randomisation list is in force. The statistician has to put one in force."),
    "SE002": _("The randomisation list has no place left in this stratum."),
    "SE003": _("There is not enough product at the site. Nothing was allocated."),
    "SE004": _("The participant can't be randomised."),
}
