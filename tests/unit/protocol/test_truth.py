"""Kleene's AND, OR and NOT."""

from itertools import product

import pytest

from trial.protocol.truth import all_true, any_true, negate

RANK = {False: 0, None: 1, True: 2}  # AND is the minimum, OR the maximum


@pytest.mark.parametrize("terms", [(), *product(RANK, repeat=1), *product(RANK, repeat=3)])
def test_and_is_the_least_and_or_the_greatest_term(terms):
    ranks = [RANK[term] for term in terms]
    assert RANK[all_true(*terms)] == min(ranks, default=2)
    assert RANK[any_true(*terms)] == max(ranks, default=0)
    assert negate(all_true(*terms)) is any_true(*(negate(term) for term in terms))
