"""Points, alerts and standings of an infusion in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.infusion_alerts import Alert
from visits.vitals_plan import BASELINE, END, Standing
from visits.vitals_plan import known as known_point

ALERTS: Mapping[Alert, str | Promise] = {
    Alert.LOW_PRESSURE: gettext_lazy("Systolic pressure below 90 mmHg"),
    Alert.PRESSURE_FELL: gettext_lazy("Systolic pressure down by 20 % or more from the baseline"),
    Alert.LOW_OXYGEN: gettext_lazy("Oxygen saturation below 92 %"),
    Alert.FEVER: gettext_lazy("Temperature 38.0 °C or above"),
    Alert.WARMED: gettext_lazy("Temperature up by 1 °C or more from the baseline"),
    Alert.FAST_HEART: gettext_lazy("Heart rate above 120 a minute"),
}
STANDINGS: Mapping[Standing, str | Promise] = {
    Standing.LATER: gettext_lazy("later"),
    Standing.DUE: gettext_lazy("due now"),
    Standing.MISSING: gettext_lazy("missing"),
    Standing.DONE: gettext_lazy("on time"),
    Standing.LATE: gettext_lazy("measured late"),
    Standing.EARLY: gettext_lazy("measured early"),
    Standing.NOT_DONE: gettext_lazy("not measured"),
}
TONES: Mapping[Standing, str] = {
    Standing.LATER: "grey",
    Standing.DUE: "blue",
    Standing.MISSING: "red",
    Standing.DONE: "green",
    Standing.LATE: "amber",
    Standing.EARLY: "amber",
    Standing.NOT_DONE: "grey",
}


def point_text(code: str) -> str:
    """A point of the plan: "before the start", "15 min", "end", "end + 30 min", "end + 24 h"."""
    if code == BASELINE:
        return _("before the start")
    if code == END:
        return _("end")
    if not known_point(code):
        return code
    minutes = int(code[1:])
    if code[0] == "D":
        return _("%(n)s min") % {"n": minutes}
    if minutes % 60:
        return _("end + %(n)s min") % {"n": minutes}
    return _("end + %(n)s h") % {"n": minutes // 60}
