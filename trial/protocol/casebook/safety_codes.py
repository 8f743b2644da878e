"""Answers that several safety forms share (clinical rules §10.1); the codes are those of the rules.

Causes and degrees of relatedness are those of trial/protocol/safety.py.
"""

from trial.protocol.crf import Code, Question, choice
from trial.protocol.label import Label
from trial.protocol.safety import Cause, Relatedness

RELATED_LABELS = {
    Relatedness.UNRELATED: Label("Unrelated", "肯定无关"),
    Relatedness.UNLIKELY: Label("Unlikely", "可能无关"),
    Relatedness.POSSIBLE: Label("Possible", "可能有关"),
    Relatedness.PROBABLE: Label("Probable", "很可能有关"),
    Relatedness.RELATED: Label("Definite", "肯定有关"),
}
RELATEDNESS = tuple(Code(one.value, label) for one, label in RELATED_LABELS.items())

CAUSE_LABELS = {
    Cause.PRODUCT: Label("Study product (cells or placebo)", "研究产品（细胞或安慰剂）"),
    Cause.STEROID: Label("Corticosteroid", "糖皮质激素"),
    Cause.AZATHIOPRINE: Label("Azathioprine", "硫唑嘌呤"),
    Cause.INFUSION: Label("Infusion procedure", "输注操作"),
    Cause.BIOPSY: Label("Liver biopsy", "肝穿刺活检"),
}
CAUSES = tuple(CAUSE_LABELS)

# What became of an event: CDISC OUT (C66768).
OUTCOMES = (
    Code("recovered", Label("Recovered", "已恢复"), "RECOVERED/RESOLVED"),
    Code("recovering", Label("Recovering", "好转中"), "RECOVERING/RESOLVING"),
    Code("not_recovered", Label("Not recovered", "未恢复"), "NOT RECOVERED/NOT RESOLVED"),
    Code("with_sequelae", Label("Recovered with sequelae", "恢复伴后遗症"),
         "RECOVERED/RESOLVED WITH SEQUELAE"),
    Code("fatal", Label("Fatal", "死亡"), "FATAL"),
    Code("unknown", Label("Unknown", "不详"), "UNKNOWN"),
)  # fmt: skip

# What was done with a treatment: CDISC ACN (C66767).
ACTIONS = (
    Code("not_changed", Label("Dose not changed", "剂量不变"), "DOSE NOT CHANGED"),
    Code("reduced", Label("Dose reduced", "减量"), "DOSE REDUCED"),
    Code("rate_reduced", Label("Rate reduced", "减慢速度"), "DOSE RATE REDUCED"),
    Code("increased", Label("Dose increased", "增量"), "DOSE INCREASED"),
    Code("interrupted", Label("Interrupted", "暂停"), "DRUG INTERRUPTED"),
    Code("withdrawn", Label("Withdrawn", "停用"), "DRUG WITHDRAWN"),
    Code("not_applicable", Label("Not applicable", "不适用"), "NOT APPLICABLE"),
    Code("unknown", Label("Unknown", "不详"), "UNKNOWN"),
)

YES_NO_UNKNOWN = (
    Code("yes", Label("Yes", "是"), "Y"),
    Code("no", Label("No", "否"), "N"),
    Code("unknown", Label("Unknown", "不详"), "U"),
)


def causality(stem: str, cdisc: dict[Cause, str]) -> tuple[Question, ...]:
    """One question for each cause, named "<stem>_<cause>"."""
    return tuple(
        choice(f"{stem}_{cause}", CAUSE_LABELS[cause], RELATEDNESS, needed=True, cdisc=cdisc[cause])
        for cause in CAUSES
    )


def relation(answer: object) -> int:
    """How far up the scale an answer stands: 0 is unrelated. Raises ValueError for no answer."""
    return list(Relatedness).index(Relatedness(str(answer)))


POSSIBLE = relation(Relatedness.POSSIBLE)


def related(answer: object) -> bool:
    """Whether an answer is "possible" or more; no answer is not."""
    return bool(answer) and relation(answer) >= POSSIBLE
