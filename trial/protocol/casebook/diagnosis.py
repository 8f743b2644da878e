"""How the diagnosis was made and what was excluded before entry; clinical rules §1.2, §4.1, §4.2.

Answers carry what the simplified (2008) and the revised (1999) score take, save for sex and what
the laboratory form has: IgG, globulins, ALP, AST, ALT.
"""

from trial.protocol.answers import DONE, RESULTS
from trial.protocol.casebook.diagnosis_checks import CHECKS
from trial.protocol.crf import (
    Code,
    Form,
    Question,
    Section,
    When,
    choice,
    day,
    number,
    partial_day,
    text,
    yes_no,
)
from trial.protocol.label import Label
from trial.protocol.titres import TITRED, TITRES

__all__ = ["CHECKS", "FORM"]

_METHODS = (
    Code(
        "iif", Label("Indirect immunofluorescence", "间接免疫荧光法"),
        "INDIRECT IMMUNOFLUORESCENCE",
    ),
    Code("elisa", Label("ELISA", "酶联免疫吸附法"), "ELISA"),
    Code("blot", Label("Immunoblot", "免疫印迹法"), "IMMUNOBLOT"),
    Code("other", Label("Other", "其他")),
)  # fmt: skip

_RESPONSES = (
    Code("none", Label("No complete response", "未完全应答"), "NONE"),
    Code("complete", Label("Complete response", "完全应答"), "COMPLETE"),
    Code("relapse", Label("Relapse after a complete response", "完全应答后复发"), "RELAPSE"),
    Code("unknown", Label("Not known", "不详"), "UNKNOWN"),
)  # fmt: skip

_HISTOLOGY = (
    Code("typical", Label("Typical of AIH", "典型AIH"), "TYPICAL"),
    Code("compatible", Label("Compatible with AIH", "符合AIH"), "COMPATIBLE"),
    Code(
        "atypical", Label("Atypical: points to another disease", "不典型：提示其他疾病"),
        "ATYPICAL",
    ),
    Code("no_hepatitis", Label("No hepatitis", "无肝炎表现"), "NO HEPATITIS"),
    Code("not_done", Label("No biopsy", "未行肝活检"), "NOT DONE"),
)  # fmt: skip
_BIOPSY = When("histology", ("typical", "compatible", "atypical", "no_hepatitis"))

_IMAGING = (
    Code("ultrasound", Label("Ultrasound", "超声"), "ULTRASOUND"),
    Code("ct", Label("CT", "CT"), "CT SCAN"),
    Code("mri", Label("MRI", "磁共振成像"), "MRI"),
    Code("none", Label("Not done", "未做"), "NOT DONE"),
)
_IMAGED = When("liver_imaging", ("ultrasound", "ct", "mri"))
_LESIONS = (
    Code("none", Label("No focal lesion", "无局灶性病变"), "NONE"),
    Code("benign", Label("Benign lesion", "良性病变"), "BENIGN"),
    Code("suspicious", Label("Suspicious lesion", "可疑病变"), "SUSPICIOUS"),
    Code("hcc", Label("Hepatocellular carcinoma", "肝细胞癌"), "HEPATOCELLULAR CARCINOMA"),
)  # fmt: skip

_THROMBOSIS = (
    Code("no", Label("No thrombosis", "无血栓"), "N"),
    Code("active", Label("Active thrombosis", "活动性血栓"), "ACTIVE"),
    Code("old", Label("Old thrombosis, not active", "陈旧性血栓（非活动性）"), "OLD"),
    Code("not_seen", Label("Could not be judged", "无法判断"), "NOT EVALUABLE"),
)  # fmt: skip
_DOPPLER = When("doppler", ("yes",))

_CIRRHOSIS_BY = (
    Code("histology", Label("Histology", "组织学"), "HISTOLOGY"),
    Code("elastography", Label("Elastography", "弹性成像"), "ELASTOGRAPHY"),
    Code("imaging", Label("Imaging", "影像学"), "IMAGING"),
    Code("clinical", Label("Clinical signs", "临床表现"), "CLINICAL"),
)


