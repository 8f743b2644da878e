"""Departures from the protocol, as people record them; clinical rules §1.2 to §1.4, §9.

A line is entered by somebody, or taken over from what visits/deviations.py finds: a finding is a
proposal, and kind, impact and action are for people to say.
"""

from collections.abc import Mapping

from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    blank,
    choice,
    day,
    note,
    text,
    yes_no,
)  # fmt: skip
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label

KINDS = (
    Code("eligibility", Label("Eligibility", "入选/排除标准")),
    Code("consent", Label("Consent", "知情同意")),
    Code("window", Label("Window of a visit or infusion", "访视或输注超窗")),
    Code("dose", Label("Dose of the study product", "研究产品剂量")),
    Code("missed", Label("Missed visit or assessment", "漏做访视或检查")),
    Code("medication", Label("Medication", "用药")),
    Code("blinding", Label("Blinding", "盲法")),
    Code("other", Label("Other", "其他")),
)

# The kind of each finding of visits/deviations.py, by its code.
KIND_OF_FINDING: Mapping[str, str] = {
    "visit_early": "window",
    "visit_late": "window",
    "visit_missed": "missed",
    "assessment_missed": "missed",
    "dose": "dose",
    "dose_per_kg": "dose",
    "weight_date": "dose",
    "interval": "window",
    "first_infusion_late": "window",
    "ineligible": "eligibility",
}

_DETECTED = When("origin", ("detected",))
_NO_ARM = Label("Name neither a person nor a treatment arm.", "请勿写明人员姓名或治疗组别。")

FORM = Form(
    code="deviation",
    app="visits",
    label=Label("Protocol deviation", "方案偏离"),
    level="participant",
    domain="DV",
    repeats=True,
    icon="alert-triangle",
    titled_by=("kind", "occurred_on"),
    sections=(
        Section(
            "what",
            Label("What happened", "偏离内容"),
            (
                day("occurred_on", Label("Occurred on", "发生日期"), needed=True,
                    cdisc="DV.DVSTDTC"),
                day("found_on", Label("Found on", "发现日期"), needed=True,
                    cdisc="SUPPDV.DVFNDDT"),
                choice("kind", Label("Kind", "偏离类别"), KINDS, needed=True, cdisc="DV.DVDECOD"),
                text(
                    "visit_label", Label("At visit", "相关访视"), length=10, names_people=False,
                    cdisc="SUPPDV.DVVISIT",
                    help=Label("Such as W12 or UNS 2; blank where it concerns none.",
                               "如W12或UNS 2；与访视无关时留空。"),
                ),
                note("description", Label("Description", "偏离描述"), needed=True,
                     cdisc="DV.DVTERM", help=_NO_ARM),
                choice(
                    "origin", Label("Found by", "来源"),
                    (
                        Code("entered", Label("A person", "人工录入")),
                        Code("detected", Label("The system", "系统检出")),
                    ),
                    needed=True, cdisc="SUPPDV.DVORIGIN",
                ),
                text("detected_code", Label("Finding", "系统检出项"), length=60, needed=True,
                     names_people=False, when=_DETECTED, cdisc="SUPPDV.DVFNDCD"),
            ),
        ),
        Section(
            "handled",
            Label("Impact and action", "影响与处理"),
            (
                choice(
                    "impact", Label("Impact", "严重程度"),
                    (
                        Code("minor", Label("Minor", "轻微"), "MINOR"),
                        Code("major", Label("Major", "重大"), "MAJOR"),
                    ),
                    needed=True, cdisc="DV.DVCAT",
                    help=Label("Major: it may affect rights or safety of participants, or data.",
                               "重大：可能影响受试者权益、安全或数据可靠性。"),
                ),
                note("action", Label("Corrective action", "纠正措施"), cdisc="SUPPDV.DVACTION",
                     help=_NO_ARM),
                yes_no(
                    "reported",
                    Label("Reported to the ethics committee", "是否已报告伦理委员会"),
                    needed=True, cdisc="SUPPDV.DVREPEC",
                ),
                day("reported_on", Label("Reported on", "报告日期"), needed=True,
                    when=When("reported", ("yes",)), cdisc="SUPPDV.DVREPDT"),
            ),
        ),
    ),
)  # fmt: skip


def _found_before(case: Case) -> bool:
    return bool(case["found_on"] < case["occurred_on"])


def _reported_before(case: Case) -> bool:
    return bool(case["reported_on"] < case["occurred_on"])


def _no_action(case: Case) -> bool:
    return case["impact"] == "major" and blank(case["action"])


def _before_consent(case: Case) -> bool:
    """What was done without consent is a deviation of consent, and nothing else."""
    consented = case.person.consented_on
    return consented is not None and case["occurred_on"] < consented and case["kind"] != "consent"


def _after_end(case: Case) -> bool:
    ended = case.person.ended_on
    return ended is not None and case["occurred_on"] > ended


def _no_such_visit(case: Case) -> bool:
    labels = {visit.label for visit in case.facts.visits}
    return bool(labels) and case["visit_label"] not in labels


def _recorded_twice(case: Case) -> bool:
    return any(row["detected_code"] == case["detected_code"] for row in case.others())


CHECKS = (
    Check(
        "DV-04", FORM.code, ("found_on", "occurred_on"), "hard",
        Label("Found before it occurred.", "发现日期早于发生日期。"), _found_before,
    ),
    Check(
        "DV-05", FORM.code, ("reported_on", "occurred_on"), "hard",
        Label("Reported before it occurred.", "报告日期早于发生日期。"), _reported_before,
    ),
    Check(
        "DV-06", FORM.code, ("action", "impact"), "soft",
        Label("A major deviation has no corrective action.", "重大方案偏离未填写纠正措施。"),
        _no_action, needs=("impact",),
    ),
    Check(
        "DV-07", FORM.code, ("occurred_on", "kind"), "soft",
        Label("Occurred before consent was given, but is no deviation of consent.",
              "发生日期早于签署知情同意书的日期，但类别不是知情同意。"), _before_consent,
    ),
    Check(
        "DV-08", FORM.code, ("occurred_on",), "soft",
        Label("Occurred after the end of participation.", "发生日期晚于受试者结束研究的日期。"),
        _after_end,
    ),
    Check(
        "DV-09", FORM.code, ("visit_label",), "soft",
        Label("The participant has no visit of this name.", "该受试者没有此名称的访视。"),
        _no_such_visit,
    ),
    Check(
        "DV-10", FORM.code, ("detected_code",), "soft",
        Label("Another line records the same finding.", "另一条记录已登记同一检出项。"),
        _recorded_twice,
    ),
)  # fmt: skip
