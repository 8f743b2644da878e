"""Sentences for outcomes, their reasons and missing inputs, in the reader's language.

Every code of labs/assessment.py and labs/meld.py has one; a test walks the lists.
"""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

Text = str | Promise

# How analytes are called inside a sentence; every other one goes by its LBTESTCD.
_ANALYTES: Mapping[str, Text] = {
    "IGG": "IgG",
    "GLOBG": gettext_lazy("γ-globulin"),
    "BILI": gettext_lazy("bilirubin"),
}
_ANCHORS: Mapping[str, Text] = {
    "induction": gettext_lazy("The start of induction therapy"),
    "day0": gettext_lazy("Day 0"),
}

_REASONS: Mapping[str, Text] = {
    "anchor_missing": gettext_lazy("%(anchor)s is not recorded"),
    "baseline_in_cbr": gettext_lazy("ALT, AST and IgG already normal at baseline (%(on)s)"),
    "baseline_above_uln": gettext_lazy("%(analyte)s %(times)s×ULN at baseline (%(on)s)"),
    "baseline_values_missing": gettext_lazy("Missing at baseline: %(analytes)s"),
    "fall_reached": gettext_lazy(
        "%(analyte)s fell by %(percent)s %% at %(when)s (%(required)s %% required)"
    ),
    "fall_not_reached": gettext_lazy(
        "By week %(by_week)s ALT fell by %(alt_percent)s %% and AST by %(ast_percent)s %%"
        " (%(required)s %% required)"
    ),
    "baseline_normal": gettext_lazy("%(analyte)s not raised at baseline (%(times)s×ULN)"),
    "no_sample_in_weeks": gettext_lazy("No sample between week %(from_week)s and week %(to_week)s"),
    "fall_unknown": gettext_lazy("The fall cannot be worked out: %(analytes)s"),
    "cbr_shown": gettext_lazy("ALT, AST and IgG all normal at %(when)s"),
    "cbr_shown_late": gettext_lazy(
        "ALT, AST and IgG all normal at %(when)s, after week %(by_week)s"
    ),
    "above_uln": gettext_lazy("%(analyte)s %(times)s×ULN at %(when)s"),
    "values_missing": gettext_lazy("Missing, or without an upper limit, at %(when)s: %(analytes)s"),
    "month6_sample_missing": gettext_lazy("No usable sample around week %(by_week)s"),
    "month6_not_reached": gettext_lazy("Week %(by_week)s not reached yet"),
    "no_sample_after_baseline": gettext_lazy("No sample after baseline yet"),
    "biopsy_in_remission": gettext_lazy("mHAI %(mhai)s on %(on)s, below %(below)s"),
    "biopsy_active": gettext_lazy("mHAI %(mhai)s on %(on)s, not below %(below)s"),
    "biopsy_missing": gettext_lazy("No biopsy after baseline yet"),
    "biopsy_not_evaluable": gettext_lazy("The biopsy of %(on)s cannot be evaluated"),
    "over_threshold": gettext_lazy("%(analyte)s %(times)s×ULN at %(when)s after CBR at %(cbr)s"),
    "over_bound": gettext_lazy(
        "%(analyte)s %(value)s (above %(bound)s) at %(when)s after CBR at %(cbr)s"
    ),
    "confirmed_rise": gettext_lazy(
        "%(analyte)s %(times)s×ULN with IgG %(igg_times)s×ULN at %(when)s, confirmed at"
        " %(confirm)s, after CBR at %(cbr)s"
    ),
    "rise_awaits_confirmation": gettext_lazy(
        "%(analyte)s %(times)s×ULN with IgG %(igg_times)s×ULN at %(when)s after CBR at %(cbr)s;"
        " a sample from %(confirm_from)s to %(confirm_until)s decides"
    ),
    "immunosuppression_for_relapse": gettext_lazy(
        "Immunosuppression stepped up for the disease on %(on)s (%(when)s) after CBR at %(cbr)s"
    ),
    "biopsy_relapse": gettext_lazy(
        "mHAI %(mhai)s on %(on)s after %(remission_mhai)s on %(remission_on)s and CBR at %(cbr)s"
    ),
    "biopsy_active_after_response": gettext_lazy(
        "mHAI %(mhai)s on %(on)s (%(when)s) after CBR at %(cbr)s"
    ),
    "rise_needing_therapy": gettext_lazy(
        "%(analyte)s %(times)s×ULN with treatment stepped up on %(on)s after CBR at %(cbr)s"
    ),
    "above_uln_after_cbr": gettext_lazy(
        "%(analyte)s %(times)s×ULN at %(when)s after CBR at %(cbr)s"
    ),
    "needs_judgement": gettext_lazy(
        "%(analyte)s %(times)s×ULN at %(when)s after CBR at %(cbr)s; this rule set names no"
        " threshold"
    ),
    "maintained": gettext_lazy("CBR at %(cbr)s, kept up to %(until)s"),
    "not_met": gettext_lazy("Not met from CBR at %(cbr)s up to %(until)s"),
    "no_follow_up_after_cbr": gettext_lazy("No sample after CBR at %(cbr)s yet"),
    "not_evaluable_after_cbr": gettext_lazy(
        "Missing, or without an upper limit, after CBR at %(cbr)s: %(analytes)s"
    ),
    "remission_not_repeated": gettext_lazy("CBR at %(cbr)s not shown a second time"),
}

