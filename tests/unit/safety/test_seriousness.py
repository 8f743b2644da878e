"""Seriousness, relatedness, the SUSAR decision, and what contradicts itself (§10.1, §10.2)."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from safety.seriousness import (
    Criterion,
    Event,
    Outcome,
    Problem,
    problems,
    related,
    related_to_product,
    serious,
    susar,
)
from trial.protocol.safety import CausalityParameters, Cause, Relatedness

PARAMETERS = CausalityParameters()
NO_CRITERION = dict.fromkeys(Criterion, False)


@pytest.mark.parametrize("criterion", list(Criterion))
def test_one_criterion_is_enough(criterion):
    assert serious(NO_CRITERION | {criterion: True}) is True
    assert serious({criterion: True}) is True
    assert serious(NO_CRITERION | {criterion: None}) is None


def test_not_serious_needs_every_answer():
    assert serious(NO_CRITERION) is False
    assert serious({}) is None


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (Relatedness.UNRELATED, False),
        (Relatedness.UNLIKELY, False),
        (Relatedness.POSSIBLE, True),
        (Relatedness.PROBABLE, True),
        (Relatedness.RELATED, True),
        (None, None),
    ],
)
@pytest.mark.parametrize("cause", list(Cause))
def test_each_cause_is_judged_alone(cause, judged, expected):
    causality = {} if judged is None else {cause: judged}
    assert related(causality, cause, PARAMETERS) is expected
    others = [related(causality, one, PARAMETERS) for one in Cause if one is not cause]
    assert others == [None] * 4


def test_from_where_on_is_the_protocols():
    strict = CausalityParameters(related_from=Relatedness.PROBABLE)
    assert related({Cause.PRODUCT: Relatedness.POSSIBLE}, Cause.PRODUCT, strict) is False
    assert related({Cause.PRODUCT: Relatedness.PROBABLE}, Cause.PRODUCT, strict) is True


def test_which_causes_are_the_product_is_the_protocols():
    by_infusion = {Cause.PRODUCT: Relatedness.UNRELATED, Cause.INFUSION: Relatedness.RELATED}
    assert related_to_product(by_infusion, PARAMETERS) is False
    wide = CausalityParameters(investigational=(Cause.PRODUCT, Cause.INFUSION))
    assert related_to_product(by_infusion, wide) is True


YES = {Cause.PRODUCT: Relatedness.POSSIBLE}
NO = {Cause.PRODUCT: Relatedness.UNLIKELY}
VIEWS = {True: YES, False: NO, None: {}}
RANK = {False: 0, None: 1, True: 2}  # Kleene: AND is the minimum, OR the maximum


@pytest.mark.parametrize(("is_serious", "one", "other", "expected"), list(product(RANK, repeat=4)))
def test_the_decision_for_every_answer(is_serious, one, other, expected):
    found = susar(is_serious, VIEWS[one], VIEWS[other], expected, PARAMETERS)
    relation = max(one, other, key=lambda answer: RANK[answer])
    unexpected = {True: False, False: True, None: None}[expected]
    decision = min(is_serious, relation, unexpected, key=lambda answer: RANK[answer])
    assert found.susar is decision
    assert (found.serious, found.related, found.unexpected) == (is_serious, relation, unexpected)
    assert bool(found.missing) is (decision is None)


@pytest.mark.parametrize(
    ("is_serious", "investigator", "sponsor", "expected", "missing"),
    [
        (None, YES, YES, False, ("serious",)),
        (True, {}, NO, False, ("related_investigator",)),
        (True, NO, {}, False, ("related_sponsor",)),
        (True, {}, {}, None, ("related_investigator", "related_sponsor", "expected")),
        (True, YES, {}, None, ("expected",)),
        (False, {}, {}, None, ()),
    ],
)
def test_what_an_open_decision_waits_for(is_serious, investigator, sponsor, expected, missing):
    assert susar(is_serious, investigator, sponsor, expected, PARAMETERS).missing == missing


def test_the_sponsor_cannot_take_a_relation_away():
    assert susar(True, YES, NO, False, PARAMETERS).susar is True
    assert susar(True, NO, YES, False, PARAMETERS).susar is True


def test_related_to_other_treatment_alone_is_no_susar():
    steroid = {Cause.STEROID: Relatedness.RELATED, Cause.PRODUCT: Relatedness.UNRELATED}
    assert susar(True, steroid, NO, False, PARAMETERS).susar is False


# --- contradictions -----------------------------------------------------------------------------

DAY = date(2026, 3, 2)
DEATH = Event(
    serious=True,
    criteria=NO_CRITERION | {Criterion.DEATH: True},
    grade=5,
    outcome=Outcome.FATAL,
    died_on=DAY,
    starts_on=DAY,
    ends_on=DAY,
    consented_on=DAY,
)
STRONG_HEADACHE = Event(
    serious=False, criteria=NO_CRITERION, grade=3, outcome=Outcome.RECOVERED, starts_on=DAY
)
P = Problem


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (DEATH, set()),
        (STRONG_HEADACHE, set()),  # severity is not seriousness
        (Event(), set()),
        (replace(STRONG_HEADACHE, serious=True), {P.SERIOUS_WITHOUT_CRITERION}),
        (replace(STRONG_HEADACHE, serious=True, criteria={}), {P.SERIOUS_WITHOUT_CRITERION}),
        (
            replace(STRONG_HEADACHE, criteria={Criterion.HOSPITALISATION: True}),
            {P.CRITERION_WITHOUT_SERIOUS},
        ),
        (replace(STRONG_HEADACHE, criteria={}), set()),
        # grade 5, FATAL, the date and the criterion go together
        (replace(DEATH, grade=4), {
            P.FATAL_WITHOUT_GRADE_5, P.ASK_LIFE_THREATENING, P.DEATH_DATE_WITHOUT_FATAL,
            P.DEATH_CRITERION_WITHOUT_FATAL,
        }),
        (replace(DEATH, grade=None), set()),
        (replace(DEATH, outcome=Outcome.RECOVERED), {
            P.GRADE_5_WITHOUT_FATAL, P.DEATH_DATE_WITHOUT_FATAL, P.DEATH_CRITERION_WITHOUT_FATAL,
        }),
        (replace(DEATH, outcome=None), set()),
        (replace(DEATH, died_on=None), {P.FATAL_WITHOUT_DEATH_DATE}),
        (replace(DEATH, outcome=None, died_on=None), {P.FATAL_WITHOUT_DEATH_DATE}),
        (
            replace(DEATH, criteria=NO_CRITERION | {Criterion.HOSPITALISATION: True}),
            {P.FATAL_WITHOUT_DEATH_CRITERION},
        ),
        (replace(STRONG_HEADACHE, died_on=DAY), {P.DEATH_DATE_WITHOUT_FATAL}),
        # grade 4 asks, whether or not it is answered
        (replace(STRONG_HEADACHE, grade=4), {P.ASK_LIFE_THREATENING}),
        (Event(grade=4), {P.ASK_LIFE_THREATENING}),
        (Event(serious=True, grade=4, criteria={Criterion.LIFE_THREATENING: True}), set()),
        (Event(grade=0), {P.IMPOSSIBLE_GRADE}),
        (Event(grade=1), set()),
        (Event(grade=6), {P.IMPOSSIBLE_GRADE}),
        # days
        (Event(starts_on=DAY, ends_on=date(2026, 3, 1)), {P.ENDS_BEFORE_START}),
        (Event(starts_on=DAY, ends_on=DAY), set()),
        (Event(starts_on=date(2026, 3, 1), consented_on=DAY), {P.STARTS_BEFORE_CONSENT}),
        # whenever it began, it was not after its end
        (Event(ends_on=date(2026, 3, 1), consented_on=DAY), {P.STARTS_BEFORE_CONSENT}),
        (Event(ends_on=DAY, consented_on=DAY), set()),
        (Event(starts_on=DAY, consented_on=DAY), set()),
        (Event(starts_on=date(2026, 3, 1), ends_on=DAY), set()),
    ],
)  # fmt: skip
def test_contradictions(event, expected):
    found = problems(event)
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("grade", "outcome", "died_on", "criterion"),
    list(
        product((3, 5, None), (Outcome.FATAL, Outcome.RECOVERED, None), (DAY, None), (True, False))
    ),
)
def test_death_is_told_the_same_in_all_four_places_or_asked_about(
    grade, outcome, died_on, criterion
):
    """All answers given: silent exactly where all say death or all say none."""
    event = Event(
        serious=criterion,
        criteria=NO_CRITERION | {Criterion.DEATH: criterion},
        grade=grade,
        outcome=outcome,
        died_on=died_on,
    )
    told = {criterion, died_on is not None}
    told |= {grade == 5} if grade else set()
    told |= {outcome is Outcome.FATAL} if outcome else set()
    if grade and outcome:
        assert bool(problems(event)) is (len(told) == 2)
    elif len(told) == 1:
        assert problems(event) == ()
