"""Bang's and James' index: published results, a second implementation, and their ends (§8.5)."""

import math
import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from randomization.blinding_indices import GuessTable, Index, Reason, bang, bang_range, james

# Houweling 2014, Clin Trials 11:547, table 2, investigators; arms in rows. What the indices are is
# from the documentation of another implementation, to the digits it gives.
HOUWELING = GuessTable(((48, 4, 330), (22, 30, 319)))
# The CRISP trial, Bang 2004, tables 6 and 7.
CRISP = GuessTable(((82, 25, 170), (27, 29, 83)))
CRISP_GRADED = GuessTable(((38, 44, 21, 4, 170), (11, 16, 21, 8, 83)))


def value(index: Index) -> float:
    """The estimate of an index that has one."""
    assert index.estimate is not None, index.reason
    return index.estimate


def rounded(index):
    return [round(one, 3) for one in (index.estimate, index.standard_error, index.low, index.high)]


def test_a_published_trial():
    treatment, placebo = bang(HOUWELING)
    assert rounded(treatment) == [0.115, 0.018, 0.08, 0.15]
    assert rounded(placebo) == [0.022, 0.019, -0.016, 0.06]
    assert rounded(james(HOUWELING)) == [0.896, 0.011, 0.875, 0.918]


def test_the_crisp_trial_by_hand():
    """57 of 277 more right than wrong; 2 of 139."""
    treatment, placebo = bang(CRISP)
    assert treatment.estimate == pytest.approx(57 / 277)
    assert placebo.estimate == pytest.approx(2 / 139)
    assert treatment.standard_error == pytest.approx(math.sqrt((107 / 277 - (57 / 277) ** 2) / 277))
    assert (treatment.answers, placebo.answers) == (277, 139)
    assert CRISP_GRADED.merged.rows == ((82, 25, 170), (27, 29, 83))


def test_firmness_counts_for_bang_and_not_for_james():
    """38 + 44/2 - 21/2 - 4 = 45.5 of 277; 8 + 21/2 - 16/2 - 11 = -0.5 of 139."""
    treatment, placebo = bang(CRISP_GRADED)
    assert treatment.estimate == pytest.approx(45.5 / 277)
    assert placebo.estimate == pytest.approx(-0.5 / 139)
    assert treatment.standard_error == pytest.approx(
        math.sqrt(((38 + 4 + (44 + 21) / 4) / 277 - (45.5 / 277) ** 2) / 277)
    )
    assert james(CRISP_GRADED) == james(CRISP)


# --- a second implementation: the definitions in floating point, slopes by differences -----------


def naive_bang(right, wrong, unknown):
    """As published: (2r - 1) of those who guessed, times the share who did."""
    guessed, count = right + wrong, right + wrong + unknown
    estimate = (2 * right / guessed - 1) * guessed / count if guessed else 0.0
    p, q = right / count, wrong / count
    return estimate, math.sqrt(max(0.0, p * (1 - p) + q * (1 - q) + 2 * p * q) / count)


def naive_james(cells, weight=0.5):
    """As published: (1 + P + (1 - P) K) / 2 with K = (observed - expected) / expected."""
    arms = range(len(cells))
    whole = sum(map(sum, cells))
    share = [[count / whole for count in row] for row in cells]
    unknown = sum(row[-1] for row in share)
    of_arm = [sum(row[:-1]) for row in share]
    of_guess = [sum(row[one] for row in share) for one in arms]
    pairs = [(arm, guess) for arm in arms for guess in arms if arm != guess]
    observed = sum(weight * share[arm][guess] for arm, guess in pairs) / (1 - unknown)
    expected = sum(weight * of_arm[arm] * of_guess[guess] for arm, guess in pairs)
    expected /= (1 - unknown) ** 2
    return (1 + unknown + (1 - unknown) * (observed - expected) / expected) / 2


