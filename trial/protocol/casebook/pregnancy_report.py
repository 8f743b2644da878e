"""Pregnancies of participants and of their partners, a line each; clinical rules §10.1, §10.2.

To be reported within 24 hours of awareness and followed to the outcome.
"""

from datetime import date, timedelta

from trial.protocol.casebook.safety_facts import event_of
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    blank,
    choice,
    day,
    line,
    moment,
    note,
    partial_day,
    text,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import earliest, latest, surely_before

WHO = (
    Code("participant", Label("Participant", "受试者")),
    Code("partner", Label("Participant's partner", "受试者的伴侣")),
)
OUTCOMES = (
    Code("ongoing", Label("Ongoing", "妊娠中")),
    Code("live_birth", Label("Live birth", "活产")),
    Code("stillbirth", Label("Stillbirth", "死产")),
    Code("miscarriage", Label("Spontaneous abortion", "自然流产")),
    Code("termination", Label("Induced abortion", "人工终止妊娠")),
    Code("ectopic", Label("Ectopic pregnancy", "异位妊娠")),
    Code("lost", Label("Lost to follow-up", "失访")),
)
CHILD = (
    Code("healthy", Label("Healthy", "健康")),
    Code("anomaly", Label("Congenital anomaly", "先天异常")),
    Code("other", Label("Other illness", "其他疾病")),
    Code("unknown", Label("Unknown", "不详")),
)
_ENDED = tuple(one.code for one in OUTCOMES if one.code not in ("ongoing", "lost"))

# Naegele's rule is 280 days; what lies this far off is a slip or needs a word.
TERM = timedelta(days=280)
SLACK = timedelta(days=21)
VIABLE = timedelta(days=140)  # a live birth before 20 weeks
OVERDUE = timedelta(days=28)

FORM = Form(
    code="pregnancy_report",
    app="safety",
    label=Label("Pregnancy", "妊娠报告"),
    level="participant",
    domain="RP",
    icon="baby-carriage",
    repeats=True,
    titled_by=("who", "due_on"),
    sections=(
        Section(
            "pregnancy",
            Label("Pregnancy", "妊娠"),
            (
                choice("who", Label("Who is pregnant", "妊娠者"), WHO, needed=True,
                       cdisc="SUPPRP.RPPREGWH"),
                moment("aware_at", Label("Site became aware at", "研究中心获知时间"), needed=True,
                       cdisc="SUPPRP.RPAWDTC",
                       help=Label("The 24 hours to report to the sponsor run from here.",
                                  "向申办者报告的24小时自此起算。")),
                partial_day("last_period", Label("First day of the last period", "末次月经首日"),
                            needed=True, cdisc="RP.LMPSTDTC"),
                day("due_on", Label("Estimated due date", "预产期"), may_be_future=True,
                    cdisc="RP.EDLVRDTC"),
                line("adverse_event", Label("Line of an adverse event", "相关不良事件行号"),
                     to="adverse_event", cdisc="SUPPRP.RPAELNK",
                     help=Label("A pregnancy alone is no adverse event; a loss or an anomaly is.",
                                "妊娠本身不是不良事件；流产或异常属于不良事件。")),
            ),
        ),
        Section(
            "outcome",
            Label("Outcome", "结局"),
            (
                choice("outcome", Label("Outcome", "妊娠结局"), OUTCOMES, needed=True,
                       cdisc="SUPPRP.RPOUT"),
                partial_day("outcome_on", Label("Outcome on", "结局日期"), needed=True,
                            when=When("outcome", _ENDED), cdisc="SUPPRP.RPOUTDTC"),
                choice("child", Label("Child", "新生儿情况"), CHILD, needed=True,
                       when=When("outcome", ("live_birth", "stillbirth", "termination")),
                       cdisc="SUPPRP.RPCHILD"),
                text("child_detail", Label("Which anomaly or illness", "异常或疾病名称"),
                     length=200, needed=True, when=When("child", ("anomaly", "other"))),
                day("follow_until", Label("Followed until", "随访截止日期"), may_be_future=True,
                    cdisc="SUPPRP.RPFUDTC"),
                note("remark", Label("Course", "妊娠经过")),
            ),
        ),
    ),
)  # fmt: skip


def _man_is_pregnant(case: Case) -> bool:
    return case["who"] == "participant" and case.person.sex == "M"


