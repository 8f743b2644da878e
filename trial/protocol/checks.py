"""Edit checks on what was typed: one value, one panel, and against the previous panel; §6.1.

Pure and free of texts: a verdict or finding carries a code and its numbers; forms word them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trial.protocol.analytes import Analyte, Limits
from trial.protocol.numbers import NumberError, Quantity, parse_quantity
from trial.protocol.units import UnknownUnit, convert, from_canonical

Level = Literal["ok", "soft", "hard", "error"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another reading of a refused or doubted number: "did you mean 1.0 mg/dL = 17.1 umol/L?".

    ``value_text`` is the number as typed (comparator included) in the ``unit`` it may have been
    meant in; ``chosen_text`` is that quantity, shortened for reading, in the unit that was chosen.
    """

    value_text: str
    unit: str
    chosen_text: str
    chosen_unit: str
    canonical: Decimal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with one entry.

    ``level``: "ok" keeps it; "soft" keeps it after a confirmation and a comment; "hard" refuses
    an implausible number; "error" refuses what is no number or names no unit of the analyte.
    ``code``: "" for ok; soft_low, soft_high, unit_suspected; hard_low, hard_high; unknown_unit or
    a code of NumberError. ``params`` of a limit: limit, unit (the limit in the chosen unit).
    ``canonical`` is the value in the analyte's canonical unit, unrounded.
    """

    quantity: Quantity | None
    canonical: Decimal | None
    level: Level
    code: str = ""
    params: Mapping[str, str] = field(default_factory=dict, hash=False)
    did_you_mean: tuple[Suggestion, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the entry may be stored, with or without a confirmation."""
        return self.level in ("ok", "soft")


def assess(analyte: Analyte, text: str, unit: str, limits: Limits | None = None) -> Verdict:
    """Judge one typed number in one unit; ``limits`` (canonical) replace the analyte's own."""
    try:
        quantity = parse_quantity(text)
    except NumberError as error:
        return Verdict(None, None, "error", error.code, error.params)
    try:
        canonical = convert(analyte, quantity.value, unit)
    except UnknownUnit:
        known = ", ".join(known.code for known in analyte.units)
        return Verdict(quantity, None, "error", "unknown_unit", {"unit": unit, "known": known})
    bounds = limits or analyte.limits
    level, code, limit = _against(quantity.comparator, canonical, bounds)
    if limit is None:
        return Verdict(quantity, canonical, "ok")
    suggestions = _suggestions(analyte, quantity, unit, bounds, level)
    if code == "unit_suspected" and not suggestions:
        return Verdict(quantity, canonical, "ok")
    params = {"limit": short(from_canonical(analyte, limit, unit)), "unit": unit}
    return Verdict(quantity, canonical, level, code, params, suggestions)


def _against(comparator: str, value: Decimal, limits: Limits) -> tuple[Level, str, Decimal | None]:
    """Return the level, its code and the bound that was crossed.

    A censored value crosses a bound when the number itself does, or when everything it can stand
    for does: "<5" lies below a soft low of 5.
    """
    at_low_is_out = comparator == "<"
    at_high_is_out = comparator == ">"
    if _below(value, limits.hard_low, at_low_is_out or limits.hard_low_inclusive):
        return "hard", "hard_low", limits.hard_low
    if _above(value, limits.hard_high, at_high_is_out):
        return "hard", "hard_high", limits.hard_high
    if _below(value, limits.soft_low, at_low_is_out):
        return "soft", "soft_low", limits.soft_low
    if _above(value, limits.soft_high, at_high_is_out):
        return "soft", "soft_high", limits.soft_high
    # "<2" is a laboratory's detection limit far more often than a wrong unit.
    if not comparator and _below(value, limits.swap_low, at_bound=False):
        return "soft", "unit_suspected", limits.swap_low
    return "ok", "", None


def _below(value: Decimal, bound: Decimal | None, at_bound: bool) -> bool:
    return bound is not None and (value < bound or (at_bound and value == bound))


def _above(value: Decimal, bound: Decimal | None, at_bound: bool) -> bool:
    return bound is not None and (value > bound or (at_bound and value == bound))


def _suggestions(
    analyte: Analyte, quantity: Quantity, unit: str, limits: Limits, level: Level
) -> tuple[Suggestion, ...]:
    """The same number in the analyte's other units, where that would raise no question.

    A refused number that is questionable in every unit is still offered where it is possible:
    300 "mg/dL" of bilirubin can only be 300 umol/L. Readings inside a reference range come first.
    """
    readings = [(other.code, quantity.value * other.factor) for other in analyte.units]
    # The chosen unit, and one of equal size, is questionable again and so never suggested.
    mark = quantity.comparator
    judged = [(_against(mark, value, limits)[0], code, value) for code, value in readings]
    plausible = [(code, value) for grade, code, value in judged if grade == "ok"]
    if not plausible and level == "hard":
        plausible = [(code, value) for grade, code, value in judged if grade == "soft"]
    plausible.sort(key=lambda reading: not _in_reference(analyte, reading[1]))
    return tuple(
        Suggestion(
            value_text=quantity.comparator + format(quantity.value, "f"),
            unit=code,
            chosen_text=quantity.comparator + short(from_canonical(analyte, value, unit)),
            chosen_unit=unit,
            canonical=value,
        )
        for code, value in plausible
    )