def naive_error(cells):
    """The multinomial delta method with slopes by central differences."""
    count = sum(map(sum, cells))
    places = [(arm, answer) for arm, row in enumerate(cells) for answer in range(len(row))]

    def shifted(place, step):
        moved = [list(map(float, row)) for row in cells]
        moved[place[0]][place[1]] += step
        return naive_james(moved)

    step = 1e-4
    slopes = [(shifted(one, step) - shifted(one, -step)) / (2 * step) * count for one in places]
    shares = [cells[arm][answer] / count for arm, answer in places]
    mean = sum(slope * share for slope, share in zip(slopes, shares, strict=True))
    square = sum(slope**2 * share for slope, share in zip(slopes, shares, strict=True))
    return math.sqrt(max(0.0, square - mean**2) / count)


COUNT = st.integers(1, 60)
ROW = st.tuples(COUNT, COUNT, COUNT)


@given(ROW, ROW)
def test_agrees_with_a_second_implementation(one, other):
    table = GuessTable((one, other))
    found = james(table)
    assert found.estimate == pytest.approx(naive_james(table.rows))
    assert found.standard_error == pytest.approx(naive_error(table.rows), abs=1e-6)
    for index, (right, wrong, unknown) in zip(
        bang(table), (one, (other[1], other[0], other[2])), strict=True
    ):
        assert (index.estimate, index.standard_error) == pytest.approx(
            naive_bang(right, wrong, unknown)
        )
        assert -1 <= value(index) <= 1
    assert 0 <= value(found) <= 1


@given(st.tuples(*[st.tuples(COUNT, COUNT, COUNT, COUNT)] * 3))
def test_three_arms_agree_too_and_the_weight_of_a_wrong_guess_does_not_matter(rows):
    found = james(GuessTable(rows))
    for weight in (0.5, 0.75, 1):
        assert found.estimate == pytest.approx(naive_james(rows, weight))
    assert found.standard_error == pytest.approx(naive_error(rows), abs=1e-6)


def test_the_errors_are_those_of_repeated_trials():
    """Many trials drawn from one truth scatter as the standard errors say."""
    draw = random.Random(7)
    cells = [(arm, answer) for arm in range(2) for answer in range(3)]
    truth = [30, 15, 25, 18, 32, 20]
    estimates = []
    for _ in range(1500):
        drawn = draw.choices(cells, truth, k=sum(truth))
        rows = tuple(tuple(drawn.count((arm, answer)) for answer in range(3)) for arm in range(2))
        estimates.append(value(james(GuessTable(rows))))
    mean = sum(estimates) / len(estimates)
    scatter = math.sqrt(sum((one - mean) ** 2 for one in estimates) / len(estimates))
    said = james(GuessTable((tuple(truth[:3]), tuple(truth[3:]))))
    assert mean == pytest.approx(said.estimate, abs=0.01)
    assert scatter == pytest.approx(said.standard_error, rel=0.1)


# --- the ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "bangs", "overall"),
    [
        (((20, 0, 0), (0, 20, 0)), (1, 1), 0),  # all guess right
        (((0, 20, 0), (20, 0, 0)), (-1, -1), 1),  # all guess wrong
        (((10, 10, 0), (10, 10, 0)), (0, 0), 0.5),  # as chance would
        (((0, 0, 20), (0, 0, 20)), (0, 0), 1),  # nobody knows
        (((20, 0, 0), (20, 0, 0)), (1, -1), 0.5),  # all hope for the treatment
        (((5, 5, 10), (5, 5, 10)), (0, 0), 0.75),  # half don't know, half guess by chance
        (((20, 0, 0, 0, 0), (0, 0, 0, 20, 0)), (1, 1), 0),
        (((0, 20, 0, 0, 0), (0, 0, 20, 0, 0)), (0.5, 0.5), 0),  # right, but not sure
        (((0, 0, 0, 20, 0), (20, 0, 0, 0, 0)), (-1, -1), 1),
        (((9, 0, 0, 0), (0, 9, 0, 0), (0, 0, 9, 0)), (1, 1, 1), 0),
        (((3, 3, 3, 0), (3, 3, 3, 0), (3, 3, 3, 0)), (0, 0, 0), 0.5),
        (((0, 5, 4, 0), (4, 0, 5, 0), (5, 4, 0, 0)), (-0.5, -0.5, -0.5), 0.75),
    ],
)
def test_what_the_indices_are_at_their_ends(rows, bangs, overall):
    table = GuessTable(rows)
    assert [index.estimate for index in bang(table)] == pytest.approx(list(bangs))
    assert james(table).estimate == pytest.approx(overall)


