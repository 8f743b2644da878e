"""MELD, MELD-Na (OPTN 2016) and MELD 3.0 from one sample (clinical rules §2).

Decimal throughout, in a context of its own. "Round to the tenth decimal place" is read as the
nearest tenth (reading A of §2.2), halves away from zero. A missing input gives no score and a
code for each thing that is missing; nothing is ever assumed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from labs.inr import inr_from_pt
from labs.series import Observation, Sample, Sex
from trial.protocol.dictionary import ANALYTES
from trial.protocol.units import conventional

NAMES: Mapping[str, str] = {
    "MELD": "MELD",
    "MELDNA": "MELD-Na (OPTN 2016)",
    "MELD30": "MELD 3.0",
}
VERSIONS: Mapping[str, str] = {
    "MELD": "UNOS-A.1",
    "MELDNA": "OPTN-2016-A.1",
    "MELD30": "OPTN-2023.1",
}
# Every code a score may give for a missing result.
MISSING_CODES: tuple[str, ...] = (
    "sample_unusable",
    "bilirubin_missing",
    "bilirubin_invalid",
    "creatinine_missing",
    "creatinine_invalid",
    "dialysis_unanswered",
    "inr_missing",
    "inr_invalid",
    "pt_without_isi_and_mnpt",
    "sodium_missing",
    "sodium_invalid",
    "albumin_missing",
    "albumin_invalid",
    "sex_missing",
)

_CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP)
_ANALYTES = {
    analyte.code: analyte
    for analyte in ANALYTES
    if analyte.code in ("BILI", "CREAT", "INR", "SODIUM", "ALB")
}
_CAP = 40
_ONE = Decimal(1)
_SODIUM = (Decimal(125), Decimal(137))
_ALBUMIN = (Decimal("1.5"), Decimal("3.5"))
_CREATININE_CAP = {"MELD": Decimal(4), "MELDNA": Decimal(4), "MELD30": Decimal(3)}


@dataclass(frozen=True, slots=True)
class MeldInputs:
    """Bilirubin and creatinine in mg/dL, albumin in g/dL, sodium in mmol/L; None is missing.

    `comparators` holds < <= > >= for censored inputs by field name.
    """

    bilirubin: Decimal | None
    creatinine: Decimal | None
    inr: Decimal | None
    sodium: Decimal | None
    albumin: Decimal | None
    sex: Sex | None
    dialysis: bool | None
    derived_inr: bool = False
    comparators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where inputs came from: `notes` for the record, `faults` as missing codes by input."""

    notes: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """One score: `formula` MELD, MELDNA or MELD30, `value` capped at 40, `uncapped` not.

    `raw` is the unrounded result to six decimals; `value` is rounded from the full one. With
    anything in `missing` all three are None. `inputs` says what went in, as entered, converted
    and bounded; `<input>_censored` is "exact" where a bound swallows the comparator.
    """

    formula: str
    version: str
    value: int | None
    uncapped: int | None
    raw: Decimal | None
    missing: tuple[str, ...]
    inputs: Mapping[str, str]
    derived_inr: bool


def inputs_from(
    sample: Sample, sex: Sex | None, *, inr_from_time: bool = True
) -> tuple[MeldInputs, Provenance]:
    """The inputs of one draw; a measured INR goes before one derived from the prothrombin time."""
    notes: dict[str, str] = {}
    comparators: dict[str, str] = {}
    values: dict[str, Decimal | None] = {}
    for name, analyte in _SOURCES.items():
        observation = sample.get(analyte)
        values[name] = _converted(observation)
        if observation is not None:
            _note(name, observation, notes, comparators)
    derived = values["inr"] is None and inr_from_time
    if derived:
        values["inr"] = _derived_inr(sample, notes, comparators)
    inputs = MeldInputs(
        bilirubin=values["bilirubin"],
        creatinine=values["creatinine"],
        inr=values["inr"],
        sodium=values["sodium"],
        albumin=values["albumin"],
        sex=sex,
        dialysis=sample.dialysis,
        derived_inr=derived and values["inr"] is not None,
        comparators=comparators,
    )
    return inputs, Provenance(notes, _faults(sample, values["inr"]))


def meld(inputs: MeldInputs, provenance: Provenance | None = None) -> Score:
    """MELD (UNOS): bracket to the nearest tenth, times ten; 6 to 40."""
    return _score("MELD", inputs, provenance, _meld_raw)


