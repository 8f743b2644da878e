"""Minimisation: the worked example of clinical rules §9, and what must always hold."""

from fractions import Fraction

import pytest

from randomization.drbg import Stream
from randomization.minimisation import (
    PARTS,
    Scheme,
    choose,
    decide,
    drawn,
    imbalance,
    probabilities,
)
from randomization.simulation import simulate_minimisation

SCHEME = Scheme(("T", "P"), {"site": 1, "sex": 1, "status": 1})
# Clinical rules §9: totals at the patient's levels: site A T5/P4, female T7/P6, naive T3/P4.
TOTALS = {
    ("site", "A"): {"T": 5, "P": 4},
    ("sex", "F"): {"T": 7, "P": 6},
    ("status", "naive"): {"T": 3, "P": 4},
    ("site", "B"): {"T": 99, "P": 0},
}
LEVELS = {"site": "A", "sex": "F", "status": "naive"}


def test_the_worked_example():
    assert imbalance(SCHEME, TOTALS, LEVELS, "T") == 4
    assert imbalance(SCHEME, TOTALS, LEVELS, "P") == 2
    assert probabilities(SCHEME, TOTALS, LEVELS) == {"T": Fraction(1, 5), "P": Fraction(4, 5)}


def test_weights_decide():
    heavy = Scheme(("T", "P"), {"site": 1, "sex": 1, "status": 5})
    assert imbalance(heavy, TOTALS, LEVELS, "T") == 2 + 2 + 5 * 0
    assert imbalance(heavy, TOTALS, LEVELS, "P") == 0 + 0 + 5 * 2
    assert probabilities(heavy, TOTALS, LEVELS)["T"] == Fraction(4, 5)


def test_a_tie_is_even():
    assert probabilities(SCHEME, {}, LEVELS) == {"T": Fraction(1, 2), "P": Fraction(1, 2)}


def test_three_arms_share_the_rest():
    scheme = Scheme(("A", "B", "C"), {"site": 1}, Fraction(4, 5))
    found = probabilities(scheme, {("site", "A"): {"A": 2, "B": 1}}, {"site": "A"})
    assert found == {"A": Fraction(1, 10), "B": Fraction(1, 10), "C": Fraction(4, 5)}
    tied = probabilities(scheme, {("site", "A"): {"A": 2}}, {"site": "A"})
    assert tied == {"A": Fraction(1, 10), "B": Fraction(9, 20), "C": Fraction(9, 20)}
    assert sum(tied.values()) == 1


def test_the_preferred_arm_comes_as_often_as_its_probability_says():
    stream = Stream(bytes(32), "minimisation")
    chosen = [choose(SCHEME, TOTALS, LEVELS, stream) for _ in range(10_000)]
    assert 0.785 < chosen.count("P") / 10_000 < 0.815


def test_it_keeps_the_margins_together():
    stream = Stream(bytes(range(32)), "trial")
    totals: dict = {}
    for number in range(200):
        levels = {
            "site": "AB"[number % 2], "sex": "FM"[stream.below(2)], "status": "nr"[stream.below(2)],
        }  # fmt: skip
        arm = choose(SCHEME, totals, levels, stream)
        for pair in levels.items():
            counts = totals.setdefault(pair, {"T": 0, "P": 0})
            counts[arm] += 1
    assert all(abs(c["T"] - c["P"]) <= 12 for c in totals.values())


@pytest.mark.parametrize("p", [Fraction(1, 3), Fraction(11, 10)])
def test_a_probability_out_of_bounds_is_refused(p):
    with pytest.raises(ValueError, match="probability"):
        Scheme(("T", "P"), {"site": 1}, p)


@pytest.mark.req("F-020")
def test_the_draws_follow_from_the_seed_and_no_two_seeds_give_the_same():
    seed = bytes(range(32))
    assert drawn(seed, 50) == drawn(seed, 50)
    assert drawn(seed, 50) != drawn(bytes(32), 50)
    assert [slot.number for slot in drawn(seed, 3, first=41)] == [41, 42, 43]
    assert [slot.arm for slot in drawn(seed, 3, first=41)] == [s.arm for s in drawn(seed, 3)]


def test_a_draw_decides_at_the_edge_of_the_probability():
    assert decide(SCHEME, TOTALS, LEVELS, 1_999) == "T"
    assert decide(SCHEME, TOTALS, LEVELS, 2_000) == "P"
    assert decide(SCHEME, TOTALS, LEVELS, PARTS - 1) == "P"


@pytest.mark.req("F-021")
def test_over_ten_thousand_simulated_allocations_balance_stays_and_guessing_pays_little():
    profiles = {
        f"{site}-{group}": {"site": site, "group": group} for site in "12" for group in "nt"
    }
    scheme = Scheme(("A", "B"), {"site": 1, "group": 1})
    found = simulate_minimisation(
        scheme, profiles, participants=100, runs=100, seed=bytes(range(32))
    )
    assert found.worst_overall <= 12
    assert sum(found.final_differences.values()) == 100
    assert 0.6 < found.guessed_right < 0.8  # at most what the preferred arm is given with
    assert 30 < found.first_arm["A"] < 70


def test_without_preference_nothing_can_be_guessed():
    profiles = {"1-n": {"site": "1"}}
    coin = Scheme(("A", "B"), {"site": 1}, Fraction(1, 2))
    found = simulate_minimisation(coin, profiles, participants=100, runs=100, seed=bytes(32))
    assert 0.48 < found.guessed_right < 0.52