RULES: Mapping[str, Text] = {
    "BASELINE_IN_CBR": gettext_lazy("Normal at baseline"),
    "NON_RESPONSE": gettext_lazy("Non-response"),
    "RESPONSE_M6": gettext_lazy("Response by month 6"),
    "CBR": gettext_lazy("Complete biochemical response (CBR)"),
    "HISTOLOGY": gettext_lazy("Histology"),
    "TRIAL-REL": gettext_lazy("Relapse (study endpoint)"),
    "RS1": "RS1 · EASL 2015",
    "RS2": "RS2 · AASLD 2010",
    "RS3": "RS3 · IAIHG 1999",
    "RS4": "RS4 · AASLD 2019",
    "RS5": "RS5 · van Gerven 2013",
    "RS6": "RS6 · Hartl 2015",
    "RS7": "RS7 · EASL / BSG 2025",
}

_NOT_EVALUABLE = gettext_lazy("Not evaluable")
_RELAPSE_OUTCOMES: Mapping[str, Text] = {
    "RELAPSE": gettext_lazy("Relapse"),
    "NO_RELAPSE": gettext_lazy("No relapse"),
    "NO_REMISSION": gettext_lazy("No remission so far"),
    "LOSS_OF_REMISSION": gettext_lazy("Loss of remission"),
    "NEEDS_ADJUDICATION": gettext_lazy("Needs a judgement"),
    "PENDING_CONFIRMATION": gettext_lazy("Relapse to be confirmed"),
    "LOSS_OF_CBR": gettext_lazy("Loss of CBR"),
    "CBR_MAINTAINED": gettext_lazy("CBR maintained"),
    "NO_FOLLOW_UP": gettext_lazy("No follow-up after CBR"),
    "NO_CBR": gettext_lazy("No CBR so far"),
    "NE": _NOT_EVALUABLE,
}
_OUTCOMES: Mapping[str, Mapping[str, Text]] = {
    "BASELINE_IN_CBR": {
        "YES": gettext_lazy("Already normal"),
        "NO": gettext_lazy("Active"),
        "NE": _NOT_EVALUABLE,
    },
    "NON_RESPONSE": {
        "YES": pgettext_lazy("outcome", "Non-response"),
        "NO": gettext_lazy("Responded"),
        "NE": _NOT_EVALUABLE,
    },
    "RESPONSE_M6": {
        "CBR_BY_M6": gettext_lazy("CBR by month 6"),
        "INSUFFICIENT": gettext_lazy("Insufficient response"),
        "BASELINE_IN_CBR": gettext_lazy("Already normal at baseline"),
        "NE_M6": _NOT_EVALUABLE,
    },
    "CBR": {
        "CBR": gettext_lazy("CBR reached"),
        "NO_CBR": gettext_lazy("No CBR so far"),
        "NE": _NOT_EVALUABLE,
    },
    "HISTOLOGY": {
        "REMISSION": gettext_lazy("Histological remission"),
        "ACTIVE": gettext_lazy("Active on biopsy"),
        "NE": _NOT_EVALUABLE,
    },
}

