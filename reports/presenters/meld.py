"""How a sample's MELD scores came about: what went in, converted and bounded, by which formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.meld import NAMES
from labs.models import MeldScore, Source
from labs.wording import listed, missing_text
from reports.presenters.units import unit_text
from reports.selectors.course import FORMULAS, Sample
from trial.web.formats import NOTHING

# Each input's name, LBTESTCD, and the unit the formulas are written in.
INPUTS: Mapping[str, tuple[str | Promise, str, str]] = {
    "bilirubin": (gettext_lazy("Total bilirubin"), "BILI", "mg/dL"),
    "creatinine": (gettext_lazy("Creatinine"), "CREAT", "mg/dL"),
    "inr": ("INR", "INR", ""),
    "sodium": (gettext_lazy("Sodium"), "SODIUM", "mmol/L"),
    "albumin": (gettext_lazy("Albumin"), "ALB", "g/dL"),
}
_YES_NO = {"yes": gettext_lazy("yes"), "no": gettext_lazy("no"), "": gettext_lazy("not answered")}
_SEXES = {"M": gettext_lazy("male"), "F": gettext_lazy("female"), "": gettext_lazy("unknown")}


@dataclass(frozen=True, slots=True)
class Input:
    """One input: as entered, in the formula's unit, and what each formula used after bounding."""

    name: str
    entered: str
    converted: str
    used: list[str]
    remark: str


@dataclass(frozen=True, slots=True)
class Result:
    """One score: the unrounded and uncapped values, the versions, or why there is none."""

    name: str
    value: int | None
    raw: Decimal | None
    uncapped: int | None
    why_not: str
    version: str
    protocol: str
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that stands behind the scores of one sample."""

    formulas: list[str]
    inputs: list[Input]
    results: list[Result]
    dialysis: str
    sex: str
    source: str


def explain(sample: Sample) -> Explanation:
    """The explanation of a sample's current scores."""
    scores = [sample.scores[formula] for formula in FORMULAS if formula in sample.scores]
    together: dict[str, str] = {}
    for score in scores:
        together |= score.inputs
    return Explanation(
        formulas=[NAMES[score.formula] for score in scores],
        inputs=[_input(name, together, scores) for name in INPUTS],
        results=[_result(score) for score in scores],
        dialysis=str(_YES_NO[together.get("dialysis", "")]),
        sex=str(_SEXES[together.get("sex", "")]),
        source=str(Source(sample.panel.source).label),
    )


def _input(name: str, together: Mapping[str, str], scores: list[MeldScore]) -> Input:
    title, analyte, unit = INPUTS[name]
    converted = together.get(name, "")
    return Input(
        name=str(title),
        entered=_plain(analyte, together.get(f"{name}_entered", NOTHING)),
        converted=f"{converted} {unit}".strip() if converted else NOTHING,
        used=[score.inputs.get(f"{name}_used", NOTHING) for score in scores],
        remark=_remark(name, together, scores),
    )


def _plain(analyte: str, entered: str) -> str:
    """ "24.00000000 umol/L" -> "24 µmol/L": the zeros come from the column, not from a person."""
    number, _space, unit = entered.partition(" ")
    short = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{short} {unit_text(analyte, unit)}".strip()


def _remark(name: str, together: Mapping[str, str], scores: list[MeldScore]) -> str:
    """Where the value was derived, bounded, or stands for one that is only known as a limit."""
    remarks = []
    if name == "inr" and "inr_isi" in together:
        remarks.append(
            _("from PT with ISI %(isi)s and MNPT %(mnpt)s s")
            % {"isi": together["inr_isi"], "mnpt": together["inr_mnpt"]}
        )
    if name == "creatinine" and together.get("dialysis") == "yes":
        remarks.append(_("set to the upper bound because of dialysis"))
    elif any(_bounded(name, score.inputs) for score in scores):
        remarks.append(_("brought within the formula's bounds"))
    if together.get(f"{name}_censored") == "approximate":
        remarks.append(_("reported as a limit, which was used as the value"))
    return "; ".join(remarks)


def _bounded(name: str, inputs: Mapping[str, str]) -> bool:
    used = inputs.get(f"{name}_used")
    return used is not None and name in inputs and Decimal(used) != Decimal(inputs[name])


def _result(score: MeldScore) -> Result:
    return Result(
        name=NAMES[score.formula],
        value=score.value,
        raw=score.raw,
        uncapped=score.uncapped,
        why_not=listed(missing_text(code) for code in score.missing),
        version=score.formula_version,
        protocol=score.protocol_version,
        computed_at=score.run.computed_at,
    )
