"""Serious adverse events: what the sponsor needs beyond the adverse event; clinical rules §10.2.

A line for each serious adverse event. Follow-up news is added to it, the earlier state stays in
its history. Neither initials nor any other name is asked for.
"""

from trial.protocol.casebook.safety_codes import YES_NO_UNKNOWN
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
    number,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before

# ICH E2B(R3) C.2.r.4, without the lawyer.
QUALIFICATIONS = (
    Code("physician", Label("Physician", "医师")),
    Code("pharmacist", Label("Pharmacist", "药师")),
    Code("health_professional", Label("Other health professional", "其他卫生专业人员")),
    Code("consumer", Label("Participant or other person", "受试者或其他人员")),
)
REPORTS = (
    Code("initial", Label("Initial report", "首次报告")),
    Code("follow_up", Label("Follow-up report", "随访报告")),
)
DECHALLENGE = (
    Code("abated", Label("Abated after the product was stopped or reduced",
                         "停用或减量后好转")),
    Code("not_abated", Label("Did not abate", "停用或减量后未好转")),
    Code("not_done", Label("Not stopped or reduced", "未停用或减量")),
    Code("unknown", Label("Unknown", "不详")),
)  # fmt: skip
RECHALLENGE = (
    Code("recurred", Label("Given again, recurred", "再次使用后复发")),
    Code("not_recurred", Label("Given again, did not recur", "再次使用后未复发")),
    Code("unclear", Label("Given again, not known whether it recurred", "再次使用，是否复发不详")),
    Code("not_done", Label("Not given again", "未再次使用")),
)
AUTOPSY = (*YES_NO_UNKNOWN, Code("not_applicable", Label("Not applicable: alive", "不适用：存活")))

_FOLLOW_UP = When("report", ("follow_up",))

FORM = Form(
    code="serious_event",
    app="safety",
    label=Label("Serious adverse event report", "严重不良事件报告"),
    level="participant",
    domain="AE",
    icon="ambulance",
    repeats=True,
    titled_by=("adverse_event",),
    sections=(
        Section(
            "report",
            Label("Report", "报告"),
            (
                line("adverse_event", Label("Line of the adverse event", "不良事件行号"),
                     to="adverse_event", needed=True, cdisc="SUPPAE.AESAELNK"),
                choice("report", Label("Report", "报告类型"), REPORTS, needed=True,
                       cdisc="SUPPAE.AESAETYP"),
                number("follow_up", Label("Number of the follow-up", "随访报告序号"), low=1,
                       high=99, needed=True, when=_FOLLOW_UP, cdisc="SUPPAE.AESAEFUN"),
                moment("news_at", Label("Site learned the news at", "研究中心获知新信息时间"),
                       needed=True, when=_FOLLOW_UP, cdisc="SUPPAE.AESAEFDT",
                       help=Label("The 24 hours of the follow-up run from here.",
                                  "随访报告的24小时自此起算。")),
                note("news", Label("What is new", "新增内容"), needed=True, when=_FOLLOW_UP),
                choice("qualification", Label("Who reports", "报告人身份"), QUALIFICATIONS,
                       needed=True, cdisc="SUPPAE.AESAEQUA"),
            ),
        ),
        Section(
            "course",
            Label("Course", "经过"),
            (
                note("narrative", Label("Narrative", "事件经过描述"), length=20_000, needed=True,
                     help=Label("Course, findings, treatment, outcome. No names, no initials.",
                                "经过、检查结果、治疗及转归。勿填写姓名或姓名缩写。")),
                day("admitted_on", Label("Admitted on", "入院日期"), cdisc="HO.HOSTDTC"),
                day("discharged_on", Label("Discharged on", "出院日期"), cdisc="HO.HOENDTC"),
                note("tests", Label("Relevant tests and results", "相关检查及结果")),
                note("history", Label("Relevant history", "相关病史"),
                     help=Label("What is not among the participant's medical history.",
                                "填写病史表以外的相关内容。")),
            ),
        ),
        Section(
            "product",
            Label("Study product and death", "研究产品与死亡"),
            (
                choice("dechallenge", Label("Product stopped or reduced", "停用或减量后反应"),
                       DECHALLENGE, needed=True, cdisc="SUPPAE.AEDECHAL"),
                choice("rechallenge", Label("Product given again", "再次使用后反应"), RECHALLENGE,
                       needed=True, cdisc="SUPPAE.AERECHAL"),
                choice("autopsy", Label("Autopsy", "是否尸检"), AUTOPSY, needed=True,
                       cdisc="SUPPAE.AEAUTOP"),
            ),
        ),
    ),
)  # fmt: skip


def _not_serious(case: Case) -> bool:
    event = event_of(case)
    return event is not None and event["serious"] is False


def _reported_twice(case: Case) -> bool:
    return any(one["adverse_event"] == case["adverse_event"] for one in case.others())


def _discharged_first(case: Case) -> bool:
    return bool(case["discharged_on"] < case["admitted_on"])


def _stay_without_criterion(case: Case) -> bool:
    event = event_of(case)
    return event is not None and event["serious"] is True and not event["hospitalisation"]


