"""The protocol's words that exports put on rows: one meaning each, over all versions."""

from reports import expressions
from reports.datasets import DATASETS
from reports.presenters.data import TITLES


def test_no_two_versions_disagree_about_an_analyte():
    """A stored canonical value has no version of its own: its unit must mean the same for ever."""
    for version in expressions.VERSIONS:
        for analyte in version.analytes:
            known = expressions.ANALYTES[analyte.code]
            assert analyte.canonical_unit == known.canonical_unit
            assert dict(analyte.loinc).items() <= dict(known.loinc).items()


def test_every_analyte_has_its_words():
    for code, analyte in expressions.ANALYTES.items():
        assert expressions.ANALYTE_NAMES[code]
        assert expressions.CANONICAL_UNITS[code]
        for unit in analyte.units:
            assert expressions.LOINC[code, unit.code]
            assert expressions.UCUM[code, unit.code]


def test_every_formula_and_rule_a_protocol_asks_for_is_exported():
    for version in expressions.VERSIONS:
        assert set(version.endpoints.meld_formulas) <= set(expressions.FORMULAS)
        assert set(version.endpoints.relapse_rule_sets) <= set(expressions.RULES)


def test_every_dataset_is_offered_on_the_page():
    assert set(TITLES) == set(DATASETS)


def test_column_names_are_plain_and_their_own():
    for dataset in DATASETS.values():
        assert len(set(dataset.names)) == len(dataset.names)
        assert all(name.isascii() and name.islower() for name in dataset.names)
        assert all(column.text for column in dataset.columns)
