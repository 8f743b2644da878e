"""What readers of a biopsy answer, beside the rules of its scores (clinical rules §5.1 to §5.3)."""

import pytest

from tests.unit.protocol.casebook.facts_visit_forms import well_formed
from trial.protocol.casebook.histology_scores import (
    COMPONENTS,
    CONFLUENT,
    CONSENSUS,
    FEATURES,
    FOCAL,
    GRADE,
    INTERFACE,
    ISHAK,
    METAVIR,
    PORTAL,
    STAGE,
    SYSTEMS,
)
from trial.protocol.crf import Form, Section, asked, missing
from trial.protocol.label import Label
from visits import histology
from visits.histology import System

READING = Form(
    code="reading",
    app="visits",
    label=Label("Reading", "阅片"),
    level="visit",
    domain="MI",
    sections=(Section("all", Label("All", "全部"), (*GRADE, *STAGE, *FEATURES, CONSENSUS)),),
)


def numbers(codes):
    return [int(one.code) for one in codes]


def test_questions_are_well_formed():
    well_formed(READING, ())


@pytest.mark.parametrize("letter", histology.COMPONENTS)
def test_a_component_has_each_score_of_its_scale(letter):
    assert numbers(COMPONENTS[letter].codes) == list(range(histology.COMPONENTS[letter] + 1))


def test_components_stand_in_the_order_of_the_index():
    assert [one.name for one in GRADE] == ["mhai_a", "mhai_b", "mhai_c", "mhai_d"]
    assert "".join(COMPONENTS) == "ABCD"
    assert all(one.label.en.startswith(letter) for letter, one in COMPONENTS.items())


@pytest.mark.parametrize(
    ("codes", "score", "words"),
    [
        (INTERFACE, 1, ("mild: focal, few portal areas", "少数汇管区")),
        (INTERFACE, 3, ("less than 50 %", "不足50%")),
        (INTERFACE, 4, ("more than 50 %", "超过50%")),
        (CONFLUENT, 2, ("zone 3 necrosis in some areas", "3区")),
        (CONFLUENT, 4, ("occasional portal-central bridging", "偶见")),
        (CONFLUENT, 5, ("multiple portal-central bridging", "多处")),
        (CONFLUENT, 6, ("panacinar", "全腺泡")),
        (FOCAL, 1, ("one focus or less", "≤1")),
        (FOCAL, 2, ("2 to 4", "2–4")),  # not the 1 to 4 of a retyped table
        (FOCAL, 3, ("5 to 10", "5–10")),
        (FOCAL, 4, ("more than 10", ">10")),
        (PORTAL, 1, ("mild, some or all", "部分或全部")),
        (PORTAL, 3, ("moderate to marked, all", "全部")),
        (ISHAK, 1, ("some portal areas", "部分汇管区")),
        (ISHAK, 3, ("occasional portal-portal", "P-P")),
        (ISHAK, 4, ("marked bridging", "明显桥接")),
        (ISHAK, 5, ("incomplete cirrhosis", "不完全性肝硬化")),
        (ISHAK, 6, ("probable or definite", "可能或确定")),
        (METAVIR, 2, ("few septa", "少数间隔")),
    ],
)
def test_scores_are_worded_as_in_the_clinical_rules(codes, score, words):
    label = codes[score].label
    assert words[0] in label.en
    assert words[1] in label.zh


@pytest.mark.parametrize(("codes", "system"), [(ISHAK, System.ISHAK), (METAVIR, System.METAVIR)])
def test_a_stage_is_read_in_its_system(codes, system):
    assert numbers(codes) == list(range(system.highest + 1))
    assert system.value in {one.code for one in SYSTEMS}
    question = READING.question(f"stage_{system.value}")
    assert question.codes == codes
    for other in System:
        assert asked(READING, question, {"stage_system": other.value}) is (other is system)
    assert not asked(READING, question, {})


def test_only_the_stage_of_the_system_used_is_needed():
    left = missing(READING, {"stage_system": "metavir"})
    assert "stage_metavir" in left
    assert "stage_ishak" not in left


def test_features_of_the_clinical_rules():
    assert {one.name for one in FEATURES} == {
        "interface_hepatitis", "plasma_cells", "emperipolesis", "rosettes", "portal_infiltrate",
        "centrilobular", "bile_duct_damage", "granuloma", "copper", "iron", "steatosis",
    }  # fmt: skip
    steatosis = READING.question("steatosis")
    assert [steatosis.problem(value) for value in (-1, 0, 100, 101)] == [
        "too_low", "", "", "too_high",
    ]  # fmt: skip


def test_categories_of_the_consensus():
    assert [one.code for one in CONSENSUS.codes] == ["likely", "possible", "unlikely"]


def test_no_total_is_asked():
    assert not [one for one in READING.questions if "total" in one.name]
