"""Grades, quadrants and signals in the reader's words."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labs.wording import analyte_text, listed
from safety.liver_signals import Gap, Lack, Quadrant, Reference
from safety.models.liver import Kind
from safety.spans import Span
from trial.protocol.truth import Truth
from trial.web.formats import NOTHING

Text = str | Promise

REASONS: Mapping[str, Text] = {
    "value": gettext_lazy("no value"),
    "sample": gettext_lazy("sample can't be used"),
    "no_product": gettext_lazy("no product given yet, so no baseline"),
    "baseline": gettext_lazy("no baseline"),
    "baseline_upper_limit": gettext_lazy("no upper limit at baseline"),
    "upper_limit": gettext_lazy("no upper limit"),
    "lower_limit": gettext_lazy("no lower limit"),
    "anticoagulated": gettext_lazy("anticoagulation not clear"),
    "symptomatic": gettext_lazy("symptoms not known"),
    "censored": gettext_lazy("only a bound was reported"),
}
REFERENCES: Mapping[Reference, Text] = {
    Reference.UPPER: gettext_lazy("Upper limit of normal"),
    Reference.BASELINE: gettext_lazy("Baseline"),
    Reference.NADIR: gettext_lazy("Nadir"),
}
SIGNS: Mapping[Reference, Text] = {
    Reference.UPPER: "×ULN",
    Reference.BASELINE: gettext_lazy("×baseline"),
    Reference.NADIR: gettext_lazy("×nadir"),
}
QUADRANTS: Mapping[Quadrant, Text] = {
    Quadrant.HYS_LAW: gettext_lazy("Hy's law range"),
    Quadrant.TEMPLE: gettext_lazy("Temple's corollary"),
    Quadrant.CHOLESTASIS: gettext_lazy("Cholestasis or Gilbert"),
    Quadrant.NEAR_NORMAL: gettext_lazy("Near normal"),
}
_LACKS: Mapping[Lack, Text] = {
    Lack.RESULT: gettext_lazy("%(analyte)s of %(on)s missing"),
    Lack.REFERENCE: gettext_lazy("nothing to divide %(analyte)s of %(on)s by"),
    Lack.CENSORED: gettext_lazy("%(analyte)s of %(on)s only a bound"),
    Lack.WINDOW_EMPTY: gettext_lazy("no %(analyte)s in the days after %(on)s"),
    Lack.WINDOW_OPEN: gettext_lazy("%(analyte)s may still come until %(on)s"),
}
_TRUTHS: Mapping[Truth, Text] = {
    True: pgettext_lazy("an answer", "yes"),
    False: pgettext_lazy("an answer", "no"),
    None: pgettext_lazy("an answer", "open"),
}


def reasons_text(reasons: Iterable[str]) -> str:
    """Why there is no grade."""
    return listed(str(REASONS[one]) for one in reasons)


def term_text(term: str, analyte: str) -> str:
    """A term by its analyte's name, with the direction that is graded: "ALT ↑"."""
    return f"{analyte} {'↑' if term.endswith('_UP') else '↓'}"


def times_text(span: Span | None, digits: str = "0.01") -> str:
    """A multiple, with ≤, <, ≥ or > where the result is censored; a dash for none."""
    if span is None:
        return NOTHING
    if span.exact is not None:
        return _short(span.exact, digits)
    if span.high is None:
        return f"{'≥' if span.low_in else '>'}{_short(span.low, digits)}"
    if span.low == 0:
        return f"{'≤' if span.high_in else '<'}{_short(span.high, digits)}"
    return f"{_short(span.low, digits)}–{_short(span.high, digits)}"


def _short(value: Decimal, digits: str) -> str:
    return f"{value.quantize(Decimal(digits), ROUND_HALF_UP):f}"


def gap_text(gap: Gap) -> str:
    """What is missing."""
    words = {"analyte": analyte_text(gap.analyte), "on": gap.on.isoformat()}
    return str(_LACKS[gap.lack]) % words


def truth_text(answer: Truth) -> str:
    """Yes, no, or open."""
    return str(_TRUTHS[answer])


def quadrants_text(possible: Iterable[Quadrant]) -> str:
    """The quadrant, or those that are possible."""
    names = [str(QUADRANTS[one]) for one in possible]
    return names[0] if len(names) == 1 else _("open: %(names)s") % {"names": listed(names)}


def references_text(codes: Iterable[str]) -> str:
    """What the multiples are of: "×ULN, ×nadir"."""
    return listed(str(SIGNS[Reference(code)]) for code in codes)


def signal_item_text(params: Mapping[str, Any]) -> str:
    """A signal in the inbox: what was reached, at which visit."""
    words = {"kind": Kind(params["kind"]).label, "visit": params["visit"]}
    return _("%(kind)s at %(visit)s: to be judged.") % words
