"""The reading order: reproducible, blind, and no participant twice in a row if avoidable (§5.3)."""

import hmac
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visits.central_reading import Specimen, meetings, reading_order

SEED = bytes(range(32))


def specimens(*counts):
    return [
        Specimen(f"{name}{visit}", name)
        for name, count in zip("ABCDEFGHIJ", counts, strict=False)
        for visit in range(count)
    ]


def order(given_, *, seed=SEED, reader="r1", batch="1", after=None):
    return reading_order(given_, seed=seed, reader=reader, batch=batch, after=after)


def test_an_order_never_changes():
    """Who checks the order in later years must get the same one."""
    found = [one.code for one in order(specimens(2, 2, 2))]
    assert found == ["A1", "C0", "B0", "C1", "A0", "B1"]


def test_without_anybody_twice_the_order_is_that_of_the_digests():
    """A second implementation of the random order, one digest after the other."""

    def digest(one):
        key = SEED
        for text in ("reading-order-1", "1", "r1", one.code):
            key = hmac.new(key, text.encode(), "sha256").digest()
        return key

    every = specimens(*[1] * 10)
    assert list(order(every)) == sorted(every, key=digest)


def test_the_order_given_does_not_matter():
    all_of_them = specimens(3, 3, 3)
    assert order(all_of_them) == order(all_of_them[::-1])


@pytest.mark.parametrize(
    "change",
    [{"reader": "r2"}, {"batch": "2"}, {"seed": bytes(32)}, {"reader": "1", "batch": "r1"}],
)
def test_reader_batch_and_seed_each_give_another_order(change):
    assert order(specimens(*[3] * 10)) != order(specimens(*[3] * 10), **change)


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(lambda counts: sum(counts) <= 7),
    st.sampled_from([None, "A", "B", "Z"]),
    st.binary(min_size=32, max_size=32),
)
def test_as_few_meet_as_the_best_of_all_orders(counts, after, seed):
    """Against every order there is: nothing is lost, and no order has fewer meetings."""
    every = specimens(*counts)
    before = [Specimen("before", after)] if after else []
    found = order(every, seed=seed, after=after)
    assert Counter(found) == Counter(every)
    least = min(meetings([*before, *one]) for one in permutations(every))
    assert meetings([*before, *found]) == least


def test_a_usual_batch_has_no_two_of_one_participant_in_a_row():
    names = [f"P{number:03}" for number in range(100)]
    every = [Specimen(f"{name}-{visit}", name) for name in names for visit in range(3)]
    for reader in ("r1", "r2"):
        assert meetings(order(every, reader=reader)) == 0


def test_one_participant_alone_cannot_be_kept_apart():
    assert meetings(order(specimens(3))) == 2
    assert meetings(order(specimens(4, 1))) == 2
    assert meetings(order(specimens(2, 1))) == 0


def test_time_points_are_spread_evenly():
    """Over many seeds the first biopsy of somebody comes before the second half of the time."""
    every = specimens(*[2] * 6)
    earlier = 0
    for number in range(600):
        codes = [one.code for one in order(every, seed=number.to_bytes(32))]
        earlier += codes.index("A0") < codes.index("A1")
    assert abs(earlier - 300) < 4.5 * 12.25  # far beyond chance


def test_what_can_not_be_ordered_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        order(specimens(1), seed=b"short")
    with pytest.raises(ValueError, match="one code"):
        order([Specimen("x", "A"), Specimen("x", "B")])
    assert order([]) == ()