def _cannot_bear(case: Case) -> bool:
    person = case.person
    return (
        case["who"] == "participant"
        and person.sex == "F"
        and person.childbearing_potential is False
    )


def _partner_of_a_woman(case: Case) -> bool:
    return case["who"] == "partner" and case.person.sex == "F"


def _due_off_term(case: Case) -> bool:
    first, last = earliest(case["last_period"]), latest(case["last_period"])
    due: date = case["due_on"]
    return due < first + TERM - SLACK or due > last + TERM + SLACK


def _outcome_before_period(case: Case) -> bool:
    return surely_before(case["outcome_on"], case["last_period"]) is True


def _born_too_early(case: Case) -> bool:
    if case["outcome"] != "live_birth":
        return False
    return latest(case["outcome_on"]) < earliest(case["last_period"]) + VIABLE


def _outcome_overdue(case: Case) -> bool:
    due: date = case["due_on"]
    return case["outcome"] == "ongoing" and case.facts.today > due + OVERDUE


def _aware_before_period(case: Case) -> bool:
    return surely_before(case["aware_at"], case["last_period"]) is True


def _not_followed_to_outcome(case: Case) -> bool:
    return surely_before(case["follow_until"], case["outcome_on"]) is True


def _anomaly_is_no_event(case: Case) -> bool:
    """An anomaly of the child is a serious adverse event by its own criterion."""
    if case["child"] != "anomaly":
        return False
    event = event_of(case)
    return event is None or (not blank(event["serious"]) and not event["congenital_anomaly"])


def _lost_without_event(case: Case) -> bool:
    lost = case["outcome"] in ("miscarriage", "stillbirth", "ectopic")
    return lost and blank(case["adverse_event"])


CHECKS: tuple[Check, ...] = (
    Check("PR-01", "pregnancy_report", ("who",), "hard",
          Label("The participant is a man.", "受试者为男性。"),
          _man_is_pregnant),
    Check("PR-02", "pregnancy_report", ("who",), "soft",
          Label("The participant is entered as not of childbearing potential.",
                "受试者记为无生育能力。"),
          _cannot_bear),
    Check("PR-03", "pregnancy_report", ("who",), "soft",
          Label("The participant is a woman: is it her partner who is pregnant?",
                "受试者为女性：妊娠者是否为其伴侣？"),
          _partner_of_a_woman),
    Check("PR-04", "pregnancy_report", ("due_on", "last_period"), "soft",
          Label("The due date is more than three weeks off 40 weeks after the last period.",
                "预产期与末次月经后40周相差三周以上。"),
          _due_off_term),
    Check("PR-05", "pregnancy_report", ("outcome_on", "last_period"), "hard",
          Label("The outcome comes before the last period.", "结局日期早于末次月经。"),
          _outcome_before_period),
    Check("PR-08", "pregnancy_report", ("outcome", "outcome_on", "last_period"), "soft",
          Label("A live birth less than 20 weeks after the last period.",
                "末次月经后不足20周的活产。"),
          _born_too_early),
    Check("PR-09", "pregnancy_report", ("outcome", "due_on"), "soft",
          Label("Still ongoing more than four weeks after the due date.",
                "预产期已过四周以上，仍为妊娠中。"),
          _outcome_overdue),
    Check("PR-10", "pregnancy_report", ("aware_at", "last_period"), "soft",
          Label("The site became aware before the last period.", "获知时间早于末次月经。"),
          _aware_before_period),
    Check("PR-11", "pregnancy_report", ("follow_until", "outcome_on"), "soft",
          Label("Followed up until before the outcome.", "随访截止日期早于结局日期。"),
          _not_followed_to_outcome),
    Check("PR-12", "pregnancy_report", ("child", "adverse_event"), "soft",
          Label("A congenital anomaly without a serious adverse event of that criterion.",
                "先天异常缺少相应的严重不良事件。"),
          _anomaly_is_no_event, needs=("child",), reads=("adverse_event",)),
    Check("PR-13", "pregnancy_report", ("outcome", "adverse_event"), "soft",
          Label("The pregnancy was lost: which adverse event is it?",
                "妊娠丢失：请填写相应的不良事件行号。"),
          _lost_without_event, needs=("outcome",)),
)  # fmt: skip
