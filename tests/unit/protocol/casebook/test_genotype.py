"""The genotypes before azathioprine (§7.2)."""

import pytest

from tests.unit.protocol.casebook.facts_patients import case, found, needed, sound
from trial.protocol.casebook.genotype import CHECKS, FORM


def test_the_form_is_sound():
    sound(FORM, CHECKS)


@pytest.mark.parametrize("gene", ["tpmt", "nudt15"])
def test_a_method_and_day_belong_to_what_was_tested(gene):
    follow = {f"{gene}_method", f"{gene}_on"}
    assert needed(FORM) == {"tpmt", "nudt15"}
    for result in ("normal", "intermediate", "poor"):
        assert follow <= needed(FORM, **{gene: result})
    assert not follow & needed(FORM, **{gene: "not_tested"})


@pytest.mark.parametrize(("gene", "code"), [("tpmt", "GT-01"), ("nudt15", "GT-02")])
def test_a_test_is_not_to_come(gene, code):
    assert found(CHECKS, case("genotype", {f"{gene}_on": "2026-07"})) == {code}
    assert not found(CHECKS, case("genotype", {f"{gene}_on": "2026-06"}))
    assert not found(CHECKS, case("genotype", {}))
