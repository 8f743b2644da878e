"""Sentences for the codes of the pure rules, in the reader's language.

Rules return codes and numbers; only here do they become text, so that a rule needs no Django and
a translator finds every sentence in one place.
"""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.entry import Problem
from labs.free_text import TextFault
from labs.reason_wording import (
    analyte_text,
    listed,
    missing_text,
    outcome_text,
    reason_text,
    rule_text,
)
from trial.protocol.analytes import Analyte, Unit
from trial.protocol.checks import Finding, Suggestion, Verdict

__all__ = [
    "analyte_text",
    "fault_text",
    "finding_text",
    "listed",
    "missing_text",
    "number_problem_text",
    "outcome_text",
    "problem_text",
    "reason_text",
    "rule_text",
    "shortened",
    "suggestion_text",
    "unit_text",
    "verdict_text",
]

_PROBLEMS: Mapping[str, str | Promise] = {
    "both_given": gettext_lazy("Give a value or a reason why there is none, not both."),
    "comment_alone": gettext_lazy("A comment needs a value, or a reason why there is none."),
    "unknown_not_done": gettext_lazy("This is not one of the reasons why there is no value."),
    "text_too_long": gettext_lazy("The text is too long: at most %(max)s characters."),
    "empty": gettext_lazy("Give a value."),
    "too_long": gettext_lazy("This is too long: at most %(max)s characters."),
    "control_character": gettext_lazy("There is an invisible character (%(character)s) in it."),
    "not_finite": gettext_lazy("This is not a number."),
    "exponent": gettext_lazy("Write the number out, without a power of ten."),
    "underscore": gettext_lazy("Write the number without underscores."),
    "ambiguous_separator": gettext_lazy(
        "Thousands or decimals? Write the number without thousands separators."
    ),
    "too_many_digits": gettext_lazy("The number has too many digits."),
    "negative_zero": gettext_lazy("Minus zero is not a value."),
    "incomplete": gettext_lazy("The number is not complete."),
    "unit_in_value": gettext_lazy("Write the number alone and choose the unit beside it."),
    "not_a_number": gettext_lazy("This is not a number."),
    "unknown_unit": gettext_lazy("The unit “%(unit)s” is not one of %(known)s."),
    "hard_low": gettext_lazy("Not possible: below %(limit)s %(unit)s."),
    "hard_high": gettext_lazy("Not possible: above %(limit)s %(unit)s."),
    "soft_low": gettext_lazy("Unusually low: below %(limit)s %(unit)s."),
    "soft_high": gettext_lazy("Unusually high: above %(limit)s %(unit)s."),
    "unit_suspected": gettext_lazy("Unusual in this unit: below %(limit)s %(unit)s."),
}


def verdict_text(verdict: Verdict) -> str:
    """What is wrong or unusual about a value, with "did you mean …?"; empty if nothing is."""
    if not verdict.code:
        return ""
    shown = {
        name: unit_text(shortened(value)) if name == "unit" else value
        for name, value in verdict.params.items()
    }
    sentence = str(_PROBLEMS[verdict.code]) % shown
    return " ".join([sentence, *(suggestion_text(s) for s in verdict.did_you_mean)])


def suggestion_text(suggestion: Suggestion) -> str:
    """ "Did you mean 1 mg/dL = 17.1 µmol/L?"."""
    return _("Did you mean %(typed)s %(unit)s = %(chosen)s %(chosen_unit)s?") % {
        "typed": suggestion.value_text,
        "unit": unit_text(suggestion.unit),
        "chosen": suggestion.chosen_text,
        "chosen_unit": unit_text(suggestion.chosen_unit),
    }


def problem_text(problem: Problem) -> str:
    """Why an entry is not accepted, and what would help."""
    if problem.verdict is None:
        return fault_text(problem.fault) if problem.fault else str(_PROBLEMS[problem.code])
    text = verdict_text(problem.verdict)
    if problem.code == "unconfirmed":
        return text + " " + _("If it is right, confirm it with a comment.")
    return text


def unit_text(code: str) -> str:
    """A unit as it is printed on a report: "µmol/L" for umol/L."""
    return Unit(code, "", Decimal(1)).display


def fault_text(fault: TextFault) -> str:
    """What is wrong with a comment or a reason."""
    return str(_PROBLEMS[fault.code]) % fault.params


def shortened(text: str, most: int = 60) -> str:
    """A text that somebody sent, short enough to be repeated in a message."""
    return text if len(text) <= most else text[:most] + "…"


def number_problem_text(code: str, params: Mapping[str, str]) -> str:
    """Why a text is not a number (codes of trial.protocol.numbers.NumberError)."""
    return str(_PROBLEMS[code]) % dict(params)


_FINDINGS: Mapping[str, str | Promise] = {
    "gamma_above_globulin": gettext_lazy(
        "γ-globulin (%(GLOBG)s) is more than all globulins (%(GLOBUL)s)."
    ),
    "globulin_above_protein": gettext_lazy(
        "Globulin (%(GLOBUL)s) is more than total protein (%(PROT)s) less albumin (%(ALB)s)."
    ),
    "gamma_above_protein": gettext_lazy(
        "γ-globulin (%(GLOBG)s) is more than total protein (%(PROT)s) less albumin (%(ALB)s)."
    ),
    "gamma_share": gettext_lazy(
        "γ-globulin (%(GLOBG)s) does not fit its share (%(GLOBGPT)s %%) of total protein"
        " (%(PROT)s): about %(expected)s is expected."
    ),
    "direct_above_total": gettext_lazy(
        "Direct bilirubin (%(BILDIR)s) is more than total bilirubin (%(BILI)s)."
    ),
    "inr_from_pt": gettext_lazy(
        "INR (%(INR)s) does not fit PT (%(PT)s s) with this ISI and MNPT: %(expected)s is expected."
    ),
    "delta_factor": gettext_lazy(
        "%(analyte)s changed many times over since the last sample: %(previous)s → %(value)s"
        " %(unit)s."
    ),
    "delta_change": gettext_lazy(
        "%(analyte)s changed a lot since the last sample: %(previous)s → %(value)s %(unit)s."
    ),
    "delta_fall": gettext_lazy(
        "%(analyte)s fell a lot since the last sample: %(previous)s → %(value)s %(unit)s."
    ),
}


def finding_text(finding: Finding, analytes: Mapping[str, Analyte]) -> str:
    """What does not fit together in a panel, or to the previous one; values are canonical."""
    first = finding.analytes[0]
    known = analytes.get(first)
    words = {
        "analyte": analyte_text(first),
        "unit": known.canonical_unit.display if known else "",
    }
    return str(_FINDINGS[finding.code]) % (words | dict(finding.params))
