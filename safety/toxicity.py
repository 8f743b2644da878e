"""The CTCAE grade of a laboratory result, with what hides behind it (clinical rules §6.2).

Values are in canonical units. Missing or censored facts leave a lowest and a highest possible
grade; the grade itself is given only where both are the same. Against a high baseline version 5
hides flares (baseline ALT 200, nadir 30, flare 250: grade 0), so the multiples of the upper limit,
the baseline and the nadir always stand beside the grade.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from labs.series import Observation
from safety import spans
from safety.ctcae import Basis, Bound, Condition, Dictionary, Step, Term
from safety.spans import Span
from trial.protocol.truth import Truth, any_true


@dataclass(frozen=True, slots=True)
class Facts:
    """A result and what it is graded against.

    `baseline` is the last result before the first infusion, with the range of the laboratory that
    reported it; `nadir` the least on treatment before this result (see `nadir`). None: not known.
    """

    result: Observation | None
    baseline: Observation | None = None
    nadir: Span | None = None
    anticoagulated: Truth = None
    symptomatic: Truth = None


@dataclass(frozen=True, slots=True)
class Toxicity:
    """One term's grade: 0 to the term's highest that has numbers, 4 or 3.

    None where it lies between `low` and `high`; grade 5 is death, which no result shows.

    `missing` says what would settle it: value, upper_limit, lower_limit, baseline,
    baseline_upper_limit, anticoagulated, symptomatic; censored for a comparator that leaves it
    open. The multiples are spans, exact for exact results.
    """

    term: str
    version: str
    grade: int | None
    low: int
    high: int
    missing: tuple[str, ...]
    times_upper: Span | None
    times_baseline: Span | None
    times_nadir: Span | None


def grades(dictionary: Dictionary, analyte: str, facts: Facts) -> tuple[Toxicity, ...]:
    """Every term of the analyte: sodium has two, IgG has none.

    Raises ValueError if a result is one of another analyte.
    """
    return tuple(grade(dictionary, term, facts) for term in dictionary.terms_of(analyte))


def grade(dictionary: Dictionary, term: Term, facts: Facts) -> Toxicity:
    """The grade of one term; ValueError if a result is one of another analyte."""
    for one in (facts.result, facts.baseline):
        if one is not None and one.analyte != term.analyte:
            raise ValueError(f"{term.code} does not grade {one.analyte}")
    read = _Read.of(facts)
    low, high, missing = _graded(term, read)
    return Toxicity(
        term=term.code,
        version=dictionary.version,
        grade=low if low == high else None,
        low=low,
        high=high,
        missing=() if low == high else missing,
        times_upper=spans.over(read.value, read.basis[Basis.UPPER]),
        times_baseline=spans.over(read.value, read.basis[Basis.BASELINE]),
        times_nadir=spans.over(read.value, facts.nadir),
    )


def nadir(on_treatment: Iterable[Observation | None]) -> Span | None:
    """The least that results since the first infusion may have been; missing ones are passed over.

    Give those before the result it is compared with.
    """
    return spans.least(span for one in on_treatment if (span := spans.of(one)) is not None)


def baseline_abnormal(baseline: Observation | None) -> Truth:
    """Whether the baseline lies above the upper limit of the laboratory that reported it."""
    if baseline is None:
        return None
    return spans.greater(spans.of(baseline), spans.limit(baseline.upper))


@dataclass(frozen=True, slots=True)
class _Read:
    """The facts as spans, and which conditions hold."""

    value: Span | None
    basis: dict[Basis, Span | None]
    conditions: dict[Condition, Truth]
    baseline_given: bool

    @classmethod
    def of(cls, facts: Facts) -> "_Read":
        result = facts.result
        return cls(
            value=spans.of(result),
            basis={
                Basis.UNIT: spans.point(Decimal(1)),
                Basis.UPPER: spans.limit(None if result is None else result.upper),
                Basis.LOWER: spans.limit(None if result is None else result.lower),
                Basis.BASELINE: spans.of(facts.baseline),
            },
            conditions={
                Condition.BASELINE_ABNORMAL: baseline_abnormal(facts.baseline),
                Condition.ANTICOAGULATED: facts.anticoagulated,
                Condition.SYMPTOMATIC: facts.symptomatic,
            },
            baseline_given=spans.of(facts.baseline) is not None,
        )


_Range = tuple[int, int, tuple[str, ...]]


def _graded(term: Term, read: _Read) -> _Range:
    """Lowest and highest grade; both columns count where it is open which of them holds."""
    if read.value is None:
        return 0, max(step.grade for step in (*term.steps, *term.steps_if)), ("value",)
    if term.condition is None:
        return _column(term, term.steps, read)
    met = read.conditions[term.condition]
    if met is not None:
        return _column(term, term.steps_if if met else term.steps, read)
    columns = [_column(term, steps, read) for steps in (term.steps, term.steps_if)]
    missing = [_condition_missing(term.condition, read), *columns[0][2], *columns[1][2]]
    return (
        min(low for low, _, _ in columns),
        max(high for _, high, _ in columns),
        tuple(dict.fromkeys(missing)),
    )


def _condition_missing(condition: Condition, read: _Read) -> str:
    if condition is not Condition.BASELINE_ABNORMAL:
        return condition.value
    return "baseline_upper_limit" if read.baseline_given else "baseline"


def _column(term: Term, steps: tuple[Step, ...], read: _Read) -> _Range:
    low = high = 0
    missing: list[str] = []
    for step in steps:
        answers = [_passed(term, bound, read) for bound in step.bounds]
        reached = any_true(*answers)
        if reached is not False:
            high = max(high, step.grade)
        if reached:
            low = max(low, step.grade)
        elif reached is None:
            open_bounds = zip(step.bounds, answers, strict=True)
            missing += [_lacking(bound, read) for bound, answer in open_bounds if answer is None]
    return low, high, tuple(dict.fromkeys(missing))


def _passed(term: Term, bound: Bound, read: _Read) -> Truth:
    edge = spans.times(read.basis[bound.basis], bound.factor, bound.plus)
    one, other = (read.value, edge) if term.direction == "up" else (edge, read.value)
    return spans.at_least(one, other) if bound.inclusive else spans.greater(one, other)


def _lacking(bound: Bound, read: _Read) -> str:
    return "censored" if read.basis[bound.basis] is not None else bound.basis.value
