"""A reader's answers as rules take them, and what follows for the biopsy (clinical rules §5)."""

from decimal import Decimal
from itertools import product

import pytest

from trial.protocol.endpoints import EndpointParameters
from trial.protocol.histology import HistologyParameters
from visits.double_reading import State
from visits.histology import Outcome, Size, Stage, System
from visits.reading_values import derive, grade_of, reading_of, stage_of

PARAMETERS = HistologyParameters()
BELOW = EndpointParameters().mhai_remission_below
LARGE, SHORT = Size(Decimal(20), 11, True), Size(Decimal("14.9"), 11, True)
UNMEASURED = Size(None, 11, True)


def values(a=1, b=0, c=1, d=0, stage=2, system="ishak", *, adequate=True):
    scores = {f"mhai_{letter}": str(n) for letter, n in zip("abcd", (a, b, c, d), strict=True)}
    return {"adequate": adequate, **scores, "stage_system": system, f"stage_{system}": str(stage)}


def derived(*readers, size=LARGE):
    found = {place: reading_of(f"r{place}", one) for place, one in enumerate(readers, 1) if one}
    return derive(PARAMETERS, BELOW, size, found)


@pytest.mark.parametrize("scores", list(product((0, 4), (0, 6), (0, 4), (0, 4))))
def test_the_total_is_the_sum_of_its_components(scores):
    assert grade_of(values(*scores)).total.value == sum(scores)


def test_what_was_not_chosen_is_not_read_and_no_zero():
    grade = grade_of({"mhai_a": "2", "mhai_b": "", "mhai_c": None})
    assert (grade.a, grade.missing) == (2, ("B", "C", "D"))
    assert (grade.total.low, grade.total.high) == (2, 16)


def test_a_stage_is_that_of_the_system_it_was_read_in():
    both = {"stage_system": "metavir", "stage_metavir": "2", "stage_ishak": "5"}
    assert stage_of(both) == Stage(System.METAVIR, 2)
    assert stage_of({}).value is None


@pytest.mark.parametrize(
    ("total_d", "outcome"), [(1, Outcome.REMISSION), (2, Outcome.ACTIVE)]
)  # mHAI 3 is remission, 4 is not (§3.1)
def test_remission_ends_at_four(total_d, outcome):
    one = values(1, 0, 1, total_d)
    assert derived(one, one).outcome is outcome


@pytest.mark.parametrize(
    ("size", "adequate", "mhai"), [(LARGE, True, 2), (SHORT, False, None), (UNMEASURED, None, None)]
)
def test_a_core_that_is_not_large_enough_takes_the_result_away(size, adequate, mhai):
    found = derived(values(), values(), size=size)
    assert (found.adequate, found.mhai) == (adequate, mhai)
    assert (found.stage is None) == (mhai is None)
    assert (found.outcome is Outcome.NOT_EVALUABLE) == (mhai is None)
    assert found.final.state is State.AGREED


def test_nothing_counts_before_two_have_read():
    for readers in ((), (values(),), (None, values())):
        found = derived(*readers)
        assert (found.final.state, found.mhai, found.adequate) == (State.AWAITS_READER, None, None)


def test_a_short_core_is_inadequate_before_anybody_reads():
    assert derived(size=SHORT).adequate is False


def test_the_third_reader_counts_only_where_two_differ():
    quiet, active = values(), values(2, 1, 1, 2)
    assert derived(quiet, active, values(1, 1, 1, 1)).mhai == 4
    assert derived(quiet, quiet, active).mhai == 2
