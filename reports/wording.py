"""Words for what the general parts only know by code."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.form_records import NAMES

FORM_NAMES: Mapping[str, str | Promise] = {
    "participant": _("Participant"),
    "consent": _("Consent"),
    "eligibility": _("Eligibility"),
    "visit": _("Visit"),
    "labs": _("Labs"),
    "infusion": _("Infusion"),
    **NAMES,
}
