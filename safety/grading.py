"""A participant's results with their grades: what counts as baseline, as nadir, as known.

The rules of a grade are safety/toxicity.py; here is where its facts come from in a course of one
analyte. What was drawn up to and including the day of the first product is before treatment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import Any

from labs.series import Observation
from safety import toxicity
from safety.ctcae import Condition, Dictionary, Term
from safety.spans import Span
from safety.toxicity import Facts, Toxicity
from trial.protocol.partial import earliest, latest, surely_before
from trial.protocol.truth import Truth, any_true

# Vitamin K antagonists, heparins, and inhibitors of thrombin and factor Xa; no antiplatelets.
ANTICOAGULANTS = ("B01AA", "B01AB", "B01AE", "B01AF", "B01AX")
_FOUR = Decimal("0.0001")
_WIDE = Context(prec=40)


class Path(StrEnum):
    """Which of a term's two columns was read; NONE where it has one only."""

    NORMAL = "normal_baseline"
    ABNORMAL = "abnormal_baseline"
    NOT_ANTICOAGULATED = "not_anticoagulated"
    ANTICOAGULATED = "anticoagulated"
    WITHOUT_SYMPTOMS = "without_symptoms"
    WITH_SYMPTOMS = "with_symptoms"
    OPEN = "open"
    NONE = ""


_PATHS: Mapping[Condition, tuple[Path, Path]] = {
    Condition.BASELINE_ABNORMAL: (Path.NORMAL, Path.ABNORMAL),
    Condition.ANTICOAGULATED: (Path.NOT_ANTICOAGULATED, Path.ANTICOAGULATED),
    Condition.SYMPTOMATIC: (Path.WITHOUT_SYMPTOMS, Path.WITH_SYMPTOMS),
}


@dataclass(frozen=True, slots=True)
class Medication:
    """A line of the concomitant medication: days as entered, partial dates among them."""

    atc: str
    started: str
    stopped: str
    ongoing: bool

    def taken_on(self, day: date) -> Truth:
        """Whether it was taken on a day; None where the dates leave it open."""
        if surely_before(day, self.started) or (
            not self.ongoing and surely_before(self.stopped, day)
        ):
            return False
        begun = bool(self.started) and latest(self.started) <= day
        lasting = self.ongoing or (bool(self.stopped) and earliest(self.stopped) >= day)
        return True if begun and lasting else None


def anticoagulated(lines: Iterable[Medication], day: date) -> Truth:
    """Whether a drug coded as an anticoagulant was taken on a day. A line without an ATC code
    counts as none [study default]."""
    coded = [one for one in lines if one.atc.upper().startswith(ANTICOAGULANTS)]
    return any_true(*(one.taken_on(day) for one in coded))


@dataclass(frozen=True, slots=True)
class Draw:
    """One result of one analyte; `usable` is False for a haemolysed or rejected sample."""

    panel_id: int
    on: date
    usable: bool
    observation: Observation

    @property
    def order(self) -> tuple[date, int]:
        """The place in the course, as labs/series.py orders samples."""
        return self.on, self.panel_id

    @property
    def counted(self) -> Observation | None:
        """The result to reason with: none from a sample that can't be used."""
        return self.observation if self.usable and self.observation.value.is_finite() else None


@dataclass(frozen=True, slots=True)
class Graded:
    """A result's grade in one term. `reasons` say why there is none; `toxicity` is None for a
    sample that can't be used. `on_treatment`: drawn after the day of the first product. `by_upper`
    is the grade as if the baseline had been normal, on one scale for everybody."""

    draw: Draw
    term: str
    version: str
    path: Path
    toxicity: Toxicity | None
    reasons: tuple[str, ...]
    on_treatment: bool
    by_upper: int | None = None

    @property
    def hidden(self) -> bool:
        """Whether a high baseline hides what the upper limit alone would grade higher."""
        return self.grade is not None and self.by_upper is not None and self.by_upper > self.grade

    @property
    def grade(self) -> int | None:
        """The grade, None where `reasons` leave it open."""
        return None if self.toxicity is None else self.toxicity.grade

    @property
    def times_upper(self) -> Decimal | None:
        """The multiple of the upper limit, to four decimals; None if censored or not known."""
        return None if self.toxicity is None else _exact(self.toxicity.times_upper)

    @property
    def times_baseline(self) -> Decimal | None:
        """The multiple of the baseline, likewise."""
        return None if self.toxicity is None else _exact(self.toxicity.times_baseline)

    @property
    def times_nadir(self) -> Decimal | None:
        """The multiple of the least on treatment before it, likewise."""
        return None if self.toxicity is None else _exact(self.toxicity.times_nadir)


