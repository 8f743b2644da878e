"""Size, grade, stage and remission of biopsies on both sides of each limit (clinical rules §5)."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.protocol.endpoints import EndpointParameters
from trial.protocol.histology import HistologyParameters
from visits.histology import (
    Adequacy,
    Bounds,
    Grade,
    Outcome,
    Remission,
    ScoreError,
    Size,
    Stage,
    System,
    adequacy,
    grade_change,
    metavir_activity,
    remission,
    rough_ishak,
    rough_metavir,
    stage_change,
)

PARAMETERS = HistologyParameters()
BELOW = EndpointParameters().mhai_remission_below
FINE = Adequacy(True, True, (), ())
TOO_SMALL = Adequacy(False, False, ("core_mm",), ())
UNKNOWN = Adequacy(None, None, (), ("core_mm",))


def size(core, tracts, judged=True):
    return Size(Decimal(core) if core else None, tracts, judged)


@pytest.mark.parametrize(
    ("measured", "adequate", "ideal", "short", "missing"),
    [
        (size("15", 6), True, False, (), ()),
        (size("14.9", 6), False, False, ("core_mm",), ()),
        (size("15", 5), False, False, ("portal_tracts",), ()),
        (size("20", 11), True, True, (), ()),
        (size("19.9", 11), True, False, (), ()),
        (size("20", 10), True, False, (), ()),
        (size("25", 0), False, False, ("portal_tracts",), ()),
        (size("20", 11, judged=False), False, False, ("judged",), ()),
        (size("14.9", 5, judged=False), False, False, ("core_mm", "portal_tracts", "judged"), ()),
        (size("20", 11, judged=None), None, None, (), ("judged",)),
        (size("20", None), None, None, (), ("portal_tracts",)),
        (size("19.9", None), None, False, (), ("portal_tracts",)),
        (size(None, 11), None, None, (), ("core_mm",)),
        (size("14.9", None), False, False, ("core_mm",), ("portal_tracts",)),
        (Size(), None, None, (), ("core_mm", "portal_tracts", "judged")),
    ],
)
def test_whether_a_biopsy_is_large_enough(measured, adequate, ideal, short, missing):
    assert adequacy(PARAMETERS, measured) == Adequacy(adequate, ideal, short, missing)


@pytest.mark.parametrize(("core", "tracts"), [("0", 6), ("-1", 6), ("15", -1), ("NaN", 6)])
def test_an_impossible_size_is_refused(core, tracts):
    with pytest.raises(ScoreError):
        adequacy(PARAMETERS, Size(Decimal(core), tracts, True))


@pytest.mark.parametrize(("letter", "highest"), [("a", 4), ("b", 6), ("c", 4), ("d", 4)])
def test_each_component_takes_every_whole_number_up_to_its_own_highest(letter, highest):
    for score in range(highest + 1):
        assert Grade(**{letter: score}).components[letter.upper()] == score
    wrongs: list[Any] = [-1, highest + 1, 1.0, True, "1"]
    for wrong in wrongs:
        with pytest.raises(ScoreError, match=letter.upper()):
            Grade(**{letter: wrong})


@pytest.mark.parametrize(
    ("read", "low", "high", "missing"),
    [
        ((0, 0, 0, 0), 0, 0, ()),
        ((4, 6, 4, 4), 18, 18, ()),
        ((3, 1, 2, 2), 8, 8, ()),
        ((None, 1, 2, 2), 5, 9, ("A",)),
        ((3, None, 2, 2), 7, 13, ("B",)),
        ((3, 1, None, 2), 6, 10, ("C",)),
        ((3, 1, 2, None), 6, 10, ("D",)),
        ((None, None, None, None), 0, 18, ("A", "B", "C", "D")),
    ],
)
def test_the_total_and_what_a_missing_component_leaves(read, low, high, missing):
    grade = Grade(*read)
    assert grade.total == Bounds(low, high)
    assert grade.missing == missing
    assert grade.total.value == (None if missing else low)


SCORES = [st.one_of(st.none(), st.integers(0, highest)) for highest in (4, 6, 4, 4)]


@given(st.tuples(*SCORES))
def test_bounds_and_remission_are_those_of_every_way_to_fill_the_gaps(read):
    ways = [
        range(highest + 1) if score is None else [score]
        for score, highest in zip(read, (4, 6, 4, 4), strict=True)
    ]
    totals = [sum(way) for way in product(*ways)]
    grade = Grade(*read)
    assert (grade.total.low, grade.total.high) == (min(totals), max(totals))
    expected = {Outcome.REMISSION if total <= 3 else Outcome.ACTIVE for total in totals}
    found = remission(FINE, grade, BELOW).outcome
    assert found == (expected.pop() if len(expected) == 1 else Outcome.NOT_EVALUABLE)


@pytest.mark.parametrize(
    ("checked", "read", "outcome", "missing"),
    [
        (FINE, (1, 0, 1, 1), Outcome.REMISSION, ()),  # 3
        (FINE, (1, 0, 1, 2), Outcome.ACTIVE, ()),  # 4
        (FINE, (4, None, None, None), Outcome.ACTIVE, ("B", "C", "D")),
        (FINE, (0, 0, 0, None), Outcome.NOT_EVALUABLE, ("D",)),
        (FINE, (None, None, None, None), Outcome.NOT_EVALUABLE, ("A", "B", "C", "D")),
        (TOO_SMALL, (0, 0, 0, 0), Outcome.NOT_EVALUABLE, ()),
        (TOO_SMALL, (4, 6, 4, 4), Outcome.NOT_EVALUABLE, ()),
        (UNKNOWN, (1, 0, 1, 1), Outcome.NOT_EVALUABLE, ("core_mm",)),
    ],
)
def test_remission_on_both_sides(checked, read, outcome, missing):
    """§3.1: HAI under 4 of 18; §5.3: an inadequate sample is missing, not zero."""
    found = remission(checked, Grade(*read), BELOW)
    assert (found.outcome, found.missing) == (outcome, missing)
    assert (found.total is None) == (checked is not FINE)


def test_the_worked_case_of_a_relapse_on_biopsy():
    """§3.4 case 17: mHAI 2 is histological remission, 6 later is not."""
    first = remission(FINE, Grade(1, 0, 1, 0), BELOW)
    later = remission(FINE, Grade(2, 1, 1, 2), BELOW)
    assert first == Remission(Outcome.REMISSION, Bounds(2, 2), ())
    assert later == Remission(Outcome.ACTIVE, Bounds(6, 6), ())
    assert grade_change(first, later) == Bounds(4, 4)
    assert grade_change(later, first) == Bounds(-4, -4)


def test_a_change_needs_two_totals_and_keeps_what_is_open():
    full, partial = Grade(2, 1, 1, 2), Grade(1, 0, 1, None)
    before, after = remission(FINE, full, BELOW), remission(FINE, partial, BELOW)
    assert grade_change(before, after) == Bounds(-4, 0)
    assert grade_change(before, remission(TOO_SMALL, full, BELOW)) is None
    assert grade_change(remission(UNKNOWN, full, BELOW), after) is None


def test_how_far_two_bounds_lie_apart():
    assert Bounds(2, 4).apart(Bounds(7, 9)) == Bounds(3, 7)
    assert Bounds(7, 9).apart(Bounds(2, 4)) == Bounds(3, 7)
    assert Bounds(2, 6).apart(Bounds(4, 4)) == Bounds(0, 2)
    assert Bounds(3, 3).apart(Bounds(3, 3)) == Bounds(0, 0)


@given(*[st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted)] * 2)
def test_distances_are_those_of_every_pair(one, other):
    pairs = list(product(range(one[0], one[1] + 1), range(other[0], other[1] + 1)))
    apart = [abs(x - y) for x, y in pairs]
    less = [x - y for x, y in pairs]
    assert Bounds(*one).apart(Bounds(*other)) == Bounds(min(apart), max(apart))
    assert Bounds(*one).less(Bounds(*other)) == Bounds(min(less), max(less))


@pytest.mark.parametrize(
    ("ishak", "metavir"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4)]
)
def test_the_rough_map_of_stages(ishak, metavir):
    assert rough_metavir(ishak) == metavir
    back = rough_ishak(metavir)
    assert back.low <= ishak <= back.high


@pytest.mark.parametrize(
    ("metavir", "low", "high"), [(0, 0, 0), (1, 1, 2), (2, 3, 3), (3, 4, 4), (4, 5, 6)]
)
def test_the_rough_map_back_is_a_range(metavir, low, high):
    assert rough_ishak(metavir) == Bounds(low, high)


def test_stages_that_do_not_exist_are_refused():
    for system, wrong in ((System.ISHAK, 7), (System.METAVIR, 5), (System.ISHAK, -1)):
        with pytest.raises(ScoreError, match="stage"):
            Stage(system, wrong)
    mappings: list[tuple[Any, Any]] = [(rough_metavir, 7), (rough_ishak, 5), (rough_metavir, None)]
    for mapping, no_stage in mappings:
        with pytest.raises(ScoreError, match="stage"):
            mapping(no_stage)


def test_stages_are_compared_in_one_system_alone():
    three, five = Stage(System.ISHAK, 3), Stage(System.ISHAK, 5)
    assert stage_change(three, five) == Bounds(2, 2)
    assert stage_change(five, Stage(System.ISHAK, None)) == Bounds(-5, 1)
    assert stage_change(three, Stage(System.METAVIR, 3)) is None


@pytest.mark.parametrize(
    ("piecemeal", "activity"), [(0, "012"), (1, "112"), (2, "223"), (3, "333")]
)
def test_metavir_activity(piecemeal, activity):
    found = [metavir_activity(piecemeal, lobular).value for lobular in range(3)]
    assert found == [int(one) for one in activity]


def test_metavir_activity_of_what_was_not_read():
    assert metavir_activity(3, None) == Bounds(3, 3)
    assert metavir_activity(0, None) == Bounds(0, 2)
    assert metavir_activity(None, 2) == Bounds(2, 3)
    assert metavir_activity(None, None) == Bounds(0, 3)
    for wrong in ((4, 0), (0, 3), (-1, 0)):
        with pytest.raises(ScoreError):
            metavir_activity(*wrong)
