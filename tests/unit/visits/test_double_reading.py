"""Two readers and the third: agreement, adjudication, the reading that counts (§5.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.histology import HistologyParameters
from visits.double_reading import Difference, Reading, State, compare, final, weighted_kappa
from visits.histology import Bounds, Grade, Stage, System

PARAMETERS = HistologyParameters()


def reading(reader, grade=(2, 1, 2, 2), stage=3, *, adequate=True, system=System.ISHAK):
    return Reading(reader, adequate, Grade(*grade), Stage(system, stage))


def settled(first, second=None, third=None):
    return final(PARAMETERS, first, second, third, 4)


FIRST = reading("r1")  # 7, stage 3


@pytest.mark.parametrize(
    ("second", "agree", "differ", "still_open"),
    [
        (reading("r2"), True, (), ()),
        (reading("r2", (4, 1, 2, 2)), True, (), ()),  # 9: two points
        (reading("r2", (4, 2, 2, 2)), False, (Difference.GRADE,), ()),  # 10: three
        (reading("r2", (0, 1, 2, 2)), True, (), ()),  # 5
        (reading("r2", (0, 0, 2, 2)), False, (Difference.GRADE,), ()),  # 4
        (reading("r2", (0, 0, 1, 2)), False, (Difference.REMISSION, Difference.GRADE), ()),  # 3
        (reading("r2", stage=4), True, (), ()),
        (reading("r2", stage=2), True, (), ()),
        (reading("r2", stage=5), False, (Difference.STAGE,), ()),
        (reading("r2", stage=1), False, (Difference.STAGE,), ()),
        (reading("r2", system=System.METAVIR), False, (Difference.SYSTEM,), ()),
        (reading("r2", adequate=False), False, (Difference.ADEQUACY,), ()),
        (reading("r2", adequate=None), None, (), (Difference.ADEQUACY,)),
        (reading("r2", (2, 1, 2, None)), True, (), ()),  # 5 to 9: whatever it is, they agree
        (reading("r2", (None, 1, 2, 2)), True, (), ()),  # 5 to 9
        (reading("r2", (2, None, 2, 2)), None, (), (Difference.GRADE,)),  # 6 to 12
        (reading("r2", (4, None, 4, 4)), False, (Difference.GRADE,), ()),  # 12 to 18
        (reading("r2", (0, 0, 0, None)), False, (Difference.GRADE,), (Difference.REMISSION,)),
        (reading("r2", stage=None), None, (), (Difference.STAGE,)),
        (reading("r2", (4, 2, 2, 2), stage=None), False, (Difference.GRADE,), (Difference.STAGE,)),
    ],
)
def test_when_two_readers_agree(second, agree, differ, still_open):
    for one, other in ((FIRST, second), (second, FIRST)):
        found = compare(PARAMETERS, one, other, 4)
        assert (found.agree, found.differ_on, found.open) == (agree, differ, still_open)


def test_one_point_over_the_line_of_remission_is_for_the_third_reader():
    quiet, active = reading("r1", (1, 0, 1, 1)), reading("r2", (1, 0, 1, 2))
    assert compare(PARAMETERS, quiet, active, 4).differ_on == (Difference.REMISSION,)
    assert settled(quiet, active).state is State.ADJUDICATE


def test_two_who_find_it_inadequate_agree():
    none = reading("r1", (None,) * 4, None, adequate=False)
    other = reading("r2", (4, 4, 4, 4), adequate=False)
    found = settled(none, other)
    assert (found.state, found.reading) == (State.AGREED, none)
    assert found.agreement.grade is None


def test_inadequate_against_not_answered_is_open():
    one, other = reading("r1", adequate=False), reading("r2", adequate=None)
    assert compare(PARAMETERS, one, other, 4).open == (Difference.ADEQUACY,)
    assert settled(one, other).missing == ("adequate",)


def test_the_first_reader_counts_where_both_agree():
    found = settled(FIRST, reading("r2", (3, 1, 2, 2)))
    assert (found.state, found.reading) == (State.AGREED, FIRST)
    assert found.agreement.grade == Bounds(1, 1)


def test_one_reader_alone_decides_nothing():
    assert settled(FIRST).state is State.AWAITS_READER
    assert final(PARAMETERS, None, FIRST, None, 4).state is State.AWAITS_READER


@pytest.mark.parametrize(
    ("gap", "missing"),
    [
        (reading("r2", (2, None, 2, 2)), ("B",)),
        (reading("r2", (2, 1, 2, None)), ("D",)),  # agrees already, is asked for all the same
        (reading("r2", stage=None), ("stage",)),
        (reading("r2", adequate=None), ("adequate",)),
    ],
)
def test_a_gap_is_asked_for_before_anything_counts(gap, missing):
    found = settled(FIRST, gap)
    assert (found.state, found.reading, found.missing) == (State.INCOMPLETE, None, missing)


def test_the_third_reader_settles_what_two_differ_on():
    second = reading("r2", stage=6)
    third = reading("r3", stage=5)
    assert settled(FIRST, second).state is State.ADJUDICATE
    found = settled(FIRST, second, third)
    assert (found.state, found.reading) == (State.ADJUDICATED, third)
    gap = settled(FIRST, second, reading("r3", stage=None))
    assert (gap.state, gap.reading, gap.missing) == (State.ADJUDICATE, None, ("stage",))


def test_a_third_reading_that_nobody_needed_counts_for_nothing():
    found = settled(FIRST, reading("r2"), reading("r3", (4, 6, 4, 4)))
    assert (found.state, found.reading) == (State.AGREED, FIRST)


def test_nobody_reads_twice():
    with pytest.raises(ValueError, match="two readers"):
        settled(FIRST, reading("r1"))
    with pytest.raises(ValueError, match="before"):
        settled(FIRST, reading("r2", stage=6), reading("r2", stage=5))


def test_nobody_reads_twice_even_where_nothing_is_to_settle():
    with pytest.raises(ValueError, match="before"):
        settled(FIRST, reading("r2"), reading("r1"))
    with pytest.raises(ValueError, match="before"):
        settled(FIRST, None, reading("r1"))


SCORES = [st.one_of(st.none(), st.integers(0, highest)) for highest in (4, 6, 4, 4)]
READINGS = st.tuples(st.tuples(*SCORES), st.one_of(st.none(), st.integers(0, 6)))


@given(READINGS, READINGS)
def test_filling_a_gap_never_turns_an_answer_around(one, other):
    first, second = reading("r1", *one), reading("r2", *other)
    before = compare(PARAMETERS, first, second, 4).agree
    filled = reading("r2", tuple(score or 0 for score in other[0]), other[1] or 0)
    after = compare(PARAMETERS, first, filled, 4).agree
    assert before is None or after is before


def naive_kappa(pairs):
    """Straight from the definition: 1 - Σ w·observed / Σ w·expected, w the squared distance."""
    count = len(pairs)
    scores = range(19)
    observed = expected = 0.0
    for x in scores:
        for y in scores:
            of_one = sum(one == x for one, _ in pairs) / count
            of_other = sum(other == y for _, other in pairs) / count
            both = sum(pair == (x, y) for pair in pairs) / count
            observed += (x - y) ** 2 * both
            expected += (x - y) ** 2 * of_one * of_other
    return 1 - observed / expected if expected else None


@given(st.lists(st.tuples(st.integers(0, 18), st.integers(0, 18)), min_size=1, max_size=12))
def test_kappa_agrees_with_its_definition(pairs):
    found, expected = weighted_kappa(pairs), naive_kappa(pairs)
    assert found == (None if expected is None else pytest.approx(expected))


def test_kappa_at_its_ends():
    assert weighted_kappa([(0, 0), (5, 5), (18, 18)]) == 1
    assert weighted_kappa([(0, 1), (1, 0)]) == -1
    assert weighted_kappa([(0, 0), (0, 1), (1, 0), (1, 1)]) == 0
    assert weighted_kappa([]) is None
    assert weighted_kappa([(3, 3), (3, 3)]) is None
