"""Permuted blocks: balanced at every block's end, never guessable from block ends, reproducible."""

import random
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from randomization.blocks import Design, DesignError, generate
from randomization.commitment import commit, holds
from randomization.simulation import simulate

SEED = bytes(range(32))
DESIGN = Design(("A", "B"), (1, 1), (2, 4, 6), ("01/naive", "01/relapsed"), 50)


@st.composite
def designs(draw):
    ratio = tuple(draw(st.lists(st.integers(1, 3), min_size=2, max_size=3)))
    arms = tuple("ABC"[: len(ratio)])
    sizes = tuple(sum(ratio) * n for n in draw(st.sets(st.integers(1, 4), min_size=1)))
    strata = tuple(draw(st.sets(st.sampled_from(["01/n", "01/r", "02/n", "02/r"]), min_size=1)))
    return Design(arms, ratio, sizes, strata, draw(st.integers(1, 60)))


@given(designs(), st.binary(min_size=32, max_size=32))
def test_every_block_holds_every_arm_in_its_ratio(design, seed):
    slots = generate(design, seed)
    for _key, block in groupby(slots, key=lambda s: (s.stratum, s.block)):
        members = list(block)
        assert len(members) in design.sizes
        times = len(members) // sum(design.ratio)
        assert Counter(s.arm for s in members) == {
            arm: share * times for arm, share in zip(design.arms, design.ratio, strict=True)
        }


@given(designs(), st.binary(min_size=32, max_size=32))
def test_numbers_run_through_within_each_stratum_and_the_last_block_is_whole(design, seed):
    slots = generate(design, seed)
    for stratum in design.strata:
        numbers = [s.number for s in slots if s.stratum == stratum]
        assert numbers == list(range(1, len(numbers) + 1))
        assert design.per_stratum <= len(numbers) < design.per_stratum + max(design.sizes)


@given(designs(), st.binary(min_size=32, max_size=32))
def test_within_a_stratum_the_arms_never_drift_apart(design, seed):
    """With equal shares, by no more than half the largest block at any time."""
    if set(design.ratio) != {1} or len(design.arms) != 2:
        return
    for stratum in design.strata:
        difference = 0
        for slot in generate(design, seed):
            if slot.stratum == stratum:
                difference += 1 if slot.arm == "A" else -1
                assert abs(difference) <= max(design.sizes) // 2


def test_seed_and_design_give_the_list_bit_by_bit():
    assert generate(DESIGN, SEED) == generate(DESIGN, SEED)
    assert generate(DESIGN, SEED) != generate(DESIGN, bytes(32))


def test_a_stratum_does_not_depend_on_which_others_there_are():
    alone = Design(("A", "B"), (1, 1), (2, 4, 6), ("01/relapsed",), 50)
    both = [s for s in generate(DESIGN, SEED) if s.stratum == "01/relapsed"]
    assert generate(alone, SEED) == both


@pytest.mark.req("F-021")
def test_over_ten_thousand_allocations_each_arm_comes_as_often():
    arms = Counter(generate(DESIGN, seed.to_bytes(32, "big"))[17].arm for seed in range(10_000))
    assert 0.485 < arms["A"] / 10_000 < 0.515


@pytest.mark.req("F-021")
def test_block_sizes_are_drawn_evenly():
    blocks: Counter[int] = Counter()
    for seed in range(400):
        slots = [s for s in generate(DESIGN, seed.to_bytes(32, "big")) if s.block <= 5]
        blocks.update(Counter((s.stratum, s.block) for s in slots).values())
    assert set(blocks) == {2, 4, 6}
    assert max(blocks.values()) < 1.1 * min(blocks.values())


@pytest.mark.req("F-021")
def test_runs_are_neither_too_few_nor_too_many():
    """The number of runs of equal arms over many lists, against all orders of each block."""
    found = sum(
        runs_of([s.arm for s in generate(DESIGN, seed.to_bytes(32, "big"))[:50]])
        for seed in range(400)
    )
    other = random.Random(7)
    expected = sum(runs_of(another_list(other)[:50]) for _ in range(4_000))
    assert abs(found / 400 - expected / 4_000) < 1  # five standard errors


def runs_of(arms) -> int:
    return sum(1 for _ in groupby(arms))


def another_list(generator: random.Random) -> list[str]:
    """The same scheme, written again with Python's own generator."""
    arms: list[str] = []
    while len(arms) < 50:
        half = generator.choice(DESIGN.sizes) // 2
        arms += generator.sample(["A"] * half + ["B"] * half, 2 * half)
    return arms


