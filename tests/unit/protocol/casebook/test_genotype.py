"""The genotypes before azathioprine (§7.2)."""

import pytest

from tests.unit.protocol.casebook.facts_patients import needed, sound
from trial.protocol.casebook.genotype import FORM


def test_the_form_is_sound():
    sound(FORM, ())


@pytest.mark.parametrize("gene", ["tpmt", "nudt15"])
def test_a_method_and_day_belong_to_what_was_tested(gene):
    follow = {f"{gene}_method", f"{gene}_on"}
    assert needed(FORM) == {"tpmt", "nudt15"}
    for result in ("normal", "intermediate", "poor"):
        assert follow <= needed(FORM, **{gene: result})
    assert not follow & needed(FORM, **{gene: "not_tested"})
