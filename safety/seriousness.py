"""What makes an adverse event serious, related, unexpected, a SUSAR (clinical rules §10.1, §10.2).

Severity is not seriousness: a severe headache is not serious, a mild stroke is. Everything is
three-valued; None is "not answered", and a code says what an open decision waits for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from trial.protocol.safety import CausalityParameters, Cause, Relatedness
from trial.protocol.truth import Truth, all_true, any_true, negate


class Criterion(StrEnum):
    """What makes an event serious; one is enough."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"  # or its prolongation
    DISABILITY = "disability"  # or incapacity, persistent
    CONGENITAL_ANOMALY = "congenital_anomaly"
    MEDICALLY_IMPORTANT = "medically_important"


class Outcome(StrEnum):
    """CDISC OUT (C66768)."""

    FATAL = "FATAL"
    NOT_RECOVERED = "NOT RECOVERED/NOT RESOLVED"
    RECOVERED = "RECOVERED/RESOLVED"
    WITH_SEQUELAE = "RECOVERED/RESOLVED WITH SEQUELAE"
    RECOVERING = "RECOVERING/RESOLVING"
    UNKNOWN = "UNKNOWN"


class Problem(StrEnum):
    """What does not fit together; the screen has the words."""

    SERIOUS_WITHOUT_CRITERION = "serious_without_criterion"
    CRITERION_WITHOUT_SERIOUS = "criterion_without_serious"
    GRADE_5_WITHOUT_FATAL = "grade_5_without_fatal"
    FATAL_WITHOUT_GRADE_5 = "fatal_without_grade_5"
    FATAL_WITHOUT_DEATH_DATE = "fatal_without_death_date"
    DEATH_DATE_WITHOUT_FATAL = "death_date_without_fatal"
    FATAL_WITHOUT_DEATH_CRITERION = "fatal_without_death_criterion"
    DEATH_CRITERION_WITHOUT_FATAL = "death_criterion_without_fatal"
    ASK_LIFE_THREATENING = "ask_life_threatening"  # a question, not an error
    ENDS_BEFORE_START = "ends_before_start"
    STARTS_BEFORE_CONSENT = "starts_before_consent"
    IMPOSSIBLE_GRADE = "impossible_grade"


Criteria = Mapping[Criterion, Truth]
Causality = Mapping[Cause, Relatedness]


@dataclass(frozen=True, slots=True)
class Event:
    """An adverse event as entered; None, or no entry, is not answered.

    `grade` is CTCAE 1 to 5. Dates are whole days; give None for a partial one.
    """

    serious: Truth = None
    criteria: Criteria = field(default_factory=dict)
    grade: int | None = None
    outcome: Outcome | None = None
    died_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    consented_on: date | None = None


@dataclass(frozen=True, slots=True)
class Susar:
    """The decision and its three parts; `missing` names the parts an open decision waits for."""

    susar: Truth
    serious: Truth
    related: Truth
    unexpected: Truth
    missing: tuple[str, ...]


def serious(criteria: Criteria) -> Truth:
    """Whether any criterion is met; False only where every one is answered no."""
    return any_true(*(criteria.get(one) for one in Criterion))


def related(causality: Causality, cause: Cause, parameters: CausalityParameters) -> Truth:
    """Whether a cause is judged related; None where it was not judged."""
    found = causality.get(cause)
    order = tuple(Relatedness)
    if found is None:
        return None
    return order.index(found) >= order.index(parameters.related_from)


def related_to_product(causality: Causality, parameters: CausalityParameters) -> Truth:
    """Whether any of the causes that are the investigational product is judged related."""
    return any_true(*(related(causality, one, parameters) for one in parameters.investigational))


def susar(
    is_serious: Truth,
    investigator: Causality,
    sponsor: Causality,
    expected: Truth,
    parameters: CausalityParameters,
) -> Susar:
    """Serious, related in the view of investigator or sponsor, and unexpected.

    The sponsor may add a relation, never take the investigator's away. `expected` is the
    sponsor's, against the reference safety information.
    """
    views = {
        "related_investigator": related_to_product(investigator, parameters),
        "related_sponsor": related_to_product(sponsor, parameters),
    }
    is_related = any_true(*views.values())
    unexpected = negate(expected)
    decision = all_true(is_serious, is_related, unexpected)
    parts = {"serious": is_serious, **views, "expected": unexpected}
    open_parts = [name for name, answer in parts.items() if answer is None]
    if is_related is not None:
        open_parts = [name for name in open_parts if name not in views]
    missing = tuple(open_parts) if decision is None else ()
    return Susar(decision, is_serious, is_related, unexpected, missing)


def problems(event: Event) -> tuple[Problem, ...]:
    """What in an event contradicts itself; what is not answered yet contradicts nothing.

    Grade 5, outcome FATAL, the date of death and the criterion of death go together.
    """
    return (*_grade(event), *_seriousness(event), *_death(event), *_dates(event))


def _grade(event: Event) -> Iterator[Problem]:
    if event.grade is not None and not 1 <= event.grade <= 5:
        yield Problem.IMPOSSIBLE_GRADE
    # Answered "no" it is asked too: grade 4 is "life-threatening consequences".
    if event.grade == 4 and not event.criteria.get(Criterion.LIFE_THREATENING):
        yield Problem.ASK_LIFE_THREATENING


def _seriousness(event: Event) -> Iterator[Problem]:
    met = serious(event.criteria)
    if event.serious and not met:
        yield Problem.SERIOUS_WITHOUT_CRITERION
    if event.serious is False and met:
        yield Problem.CRITERION_WITHOUT_SERIOUS


def _death(event: Event) -> Iterator[Problem]:
    fatal = None if event.outcome is None else event.outcome is Outcome.FATAL
    graded = None if event.grade is None else event.grade == 5
    criterion = event.criteria.get(Criterion.DEATH)
    if graded and fatal is False:
        yield Problem.GRADE_5_WITHOUT_FATAL
    if fatal and graded is False:
        yield Problem.FATAL_WITHOUT_GRADE_5
    if (fatal or graded) and event.died_on is None:
        yield Problem.FATAL_WITHOUT_DEATH_DATE
    if event.died_on is not None and (fatal is False or graded is False):
        yield Problem.DEATH_DATE_WITHOUT_FATAL
    if (fatal or graded) and criterion is False:
        yield Problem.FATAL_WITHOUT_DEATH_CRITERION
    if criterion and (fatal is False or graded is False):
        yield Problem.DEATH_CRITERION_WITHOUT_FATAL


def _dates(event: Event) -> Iterator[Problem]:
    start, end = event.starts_on, event.ends_on
    if start is not None and end is not None and end < start:
        yield Problem.ENDS_BEFORE_START
    latest_start = end if start is None else start  # it began on the day of its end at the latest
    consent = event.consented_on
    if latest_start is not None and consent is not None and latest_start < consent:
        yield Problem.STARTS_BEFORE_CONSENT
