"""Adverse events, a line each; clinical rules §10.1.

The first section opens the line. Expectedness is the sponsor's (sponsor_assessment), whether it is
a SUSAR follows from both (safety/seriousness.py). Severity is not seriousness.
"""

from trial.protocol.casebook import adverse_event_checks
from trial.protocol.casebook.ctcae_terms import SPECIFIED, TERMS, VERSION
from trial.protocol.casebook.safety_codes import ACTIONS, OUTCOMES, causality
from trial.protocol.crf import (
    Code,
    Form,
    Section,
    When,
    choice,
    line,
    moment,
    number,
    partial_day,
    text,
    tick,
    yes_no,
)
from trial.protocol.label import Label
from trial.protocol.safety import Cause

GRADES = (
    Code("1", Label("1 – mild", "1级－轻度"), "1"),
    Code("2", Label("2 – moderate", "2级－中度"), "2"),
    Code("3", Label("3 – severe", "3级－重度"), "3"),
    Code("4", Label("4 – life-threatening", "4级－危及生命"), "4"),
    Code("5", Label("5 – death", "5级－死亡"), "5"),
)
SEVERITIES = (
    Code("mild", Label("Mild", "轻度"), "MILD"),
    Code("moderate", Label("Moderate", "中度"), "MODERATE"),
    Code("severe", Label("Severe", "重度"), "SEVERE"),
)
_SERIOUS = When("serious", ("yes",))
_ENDED = When("ongoing", ("no",))

_EVENT = Section(
    "event",
    Label("Event", "事件"),
    (
        text("term", Label("Event as reported", "不良事件名称"), length=200, needed=True,
             cdisc="AE.AETERM",
             help=Label("A diagnosis rather than its symptoms; one event a line.",
                        "尽量填写诊断而非症状；每行一个事件。")),
        choice("ctcae_term", Label(f"CTCAE term (version {VERSION})", f"CTCAE术语（{VERSION}版）"),
               TERMS, needed=True, cdisc="AE.AETOX"),
        text("ctcae_other", Label("Other term", "其他术语"), needed=True,
             when=When("ctcae_term", SPECIFIED), cdisc="SUPPAE.AETOXOTH"),
        choice("grade", Label("CTCAE grade", "CTCAE分级"), GRADES, needed=True, cdisc="AE.AETOXGR",
               help=Label("The worst grade of the event.", "该事件的最高级别。")),
        choice("severity", Label("Severity", "严重程度"), SEVERITIES, needed=True,
               cdisc="AE.AESEV"),
        partial_day("starts_on", Label("Started on", "开始日期"), needed=True, cdisc="AE.AESTDTC"),
        moment("started_at", Label("Started at, if the time is known", "开始时间（如已知）"),
               cdisc="AE.AESTDTC",
               help=Label("Asked for on days of infusions.", "输注当日发生的事件请填写。")),
        yes_no("ongoing", Label("Ongoing", "是否持续"), needed=True, cdisc="AE.AEENRTPT"),
        partial_day("ends_on", Label("Ended on", "结束日期"), needed=True, when=_ENDED,
                    cdisc="AE.AEENDTC"),
        moment("ended_at", Label("Ended at, if the time is known", "结束时间（如已知）"),
               when=_ENDED, cdisc="AE.AEENDTC"),
        choice("outcome", Label("Outcome", "转归"), OUTCOMES, needed=True, cdisc="AE.AEOUT"),
    ),
)  # fmt: skip

_SERIOUSNESS = Section(
    "seriousness",
    Label("Seriousness", "严重性"),
    (
        yes_no("serious", Label("Serious adverse event", "是否为严重不良事件"), needed=True,
               cdisc="AE.AESER",
               help=Label("Serious is not severe: it depends on the criteria below.",
                          "“严重”不同于严重程度：依据下列标准判断。")),
        moment("aware_at", Label("Site became aware at", "研究中心获知时间"), needed=True,
               when=_SERIOUS, cdisc="SUPPAE.AEAWDTC",
               help=Label("The 24 hours to report to the sponsor run from here.",
                          "向申办者报告的24小时自此起算。")),
        tick("death", Label("Death", "导致死亡"), when=_SERIOUS, cdisc="AE.AESDTH"),
        partial_day("died_on", Label("Died on", "死亡日期"), needed=True,
                    when=When("death", ("yes",)), cdisc="SUPPAE.AEDTHDTC"),
        tick("life_threatening", Label("Life-threatening", "危及生命"), when=_SERIOUS,
             cdisc="AE.AESLIFE"),
        tick("hospitalisation", Label("Hospitalisation or its prolongation", "住院或住院时间延长"),
             when=_SERIOUS, cdisc="AE.AESHOSP"),
        partial_day("hospital_on", Label("Admitted, or stay prolonged, on", "入院或延长住院日期"),
                    needed=True, when=When("hospitalisation", ("yes",)),
                    cdisc="SUPPAE.AEHOSDTC"),
        tick("disability",
             Label("Persistent disability or incapacity", "永久或显著的残疾或功能丧失"),
             when=_SERIOUS, cdisc="AE.AESDISAB"),
        tick("congenital_anomaly",
             Label("Congenital anomaly or birth defect", "先天异常或出生缺陷"),
             when=_SERIOUS, cdisc="AE.AESCONG"),
        tick("medically_important", Label("Other medically important event", "其他重要医学事件"),
             when=_SERIOUS, cdisc="AE.AESMIE"),
    ),
)  # fmt: skip

