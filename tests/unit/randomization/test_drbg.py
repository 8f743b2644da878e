"""The generator: stable for ever, even, and different for each label."""

import hashlib
import hmac
from collections import Counter

import pytest

from randomization.drbg import Stream

SEED = bytes(range(32))


def test_the_first_words_are_those_of_the_definition():
    """A second implementation, straight from the sentence that defines it."""
    stream = Stream(SEED, "x")
    words = [
        int.from_bytes(hmac.new(SEED, b"x\x00" + n.to_bytes(8, "big"), hashlib.sha256).digest()[:8])
        for n in range(5)
    ]
    assert [stream.below(1 << 32) for _ in range(5)] == [word % (1 << 32) for word in words]


def test_a_known_sequence_never_changes():
    """Lists that were committed to must come out the same in every later version."""
    stream = Stream(SEED, "frozen")
    assert [stream.below(6) for _ in range(12)] == [5, 1, 0, 2, 0, 5, 5, 4, 5, 3, 1, 0]


@pytest.mark.parametrize("bound", [2, 3, 6, 7, 100])
def test_every_number_is_as_likely(bound):
    stream = Stream(SEED, f"even{bound}")
    draws = 3_000 * bound
    counts = Counter(stream.below(bound) for _ in range(draws))
    chi = sum((counts[n] - 3_000) ** 2 / 3_000 for n in range(bound))
    assert chi < bound - 1 + 4.5 * (2 * (bound - 1)) ** 0.5  # far beyond chance


def test_labels_give_independent_streams():
    one, other = Stream(SEED, "a"), Stream(SEED, "b")
    same = sum(one.below(2) == other.below(2) for _ in range(4_000))
    assert 1_850 < same < 2_150


@pytest.mark.parametrize("seed", [b"", b"short", bytes(31), bytes(33)])
def test_a_seed_of_another_length_is_refused(seed):
    with pytest.raises(ValueError, match="32 bytes"):
        Stream(seed, "x")


@pytest.mark.parametrize("bound", [0, -1, (1 << 32) + 1])
def test_a_bound_out_of_range_is_refused(bound):
    with pytest.raises(ValueError, match="bound"):
        Stream(SEED, "x").below(bound)


def test_a_shuffle_keeps_what_it_shuffles_and_reaches_every_order():
    stream = Stream(SEED, "orders")
    seen: Counter[str] = Counter()
    for _ in range(2_400):
        items = ["a", "b", "c", "d"]
        stream.shuffle(items)
        seen["".join(items)] += 1
    assert len(seen) == 24
    assert max(seen.values()) < 150
    assert min(seen.values()) > 60