def _titre(name: str, label: Label) -> tuple[Question, ...]:
    """A titre with its method and the day of its sample, named after it."""
    titred = When(name, TITRED)
    return (
        choice(name, label, TITRES, needed=True, cdisc=f"IS.{name.upper()}"),
        choice(
            f"{name}_method", Label(f"{label.en}: method", f"{label.zh}：检测方法"), _METHODS,
            when=titred, needed=True, cdisc="IS.ISMETHOD",
        ),
        partial_day(
            f"{name}_on", Label(f"{label.en}: sampled on", f"{label.zh}：采样日期"),
            when=titred, needed=True, cdisc="IS.ISDTC",
        ),
    )  # fmt: skip


def _result(name: str, label: Label, cdisc: str) -> Question:
    """A test that is positive, negative, indeterminate or not done."""
    return choice(name, label, RESULTS, needed=True, cdisc=cdisc)


def _found(name: str, label: Label, cdisc: str) -> Question:
    """Something a biopsy shows or not."""
    return yes_no(name, label, when=_BIOPSY, needed=True, cdisc=cdisc)


_DISEASE = Section("disease", Label("Autoimmune hepatitis", "自身免疫性肝炎"), (
    partial_day(
        "diagnosed_on", Label("Diagnosed on", "确诊日期"), needed=True, cdisc="MH.MHSTDTC",
    ),
    yes_no(
        "treated_before", Label("Treated before entry", "入组前接受过治疗"), needed=True,
        cdisc="FA.TRTBEF",
        help=Label(
            "With a steroid or another immunosuppressant.", "使用过糖皮质激素或其他免疫抑制剂。"
        ),
    ),
    choice(
        "response", Label("Response to earlier treatment", "既往治疗应答"), _RESPONSES,
        when=When("treated_before", ("yes",)), needed=True, cdisc="FA.AIHRESP",
    ),
))  # fmt: skip

_TITRES = Section(
    "titres", Label("Autoantibody titres", "自身抗体滴度"),
    help=Label(
        "The highest titre before treatment. One that isn't listed: the next lower one.",
        "填写治疗前最高滴度。列表中没有的滴度，选较低的相邻一项。",
    ),
    questions=(
        *_titre("ana", Label("ANA", "抗核抗体（ANA）")),
        *_titre("sma", Label("SMA", "抗平滑肌抗体（SMA）")),
        *_titre("lkm1", Label("Anti-LKM-1", "抗肝肾微粒体1型抗体（LKM-1）")),
    ),
)  # fmt: skip

_ANTIBODIES = Section("antibodies", Label("Other autoantibodies", "其他自身抗体"), (
    _result("sla_lp", Label("Anti-SLA/LP", "抗可溶性肝抗原/肝胰抗原抗体（SLA/LP）"), "IS.SLALP"),
    partial_day(
        "sla_lp_on", Label("Anti-SLA/LP: sampled on", "抗SLA/LP：采样日期"),
        when=When("sla_lp", DONE), needed=True, cdisc="IS.ISDTC",
    ),
    _result("ama", Label("AMA", "抗线粒体抗体（AMA）"), "IS.AMA"),
    partial_day(
        "ama_on", Label("AMA: sampled on", "AMA：采样日期"), when=When("ama", DONE), needed=True,
        cdisc="IS.ISDTC",
    ),
    _result(
        "other_antibody", Label("Another defined autoantibody", "其他明确的自身抗体"), "IS.AIHAB",
    ),
    text(
        "other_antibody_which", Label("Which", "名称"), when=When("other_antibody", ("positive",)),
        needed=True, cdisc="SUPPIS.AIHABNAM",
        help=Label("Such as pANCA, anti-LC1, anti-ASGPR.", "如pANCA、抗LC1、抗ASGPR。"),
    ),
    partial_day(
        "other_antibody_on", Label("Sampled on", "采样日期"), when=When("other_antibody", DONE),
        needed=True, cdisc="IS.ISDTC",
    ),
))  # fmt: skip

