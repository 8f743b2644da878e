"""Edit checks of the diagnosis; clinical rules §1.2 (I2, E1, E3, E6) and §4.1."""

from trial.protocol.common_checks import answer_is
from trial.protocol.crf import Case
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before

_TYPICAL = ("interface", "lymphoplasmacytic", "rosettes", "emperipolesis")


def _virus(code: str, marker: str) -> Check:
    return answer_is(
        code, "diagnosis", marker, ("positive",),
        "Positive: viral hepatitis is an exclusion criterion (E3).",
        "阳性：病毒性肝炎为排除标准（E3）。",
    )  # fmt: skip


def _thrombosis(code: str, vessel: str) -> Check:
    return answer_is(
        code, "diagnosis", vessel, ("active",),
        "Active thrombosis of portal or hepatic veins is an exclusion criterion (E6).",
        "门静脉或肝静脉活动性血栓为排除标准（E6）。",
    )  # fmt: skip


def _rna_open(case: Case) -> bool:
    """Whether the antibody leaves hepatitis C open and the RNA does not settle it."""
    return case["anti_hcv"] == "positive" and case["hcv_rna"] in ("not_done", "indeterminate")


def _less_than_typical(case: Case) -> bool:
    return case["histology"] == "typical" and any(case[one] is False for one in _TYPICAL)


def _more_than_compatible(case: Case) -> bool:
    return case["histology"] == "compatible" and all(case[one] is True for one in _TYPICAL)


def _hepatitis_after_all(case: Case) -> bool:
    return case["histology"] == "no_hepatitis" and case["interface"] is True


def _biopsy_too_late(case: Case) -> bool:
    """Whether the biopsy is later than day 0, which it is to come before."""
    return surely_before(case.person.day0_on, case["biopsy_on"]) is True


def _doppler_too_late(case: Case) -> bool:
    return surely_before(case.person.day0_on, case["doppler_on"]) is True


def _autoimmune_in_history(case: Case) -> bool:
    rows = case.facts.all("medical_history")
    return case["autoimmune"] is False and any(row["category"] == "autoimmune" for row in rows)


CHECKS = (
    _virus("DX-01", "hav_igm"),
    _virus("DX-02", "hbsag"),
    _virus("DX-03", "hcv_rna"),
    _virus("DX-04", "hev_igm"),
    _virus("DX-05", "other_virus"),
    Check(
        "DX-06", "diagnosis", ("hcv_rna", "anti_hcv"), "soft",
        Label(
            "Anti-HCV is positive: HCV RNA has to show whether there is hepatitis C (E3).",
            "抗-HCV阳性：须由HCV RNA判断是否为丙型肝炎（E3）。",
        ),
        _rna_open,
    ),
    Check(
        "DX-07", "diagnosis", ("histology", *_TYPICAL), "soft",
        Label(
            "Typical histology shows interface hepatitis, lymphoplasmacytic infiltrate, rosettes "
            "and emperipolesis; one of them is answered no.",
            "典型组织学应同时有界面性肝炎、淋巴浆细胞浸润、玫瑰花环和穿入现象，但其中有一项答为“否”。",
        ),
        _less_than_typical, needs=("histology",),
    ),
    Check(
        "DX-08", "diagnosis", ("histology", *_TYPICAL), "soft",
        Label(
            "All typical features are there, but the histology is given as compatible.",
            "全部典型特征均存在，但组织学结论为“符合”。",
        ),
        _more_than_compatible,
    ),
    Check(
        "DX-09", "diagnosis", ("histology", "interface"), "hard",
        Label(
            "Interface hepatitis is a hepatitis: the histology can't be “No hepatitis”.",
            "界面性肝炎即为肝炎：组织学结论不能为“无肝炎表现”。",
        ),
        _hepatitis_after_all,
    ),
    answer_is(
        "DX-10", "diagnosis", "histology", ("not_done",),
        "Without a biopsy the simplified score is not valid for inclusion criterion I2.",
        "无肝活检时，简化评分不能用于入选标准I2。",
    ),
    answer_is(
        "DX-11", "diagnosis", "histology", ("no_hepatitis",),
        "Without hepatitis on biopsy the diagnosis is not made, whatever the score (I2).",
        "肝活检无肝炎表现时，无论评分多少均不能诊断（I2）。",
    ),
    Check(
        "DX-12", "diagnosis", ("biopsy_on",), "soft",
        Label("The biopsy before entry is dated after day 0.", "入组前肝活检的日期晚于第0天。"),
        _biopsy_too_late,
    ),
    Check(
        "DX-13", "diagnosis", ("autoimmune",), "soft",
        Label(
            "The medical history has another autoimmune disease.",
            "病史中记录有其他自身免疫性疾病。",
        ),
        _autoimmune_in_history, reads=("medical_history",),
    ),
    answer_is(
        "DX-14", "diagnosis", "lesion", ("suspicious", "hcc"),
        "Hepatocellular carcinoma is an exclusion criterion (E1).",
        "肝细胞癌为排除标准（E1）。",
    ),
    answer_is(
        "DX-15", "diagnosis", "liver_imaging", ("none",),
        "Without imaging hepatocellular carcinoma is not excluded (E1).",
        "未行影像学检查，不能排除肝细胞癌（E1）。",
    ),
    Check(
        "DX-16", "diagnosis", ("afp",), "soft",
        Label(
            "Without AFP hepatocellular carcinoma is not excluded (E1).",
            "未检测AFP，不能排除肝细胞癌（E1）。",
        ),
        lambda case: case["afp"] is False,
    ),
    _thrombosis("DX-17", "portal_vein"),
    _thrombosis("DX-18", "hepatic_veins"),
    Check(
        "DX-19", "diagnosis", ("doppler",), "soft",
        Label(
            "Doppler ultrasound is required at screening (E6).", "筛选时须行多普勒超声检查（E6）。"
        ),
        lambda case: case["doppler"] is False,
    ),
    Check(
        "DX-20", "diagnosis", ("doppler_on",), "soft",
        Label(
            "The Doppler ultrasound of screening is dated after day 0.",
            "筛选期多普勒超声的日期晚于第0天。",
        ),
        _doppler_too_late,
    ),
)  # fmt: skip