def _in_reference(analyte: Analyte, value: Decimal) -> bool:
    return any(
        (known.low is None or known.low <= value) and (known.high is None or value <= known.high)
        for known in analyte.default_ranges
    )


def short(value: Decimal) -> str:
    """Return a number for reading: three significant digits, never an exponent ("17.1", "1600")."""
    places = min(value.adjusted() - 2, 0) if value else 0
    rounded = value.quantize(Decimal(1).scaleb(places))
    text = format(rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Finding:
    """Values that do not fit together; ``analytes`` are LBTESTCDs, ``params`` ready-made numbers.

    Codes: gamma_above_globulin, globulin_above_protein, gamma_above_protein, gamma_share,
    direct_above_total, inr_from_pt; delta_factor, delta_change, delta_fall.
    """

    code: str
    analytes: tuple[str, ...]
    params: Mapping[str, str] = field(default_factory=dict, hash=False)


# Measurement spread of total protein minus albumin, g/L.
_PROTEIN_TOLERANCE = Decimal(2)
_SHARE_TOLERANCE = Decimal("0.15")
_INR_TOLERANCE = Decimal("0.2")


def cross_checks(
    values: Mapping[str, Decimal],
    *,
    pt_isi: Decimal | None = None,
    pt_mnpt: Decimal | None = None,
) -> list[Finding]:
    """Check one panel's canonical values against each other; a missing value checks nothing.

    ``pt_isi`` and ``pt_mnpt`` (seconds) belong to the laboratory's thromboplastin lot.
    """
    return [*_globulins(values), *_bilirubins(values), *_inr(values, pt_isi, pt_mnpt)]


def _globulins(values: Mapping[str, Decimal]) -> Iterator[Finding]:
    gamma, globulin = values.get("GLOBG"), values.get("GLOBUL")
    protein, albumin, share = values.get("PROT"), values.get("ALB"), values.get("GLOBGPT")
    if gamma is not None and globulin is not None and gamma > globulin:
        yield _finding("gamma_above_globulin", GLOBG=gamma, GLOBUL=globulin)
    if protein is not None and albumin is not None:
        most = protein - albumin + _PROTEIN_TOLERANCE
        if globulin is not None and globulin > most:
            yield _finding("globulin_above_protein", GLOBUL=globulin, PROT=protein, ALB=albumin)
        if globulin is None and gamma is not None and gamma > most:
            yield _finding("gamma_above_protein", GLOBG=gamma, PROT=protein, ALB=albumin)
    if gamma is not None and share is not None and protein is not None:
        expected = share * protein / 100
        if abs(gamma - expected) > _SHARE_TOLERANCE * expected:
            yield _finding("gamma_share", expected, GLOBG=gamma, GLOBGPT=share, PROT=protein)


def _bilirubins(values: Mapping[str, Decimal]) -> Iterator[Finding]:
    direct, total = values.get("BILDIR"), values.get("BILI")
    if direct is not None and total is not None and direct > total:
        yield _finding("direct_above_total", BILDIR=direct, BILI=total)


def _inr(
    values: Mapping[str, Decimal], isi: Decimal | None, mnpt: Decimal | None
) -> Iterator[Finding]:
    time, inr = values.get("PT"), values.get("INR")
    if time is None or inr is None or isi is None or mnpt is None or mnpt <= 0 or time <= 0:
        return
    expected = (time / mnpt) ** isi
    if abs(inr - expected) > _INR_TOLERANCE:
        yield _finding("inr_from_pt", expected, INR=inr, PT=time)


def _finding(code: str, expected: Decimal | None = None, /, **values: Decimal) -> Finding:
    params = {name: short(value) for name, value in values.items()}
    if expected is not None:
        params["expected"] = short(expected)
    return Finding(code, tuple(values), params)


@dataclass(frozen=True, slots=True)
class DeltaRule:
    """A jump worth a question; reaching ``bound`` counts.

    "factor": that many times more or less; "change": that much up or down; "fall": that much down.
    """

    analyte: str
    kind: Literal["factor", "change", "fall"]
    bound: Decimal


DELTA_RULES: tuple[DeltaRule, ...] = (
    DeltaRule("ALT", "factor", Decimal(10)),
    # Not in the rules' own list: a change between mg/dL and umol/L is a factor of 17.
    DeltaRule("BILI", "factor", Decimal(10)),
    DeltaRule("CREAT", "factor", Decimal(2)),
    DeltaRule("SODIUM", "change", Decimal(10)),
    DeltaRule("HGB", "fall", Decimal(20)),
)


def delta_checks(
    values: Mapping[str, Decimal],
    previous: Mapping[str, Decimal],
    rules: Sequence[DeltaRule] = DELTA_RULES,
) -> list[Finding]:
    """Check canonical values against the participant's previous ones (same units)."""
    return [
        Finding(
            f"delta_{rule.kind}",
            (rule.analyte,),
            {"value": short(values[rule.analyte]), "previous": short(previous[rule.analyte])},
        )
        for rule in rules
        if rule.analyte in values
        and rule.analyte in previous
        and _jumped(rule, values[rule.analyte], previous[rule.analyte])
    ]


def _jumped(rule: DeltaRule, value: Decimal, previous: Decimal) -> bool:
    if rule.kind == "factor":
        low, high = sorted((value, previous))
        return low > 0 and high >= low * rule.bound
    change = value - previous
    return -change >= rule.bound if rule.kind == "fall" else abs(change) >= rule.bound
