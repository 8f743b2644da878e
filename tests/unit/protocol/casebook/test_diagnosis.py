"""The diagnosis: what the scores take, its chains of questions and its checks (§1.2, §4)."""

from datetime import date
from decimal import Decimal

import pytest

from patients.iaihg_revised import Response, RevisedInputs, score_before
from patients.iaihg_simplified import Histology, SimplifiedInputs, simplified_score
from patients.points import Measured
from tests.unit.protocol.casebook.facts_patients import DAY_0, case, found, needed, sound
from trial.protocol.answers import RESULTS, truth
from trial.protocol.casebook.diagnosis import CHECKS, FORM
from trial.protocol.diagnosis import RevisedScoreParameters
from trial.protocol.titres import TITRES, titre

FEATURES = ("interface", "lymphoplasmacytic", "rosettes", "emperipolesis")


def diagnosis(**answers):
    return case("diagnosis", answers)


def features(**others):
    return {**dict.fromkeys(FEATURES, True), **others}


def test_the_form_is_sound():
    sound(FORM, CHECKS)


def measured(code):
    known = titre(code)
    return None if known is None else Measured(known.value, known.comparator)


@pytest.mark.parametrize(
    ("code", "simplified", "as_lkm", "revised"),
    [
        ("lt40", (0,), (0,), (0,)),
        ("lt80", (0, 1), (0, 2), (0, 1)),
        ("lt100", (0, 1, 2), (0, 2), (0, 1, 2, 3)),
        ("40", (1,), (2,), (1,)),
        ("80", (2,), (2,), (2,)),
        ("100", (2,), (2,), (3,)),
        ("160", (2,), (2,), (3,)),
        ("320", (2,), (2,), (3,)),
        ("640", (2,), (2,), (3,)),
        ("ge1000", (2,), (2,), (3,)),
        ("positive", (0, 1, 2), (0, 2), (0, 1, 2, 3)),
        ("not_done", (0, 1, 2), (0, 2), (0, 1, 2, 3)),
    ],
)
def test_each_titre_gives_the_points_of_both_scores(code, simplified, as_lkm, revised):
    none = Measured(Decimal(0))
    ana = SimplifiedInputs(ana=measured(code), sma=none, lkm=none, sla=False)
    lkm = SimplifiedInputs(ana=none, sma=none, lkm=measured(code), sla=False)
    before = RevisedInputs(ana=measured(code), sma=none, lkm1=none)
    assert points(simplified_score(ana), "autoantibodies") == simplified
    assert points(simplified_score(lkm), "autoantibodies") == as_lkm
    before_treatment = score_before(before, RevisedScoreParameters())
    assert points(before_treatment, "autoantibodies") == revised


def points(score, code):
    (item,) = (item for item in score.items if item.code == code)
    return item.possible


def test_every_titre_of_the_list_is_tried_above():
    assert [one.code for one in TITRES] == [
        "lt40", "lt80", "lt100", "40", "80", "100", "160", "320", "640", "ge1000", "positive",
        "not_done",
    ]  # fmt: skip


def test_what_is_not_known_of_a_result_stays_unknown():
    answers = {one.code: truth(one.code) for one in RESULTS}
    assert answers == {
        "positive": True,
        "negative": False,
        "indeterminate": None,
        "not_done": None,
    }
    assert truth("") is None


def test_histology_and_response_have_the_codes_of_the_rules():
    assert {one.code for one in FORM.question("histology").codes} == set(Histology)
    assert {one.code for one in FORM.question("response").codes} == {*Response, "unknown"}


def test_a_titre_asks_for_its_method_and_day_only_where_it_was_done():
    assert {"ana_method", "ana_on"} <= needed(FORM, ana="lt40")
    assert not {"ana_method", "ana_on"} & needed(FORM, ana="not_done")
    assert not {"ana_method", "ana_on"} & needed(FORM)


def test_a_biopsy_asks_for_its_findings_and_other_changes_for_which():
    asked = {*FEATURES, "biopsy_on", "biliary", "other_changes"}
    assert asked <= needed(FORM, histology="atypical")
    assert not asked & needed(FORM, histology="not_done")
    assert "other_changes_which" in needed(FORM, histology="typical", other_changes=True)
    # the chain is broken at its first link
    assert "other_changes_which" not in needed(FORM, histology="not_done", other_changes=True)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"treated_before": True}, "response"),
        ({"other_antibody": "positive"}, "other_antibody_which"),
        ({"other_virus": "negative"}, "other_virus_which"),
        ({"hepatotoxic_drugs": True}, "hepatotoxic_which"),
        ({"autoimmune": True}, "autoimmune_which"),
        ({"afp": True}, "afp_on"),
        ({"liver_imaging": "ct"}, "lesion"),
        ({"doppler": True}, "portal_vein"),
        ({"doppler": True}, "hepatic_veins"),
        ({"cirrhosis": True}, "cirrhosis_by"),
    ],
)
def test_what_is_asked_only_after_an_answer(answers, asked):
    assert asked in needed(FORM, **answers)
    assert asked not in needed(FORM)