def meld_na(inputs: MeldInputs, provenance: Provenance | None = None) -> Score:
    """MELD-Na (OPTN 2016-2023): the sodium term only where the rounded MELD exceeds 11."""
    return _score("MELDNA", inputs, provenance, _meld_na_raw)


def meld_3(inputs: MeldInputs, provenance: Provenance | None = None) -> Score:
    """MELD 3.0 (OPTN from 13 July 2023), adults: rounded once, at the end."""
    return _score("MELD30", inputs, provenance, _meld_3_raw)


FORMULAS: Mapping[str, Callable[[MeldInputs, Provenance | None], Score]] = {
    "MELD": meld,
    "MELDNA": meld_na,
    "MELD30": meld_3,
}

_SOURCES = {
    "bilirubin": "BILI",
    "creatinine": "CREAT",
    "inr": "INR",
    "sodium": "SODIUM",
    "albumin": "ALB",
}
_NEEDED = {
    "MELD": ("bilirubin", "creatinine", "inr"),
    "MELDNA": ("bilirubin", "creatinine", "inr", "sodium"),
    "MELD30": ("bilirubin", "creatinine", "inr", "sodium", "albumin"),
}


def _converted(observation: Observation | None) -> Decimal | None:
    """In the unit the formulas are written in; as entered where it was entered in that unit."""
    if observation is None:
        return None
    analyte = _ANALYTES[observation.analyte]
    with localcontext(_CONTEXT):
        if observation.entered_unit in {unit.code for unit in analyte.units}:
            return conventional(analyte, observation.entered, observation.entered_unit)
        return conventional(analyte, observation.value, analyte.canonical_unit.code)


def _note(
    name: str, observation: Observation, notes: dict[str, str], comparators: dict[str, str]
) -> None:
    entered = f"{observation.comparator}{observation.entered:f} {observation.entered_unit}"
    notes[f"{name}_entered"] = entered
    notes[f"{name}_result"] = str(observation.result_id)
    if observation.comparator:
        comparators[name] = observation.comparator


def _derived_inr(
    sample: Sample, notes: dict[str, str], comparators: dict[str, str]
) -> Decimal | None:
    time = sample.get("PT")
    inr = inr_from_pt(None if time is None else time.value, sample.pt_mnpt, sample.pt_isi)
    if time is not None and inr is not None:
        _note("inr", time, notes, comparators)
        notes["inr_isi"] = f"{sample.pt_isi:f}"
        notes["inr_mnpt"] = f"{sample.pt_mnpt:f}"
    return inr


def _faults(sample: Sample, inr: Decimal | None) -> dict[str, str]:
    if not sample.usable:
        return {"sample": "sample_unusable"}
    if inr is None and sample.get("PT") is not None:
        return {"inr": "pt_without_isi_and_mnpt"}
    return {}


def _missing(formula: str, inputs: MeldInputs, faults: Mapping[str, str]) -> tuple[str, ...]:
    if "sample" in faults:
        return (faults["sample"],)
    codes = []
    for name in _NEEDED[formula]:
        value: Decimal | None = getattr(inputs, name)
        if value is None:
            codes.append(faults.get(name, f"{name}_missing"))
        elif not value.is_finite() or value <= 0:
            codes.append(f"{name}_invalid")
        if name == "creatinine" and inputs.dialysis is None:
            codes.append("dialysis_unanswered")
    if formula == "MELD30" and inputs.sex is None:
        codes.append("sex_missing")
    return tuple(codes)


@dataclass(frozen=True, slots=True)
class _Bounded:
    """Inputs within the formula's bounds; what goes into a logarithm is at least 1."""

    bilirubin: Decimal
    creatinine: Decimal
    inr: Decimal
    sodium: Decimal
    albumin: Decimal
    female: bool


def _bounds(formula: str) -> dict[str, tuple[Decimal, Decimal | None]]:
    return {
        "bilirubin": (_ONE, None),
        "creatinine": (_ONE, _CREATININE_CAP[formula]),
        "inr": (_ONE, None),
        "sodium": _SODIUM,
        "albumin": _ALBUMIN,
    }


def _clamped(value: Decimal | None, bounds: tuple[Decimal, Decimal | None]) -> Decimal:
    """Within the bounds; an input the formula does not use stands at its lower bound."""
    low, high = bounds
    if value is None or value < low:
        return low
    return high if high is not None and value > high else value