def graded(
    draws: Sequence[Draw],
    start: date | None,
    dictionary: Dictionary,
    medication: Sequence[Medication] = (),
) -> Iterator[Graded]:
    """Every term of every result of one analyte's course, in order of time.

    `start` is the day of the first product, None before there is one.
    """
    ordered = sorted(draws, key=lambda one: one.order)
    for draw in ordered:
        for term in dictionary.terms_of(draw.observation.analyte):
            yield grade_of(draw, term, ordered, start, dictionary, medication)


def grade_of(
    draw: Draw,
    term: Term,
    draws: Sequence[Draw],
    start: date | None,
    dictionary: Dictionary,
    medication: Sequence[Medication] = (),
) -> Graded:
    """One term of one result; `draws` is the course of its analyte, the result among them."""
    later = start is not None and draw.on > start
    if draw.counted is None:
        return Graded(draw, term.code, dictionary.version, Path.NONE, None, ("sample",), later)
    facts = Facts(
        result=draw.counted,
        baseline=baseline(draws, start),
        nadir=_nadir(draw, draws, start),
        anticoagulated=anticoagulated(medication, draw.on),
    )
    found = toxicity.grade(dictionary, term, facts)
    reasons = _reasons(found.missing, start)
    by_upper = _by_upper(dictionary, term, facts, found)
    return Graded(
        draw, term.code, found.version, _path(term, facts), found, reasons, later, by_upper
    )


def _by_upper(dictionary: Dictionary, term: Term, facts: Facts, found: Toxicity) -> int | None:
    if term.condition is not Condition.BASELINE_ABNORMAL:
        return found.grade
    plain = replace(term, condition=None, steps_if=())
    return toxicity.grade(dictionary, plain, facts).grade


def baseline(draws: Iterable[Draw], start: date | None) -> Observation | None:
    """The last result up to the day of the first product; None before there is a product."""
    if start is None:
        return None
    before = [one for one in draws if one.on <= start and one.counted is not None]
    return max(before, key=lambda one: one.order).counted if before else None


def _nadir(draw: Draw, draws: Iterable[Draw], start: date | None) -> Span | None:
    if start is None:
        return None
    return toxicity.nadir(one.counted for one in draws if one.on > start and one.order < draw.order)


def _reasons(missing: Iterable[str], start: date | None) -> tuple[str, ...]:
    """Without a product there is no baseline yet: that is why, not that it was forgotten."""
    swap = {"baseline": "no_product"} if start is None else {}
    return tuple(swap.get(one, one) for one in missing)


def _path(term: Term, facts: Facts) -> Path:
    if term.condition is None:
        return Path.NONE
    met = {
        Condition.BASELINE_ABNORMAL: toxicity.baseline_abnormal(facts.baseline),
        Condition.ANTICOAGULATED: facts.anticoagulated,
        Condition.SYMPTOMATIC: facts.symptomatic,
    }[term.condition]
    return Path.OPEN if met is None else _PATHS[term.condition][met]


def _exact(span: Span | None) -> Decimal | None:
    exact = None if span is None else span.exact
    return None if exact is None else exact.quantize(_FOUR, ROUND_HALF_UP, _WIDE)


def draw_from(held: Mapping[str, Any], analyte: str) -> Draw:
    """A result as SQL hands it out: id, panel, on (ISO), usable, value, comparator, lower, upper;
    numbers as text."""
    value = Decimal(held["value"])
    limits = [None if held[one] is None else Decimal(held[one]) for one in ("lower", "upper")]
    return Draw(
        panel_id=held["panel"],
        on=date.fromisoformat(held["on"]),
        usable=held["usable"],
        observation=Observation(
            held["id"], analyte, value, "", held["comparator"], value, limits[0], limits[1]
        ),
    )


def medication_from(held: Mapping[str, Any]) -> Medication:
    """A line as SQL hands it out: atc, started, stopped, ongoing."""
    texts = {name: held.get(name) or "" for name in ("atc", "started", "stopped")}
    return Medication(**texts, ongoing=bool(held.get("ongoing")))
