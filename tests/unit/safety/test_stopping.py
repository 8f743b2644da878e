"""Pausing on counts, planned reviews and the Bayesian boundary (clinical rules §10.3)."""

from dataclasses import replace
from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.stopping import (
    Counts,
    Pause,
    Trigger,
    pause,
    pause_at,
    probability_above_rate,
    reviews_due,
)
from trial.protocol.safety import StoppingParameters

PARAMETERS = StoppingParameters()


@pytest.mark.parametrize(
    ("counts", "reached"),
    [
        (Counts(), ()),
        (Counts(related_deaths=1), (Trigger.RELATED_DEATH,)),
        (Counts(related_grade_4_or_5=1), (Trigger.RELATED_GRADE_4_OR_5,)),
        (Counts(related_thromboembolic=1), ()),
        (Counts(related_thromboembolic=2), (Trigger.RELATED_THROMBOEMBOLIC,)),
        (Counts(contaminated_bags=1), (Trigger.CONTAMINATED_BAG,)),
        (Counts(related_sepsis=1), (Trigger.RELATED_SEPSIS,)),
        (Counts(halted=(True, False, True)), ()),
        (Counts(halted=(True, False, True, True)), (Trigger.HALTED_INFUSIONS,)),
        # the third halt is that of the tenth participant, or of the eleventh
        (Counts(halted=(True, True, *[False] * 7, True)), (Trigger.HALTED_INFUSIONS,)),
        (Counts(halted=(True, True, *[False] * 8, True)), ()),
        (
            Counts(related_deaths=1, related_grade_4_or_5=1),
            (Trigger.RELATED_DEATH, Trigger.RELATED_GRADE_4_OR_5),
        ),
    ],
)
def test_what_pauses(counts, reached):
    assert pause(counts, PARAMETERS) == Pause(reached, ())


@pytest.mark.parametrize(
    ("counts", "reached", "possible"),
    [
        (Counts(undecided_deaths=1), (), (Trigger.RELATED_DEATH,)),
        (Counts(undecided_grade_4_or_5=1), (), (Trigger.RELATED_GRADE_4_OR_5,)),
        (Counts(undecided_sepsis=1), (), (Trigger.RELATED_SEPSIS,)),
        (Counts(undecided_thromboembolic=1), (), ()),
        (
            Counts(related_thromboembolic=1, undecided_thromboembolic=1),
            (),
            (Trigger.RELATED_THROMBOEMBOLIC,),
        ),
        (Counts(related_deaths=1, undecided_deaths=1), (Trigger.RELATED_DEATH,), ()),
    ],
)
def test_what_would_pause_if_it_proves_related(counts, reached, possible):
    assert pause(counts, PARAMETERS) == Pause(reached, possible)


def test_the_counts_are_the_protocols():
    lax = replace(PARAMETERS, related_deaths=2)
    assert pause(Counts(related_deaths=1), lax).reached == ()


@pytest.mark.parametrize("counts", [Counts(related_deaths=-1), Counts(undecided_sepsis=-1)])
def test_a_negative_count_is_refused(counts):
    with pytest.raises(ValueError, match="negative"):
        pause(counts, PARAMETERS)


@pytest.mark.parametrize(
    ("participants", "reviewed", "due"),
    [
        (5, 0, 0),
        (6, 0, 1),
        (6, 1, 0),
        (19, 1, 0),
        (20, 1, 1),
        (49, 2, 0),
        (50, 1, 2),
        (74, 3, 0),
        (75, 3, 1),
        (100, 4, 0),
        (100, 6, 0),  # ad hoc reviews were added
    ],
)
def test_planned_reviews(participants, reviewed, due):
    assert reviews_due(participants, reviewed, PARAMETERS) == due


# --- the boundary -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treated", "events"),
    [(5, 2), (10, 3), (15, 4), (20, 5), (25, 5), (30, 6), (40, 7), (50, 9)],
)
def test_the_boundary_of_the_plan(treated, events):
    assert pause_at(treated, PARAMETERS) == events
    assert probability_above_rate(events, treated, PARAMETERS) > 0.90
    assert probability_above_rate(events - 1, treated, PARAMETERS) <= 0.90


def test_the_first_participant_alone_never_pauses():
    assert pause_at(0, PARAMETERS) is None
    assert pause_at(1, PARAMETERS) is None


@pytest.mark.parametrize("treated", [-1, -5])
def test_fewer_than_nobody_is_refused(treated):
    with pytest.raises(ValueError, match="negative"):
        pause_at(treated, PARAMETERS)


def integrated(a, b, x, steps=4000):
    """P(X > x) of Beta(a, b) by Simpson's rule, with t = 1 - u^4 to tame the end at 1."""
    constant = lgamma(a + b) - lgamma(a) - lgamma(b)

    def density(u):
        if u <= 0:
            return 0.0
        t = 1 - u**4
        return exp(constant + (a - 1) * log(t) + (b - 1) * 4 * log(u)) * 4 * u**3

    top = (1 - x) ** 0.25
    width = top / steps
    weights = [1, *([4, 2] * (steps // 2 - 1)), 4, 1]
    return width / 3 * sum(w * density(i * width) for i, w in enumerate(weights))


@pytest.mark.parametrize("treated", [1, 5, 20, 50, 100])
def test_the_probability_against_integration(treated):
    for events in range(0, treated + 1, max(1, treated // 10)):
        expected = integrated(0.2 + events, 1.8 + treated - events, 0.10)
        found = probability_above_rate(events, treated, PARAMETERS)
        assert found == pytest.approx(expected, abs=1e-6)


@given(st.integers(min_value=1, max_value=100), st.integers(min_value=1, max_value=100))
def test_more_events_never_make_it_less_likely(treated, events):
    events = min(events, treated)
    more = probability_above_rate(events, treated, PARAMETERS)
    fewer = probability_above_rate(events - 1, treated, PARAMETERS)
    assert 0 <= fewer < more <= 1 or fewer == more == pytest.approx(1)


@pytest.mark.parametrize(("events", "treated"), [(-1, 5), (6, 5)])
def test_events_among_the_treated(events, treated):
    with pytest.raises(ValueError, match="between none and all"):
        probability_above_rate(events, treated, PARAMETERS)