_MISSING: Mapping[str, Text] = {
    "sample_unusable": gettext_lazy("the sample cannot be used"),
    "bilirubin_missing": gettext_lazy("bilirubin missing"),
    "bilirubin_invalid": gettext_lazy("bilirubin not usable"),
    "creatinine_missing": gettext_lazy("creatinine missing"),
    "creatinine_invalid": gettext_lazy("creatinine not usable"),
    "dialysis_unanswered": gettext_lazy("dialysis not answered"),
    "inr_missing": gettext_lazy("INR missing"),
    "inr_invalid": gettext_lazy("INR not usable"),
    "pt_without_isi_and_mnpt": gettext_lazy("PT without ISI and MNPT gives no INR"),
    "sodium_missing": gettext_lazy("sodium missing"),
    "sodium_invalid": gettext_lazy("sodium not usable"),
    "albumin_missing": gettext_lazy("albumin missing"),
    "albumin_invalid": gettext_lazy("albumin not usable"),
    "sex_missing": gettext_lazy("sex missing"),
}


def reason_text(code: str, params: Mapping[str, str]) -> str:
    """The sentence of a reason, e.g. "ALT 3.1×ULN at week 36 after CBR at week 12"."""
    words = {name: value or _("unknown") for name, value in params.items()}
    if "analyte" in params:
        words["analyte"] = analyte_text(params["analyte"])
    if "analytes" in params:
        words["analytes"] = listed(analyte_text(a) for a in params["analytes"].split(", "))
    if "anchor" in params:
        words["anchor"] = str(_ANCHORS[params["anchor"]])
    words["when"] = _moment(params.get("week", ""), params.get("visit", ""))
    words["cbr"] = _moment(params.get("cbr_week", ""), params.get("cbr_visit", ""))
    words["confirm"] = _moment(params.get("confirm_week", ""), params.get("confirm_visit", ""))
    words["until"] = _moment(params.get("until_week", ""), "")
    text = str(_REASONS[code]) % words
    if params.get("interval_censored") == "yes":
        text += _("; a sample in between is missing")
    return text


def listed(words: Iterable[str]) -> str:
    """Words one after the other: "bilirubin missing, INR missing"."""
    return pgettext("between the words of a list", ", ").join(words)


def analyte_text(code: str) -> str:
    """What an analyte is called inside a sentence."""
    return str(_ANALYTES.get(code, code)) or _("unknown")


def rule_text(rule: str) -> str:
    """The name of a response or relapse rule."""
    return str(RULES[rule])


def outcome_text(rule: str, outcome: str) -> str:
    """The outcome of a rule in words."""
    return str(_OUTCOMES.get(rule, _RELAPSE_OUTCOMES)[outcome])


def missing_text(code: str) -> str:
    """Why a score could not be computed."""
    return str(_MISSING[code])


def _moment(week: str, visit: str) -> str:
    """ "week 36", "week 33 (unscheduled)", or the visit where no week can be counted."""
    if not week:
        return visit or _("an unknown time")
    if visit == "UNS":
        return _("week %(week)s (unscheduled)") % {"week": week}
    return _("week %(week)s") % {"week": week}