@pytest.mark.req("F-021")
@pytest.mark.parametrize(("ratio", "sizes"), [((1, 1), (4, 6)), ((2, 1), (3, 6)), ((1, 3), (4, 8))])
def test_ten_thousand_allocations_of_each_stratum_fit_the_ratio(ratio, sizes):
    """Chi-square with one degree of freedom, at places 1, 8 and 15 of each stratum."""
    strata = ("01-naive", "01-treated")
    design = Design(("A", "B"), ratio, sizes, strata, 20)
    found = {(stratum, place): 0 for stratum in strata for place in (1, 8, 15)}
    lists = 3_334
    for seed in range(lists):
        for slot in generate(design, (seed + 7).to_bytes(32, "big")):
            if slot.arm == "A" and (slot.stratum, slot.number) in found:
                found[slot.stratum, slot.number] += 1
    wanted = lists * ratio[0] / sum(ratio)
    for place, count in found.items():
        chi = (count - wanted) ** 2 / wanted + (count - wanted) ** 2 / (lists - wanted)
        assert chi < 15, place  # one in ten thousand


@pytest.mark.req("F-021")
@pytest.mark.parametrize("before", ["", "A", "AB", "ABA", "AABB"])
def test_who_knows_the_arms_so_far_does_not_know_where_the_block_ends(before):
    """With sizes of 4 and 6 the next arm is open until one has come three times in a block."""
    design = Design(("A", "B"), (1, 1), (4, 6), ("s",), 8)
    following: Counter[str] = Counter()
    for seed in range(4_000):
        arms = "".join(s.arm for s in generate(design, (seed + 99).to_bytes(32, "big")))
        if arms.startswith(before):
            following[arms[len(before)]] += 1
    assert min(following["A"], following["B"]) > 0.1 * sum(following.values())


def test_a_list_that_follows_counts_on():
    plain = Design(("A", "B"), (1, 1), (4, 6), ("x", "y"), 10)
    on = Design(("A", "B"), (1, 1), (4, 6), ("x", "y"), 10, (1, 31))
    numbers = [s.number for s in generate(on, SEED) if s.stratum == "y"]
    assert numbers == list(range(31, 31 + len(numbers)))
    assert [s.arm for s in generate(on, SEED)] == [s.arm for s in generate(plain, SEED)]


def test_somebody_who_counts_guesses_less_well_with_varying_sizes_than_with_twos():
    """That block ends can't be known is what varying sizes are for."""
    fixed = Design(("A", "B"), (1, 1), (2,), ("01/naive",), 60)
    varied = Design(("A", "B"), (1, 1), (4, 6, 8), ("01/naive",), 60)
    wins = [
        simulate(each, participants=60, runs=200, seed=SEED).guessed_right
        for each in (fixed, varied)
    ]
    assert wins[0] > 0.73  # every second one is certain: 75 %
    assert wins[1] < 0.70


def test_the_simulation_tells_balance():
    found = simulate(DESIGN, participants=80, runs=200, seed=SEED)
    assert found.worst_in_stratum <= 3
    assert found.worst_overall <= 6
    assert sum(found.final_differences.values()) == 200
    assert 70 < found.first_arm["A"] < 130


def test_more_participants_than_slots_are_not_simulated():
    design = Design(("A", "B"), (1, 1), (2, 4), ("s",), 4)
    with pytest.raises(ValueError, match="fewer slots"):
        simulate(design, participants=40, runs=1, seed=SEED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"arms": ("A",), "ratio": (1,)}, "two or more arms"),
        ({"arms": ("A", "A")}, "two or more arms"),
        ({"ratio": (1,)}, "one share"),
        ({"ratio": (0, 2)}, "at least 1"),
        ({"sizes": ()}, "different block sizes"),
        ({"sizes": (4, 4)}, "different block sizes"),
        ({"sizes": (3,)}, "fit the ratio"),
        ({"strata": ()}, "different strata"),
        ({"strata": ("x", "x")}, "different strata"),
        ({"per_stratum": 0}, "at least one slot"),
        ({"first": (1, 1)}, "one first number"),
        ({"first": (0,)}, "first numbers"),
    ],
)
def test_a_design_that_can_not_be_carried_out_is_refused(changes, why):
    given_ = {"arms": ("A", "B"), "ratio": (1, 1), "sizes": (2, 4), "strata": ("s",),
              "per_stratum": 10}  # fmt: skip
    with pytest.raises(DesignError, match=why):
        Design(**(given_ | changes))


def test_a_commitment_holds_for_its_list_alone():
    salt = bytes(range(32, 64))
    slots = generate(DESIGN, SEED)
    published = commit(slots, salt)
    assert holds(published, slots, salt)
    swapped = [slots[1], slots[0], *slots[2:]]
    assert not holds(published, swapped, salt)
    assert not holds(published, slots, bytes(32))
    with pytest.raises(ValueError, match="salt"):
        commit(slots, b"")