def test_everything_the_exclusions_need_is_needed():
    assert needed(FORM) >= {
        "ana", "sma", "lkm1", "sla_lp", "ama", "viral_on", "hav_igm", "hbsag", "anti_hcv",
        "hcv_rna", "hev_igm", "hepatotoxic_drugs", "alcohol_g", "autoimmune", "hla_dr3", "hla_dr4",
        "histology", "afp", "liver_imaging", "doppler", "cirrhosis",
    }  # fmt: skip


def test_alcohol_is_doubted_above_60_grams():
    alcohol = FORM.question("alcohol_g")
    assert not alcohol.doubtful(Decimal(60))
    assert alcohol.doubtful(Decimal(61))
    assert alcohol.problem(Decimal(-1)) == "too_low"


@pytest.mark.parametrize(
    ("answers", "fires"),
    [
        ({"hav_igm": "positive"}, "DX-01"),
        ({"hbsag": "positive"}, "DX-02"),
        ({"hcv_rna": "positive"}, "DX-03"),
        ({"hev_igm": "positive"}, "DX-04"),
        ({"other_virus": "positive"}, "DX-05"),
        ({"anti_hcv": "positive", "hcv_rna": "not_done"}, "DX-06"),
        ({"anti_hcv": "positive", "hcv_rna": "indeterminate"}, "DX-06"),
        ({"histology": "typical", "rosettes": False}, "DX-07"),
        ({"histology": "compatible", **features()}, "DX-08"),
        ({"histology": "no_hepatitis", "interface": True}, "DX-09"),
        ({"histology": "not_done"}, "DX-10"),
        ({"lesion": "suspicious"}, "DX-14"),
        ({"lesion": "hcc"}, "DX-14"),
        ({"liver_imaging": "none"}, "DX-15"),
        ({"afp": False}, "DX-16"),
        ({"portal_vein": "active"}, "DX-17"),
        ({"hepatic_veins": "active"}, "DX-18"),
        ({"doppler": False}, "DX-19"),
    ],
)
def test_what_each_check_finds(answers, fires):
    assert fires in found(CHECKS, diagnosis(**answers))


def test_no_hepatitis_is_said_to_rule_out_the_diagnosis():
    assert found(CHECKS, diagnosis(histology="no_hepatitis", interface=False)) == {"DX-11"}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"hav_igm": "negative", "hbsag": "not_done", "hev_igm": "indeterminate"},
        {"other_virus": "negative"},
        {"anti_hcv": "positive", "hcv_rna": "negative"},
        {"anti_hcv": "positive"},
        {"anti_hcv": "negative", "hcv_rna": "not_done"},
        {"histology": "typical", **features()},
        {"histology": "typical"},
        {"histology": "typical", "rosettes": None},
        {"histology": "compatible", **features(rosettes=False)},
        {"histology": "compatible", **features(rosettes=None)},
        {"histology": "atypical", **features()},
        {"interface": True},
        {"lesion": "benign", "liver_imaging": "mri"},
        {"portal_vein": "old", "hepatic_veins": "no"},
        {"doppler": True, "afp": True},
        {"autoimmune": False},
    ],
)
def test_what_no_check_finds(answers):
    assert not found(CHECKS, diagnosis(**answers))


@pytest.mark.parametrize(
    ("biopsy_on", "late"),
    [("2026-03-10", False), ("2026-03-11", True), ("2026-03", False), ("2026-04", True)],
)
def test_the_biopsy_before_entry_is_not_after_day_0(biopsy_on, late):
    one = case("diagnosis", {"biopsy_on": biopsy_on}, person={"day0_on": DAY_0})
    assert ("DX-12" in found(CHECKS, one)) is late
    assert not found(CHECKS, diagnosis(biopsy_on=biopsy_on))  # day 0 is not known


def test_the_doppler_of_screening_is_not_after_day_0():
    for on, late in ((DAY_0, False), (date(2026, 3, 11), True)):
        one = case("diagnosis", {"doppler_on": on}, person={"day0_on": DAY_0})
        assert (found(CHECKS, one) == {"DX-20"}) is late
    assert not found(CHECKS, diagnosis(doppler_on=date(2026, 3, 11)))


@pytest.mark.parametrize(
    ("autoimmune", "category", "fires"),
    [
        (False, "autoimmune", True),
        (True, "autoimmune", False),
        (None, "autoimmune", False),
        (False, "liver", False),
    ],
)
def test_no_autoimmune_disease_but_one_in_the_history(autoimmune, category, fires):
    one = case("diagnosis", {"autoimmune": autoimmune}, medical_history=[{"category": category}])
    assert ("DX-13" in found(CHECKS, one)) is fires
