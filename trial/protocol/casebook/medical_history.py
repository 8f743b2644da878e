"""Medical history: what the participant has or had before consent; clinical rules §1.2."""

from trial.protocol.common_checks import ends_before_start, ongoing_with_end
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    choice,
    note,
    partial_day,
    text,
    yes_no,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import latest, surely_before

CATEGORIES = (
    Code("liver", Label("Liver", "肝脏疾病"), "LIVER"),
    Code("autoimmune", Label("Other autoimmune disease", "其他自身免疫性疾病"), "AUTOIMMUNE"),
    Code("cardiovascular", Label("Heart and circulation", "心血管疾病"), "CARDIOVASCULAR"),
    Code("renal", Label("Kidneys", "肾脏疾病"), "RENAL"),
    Code("respiratory", Label("Lungs", "呼吸系统疾病"), "RESPIRATORY"),
    Code("infection", Label("Infection", "感染"), "INFECTION"),
    Code("malignancy", Label("Malignancy", "恶性肿瘤"), "MALIGNANCY"),
    Code("thrombosis", Label("Thrombosis", "血栓"), "THROMBOSIS"),
    Code("other", Label("Other", "其他"), "OTHER"),
)

FORM = Form(
    code="medical_history",
    app="patients",
    label=Label("Medical history", "病史"),
    level="participant",
    domain="MH",
    icon="history",
    repeats=True,
    titled_by=("condition",),
    sections=(
        Section("condition", Label("Condition", "疾病"), (
            text("condition", Label("Condition", "疾病名称"), length=200, needed=True,
                 cdisc="MH.MHTERM"),
            choice("category", Label("Category", "类别"), CATEGORIES, needed=True,
                   cdisc="MH.MHCAT"),
            partial_day("started", Label("Began", "开始日期"), needed=True, cdisc="MH.MHSTDTC"),
            yes_no("ongoing", Label("Ongoing", "是否持续"), needed=True, cdisc="MH.MHENRTPT"),
            partial_day("ended", Label("Ended", "结束日期"), when=When("ongoing", ("no",)),
                        needed=True, cdisc="MH.MHENDTC"),
            yes_no("treated", Label("Treated now", "目前接受治疗"), needed=True,
                   cdisc="SUPPMH.MHTRTNOW"),
            note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
        )),
    ),
)  # fmt: skip


def _malignancy(case: Case) -> bool:
    return bool(case["category"] == "malignancy")


def _thrombosis_now(case: Case) -> bool:
    return case["category"] == "thrombosis" and case["ongoing"] is True


def _after_consent(case: Case) -> bool:
    return surely_before(case.person.consented_on, case["started"]) is True


def _before_birth(case: Case) -> bool:
    return bool(latest(case["started"]).year < case.person.birth_year)


CHECKS = (
    ends_before_start("MH-01", "medical_history", "started", "ended"),
    ongoing_with_end("MH-02", "medical_history", "ongoing", "ended"),
    Check(
        "MH-03", "medical_history", ("category",), "soft",
        Label("A malignancy is an exclusion criterion (E1).", "恶性肿瘤为排除标准（E1）。"),
        _malignancy,
    ),
    Check(
        "MH-04", "medical_history", ("category", "ongoing"), "soft",
        Label(
            "Active thrombosis of portal or hepatic veins is an exclusion criterion (E6).",
            "门静脉或肝静脉活动性血栓为排除标准（E6）。",
        ),
        _thrombosis_now,
    ),
    Check(
        "MH-05", "medical_history", ("started",), "soft",
        Label(
            "It began after consent: that is an adverse event.",
            "开始于签署知情同意书之后：应记录为不良事件。",
        ),
        _after_consent,
    ),
    Check(
        "MH-06", "medical_history", ("started",), "hard",
        Label("It began before the participant was born.", "开始日期早于受试者出生。"),
        _before_birth,
    ),
)  # fmt: skip
