"""A date of which the day, or the month and the day, is not known (clinical rules §7.3, F-089).

It is kept as entered and never completed: what follows from it is asked of its earliest and its
latest day, and what these leave open is answered with None. Answers of forms are texts: for them
there are `earliest`, `latest` and `surely_before`.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class PartialDateError(ValueError):
    """The text is no partial date; `code` is "format" or "impossible" (no such month or day)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, a month of a year, or a day. Equality is of what is known, not of the true day.

    Raises PartialDateError("impossible") for a day without a month and for what no calendar has.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise PartialDateError("impossible")
        try:
            # not `or 1`: a month or day of 0 is one that no calendar has
            month, day = (1 if part is None else part for part in (self.month, self.day))
            date(self.year, month, day)
        except ValueError as error:
            raise PartialDateError("impossible") from error

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        """The whole date of a day."""
        return cls(day.year, day.month, day.day)

    @property
    def whole(self) -> bool:
        """Whether the day is known."""
        return self.day is not None

    @property
    def earliest(self) -> date:
        """The first day it may be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it may be; of February the 29th in leap years."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        """ISO text of what is known: "2019", "2019-05" or "2019-05-17"."""
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


def parse(text: str) -> PartialDate:
    """The partial date of "YYYY", "YYYY-MM" or "YYYY-MM-DD"; blanks around it are ignored.

    Raises PartialDateError: "format" for any other text, "impossible" for 2023-02-29 or 2023-13.
    A year far off is taken as it stands.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise PartialDateError("format")
    year, month, day = (None if part is None else int(part) for part in match.groups())
    return PartialDate(year or 0, month, day)


def before(one: PartialDate, other: PartialDate) -> bool | None:
    """Whether `one` is an earlier day than `other`; None where that depends on what is unknown."""
    if one.latest < other.earliest:
        return True
    return False if one.earliest >= other.latest else None


def after(one: PartialDate, other: PartialDate) -> bool | None:
    """Whether `one` is a later day than `other`; None where that depends on what is unknown."""
    return before(other, one)


def same_day(one: PartialDate, other: PartialDate) -> bool | None:
    """Whether both are one day: known only of whole dates and of those that share no day."""
    if one.latest < other.earliest or other.latest < one.earliest:
        return False
    return True if one.whole and other.whole else None


def within(one: PartialDate, first: date, last: date) -> bool | None:
    """Whether `one` lies between two days, both included; None where it may or may not.

    Raises ValueError if the last day comes before the first.
    """
    if last < first:
        raise ValueError("The last day comes before the first.")
    if first <= one.earliest and one.latest <= last:
        return True
    return False if one.latest < first or last < one.earliest else None


def earliest(text: str) -> date:
    """The first day a partial date's text may mean. Raises PartialDateError as `parse` does."""
    return parse(text).earliest


def latest(text: str) -> date:
    """The last day a partial date's text may mean. Raises PartialDateError as `parse` does."""
    return parse(text).latest


def surely_before(one: str | date | None, other: str | date | None) -> bool | None:
    """Whether `one` is an earlier day than `other`, each a day or a partial date's text.

    None where that depends on what is unknown; also where either is blank. Raises
    PartialDateError as `parse` does.
    """
    if not one or not other:
        return None
    return before(_partial(one), _partial(other))


def _partial(value: str | date) -> PartialDate:
    return parse(value) if isinstance(value, str) else PartialDate.of(value)
