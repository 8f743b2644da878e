"""The participant's death, once; clinical rules §10.1, §10.3.

The event that was fatal is an adverse event of its own; its causality is judged there.
"""

from trial.protocol.casebook.safety_codes import CAUSE_LABELS, CAUSES, YES_NO_UNKNOWN, related
from trial.protocol.casebook.safety_facts import (
    event_of,
    is_fatal,
    other_day,
)
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    choice,
    line,
    note,
    partial_day,
    text,
    tick,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before
from trial.protocol.safety import Cause

PLACES = (
    Code("study_hospital", Label("Hospital of the study", "研究中心医院")),
    Code("other_hospital", Label("Other hospital", "其他医院")),
    Code("home", Label("At home", "家中")),
    Code("other", Label("Elsewhere", "其他地点")),
    Code("unknown", Label("Unknown", "不详")),
)
_CDISC = {
    Cause.PRODUCT: "SUPPDD.DDRELPRD",
    Cause.STEROID: "SUPPDD.DDRELSTE",
    Cause.AZATHIOPRINE: "SUPPDD.DDRELAZA",
    Cause.INFUSION: "SUPPDD.DDRELINF",
    Cause.BIOPSY: "SUPPDD.DDRELBIO",
}

FORM = Form(
    code="death",
    app="safety",
    label=Label("Death", "死亡"),
    level="participant",
    domain="DD",
    icon="grave-2",
    sections=(
        Section(
            "death",
            Label("Death", "死亡"),
            (
                partial_day("died_on", Label("Died on", "死亡日期"), needed=True,
                            cdisc="DM.DTHDTC"),
                text("cause", Label("Cause of death", "死亡原因"), length=200, needed=True,
                     cdisc="DD.PRCDTH",
                     help=Label("The disease or event, not the mode of dying.",
                                "填写疾病或事件，而非死亡方式。")),
                text("contributing", Label("Contributing causes", "促成死亡的其他原因"), length=200,
                     cdisc="DD.SECDTH"),
                choice("place", Label("Place of death", "死亡地点"), PLACES, needed=True,
                       cdisc="SUPPDD.DDPLACE"),
                choice("autopsy", Label("Autopsy", "是否尸检"), YES_NO_UNKNOWN, needed=True,
                       cdisc="DD.AUTOPIND"),
                note("autopsy_result", Label("Result of the autopsy", "尸检结果"),
                     when=When("autopsy", ("yes",))),
                line("adverse_event", Label("Line of the fatal adverse event", "致死不良事件行号"),
                     to="adverse_event", needed=True, cdisc="SUPPDD.DDAELNK"),
            ),
        ),
        Section(
            "related",
            Label("Possibly related to", "可能相关的因素"),
            (
                tick("related_disease", Label("Autoimmune hepatitis or its course",
                                              "自身免疫性肝炎及其进展"), cdisc="SUPPDD.DDRELDIS"),
                *(
                    tick(f"related_{cause}", CAUSE_LABELS[cause], cdisc=_CDISC[cause])
                    for cause in CAUSES
                ),
            ),
        ),
    ),
)  # fmt: skip


def _before_screening(case: Case) -> bool:
    return surely_before(case["died_on"], case.person.screened_on) is True


def _event_not_fatal(case: Case) -> bool:
    event = event_of(case)
    answered = event is not None and event["outcome"] not in ("", None, "unknown")
    return event is not None and answered and not is_fatal(event)


def _other_day_than_event(case: Case) -> bool:
    event = event_of(case)
    return event is not None and other_day(case["died_on"], event["died_on"])


def _relation_of_event_missing(case: Case) -> bool:
    """Once anything is ticked: the investigator held a cause related that is not among them."""
    event = event_of(case)
    ticked = any(case[f"related_{name}"] for name in ("disease", *CAUSES))
    return (
        event is not None
        and ticked
        and any(
            related(event[f"cause_{cause}"]) and not case[f"related_{cause}"] for cause in CAUSES
        )
    )


def _visited_after(case: Case) -> bool:
    return any(surely_before(case["died_on"], visit.held_on) for visit in case.facts.visits)


def _ended_after(case: Case) -> bool:
    """Whoever died took part until then, unless they had left before."""
    return surely_before(case["died_on"], case.person.ended_on) is True


_EVENT = ("adverse_event",)
CHECKS = (
    Check("DTH-02", "death", ("died_on",), "hard",
          Label("The death comes before screening.", "死亡日期早于筛选。"),
          _before_screening),
    Check("DTH-04", "death", ("adverse_event",), "soft",
          Label("The adverse event is not entered as fatal.", "该不良事件未记为致死。"),
          _event_not_fatal, reads=_EVENT),
    Check("DTH-05", "death", ("died_on", "adverse_event"), "soft",
          Label("The adverse event has another date of death.", "死亡日期与不良事件表不一致。"),
          _other_day_than_event, reads=_EVENT),
    Check("DTH-06", "death", ("related_product", "adverse_event"), "soft",
          Label("The investigator holds the fatal event related to something not ticked here.",
                "研究者判断致死事件与某因素相关，但此处未勾选。"),
          _relation_of_event_missing, needs=("adverse_event",), reads=_EVENT),
    Check("DTH-07", "death", ("died_on",), "soft",
          Label("A visit was held after the death.", "死亡日期之后仍有访视。"),
          _visited_after),
    Check("DTH-08", "death", ("died_on",), "soft",
          Label("The participant left the study after the death.", "退出研究的日期晚于死亡日期。"),
          _ended_after),
)  # fmt: skip