_VIRUSES = Section("viruses", Label("Viral markers", "病毒标志物"), (
    day("viral_on", Label("Sampled on", "采样日期"), needed=True, cdisc="IS.ISDTC"),
    _result("hav_igm", Label("Anti-HAV IgM", "抗-HAV IgM"), "IS.HAVIGM"),
    _result("hbsag", Label("HBsAg", "乙肝表面抗原（HBsAg）"), "MB.HBSAG"),
    _result("anti_hcv", Label("Anti-HCV", "抗-HCV"), "IS.HCVAB"),
    choice(
        "hcv_rna", Label("HCV RNA", "HCV RNA"), RESULTS, needed=True, cdisc="MB.HCRNA",
        help=Label(
            "Decides where anti-HCV is positive; else it may be left undone.",
            "抗-HCV阳性时以此为准；否则可不做。",
        ),
    ),
    _result("hev_igm", Label("Anti-HEV IgM", "抗-HEV IgM"), "IS.HEVIGM"),
    _result("other_virus", Label("Another hepatitis virus", "其他肝炎病毒"), "MB.VIRUSOTH"),
    text(
        "other_virus_which", Label("Which", "名称"), when=When("other_virus", DONE), needed=True,
        cdisc="SUPPMB.VIROTHNM",
        help=Label("Such as HBV DNA, HDV, EBV, CMV.", "如HBV DNA、HDV、EBV、CMV。"),
    ),
))  # fmt: skip

_CAUSES = Section("causes", Label("Other causes and background", "其他病因与背景"), (
    yes_no(
        "hepatotoxic_drugs", Label("Hepatotoxic drugs", "肝毒性药物"), needed=True,
        cdisc="FA.HEPTOX",
        help=Label(
            "Recent or current use of a drug known or suspected to harm the liver.",
            "近期或目前使用已知或可疑的肝损伤药物。",
        ),
    ),
    text(
        "hepatotoxic_which", Label("Which drugs", "药物名称"),
        when=When("hepatotoxic_drugs", ("yes",)), needed=True, cdisc="SUPPFA.HEPTOXNM",
    ),
    number(
        "alcohol_g", Label("Alcohol", "酒精摄入量"), unit="g/day", low=0, high=500, soft=(None, 60),
        needed=True, cdisc="SU.SUDOSE",
        help=Label("Usual amount; 0 for none.", "平均量；不饮酒填0。"),
    ),
    yes_no(
        "autoimmune", Label("Another autoimmune disease", "其他自身免疫性疾病"), needed=True,
        cdisc="FA.OTHAID",
    ),
    text(
        "autoimmune_which", Label("Which disease", "疾病名称"), when=When("autoimmune", ("yes",)),
        needed=True, cdisc="SUPPFA.OTHAIDNM",
    ),
    _result("hla_dr3", Label("HLA-DR3", "HLA-DR3"), "LB.HLADR3"),
    _result("hla_dr4", Label("HLA-DR4", "HLA-DR4"), "LB.HLADR4"),
))  # fmt: skip