def _criterion_without_stay(case: Case) -> bool:
    """Once the course is written: before, the section is simply not filled in yet."""
    event = event_of(case)
    return event is not None and bool(event["hospitalisation"]) and blank(case["admitted_on"])


def _admitted_later(case: Case) -> bool:
    """The stay begins with the event's hospitalisation, or earlier where that prolonged it."""
    event = event_of(case)
    return event is not None and surely_before(event["hospital_on"], case["admitted_on"]) is True


def _discharged_before(case: Case) -> bool:
    event = event_of(case)
    return event is not None and surely_before(case["discharged_on"], event["hospital_on"]) is True


def _autopsy_of_the_living(case: Case) -> bool:
    event = event_of(case)
    outcome = "" if event is None else event["outcome"]
    return case["autopsy"] in ("yes", "no") and not blank(outcome) and outcome != "fatal"


def _autopsy_not_answered(case: Case) -> bool:
    event = event_of(case)
    fatal = event is not None and event["outcome"] == "fatal"
    return fatal and case["autopsy"] == "not_applicable"


def _autopsy_differs(case: Case) -> bool:
    """Only a plain yes against a plain no."""
    told = {death["autopsy"] for death in case.facts.all("death")}
    return case["autopsy"] in ("yes", "no") and bool(told & ({"yes", "no"} - {case["autopsy"]}))


def _news_before_awareness(case: Case) -> bool:
    event = event_of(case)
    return event is not None and not blank(event["aware_at"]) and (
        case["news_at"] < event["aware_at"]
    )  # fmt: skip


def _stopped_though_not_changed(case: Case) -> bool:
    event = event_of(case)
    kept = event is not None and event["action_product"] in ("not_changed", "increased")
    return kept and case["dechallenge"] in ("abated", "not_abated")


def _given_again_though_withdrawn(case: Case) -> bool:
    event = event_of(case)
    withdrawn = event is not None and event["action_product"] == "withdrawn"
    return withdrawn and case["rechallenge"] != "not_done"


_EVENT = ("adverse_event",)
CHECKS = (
    Check("SAE-02", "serious_event", ("adverse_event",), "soft",
          Label("The adverse event is entered as not serious.", "该不良事件记为非严重。"),
          _not_serious, reads=_EVENT),
    Check("SAE-03", "serious_event", ("adverse_event",), "soft",
          Label("Another line reports the same adverse event.", "另一行已报告同一不良事件。"),
          _reported_twice),
    Check("SAE-04", "serious_event", ("discharged_on", "admitted_on"), "hard",
          Label("Discharged before admission.", "出院日期早于入院日期。"),
          _discharged_first),
    Check("SAE-05", "serious_event", ("admitted_on", "adverse_event"), "soft",
          Label("In hospital, but the adverse event is not serious by hospitalisation.",
                "有住院日期，但不良事件未选择“住院或住院时间延长”。"),
          _stay_without_criterion, reads=_EVENT),
    Check("SAE-06", "serious_event", ("admitted_on", "narrative"), "soft",
          Label("Serious by hospitalisation, but the day of admission is missing.",
                "因住院判为严重，但缺少入院日期。"),
          _criterion_without_stay, needs=("adverse_event", "narrative"), reads=_EVENT),
    Check("SAE-07", "serious_event", ("admitted_on", "adverse_event"), "soft",
          Label("Admitted later than the adverse event says.", "入院日期晚于不良事件表所填日期。"),
          _admitted_later, reads=_EVENT),
    Check("SAE-08", "serious_event", ("discharged_on", "adverse_event"), "soft",
          Label("Discharged before the hospitalisation of the adverse event.",
                "出院日期早于不良事件表所填住院日期。"),
          _discharged_before, reads=_EVENT),
    Check("SAE-09", "serious_event", ("autopsy", "adverse_event"), "soft",
          Label("Autopsy is answered, but the event is not fatal.",
                "填写了尸检，但事件转归不是死亡。"),
          _autopsy_of_the_living, reads=_EVENT),
    Check("SAE-10", "serious_event", ("autopsy", "adverse_event"), "soft",
          Label("The event is fatal: was there an autopsy?", "事件致死：是否进行了尸检？"),
          _autopsy_not_answered, reads=_EVENT),
    Check("SAE-11", "serious_event", ("autopsy",), "soft",
          Label("The form of the death says otherwise about the autopsy.",
                "尸检情况与死亡表不一致。"),
          _autopsy_differs, reads=("death",)),
    Check("SAE-12", "serious_event", ("news_at", "adverse_event"), "soft",
          Label("The news came before the site became aware of the event.",
                "新信息的获知时间早于事件的获知时间。"),
          _news_before_awareness, reads=_EVENT),
    Check("SAE-13", "serious_event", ("dechallenge", "adverse_event"), "soft",
          Label("Stopped or reduced here, but the adverse event says the dose was not.",
                "此处为停用或减量，但不良事件表中剂量未减少。"),
          _stopped_though_not_changed, reads=_EVENT),
    Check("SAE-14", "serious_event", ("rechallenge", "adverse_event"), "soft",
          Label("Given again here, but the adverse event says it was withdrawn.",
                "此处为再次使用，但不良事件表中已停用。"),
          _given_again_though_withdrawn, reads=_EVENT),
)  # fmt: skip
