"""Concomitant medication other than the treatment of AIH; clinical rules §7.3, §8.4."""

import re

from trial.protocol.answers import FREQUENCIES, ROUTES
from trial.protocol.common_checks import (
    ends_before_start,
    ongoing_with_end,
)
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    choice,
    line,
    number,
    partial_day,
    text,
    yes_no,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label

UNITS = (
    Code("mg", Label("mg", "mg"), "mg"),
    Code("g", Label("g", "g"), "g"),
    Code("ug", Label("µg", "µg"), "ug"),
    Code("ml", Label("mL", "mL"), "mL"),
    Code("iu", Label("IU", "IU"), "IU"),
    Code("mmol", Label("mmol", "mmol"), "mmol"),
    Code("tablet", Label("Tablets", "片"), "TABLET"),
    Code("capsule", Label("Capsules", "粒"), "CAPSULE"),
    Code("sachet", Label("Sachets", "袋"), "SACHET"),
    Code("drop", Label("Drops", "滴"), "DROP"),
    Code("puff", Label("Puffs", "喷/吸"), "PUFF"),
    Code("patch", Label("Patches", "贴"), "PATCH"),
    Code("other", Label("Other", "其他")),
)

_REASONS = (
    Code("history", Label("Medical history", "病史"), "MEDICAL HISTORY"),
    Code("adverse_event", Label("Adverse event", "不良事件"), "ADVERSE EVENT"),
    Code("prevention", Label("Prevention", "预防用药"), "PROPHYLAXIS"),
    Code(
        "premedication", Label("Premedication of an infusion", "输注前预处理用药"),
        "PREMEDICATION",
    ),
    Code("other", Label("Other", "其他"), "OTHER"),
)  # fmt: skip

_STOPS = (
    Code("completed", Label("Course completed", "疗程结束"), "COMPLETED"),
    Code("adverse_event", Label("Adverse event", "不良事件"), "ADVERSE EVENT"),
    Code("no_effect", Label("No effect", "无效"), "LACK OF EFFICACY"),
    Code("dose_change", Label("Dose changed, next line", "剂量调整，见下一条"), "DOSE CHANGED"),
    Code("participant", Label("Participant's wish", "受试者要求"), "WITHDRAWAL BY SUBJECT"),
    Code("other", Label("Other", "其他"), "OTHER"),
)  # fmt: skip

FORM = Form(
    code="medication",
    app="patients",
    label=Label("Concomitant medication", "合并用药"),
    level="participant",
    domain="CM",
    icon="pill",
    repeats=True,
    titled_by=("drug",),
    help=Label(
        "Steroids and azathioprine for the liver stand in the AIH treatment.",
        "用于肝病的糖皮质激素和硫唑嘌呤填写在AIH治疗中。",
    ),
    sections=(
        Section("drug", Label("Drug", "药物"), (
            text("drug", Label("Drug", "药物名称"), length=200, needed=True, cdisc="CM.CMTRT",
                 help=Label("Generic name where known.", "尽量填写通用名。")),
            text("atc", Label("ATC code", "ATC编码"), length=7, names_people=False,
                 cdisc="CM.CMCLASCD"),
            choice("given_for", Label("Given for", "用药类型"), _REASONS, needed=True,
                   cdisc="SUPPCM.CMFOR"),
            text("indication", Label("Indication", "适应症"), length=200, needed=True,
                 cdisc="CM.CMINDC"),
            line("history_line", Label("Line of the medical history", "病史编号"),
                 "medical_history", when=When("given_for", ("history",)), needed=True,
                 cdisc="RELREC.MHSPID"),
            line("event_line", Label("Adverse event", "不良事件编号"), "adverse_event",
                 when=When("given_for", ("adverse_event",)), needed=True, cdisc="RELREC.AESPID"),
        )),
        Section("course", Label("Dose and time", "剂量与时间"), (
            number("dose", Label("Dose", "每次剂量"), decimals=3, low="0.001", high=1_000_000,
                   needed=True, cdisc="CM.CMDOSE"),
            choice("unit", Label("Unit", "单位"), UNITS, needed=True, cdisc="CM.CMDOSU"),
            text("unit_other", Label("Which unit", "单位名称"), length=20, names_people=False,
                 when=When("unit", ("other",)), needed=True, cdisc="CM.CMDOSU"),
            choice("frequency", Label("How often", "频次"), FREQUENCIES, needed=True,
                   cdisc="CM.CMDOSFRQ"),
            choice("route", Label("Route", "给药途径"), ROUTES, needed=True, cdisc="CM.CMROUTE"),
            partial_day("started", Label("Started", "开始日期"), needed=True,
                        cdisc="CM.CMSTDTC"),
            yes_no("ongoing", Label("Ongoing", "是否持续"), needed=True, cdisc="CM.CMENRTPT"),
            partial_day("stopped", Label("Stopped", "停止日期"), when=When("ongoing", ("no",)),
                        needed=True, cdisc="CM.CMENDTC"),
            choice("stop_reason", Label("Stopped because", "停药原因"), _STOPS,
                   when=When("ongoing", ("no",)), needed=True, cdisc="CM.CMRSDISC"),
        )),
    ),
)  # fmt: skip

_ATC = re.compile(r"[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?")
# Systemic steroids, azathioprine, mercaptopurine, mycophenolate: by name and by ATC.
_AIH_NAMES = re.compile(
    "predniso|medrol|cortisone|triamcinolon|dexamet[h]?ason|betamet[h]?ason|deflazacort|budesonid|"
    "azat[h]?ioprin|imuran|mercaptopurin|mycophenol|泼尼|强的松|甲强龙|美卓乐|可的松|曲安|地塞米松|"
    "倍他米松|地夫可特|布地奈德|硫唑嘌呤|依木兰|巯嘌呤|巯基嘌呤|霉酚酸|麦考酚",
    re.IGNORECASE,
)
_AIH_ATC = ("H02AB", "A07EA06", "L04AX01", "L01BB02", "L04AA06")
_SYSTEMIC = ("oral", "iv", "im", "sc", "other")


def _of_aih_treatment(case: Case) -> bool:
    """Whether it looks like a drug of the AIH treatment, by a route that reaches the body.

    Inhaled, nasal, skin and eye steroids do belong here, and so does a premedication.
    """
    if case["route"] not in _SYSTEMIC or case["given_for"] == "premedication":
        return False
    named = _AIH_NAMES.search(case["drug"]) is not None
    return named or (case["atc"] or "").upper().startswith(_AIH_ATC)


def _no_atc(case: Case) -> bool:
    return _ATC.fullmatch(case["atc"]) is None


CHECKS = (
    ends_before_start("CM-01", "medication", "started", "stopped"),
    ongoing_with_end("CM-02", "medication", "ongoing", "stopped"),
    Check(
        "CM-03", "medication", ("drug", "route"), "soft",
        Label(
            "This looks like a steroid or an immunosuppressant: it belongs to AIH treatment.",
            "该药疑为糖皮质激素或免疫抑制剂：应填写在AIH治疗中。",
        ),
        _of_aih_treatment,
    ),
    Check(
        "CM-04", "medication", ("atc",), "hard",
        Label("This is no ATC code, such as A02BC01.", "不是有效的ATC编码（例如A02BC01）。"),
        _no_atc,
    ),
)  # fmt: skip
