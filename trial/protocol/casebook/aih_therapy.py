"""The conventional treatment of AIH, one line for each dose level; clinical rules §7.

The steroids are those of trial/protocol/therapy.py. A dose change is the next line: it may begin
on the day the one before ends. The prednisolone equivalent and sums are derived, never asked.
"""

from trial.protocol.answers import FREQUENCIES, ROUTES, some
from trial.protocol.casebook.aih_therapy_checks import CHECKS
from trial.protocol.crf import (
    Code,
    Form,
    Section,
    When,
    choice,
    line,
    number,
    partial_day,
    yes_no,
)
from trial.protocol.label import Label
from trial.protocol.therapy import Steroid

__all__ = ["CHECKS", "FORM"]

_STEROIDS = {
    Steroid.PREDNISONE: Label("Prednisone", "泼尼松"),
    Steroid.PREDNISOLONE: Label("Prednisolone", "泼尼松龙"),
    Steroid.METHYLPREDNISOLONE: Label("Methylprednisolone", "甲泼尼龙"),
    Steroid.HYDROCORTISONE: Label("Hydrocortisone", "氢化可的松"),
    Steroid.CORTISONE: Label("Cortisone", "可的松"),
    Steroid.TRIAMCINOLONE: Label("Triamcinolone", "曲安西龙"),
    Steroid.DEXAMETHASONE: Label("Dexamethasone", "地塞米松"),
    Steroid.BETAMETHASONE: Label("Betamethasone", "倍他米松"),
    Steroid.DEFLAZACORT: Label("Deflazacort", "地夫可特"),
    Steroid.BUDESONIDE: Label("Budesonide", "布地奈德"),
}
DRUGS = (
    *(Code(drug.value, _STEROIDS[drug], drug.value.upper()) for drug in Steroid),
    Code("azathioprine", Label("Azathioprine", "硫唑嘌呤"), "AZATHIOPRINE"),
    Code("mercaptopurine", Label("Mercaptopurine", "巯嘌呤"), "MERCAPTOPURINE"),
    Code("mycophenolate", Label("Mycophenolate", "吗替麦考酚酯"), "MYCOPHENOLATE MOFETIL"),
)

_INDICATIONS = (
    Code("induction", Label("Induction", "诱导治疗"), "INDUCTION"),
    Code("maintenance", Label("Maintenance", "维持治疗"), "MAINTENANCE"),
    Code("relapse", Label("Relapse", "复发治疗"), "RELAPSE"),
    Code("adverse_event", Label("Adverse event", "不良事件"), "ADVERSE EVENT"),
)

_CHANGES = (
    Code("first", Label("First dose level of this drug", "该药首个剂量"), "FIRST"),
    Code("taper", Label("As the taper says", "按方案减量"), "PER TAPER"),
    Code("toxicity", Label("Toxicity", "毒性反应"), "TOXICITY"),
    Code("relapse", Label("Relapse or disease activity", "复发或疾病活动"), "RELAPSE"),
    Code("non_adherence", Label("Non-adherence", "依从性差"), "NON-ADHERENCE"),
    Code("physician", Label("Physician's decision", "医生决定"), "PHYSICIAN DECISION"),
)

FORM = Form(
    code="aih_therapy",
    app="patients",
    label=Label("AIH treatment", "AIH治疗"),
    level="participant",
    domain="CM",
    icon="pills",
    repeats=True,
    titled_by=("drug", "daily_mg"),
    help=Label(
        "A line for each dose level: a change of the dose ends a line and begins the next.",
        "每个剂量水平填写一条：剂量改变时结束当前记录并新增一条。",
    ),
    sections=(
        Section("dose", Label("Drug and dose", "药物与剂量"), (
            choice("drug", Label("Drug", "药物"), DRUGS, needed=True, cdisc="CM.CMTRT"),
            number("daily_mg", Label("Daily dose", "日剂量"), unit="mg/day", decimals=3,
                   low="0.001", high=5_000, needed=True, cdisc="CM.CMDOSTOT",
                   help=Label(
                       "Of the drug itself, mean of a day: 10 mg every second day are 5 mg.",
                       "药物本身的日平均剂量：隔日10 mg即为每日5 mg。",
                   )),
            choice("frequency", Label("How often", "频次"),
                   some(FREQUENCIES, "once", "daily", "bid", "tid", "qid", "every_other_day",
                        "other"),
                   needed=True, cdisc="CM.CMDOSFRQ"),
            choice("route", Label("Route", "给药途径"),
                   some(ROUTES, "oral", "iv", "im", "other"), needed=True, cdisc="CM.CMROUTE"),
            number("weight_kg", Label("Weight", "体重"), unit="kg", decimals=1, low=20, high=300,
                   soft=(35, 150), cdisc="SUPPCM.CMWEIGHT",
                   help=Label(
                       "For mg/kg; left out, the newest of the vital signs counts.",
                       "用于计算mg/kg；不填则取最近一次生命体征中的体重。",
                   )),
        )),
        Section("course", Label("Time and reason", "时间与原因"), (
            partial_day("started", Label("Started", "开始日期"), needed=True,
                        cdisc="CM.CMSTDTC"),
            yes_no("ongoing", Label("Ongoing", "是否持续"), needed=True, cdisc="CM.CMENRTPT"),
            partial_day("stopped", Label("Last day", "末次用药日期"),
                        when=When("ongoing", ("no",)), needed=True, cdisc="CM.CMENDTC"),
            choice("indication", Label("Indication", "适应症"), _INDICATIONS, needed=True,
                   cdisc="CM.CMINDC"),
            choice("change_reason", Label("Why this dose", "本剂量的调整原因"), _CHANGES,
                   needed=True, cdisc="CM.CMADJ",
                   help=Label(
                       "What led from the dose before to this one.",
                       "由前一剂量调整为本剂量的原因。",
                   )),
            line("event_line", Label("Adverse event", "不良事件编号"), "adverse_event",
                 when=When("change_reason", ("toxicity",)), needed=True, cdisc="RELREC.AESPID"),
            number("taken_percent", Label("Taken of what was prescribed", "服药依从性"),
                   unit="%", low=0, high=300, soft=(80, 120), cdisc="SUPPCM.CMCOMPL",
                   help=Label("By counting what came back.", "按回收药量计算。")),
        )),
    ),
)  # fmt: skip
