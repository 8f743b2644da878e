"""The closed list of CTCAE terms."""

from safety.ctcae import CTCAE_5
from trial.protocol.casebook.ctcae_terms import TERMS, VERSION


def test_every_laboratory_term_that_is_graded_can_be_chosen() -> None:
    chosen = {term.label.en for term in TERMS}
    assert {term.name for term in CTCAE_5.terms} <= chosen
    assert CTCAE_5.version == VERSION


def test_terms_are_one_to_one_in_both_languages() -> None:
    for words in ([term.label.en for term in TERMS], [term.label.zh for term in TERMS]):
        assert len(set(words)) == len(words)
    assert all(1 <= len(term.code) <= 20 and term.code.islower() for term in TERMS)


def test_no_code_of_meddra_is_shipped() -> None:
    """Clinical rules §10.4: eight digits would be one."""
    assert not any(part.isdigit() for term in TERMS for part in (term.code, term.cdisc))