_BIOPSIED = Section(
    "histology", Label("Histology before entry", "入组前组织学"),
    help=Label(
        "Typical: interface hepatitis with lymphoplasmacytic infiltrate, emperipolesis and "
        "rosettes. Compatible: chronic hepatitis with lymphocytes, without all of these.",
        "典型：界面性肝炎伴淋巴浆细胞浸润、穿入现象和玫瑰花环。符合：慢性肝炎伴淋巴细胞浸润，但不具备全部上述特征。",
    ),
    questions=(
        choice("histology", Label("Histology", "组织学结论"), _HISTOLOGY, needed=True,
               cdisc="MI.AIHHIST"),
        partial_day("biopsy_on", Label("Biopsy on", "肝活检日期"), when=_BIOPSY, needed=True,
                    cdisc="MI.MIDTC"),
        _found("interface", Label("Interface hepatitis", "界面性肝炎"), "MI.INTFHEP"),
        _found("lymphoplasmacytic", Label("Lymphoplasmacytic infiltrate", "淋巴浆细胞浸润"),
               "MI.LYMPLAS"),
        _found("rosettes", Label("Rosettes", "肝细胞玫瑰花环"), "MI.ROSETTE"),
        _found("emperipolesis", Label("Emperipolesis", "穿入现象"), "MI.EMPERIP"),
        _found("biliary", Label("Biliary changes", "胆管改变"), "MI.BILIARY"),
        _found("other_changes", Label("Other changes", "其他改变"), "MI.OTHCHG"),
        text("other_changes_which", Label("Which changes", "改变描述"),
             when=When("other_changes", ("yes",)), needed=True, cdisc="SUPPMI.OTHCHGNM",
             help=Label(
                 "Such as steatosis, granulomas, iron, copper.", "如脂肪变、肉芽肿、铁或铜沉积。"
             )),
    ),
)  # fmt: skip

_CANCER = Section("cancer", Label("Liver cancer excluded", "排除肝癌"), (
    yes_no("afp", Label("AFP measured", "已检测甲胎蛋白（AFP）"), needed=True, cdisc="FA.AFPDONE"),
    day("afp_on", Label("AFP: sampled on", "AFP：采样日期"), when=When("afp", ("yes",)),
        needed=True, cdisc="LB.LBDTC"),
    choice("liver_imaging", Label("Imaging of the liver", "肝脏影像学检查"), _IMAGING, needed=True,
           cdisc="PR.PRTRT"),
    day("liver_imaging_on", Label("Imaging on", "影像学检查日期"), when=_IMAGED, needed=True,
        cdisc="PR.PRSTDTC"),
    choice("lesion", Label("Finding", "检查结果"), _LESIONS, when=_IMAGED, needed=True,
           cdisc="FA.HCCFIND"),
))  # fmt: skip

_VESSELS = Section("vessels", Label("Liver vessels and cirrhosis", "肝脏血管与肝硬化"), (
    yes_no("doppler", Label("Doppler ultrasound done", "已行多普勒超声"), needed=True,
           cdisc="PR.PROCCUR",
           help=Label("Of portal and hepatic veins, at screening.", "筛选时检查门静脉和肝静脉。")),
    day("doppler_on", Label("Doppler ultrasound on", "多普勒超声日期"), when=_DOPPLER, needed=True,
        cdisc="PR.PRSTDTC"),
    choice("portal_vein", Label("Portal vein", "门静脉"), _THROMBOSIS, when=_DOPPLER, needed=True,
           cdisc="FA.PVTHROM"),
    choice("hepatic_veins", Label("Hepatic veins", "肝静脉"), _THROMBOSIS, when=_DOPPLER,
           needed=True, cdisc="FA.HVTHROM"),
    yes_no("cirrhosis", Label("Cirrhosis", "肝硬化"), needed=True, cdisc="FA.CIRRHOS"),
    choice("cirrhosis_by", Label("Shown by", "诊断依据"), _CIRRHOSIS_BY,
           when=When("cirrhosis", ("yes",)), needed=True, cdisc="SUPPFA.CIRRBY"),
))  # fmt: skip

FORM = Form(
    code="diagnosis",
    app="patients",
    label=Label("Diagnosis of autoimmune hepatitis", "自身免疫性肝炎诊断"),
    level="participant",
    domain="FA",
    icon="microscope",
    sections=(
        _DISEASE, _TITRES, _ANTIBODIES, _VIRUSES, _CAUSES, _BIOPSIED, _CANCER, _VESSELS,
    ),
)  # fmt: skip
