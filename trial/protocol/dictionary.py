"""The laboratory dictionary of clinical rules §6.1: codes, units, limits and default ranges.

LBTESTCD and NCI codes follow CDISC SDTM terminology 2025-03-25. A dagger (†) marks a code from
general knowledge whose display text has not been checked against a published mapping; every LOINC
code passes its check digit. Default ranges are typical of adults in China and to be confirmed: the
site laboratory's own range always comes first. Canonical units are the SI column.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from trial.protocol import unit_sets
from trial.protocol.analytes import Analyte, DefaultRange, Limits, Sex, Unit
from trial.protocol.label import Label


def _loinc(units: tuple[Unit, ...], code: str, **other: str) -> Mapping[str, str]:
    """Give every unit ``code``; ``other`` names the code of a unit, written without its slash."""
    return MappingProxyType({u.code: other.get(u.code.replace("/", "_"), code) for u in units})


def _range(
    low: str | None,
    high: str | None,
    sex: Sex | None = None,
    age_low: int = 0,
    age_high: int | None = None,
) -> DefaultRange:
    return DefaultRange(
        sex,
        age_low,
        age_high,
        None if low is None else Decimal(low),
        None if high is None else Decimal(high),
    )


def _limits(
    soft: tuple[str | None, str | None],
    hard: tuple[str, str],
    *,
    low_refused: bool = False,
    swap_low: str | None = None,
) -> Limits:
    """Limits from text; ``low_refused``: the hard low bound itself is refused."""
    soft_low, soft_high = (None if bound is None else Decimal(bound) for bound in soft)
    return Limits(
        soft_low=soft_low,
        soft_high=soft_high,
        hard_low=Decimal(hard[0]),
        hard_high=Decimal(hard[1]),
        hard_low_inclusive=low_refused,
        swap_low=None if swap_low is None else Decimal(swap_low),
    )


_LIVER = (
    Analyte(
        code="ALT",
        name=Label("Alanine aminotransferase (ALT)", "丙氨酸氨基转移酶（ALT）"),
        nci_code="C64433",
        loinc=_loinc(unit_sets.ENZYME, "1742-6"),
        units=unit_sets.ENZYME,
        limits=_limits(("5", "1000"), ("0", "20000"), low_refused=True),
        default_ranges=(_range("9", "50", "M"), _range("7", "40", "F")),
        decimals=0,
        specimen="SERUM",
        group="liver",
    ),
    Analyte(
        code="AST",
        name=Label("Aspartate aminotransferase (AST)", "天门冬氨酸氨基转移酶（AST）"),
        nci_code="C64467",
        loinc=_loinc(unit_sets.ENZYME, "1920-8"),
        units=unit_sets.ENZYME,
        limits=_limits(("5", "1000"), ("0", "20000"), low_refused=True),
        default_ranges=(_range("15", "40", "M"), _range("13", "35", "F")),
        decimals=0,
        specimen="SERUM",
        group="liver",
    ),
    Analyte(
        code="ALP",
        name=Label("Alkaline phosphatase (ALP)", "碱性磷酸酶（ALP）"),
        nci_code="C64432",
        loinc=_loinc(unit_sets.ENZYME, "6768-6"),
        units=unit_sets.ENZYME,
        limits=_limits(("20", "600"), ("0", "5000"), low_refused=True),
        default_ranges=(
            _range("45", "125", "M"),
            _range("35", "100", "F", age_high=49),
            _range("50", "135", "F", age_low=50),
        ),
        decimals=0,
        specimen="SERUM",
        group="liver",
    ),
    Analyte(
        code="GGT",
        name=Label("Gamma-glutamyl transferase (GGT)", "γ-谷氨酰转移酶（GGT）"),
        nci_code="C64847",
        loinc=_loinc(unit_sets.ENZYME, "2324-2"),
        units=unit_sets.ENZYME,
        limits=_limits(("3", "1000"), ("0", "10000"), low_refused=True),
        default_ranges=(_range("10", "60", "M"), _range("7", "45", "F")),
        decimals=0,
        specimen="SERUM",
        group="liver",
    ),
    Analyte(
        code="BILI",
        name=Label("Total bilirubin", "总胆红素"),
        nci_code="C38037",
        loinc=_loinc(unit_sets.BILIRUBIN, "14631-6", mg_dL="1975-2"),
        units=unit_sets.BILIRUBIN,
        # Below 3 umol/L the number is far more often a normal value in mg/dL.
        limits=_limits((None, "170"), ("0.5", "1000"), swap_low="3"),
        default_ranges=(_range(None, "26", "M"), _range(None, "21", "F")),
        decimals=1,
        specimen="SERUM",
        group="liver",
    ),
    Analyte(
        code="BILDIR",
        name=Label("Direct bilirubin", "直接胆红素"),
        nci_code="C64481",  # †
        loinc=_loinc(unit_sets.BILIRUBIN, "14629-0", mg_dL="1968-7"),  # 14629-0 †
        units=unit_sets.BILIRUBIN,
        limits=_limits((None, "120"), ("0", "800")),
        default_ranges=(_range(None, "8"),),
        decimals=1,
        specimen="SERUM",
        group="liver",
    ),
)

_PROTEINS = (
    Analyte(
        code="PROT",
        name=Label("Total protein", "总蛋白"),
        nci_code="C64858",  # †
        loinc=_loinc(unit_sets.PROTEIN, "2885-2"),
        units=unit_sets.PROTEIN,
        limits=_limits(("45", "100"), ("10", "150")),
        default_ranges=(_range("65", "85"),),
        decimals=1,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="ALB",
        name=Label("Albumin", "白蛋白"),
        nci_code="C64431",
        loinc=_loinc(unit_sets.PROTEIN, "1751-7"),  # BCG method 61151-7 †, electrophoresis 2862-1
        units=unit_sets.PROTEIN,
        limits=_limits(("25", "55"), ("5", "80")),
        default_ranges=(_range("40", "55"),),
        decimals=1,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="PREALB",
        name=Label("Prealbumin (transthyretin)", "前白蛋白"),
        nci_code="C100435",
        loinc=_loinc(unit_sets.PREALBUMIN, "14338-8"),
        units=unit_sets.PREALBUMIN,
        limits=_limits(("50", "500"), ("5", "1000")),
        default_ranges=(_range("200", "400", "M"), _range("180", "380", "F")),
        decimals=0,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="GLOBUL",
        name=Label("Globulin", "球蛋白"),
        nci_code="C74738",  # †
        loinc=_loinc(unit_sets.PROTEIN, "2336-6"),
        units=unit_sets.PROTEIN,
        limits=_limits(("15", "60"), ("2", "130")),
        default_ranges=(_range("20", "40"),),
        decimals=1,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="GLOBG",
        name=Label("Gamma globulin", "γ-球蛋白"),
        nci_code="C92257",
        loinc=_loinc(unit_sets.PROTEIN, "2874-6"),  # not 2871-2, which is beta globulin
        units=unit_sets.PROTEIN,
        limits=_limits(("4", "45"), ("0.5", "120")),
        default_ranges=(_range("7", "16"),),
        decimals=1,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="GLOBGPT",
        name=Label("Gamma globulin / total protein", "γ-球蛋白占总蛋白百分比"),
        nci_code="C92295",
        loinc=_loinc(unit_sets.PERCENT, "13983-2"),
        units=unit_sets.PERCENT,
        limits=_limits(("7", "40"), ("0", "80")),
        default_ranges=(_range("9", "18"),),  # 11-19 in some laboratories
        decimals=1,
        specimen="SERUM",
        group="protein",
    ),
    Analyte(
        code="IGG",
        name=Label("Immunoglobulin G (IgG)", "免疫球蛋白G（IgG）"),
        nci_code="C81971",
        loinc=_loinc(unit_sets.IGG, "2465-3"),
        units=unit_sets.IGG,
        limits=_limits(("4", "40"), ("0.5", "150")),
        default_ranges=(_range("7.0", "16.0"),),
        decimals=2,
        specimen="SERUM",
        group="protein",
    ),
)

_COAGULATION = (
    Analyte(
        code="PT",
        name=Label("Prothrombin time (PT)", "凝血酶原时间（PT）"),
        nci_code="C62656",
        loinc=_loinc(unit_sets.SECOND, "5902-2"),
        units=unit_sets.SECOND,
        limits=_limits(("9", "30"), ("5", "200")),
        default_ranges=(_range("11", "14.5"),),
        decimals=1,
        specimen="PLASMA",
        group="coagulation",
    ),
    Analyte(
        code="PTA",
        name=Label("Prothrombin activity (PTA)", "凝血酶原活动度（PTA）"),
        nci_code="C98774",
        loinc=_loinc(unit_sets.PERCENT, "5894-1"),
        units=unit_sets.PERCENT,
        limits=_limits(("40", "150"), ("1", "300")),
        default_ranges=(_range("70", "130"),),
        decimals=0,
        specimen="PLASMA",
        group="coagulation",
    ),
    Analyte(
        code="INR",
        name=Label("International normalised ratio (INR)", "国际标准化比值（INR）"),
        nci_code="C64805",
        loinc=_loinc(unit_sets.INR, "6301-6"),  # whole blood 34714-6 †
        units=unit_sets.INR,
        limits=_limits(("0.8", "2.5"), ("0.5", "20")),
        default_ranges=(_range("0.8", "1.2"),),
        decimals=2,
        specimen="PLASMA",
        group="coagulation",
    ),
)

_CHEMISTRY = (
    Analyte(
        code="CREAT",
        name=Label("Creatinine", "肌酐"),
        nci_code="C64547",
        loinc=_loinc(unit_sets.CREATININE, "14682-9", mg_dL="2160-0"),  # 14682-9 †
        units=unit_sets.CREATININE,
        limits=_limits(("30", "177"), ("5", "3000")),
        default_ranges=(
            _range("57", "97", "M", age_high=59),
            _range("57", "111", "M", age_low=60),
            _range("41", "73", "F", age_high=59),
            _range("41", "81", "F", age_low=60),
        ),
        decimals=0,
        specimen="SERUM",
        group="chemistry",
    ),
    Analyte(
        code="SODIUM",
        name=Label("Sodium", "钠"),
        nci_code="C64809",
        loinc=_loinc(unit_sets.SODIUM, "2951-2"),
        units=unit_sets.SODIUM,
        limits=_limits(("130", "150"), ("90", "200")),
        default_ranges=(_range("137", "147"),),
        decimals=0,
        specimen="SERUM",
        group="chemistry",
    ),
    Analyte(
        code="GLUC",
        name=Label("Glucose", "葡萄糖"),
        nci_code="C105585",
        loinc=_loinc(unit_sets.GLUCOSE, "14749-6", mg_dL="2345-7"),  # 14749-6 †, fasting 1558-6 †
        units=unit_sets.GLUCOSE,
        limits=_limits(("3.0", "15"), ("0.5", "100")),
        default_ranges=(_range("3.9", "6.1"),),
        decimals=1,
        specimen="SERUM",
        group="chemistry",
    ),
    Analyte(
        code="CRP",
        name=Label("C-reactive protein (CRP)", "C反应蛋白（CRP）"),
        nci_code="C64548",  # †
        loinc=_loinc(unit_sets.CRP, "1988-5"),
        units=unit_sets.CRP,
        limits=_limits((None, "100"), ("0", "1000")),
        default_ranges=(_range(None, "8"),),
        decimals=1,
        specimen="SERUM",
        group="chemistry",
    ),
    Analyte(
        code="AFP",
        name=Label("Alpha-fetoprotein (AFP)", "甲胎蛋白（AFP）"),
        nci_code="C74732",  # †
        loinc=_loinc(unit_sets.AFP, "1834-1"),
        units=unit_sets.AFP,
        limits=_limits((None, "20"), ("0", "1000000")),
        default_ranges=(_range(None, "7"),),
        decimals=1,
        specimen="SERUM",
        group="chemistry",
    ),
)

_HAEMATOLOGY = (
    Analyte(
        code="HGB",
        name=Label("Haemoglobin", "血红蛋白"),
        nci_code="C64848",
        loinc=_loinc(unit_sets.HAEMOGLOBIN, "718-7", mmol_L="59260-0"),  # 59260-0 †
        units=unit_sets.HAEMOGLOBIN,
        limits=_limits(("80", "180"), ("20", "260")),
        default_ranges=(_range("130", "175", "M"), _range("115", "150", "F")),
        decimals=0,
        specimen="BLOOD",
        group="haematology",
    ),
    Analyte(
        code="WBC",
        name=Label("Leukocytes (WBC)", "白细胞计数（WBC）"),
        nci_code="C51948",
        loinc=_loinc(unit_sets.CELLS, "6690-2"),
        units=unit_sets.CELLS,
        limits=_limits(("2.5", "20"), ("0.05", "500")),
        default_ranges=(_range("3.5", "9.5"),),
        decimals=1,
        specimen="BLOOD",
        group="haematology",
    ),
    Analyte(
        code="NEUT",
        name=Label("Neutrophils", "中性粒细胞计数"),
        nci_code="C63321",  # †
        loinc=_loinc(unit_sets.CELLS, "751-8"),
        units=unit_sets.CELLS,
        limits=_limits(("1.0", "15"), ("0", "400")),
        default_ranges=(_range("1.8", "6.3"),),
        decimals=2,
        specimen="BLOOD",
        group="haematology",
    ),
    Analyte(
        code="LYM",
        name=Label("Lymphocytes", "淋巴细胞计数"),
        nci_code="C51949",  # †
        loinc=_loinc(unit_sets.CELLS, "731-0"),
        units=unit_sets.CELLS,
        limits=_limits(("0.5", "8"), ("0", "400")),
        default_ranges=(_range("1.1", "3.2"),),
        decimals=2,
        specimen="BLOOD",
        group="haematology",
    ),
    Analyte(
        code="PLAT",
        name=Label("Platelets", "血小板计数"),
        nci_code="C51951",
        loinc=_loinc(unit_sets.CELLS, "777-3"),  # manual count 26515-7 †
        units=unit_sets.CELLS,
        limits=_limits(("75", "600"), ("1", "3000")),
        default_ranges=(_range("125", "350"),),
        decimals=0,
        specimen="BLOOD",
        group="haematology",
    ),
)

ANALYTES: tuple[Analyte, ...] = _LIVER + _PROTEINS + _COAGULATION + _CHEMISTRY + _HAEMATOLOGY
