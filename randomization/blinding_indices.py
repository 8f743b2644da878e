"""Did the blinding hold? Bang's and James' index from the guesses at week 12 (§8.5, §9). Pure.

Needs true arms: for those who may know them. Bang H, Ni L, Davis CE, Control Clin Trials
2004;25:143-156; James KE et al., Stat Med 1996;15:1421-1434.

Both variances are those of a multinomial sample (delta method). Estimates and variances are exact
fractions until the root; results are float, being statistics and not clinical values. Intervals
are Wald's and not cut off at the ends of the index, as in the papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

# Two arms, five answers: surely and rather the first arm, rather and surely the second, don't
# know. A guess held less firmly counts half (Bang 2004).
_FIRMNESS = (Fraction(1), Fraction(1, 2), Fraction(-1, 2), Fraction(-1), Fraction(0))


class Reason(StrEnum):
    """Why there is no index."""

    NO_ANSWERS = "no_answers"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class GuessTable:
    """How many in each arm gave which answer: one row per arm, "don't know" last.

    Two or three arms. Answers are the arms in the order of the rows, then "don't know"; for two
    arms also five: surely the first, rather the first, rather the second, surely the second,
    don't know. `unanswered`: how many of each arm did not answer; they are in no row. Raises
    ValueError for any other shape or a negative count.
    """

    rows: tuple[tuple[int, ...], ...]
    unanswered: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        arms = len(self.rows)
        widths = {len(row) for row in self.rows}
        if arms not in {2, 3} or not (widths == {arms + 1} or (arms == 2 and widths == {5})):
            raise ValueError("A table of guesses has 2 or 3 arms, each arm as an answer, and one.")
        if len(self.unanswered) not in {0, arms}:
            raise ValueError("Those who did not answer are counted for each arm.")
        if any(count < 0 for row in (*self.rows, self.unanswered) for count in row):
            raise ValueError("A count is not negative.")

    @property
    def graded(self) -> bool:
        """Whether the answers say how firmly they are held."""
        return len(self.rows[0]) == 5

    @property
    def merged(self) -> "GuessTable":
        """The same without firmness: surely and rather are one answer."""
        if not self.graded:
            return self
        rows = tuple((row[0] + row[1], row[2] + row[3], row[4]) for row in self.rows)
        return GuessTable(rows, self.unanswered)


@dataclass(frozen=True, slots=True)
class Index:
    """An index with its standard error and confidence interval, from `answers` answers.

    None with a `reason` where it can't be worked out; never a number that stands for that.
    """

    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    answers: int
    reason: Reason | None = None


def bang(table: GuessTable, level: float = 0.95) -> tuple[Index, ...]:
    """Bang's index of every arm: 1 all guess right, 0 as chance would, -1 all guess wrong.

    With five answers, firmness counts. Only "don't know" in an arm is 0 without error. With three
    arms a wrong guess counts half of a right one, so that chance gives 0 again; that is our
    reading of the index, the paper has two arms. Raises ValueError for a level outside 0 to 1.
    """
    return tuple(_bang(table, arm, level) for arm in range(len(table.rows)))


def _bang(table: GuessTable, arm: int, level: float) -> Index:
    row, weights = table.rows[arm], _weights(table, arm)
    answers = sum(row)
    if not answers:
        return _none(0, Reason.NO_ANSWERS)
    shares = [Fraction(count, answers) for count in row]
    estimate = _mean(weights, shares)
    variance = _variance(weights, shares, answers)
    return _index(estimate, variance, answers, level)


def _weights(table: GuessTable, arm: int) -> Sequence[Fraction]:
    """What each answer counts in this arm."""
    if table.graded:
        return _FIRMNESS if arm == 0 else [-weight for weight in _FIRMNESS]
    arms = len(table.rows)
    wrong = Fraction(-1, arms - 1)
    return [*(Fraction(1) if one == arm else wrong for one in range(arms)), Fraction(0)]


def bang_range(table: GuessTable) -> tuple[tuple[float, float] | None, ...]:
    """What Bang's index of each arm could have been, had all answered: at least and at most.

    None for an arm with nobody in it.
    """
    silent = table.unanswered or (0,) * len(table.rows)
    return tuple(_range(table, arm, silent[arm]) for arm in range(len(table.rows)))


def _range(table: GuessTable, arm: int, silent: int) -> tuple[float, float] | None:
    row, weights = table.rows[arm], _weights(table, arm)
    everyone = sum(row) + silent
    if not everyone:
        return None
    known = _mean(weights, [Fraction(count) for count in row])
    least, most = ((known + silent * one) / everyone for one in (min(weights), max(weights)))
    return float(least), float(most)


def james(table: GuessTable, level: float = 0.95) -> Index:
    """James' index over all arms: 1 all say "don't know" (blinded), 0 all guess right.

    With all guessing, chance gives 1/2 and all wrong gives 1. All wrong guesses weigh the same,
    whichever weight that is; firmness doesn't count. Only "don't know" is 1 without error (the
    paper's convention). UNDEFINED where those who guess are of one arm and all guess it. Raises
    ValueError for a level outside 0 to 1.
    """
    rows = table.merged.rows
    answers = sum(map(sum, rows))
    if not all(map(sum, rows)):
        return _none(answers, Reason.NO_ANSWERS)
    cells = [[Fraction(count, answers) for count in row[:-1]] for row in rows]
    if not any(map(any, cells)):
        return _index(Fraction(1), Fraction(), answers, level)
    found = _james(cells)
    if found is None:
        return _none(answers, Reason.UNDEFINED)
    estimate, slopes = found
    variance = _variance(slopes, [share for row in cells for share in row], answers)
    return _index(estimate, variance, answers, level)


def _james(cells: Sequence[Sequence[Fraction]]) -> tuple[Fraction, list[Fraction]] | None:
    """The index and its slope in each cell, from the shares of all answers that are guesses.

    With P the share of "don't know", the paper's (1 + P + (1 - P) K) / 2, K being wrong guesses
    observed over expected less 1, is 1 - m + m² o / 2e: m all guesses, o the wrong ones, and e
    what arms and guesses that know nothing of each other give, all as shares of the answers.
    """
    arms = range(len(cells))
    of_arm = [sum(row, Fraction()) for row in cells]
    of_guess = [sum((row[one] for row in cells), Fraction()) for one in arms]
    guessed = sum(of_arm, Fraction())
    wrong = guessed - sum((cells[one][one] for one in arms), Fraction())
    expected = guessed**2 - sum((of_arm[one] * of_guess[one] for one in arms), Fraction())
    if not expected:
        return None
    ratio = wrong / expected
    half = guessed**2 / (2 * expected)
    slopes = [
        guessed * ratio
        - 1
        + half * ((arm != guess) - ratio * (2 * guessed - of_guess[arm] - of_arm[guess]))
        for arm in arms
        for guess in arms
    ]
    return 1 - guessed + half * wrong, slopes


# --- statistics ---------------------------------------------------------------------------------


def _mean(weights: Sequence[Fraction], shares: Sequence[Fraction]) -> Fraction:
    return sum((one * share for one, share in zip(weights, shares, strict=True)), Fraction())


def _variance(weights: Sequence[Fraction], shares: Sequence[Fraction], count: int) -> Fraction:
    """Of a weighted sum of multinomial shares; never below 0, the fractions being exact."""
    squares = _mean([weight**2 for weight in weights], shares)
    return (squares - _mean(weights, shares) ** 2) / count


def _index(estimate: Fraction, variance: Fraction, answers: int, level: float) -> Index:
    if not 0 < level < 1:
        raise ValueError("A confidence level lies between 0 and 1.")
    error = sqrt(variance)
    reach = NormalDist().inv_cdf((1 + level) / 2) * error
    centre = float(estimate)
    return Index(centre, error, centre - reach, centre + reach, answers)


def _none(answers: int, reason: Reason) -> Index:
    return Index(None, None, None, None, answers, reason)
