"""How treatment and study went on or ended for a participant; clinical rules §10.3 and §1.4.

Whoever withdraws in part says what is still allowed; who stops the product stays in follow-up.
Of a death there is the line here with its day, or the day it became known: what is known of the
day of death, its cause and autopsy are asked on its own form.
Checks are in disposition_checks.py.
"""

from trial.protocol.casebook.disposition_checks import CHECKS
from trial.protocol.crf import (
    Code,
    Form,
    Section,
    When,
    choice,
    day,
    line,
    note,
    number,
    text,
    tick,
)  # fmt: skip
from trial.protocol.label import Label

__all__ = ["CHECKS", "FORM"]

EVENTS = (
    Code("treatment_stop", Label("Study product stopped", "提前停用研究产品")),
    Code("treatment_completed", Label("Study product completed", "完成研究产品治疗"), "COMPLETED"),
    Code("study_completed", Label("Study completed", "完成研究"), "COMPLETED"),
    Code("withdrawal_partial", Label("Consent withdrawn in part", "部分撤回知情同意")),
    Code("withdrawal_full", Label("Consent withdrawn", "完全撤回知情同意"),
         "WITHDRAWAL BY SUBJECT"),
    Code("lost_to_follow_up", Label("Lost to follow-up", "失访"), "LOST TO FOLLOW-UP"),
    Code("death", Label("Death", "死亡"), "DEATH"),
)  # fmt: skip
REASONS = (
    Code("adverse_event", Label("Adverse event", "不良事件"), "ADVERSE EVENT"),
    Code("lack_of_effect", Label("Lack of effect", "疗效不佳"), "LACK OF EFFICACY"),
    Code("wish", Label("Participant's wish", "受试者意愿"), "WITHDRAWAL BY SUBJECT"),
    Code("physician", Label("Physician's decision", "研究者决定"), "PHYSICIAN DECISION"),
    Code("deviation", Label("Protocol deviation", "方案偏离"), "PROTOCOL DEVIATION"),
    Code("pregnancy", Label("Pregnancy", "妊娠"), "PREGNANCY"),
    Code("other", Label("Other", "其他"), "OTHER"),
)

_REASONED = When("event", ("treatment_stop", "withdrawal_partial", "withdrawal_full"))
_IN_PART = When("event", ("withdrawal_partial",))
_LOST = When("event", ("lost_to_follow_up",))
_STILL = Label("Tick what is still allowed.", "勾选仍同意的内容。")

FORM = Form(
    code="disposition",
    app="patients",
    label=Label("Course and end of participation", "研究完成/终止情况"),
    level="participant",
    domain="DS",
    repeats=True,
    icon="door-exit",
    titled_by=("event", "happened_on"),
    sections=(
        Section(
            "event",
            Label("Event", "事件"),
            (
                choice("event", Label("What happened", "事件类型"), EVENTS, needed=True,
                       cdisc="DS.DSDECOD"),
                day("happened_on", Label("On", "日期"), needed=True, cdisc="DS.DSSTDTC"),
                choice("reason", Label("Main reason", "主要原因"), REASONS, needed=True,
                       when=_REASONED, cdisc="SUPPDS.DSREAS"),
                text("other_reason", Label("Which other reason", "其他原因说明"), needed=True,
                     when=When("reason", ("other",)), cdisc="SUPPDS.DSREASOT"),
                line("adverse_event", Label("Line of the adverse event", "对应不良事件编号"),
                     to="adverse_event", needed=True, when=When("reason", ("adverse_event",)),
                     cdisc="RELREC.AESPID"),
                tick("allows_visits", Label("Visits", "继续访视"),
                     when=_IN_PART, help=_STILL, cdisc="SUPPDS.DSALVIS"),
                tick("allows_records", Label("Use of medical records", "使用医疗记录"),
                     when=_IN_PART, help=_STILL, cdisc="SUPPDS.DSALREC"),
                tick("allows_samples", Label("Use of stored samples", "使用已留存样本"),
                     when=_IN_PART, help=_STILL, cdisc="SUPPDS.DSALSAM"),
                tick("allows_vital_status", Label("Asking whether alive", "查询生存状态"),
                     when=_IN_PART, help=_STILL, cdisc="SUPPDS.DSALVIT"),
                note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
            ),
        ),
        Section(
            "lost",
            Label("Loss to follow-up", "失访"),
            (
                day("last_contact_on", Label("Last contact on", "末次联系日期"), needed=True,
                    when=_LOST, cdisc="SUPPDS.DSLSTCON"),
                number("attempts", Label("Attempts to make contact", "尝试联系次数"), low=0,
                       high=99, soft=(3, None), needed=True, when=_LOST, cdisc="SUPPDS.DSATTMPT"),
            ),
        ),
    ),
)  # fmt: skip