_CAUSALITY = Section(
    "causality",
    Label("Causality", "因果关系"),
    causality(
        "cause",
        {
            Cause.PRODUCT: "AE.AEREL",
            Cause.STEROID: "SUPPAE.AERELSTE",
            Cause.AZATHIOPRINE: "SUPPAE.AERELAZA",
            Cause.INFUSION: "SUPPAE.AERELINF",
            Cause.BIOPSY: "SUPPAE.AERELBIO",
        },
    ),
    help=Label(
        "The investigator's judgement, for each. What was not given is unrelated.",
        "由研究者逐项判断。未使用者选“肯定无关”。",
    ),
)

_ACTION = Section(
    "action",
    Label("Action taken", "采取的措施"),
    (
        choice("action_product", Label("Study product", "对研究产品"), ACTIONS, needed=True,
               cdisc="AE.AEACN"),
        choice("action_steroid", Label("Corticosteroid", "对糖皮质激素"), ACTIONS, needed=True,
               cdisc="SUPPAE.AEACNSTE"),
        choice("action_azathioprine", Label("Azathioprine", "对硫唑嘌呤"), ACTIONS, needed=True,
               cdisc="SUPPAE.AEACNAZA"),
        yes_no("discontinuation", Label("May lead to discontinuation of the study product",
                                        "是否可能导致停用研究产品"),
               needed=True, cdisc="SUPPAE.AEDIS"),
        yes_no("treated", Label("Treatment given", "是否给予治疗"), needed=True,
               cdisc="AE.AECONTRT"),
        line("medication", Label("Line of the medication", "合并用药行号"), to="medication",
             when=When("treated", ("yes",)), cdisc="SUPPAE.AECMLNK"),
        text("other_treatment", Label("Other treatment", "其他治疗"), length=200,
             when=When("treated", ("yes",)), cdisc="AE.AEACNOTH"),
    ),
)  # fmt: skip

_AFTER_INFUSION = When("after_infusion", ("yes",))
_RELATION = Section(
    "relation",
    Label("Infusion and biopsy", "与输注和活检的关系"),
    (
        yes_no("after_infusion", Label("During or after an infusion", "是否发生在输注期间或之后"),
               needed=True, cdisc="SUPPAE.AEINFYN"),
        number("infusion", Label("Number of the infusion", "第几次输注"), low=1, high=12,
               needed=True, when=_AFTER_INFUSION, cdisc="SUPPAE.AEINFNO"),
        number("hours_after", Label("Hours since it began", "距输注开始的小时数"), unit="h",
               decimals=1, low=0, high=20_000, soft=(None, 672), when=_AFTER_INFUSION,
               cdisc="SUPPAE.AEINFHR"),
        yes_no("after_biopsy", Label("After a liver biopsy", "是否发生在肝穿刺活检之后"),
               needed=True, cdisc="SUPPAE.AEBIOYN"),
        partial_day("biopsy_on", Label("Biopsy done on", "活检日期"), needed=True,
                    when=When("after_biopsy", ("yes",)), cdisc="SUPPAE.AEBIODTC"),
    ),
    help=Label("The last one before the event, related or not.",
               "事件发生前最近的一次，无论是否相关。"),
)  # fmt: skip

_OF_INTEREST = When("special_interest", ("yes",))
_INTEREST = Section(
    "interest",
    Label("Events of special interest", "特别关注的不良事件"),
    (
        yes_no("special_interest", Label("Event of special interest", "是否为特别关注的不良事件"),
               needed=True, cdisc="SUPPAE.AESI"),
        tick("aesi_infusion", Label("Infusion reaction", "输注反应"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI1"),
        tick("aesi_thromboembolism", Label("Thrombo-embolism", "血栓栓塞"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI2"),
        tick("aesi_infection",
             Label("Infection of grade 3 or more, or opportunistic", "3级及以上感染或机会性感染"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI3"),
        tick("aesi_malignancy", Label("Malignancy", "恶性肿瘤"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI4"),
        tick("aesi_flare", Label("Flare or relapse of the hepatitis", "AIH复燃或复发"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI5"),
        tick("aesi_decompensation", Label("Decompensation of the liver", "肝功能失代偿"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI6"),
        tick("aesi_hys_law", Label("Hy's law flag", "符合海氏法则"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI7"),
        tick("aesi_cytopenia", Label("Cytopenia on azathioprine", "硫唑嘌呤相关血细胞减少"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI8"),
        tick("aesi_pregnancy", Label("Pregnancy", "妊娠"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI9"),
        tick("aesi_ectopic_tissue", Label("Ectopic tissue", "异位组织形成"),
             when=_OF_INTEREST, cdisc="SUPPAE.AESI10"),
    ),
)  # fmt: skip

FORM = Form(
    code="adverse_event",
    app="safety",
    label=Label("Adverse event", "不良事件"),
    level="participant",
    domain="AE",
    icon="urgent",
    repeats=True,
    titled_by=("term",),
    sections=(_EVENT, _SERIOUSNESS, _CAUSALITY, _ACTION, _RELATION, _INTEREST),
)

CHECKS = adverse_event_checks.CHECKS