def _bounded(formula: str, inputs: MeldInputs) -> _Bounded:
    bounds = _bounds(formula)
    used = {name: _clamped(getattr(inputs, name), limits) for name, limits in bounds.items()}
    if inputs.dialysis:  # before any look at the value: a creatinine below 1.0 counts as the cap
        used["creatinine"] = _CREATININE_CAP[formula]
    return _Bounded(**used, female=inputs.sex == "F")


def _censoring(formula: str, name: str, inputs: MeldInputs) -> str:
    """Whether the bounds make a censored input exact; its limit stands in for it otherwise."""
    low, high = _bounds(formula)[name]
    value: Decimal | None = getattr(inputs, name)
    if value is None or (name == "creatinine" and inputs.dialysis):
        return "exact"
    if inputs.comparators[name].startswith("<"):
        return "exact" if value <= low else "approximate"
    return "exact" if high is not None and value >= high else "approximate"


def _meld_raw(used: _Bounded) -> Decimal:
    bracket = (
        Decimal("0.957") * used.creatinine.ln()
        + Decimal("0.378") * used.bilirubin.ln()
        + Decimal("1.120") * used.inr.ln()
        + Decimal("0.643")
    )
    return 10 * bracket


def _meld_na_raw(used: _Bounded) -> Decimal:
    initial = _rounded(_meld_raw(used))  # nearest tenth of the bracket, times ten
    if initial <= 11:
        return initial
    deficit = 137 - used.sodium
    return initial + Decimal("1.32") * deficit - Decimal("0.033") * initial * deficit


def _meld_3_raw(used: _Bounded) -> Decimal:
    bilirubin, creatinine = used.bilirubin.ln(), used.creatinine.ln()
    deficit = 137 - used.sodium
    albumin = Decimal("3.5") - used.albumin
    return (
        (Decimal("1.33") if used.female else Decimal(0))
        + Decimal("4.56") * bilirubin
        + Decimal("0.82") * deficit
        - Decimal("0.24") * deficit * bilirubin
        + Decimal("9.09") * used.inr.ln()
        + Decimal("11.14") * creatinine
        + Decimal("1.85") * albumin
        - Decimal("1.83") * albumin * creatinine
        + 6
    )


def _rounded(raw: Decimal) -> Decimal:
    """To a whole number, halves away from zero."""
    return raw.quantize(_ONE, rounding=ROUND_HALF_UP)


def _score(
    formula: str,
    inputs: MeldInputs,
    provenance: Provenance | None,
    calculate: Callable[[_Bounded], Decimal],
) -> Score:
    origin = provenance or Provenance()
    missing = _missing(formula, inputs, origin.faults)
    with localcontext(_CONTEXT):
        used = _bounded(formula, inputs) if not missing else None
        raw = calculate(used) if used else None
        uncapped = None if raw is None else int(_rounded(raw))
        return Score(
            formula=formula,
            version=VERSIONS[formula],
            value=None if uncapped is None else min(uncapped, _CAP),
            uncapped=uncapped,
            raw=None if raw is None else raw.quantize(Decimal("0.000001")),
            missing=missing,
            inputs=_record(formula, inputs, origin.notes, used),
            derived_inr=inputs.derived_inr,
        )


def _record(
    formula: str, inputs: MeldInputs, notes: Mapping[str, str], used: _Bounded | None
) -> dict[str, str]:
    """The inputs as text, by name: entered, converted, bounded, and whether censoring matters."""
    needed = _NEEDED[formula]
    record = {key: text for key, text in notes.items() if key.partition("_")[0] in needed}
    for name in needed:
        value: Decimal | None = getattr(inputs, name)
        if value is not None:
            record[name] = _text(value)
        if used is not None:
            record[f"{name}_used"] = _text(getattr(used, name))
        if name in inputs.comparators:
            record[f"{name}_censored"] = _censoring(formula, name, inputs)
    record["dialysis"] = {True: "yes", False: "no", None: ""}[inputs.dialysis]
    if formula == "MELD30":
        record["sex"] = inputs.sex or ""
    return record


def _text(value: Decimal) -> str:
    """At most six decimals, no exponent, no trailing zeros."""
    if not value.is_finite():
        return str(value)
    text = f"{value:.6f}"
    return text.rstrip("0").rstrip(".")