def test_where_nothing_can_vary_there_is_no_error():
    certain = GuessTable(((20, 0, 0), (0, 20, 0)))
    for index in (*bang(certain), james(certain), james(GuessTable(((0, 0, 5), (0, 0, 5))))):
        assert index.standard_error == 0
        assert index.low == index.high == index.estimate


def test_what_can_not_be_worked_out_is_no_number():
    empty = GuessTable(((3, 2, 1), (0, 0, 0)))
    assert [index.reason for index in bang(empty)] == [None, Reason.NO_ANSWERS]
    assert bang(empty)[1].estimate is None
    assert (james(empty).estimate, james(empty).reason) == (None, Reason.NO_ANSWERS)
    one_sided = james(GuessTable(((9, 0, 1), (0, 0, 10))))
    assert (one_sided.estimate, one_sided.low, one_sided.reason, one_sided.answers) == (
        None,
        None,
        Reason.UNDEFINED,
        20,
    )


@given(ROW, ROW)
def test_exchanging_the_arms_exchanges_the_results(one, other):
    table = GuessTable((one, other))
    turned = GuessTable(((other[1], other[0], other[2]), (one[1], one[0], one[2])))
    assert bang(turned) == bang(table)[::-1]
    assert james(turned).estimate == pytest.approx(james(table).estimate)
    assert james(turned).standard_error == pytest.approx(james(table).standard_error)


@given(ROW, ROW)
def test_one_more_right_guess_in_place_of_a_wrong_one_never_looks_better_blinded(one, other):
    assume(one[1] > 0)
    before = value(bang(GuessTable((one, other)))[0])
    after = value(bang(GuessTable(((one[0] + 1, one[1] - 1, one[2]), other)))[0])
    assert after > before


def test_intervals_widen_with_the_level():
    wide, narrow = james(CRISP, 0.99), james(CRISP, 0.9)
    ends: list[Any] = [wide.low, narrow.low, narrow.high, wide.high]
    assert ends == sorted(set(ends))
    for wrong in (0, 1, -0.5, 95):
        with pytest.raises(ValueError, match="between 0 and 1"):
            james(CRISP, wrong)
        with pytest.raises(ValueError, match="between 0 and 1"):
            bang(CRISP, wrong)


def test_who_did_not_answer_leaves_a_range():
    """30 right, 10 wrong, 10 don't know, 50 silent: from (20 - 50) to (20 + 50) of 100."""
    table = GuessTable(((30, 10, 10), (0, 0, 0)), unanswered=(50, 0))
    assert bang_range(table) == ((-0.3, 0.7), None)
    assert bang(table)[0].estimate == pytest.approx(20 / 50)
    whole = bang_range(CRISP)
    assert [ends[0] for ends in whole] == [ends[1] for ends in whole]
    assert [ends[0] for ends in whole] == [index.estimate for index in bang(CRISP)]


@pytest.mark.parametrize(
    ("rows", "unanswered", "words"),
    [
        (((1, 1, 1),), (), "2 or 3 arms"),
        (((1, 1), (1, 1)), (), "2 or 3 arms"),
        (((1, 1, 1, 1), (1, 1, 1, 1)), (), "2 or 3 arms"),
        (((1, 1, 1), (1, 1, 1, 1, 1)), (), "2 or 3 arms"),
        (((1,) * 5,) * 3, (), "2 or 3 arms"),
        (((1,) * 5,) * 4, (), "2 or 3 arms"),
        (((1, -1, 1), (1, 1, 1)), (), "not negative"),
        (((1, 1, 1), (1, 1, 1)), (1,), "each arm"),
        (((1, 1, 1), (1, 1, 1)), (1, -1), "not negative"),
    ],
)
def test_tables_of_another_shape_are_refused(rows, unanswered, words):
    with pytest.raises(ValueError, match=words):
        GuessTable(rows, unanswered)
