"""What a result may truly be: a stretch of values, a single point where the result is exact.

"<5" may be anything from 0 up to 5, ">1000" has no upper end. Comparing two stretches says True or
False only where every value they allow agrees, else None. Compared are ten significant digits, so
that a unit conversion leaves no result on the wrong side of a limit (clinical rules §6.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from labs.series import Observation
from trial.protocol.truth import Truth, negate

_DIGITS = Context(prec=10, rounding=ROUND_HALF_UP)
_EXACT = Context(prec=34, rounding=ROUND_HALF_UP)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`; None at the top: no upper end. `*_in`: the end itself is possible."""

    low: Decimal
    high: Decimal | None
    low_in: bool = True
    high_in: bool = True

    @property
    def exact(self) -> Decimal | None:
        """The one value there is, None where there are several."""
        return self.low if self.low == self.high else None


def point(value: Decimal) -> Span:
    """The span of an exact value."""
    return Span(value, value)


def of(observation: Observation | None) -> Span | None:
    """What a result, in its canonical unit, allows; None without a number of at least 0.

    Raises ValueError for a comparator that is none of < <= > >=.
    """
    if observation is None or not observation.value.is_finite() or observation.value < 0:
        return None
    value = observation.value
    match observation.comparator:
        case "":
            return point(value)
        case "<" | "<=":
            return Span(_ZERO, value, high_in=observation.comparator == "<=")
        case ">" | ">=":
            return Span(value, None, low_in=observation.comparator == ">=", high_in=False)
    raise ValueError(f"unknown comparator {observation.comparator!r}")


def limit(value: Decimal | None) -> Span | None:
    """A limit of normal as a span; None where it is missing or can't be one."""
    if value is None or not value.is_finite() or value <= 0:
        return None
    return point(value)


def times(span: Span | None, factor: Decimal, plus: Decimal = _ZERO) -> Span | None:
    """`factor` × span + `plus`, for a positive factor."""
    if span is None:
        return None
    with localcontext(_EXACT):
        high = None if span.high is None else span.high * factor + plus
        return Span(span.low * factor + plus, high, span.low_in, span.high_in)


def over(span: Span | None, divisor: Span | None) -> Span | None:
    """span / divisor, as what it may be; None where either is unknown."""
    if span is None or divisor is None or divisor.high == 0:
        return None
    with localcontext(_EXACT):
        low = _ZERO if divisor.high is None else span.low / divisor.high
        high = None if span.high is None or divisor.low == 0 else span.high / divisor.low
    return Span(
        low,
        high,
        low_in=span.low_in and (span.low == 0 or (divisor.high is not None and divisor.high_in)),
        high_in=high is not None and span.high_in and divisor.low_in,
    )


def greater(one: Span | None, other: Span | None) -> Truth:
    """Whether `one` is > `other`."""
    if one is None or other is None:
        return None
    if other.high is not None:
        low, high = _digits(one.low), _digits(other.high)
        if low > high or (low == high and not (one.low_in and other.high_in)):
            return True
    if one.high is not None and _digits(one.high) <= _digits(other.low):
        return False
    return None


def at_least(one: Span | None, other: Span | None) -> Truth:
    """Whether `one` is >= `other`."""
    return negate(greater(other, one))


def largest(spans: Iterable[Span]) -> Span | None:
    """What the greatest of several may be; None of none."""
    found: Span | None = None
    for span in spans:
        found = span if found is None else _larger(found, span)
    return found


def least(spans: Iterable[Span]) -> Span | None:
    """What the least of several may be; None of none."""
    found: Span | None = None
    for span in spans:
        found = span if found is None else _lesser(found, span)
    return found


def _larger(one: Span, other: Span) -> Span:
    # Of equal lower ends the open one binds, of equal upper ends the closed one allows more.
    low, low_out = max((one.low, not one.low_in), (other.low, not other.low_in))
    if one.high is None or other.high is None:
        return Span(low, None, not low_out, high_in=False)
    high, high_in = max((one.high, one.high_in), (other.high, other.high_in))
    return Span(low, high, not low_out, high_in)


def _lesser(one: Span, other: Span) -> Span:
    low, low_out = min((one.low, not one.low_in), (other.low, not other.low_in))
    ends = [(span.high, span.high_in) for span in (one, other) if span.high is not None]
    high, high_in = min(ends, default=(None, False))
    return Span(low, high, not low_out, high_in)


def _digits(value: Decimal) -> Decimal:
    return _DIGITS.plus(value)
