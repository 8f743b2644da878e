"""The sponsor's assessment of an adverse event, a line for each; clinical rules §10.1, §10.2.

Whether it is a SUSAR is never asked: it follows from seriousness, both views of the causes and the
expectedness (safety/seriousness.py). When the sponsor knew the minimum criteria is what its clocks
start from (safety/clocks.py): the earliest line of an event that has them all.
"""

from trial.protocol.casebook.safety_codes import CAUSES, causality, related
from trial.protocol.casebook.safety_facts import event_of
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    blank,
    choice,
    line,
    moment,
    note,
    text,
    yes_no,
)
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.safety import Cause

EXPECTEDNESS = (
    Code("expected", Label("Expected", "预期")),
    Code("unexpected", Label("Unexpected", "非预期")),
)

FORM = Form(
    code="sponsor_assessment",
    app="safety",
    label=Label("Sponsor's assessment", "申办者评估"),
    level="participant",
    domain="AE",
    icon="scale",
    repeats=True,
    writer="safety",
    titled_by=("adverse_event",),
    sections=(
        Section(
            "received",
            Label("Information received", "收到的信息"),
            (
                line("adverse_event", Label("Line of the adverse event", "不良事件行号"),
                     to="adverse_event", needed=True, cdisc="SUPPAE.AESPLNK"),
                moment("received_at", Label("Received by the sponsor at", "申办者收到时间"),
                       needed=True, cdisc="SUPPAE.AESPRDTC"),
                yes_no("minimum_known",
                       Label("Patient, reporter, product and event are all known",
                             "患者、报告人、产品和事件均已知"),
                       needed=True, cdisc="SUPPAE.AESPMIN",
                       help=Label("The day of the first yes is day 0 of the reporting clocks.",
                                  "首次为“是”的日期为报告时限的第0天。")),
                moment("fatal_known_at",
                       Label("Learned to be fatal or life-threatening at",
                             "获知致死或危及生命的时间"),
                       cdisc="SUPPAE.AESPFDTC",
                       help=Label("Only where that was later than day 0.",
                                  "仅当晚于第0天时填写。")),
            ),
        ),
        Section(
            "causality",
            Label("Causality", "因果关系"),
            causality(
                "sponsor",
                {
                    Cause.PRODUCT: "SUPPAE.AESPRREL",
                    Cause.STEROID: "SUPPAE.AESPRSTE",
                    Cause.AZATHIOPRINE: "SUPPAE.AESPRAZA",
                    Cause.INFUSION: "SUPPAE.AESPRINF",
                    Cause.BIOPSY: "SUPPAE.AESPRBIO",
                },
            ),
            help=Label(
                "The sponsor may add a relation, never take the investigator's away.",
                "申办者可增加相关性判断，但不得降低研究者的判断。",
            ),
        ),
        Section(
            "decision",
            Label("Expectedness", "预期性"),
            (
                choice("expectedness", Label("Expectedness", "预期性"), EXPECTEDNESS, needed=True,
                       cdisc="SUPPAE.AESPEXP",
                       help=Label("Against the reference safety information of the brochure.",
                                  "依据研究者手册中的安全性参考信息判断。")),
                text("ib_version", Label("Version of the brochure", "研究者手册版本"), length=40,
                     needed=True, names_people=False, cdisc="SUPPAE.AESPIBV",
                     when=When("expectedness", ("expected", "unexpected"))),
                note("reasoning", Label("Reasoning", "评估依据"), needed=True),
                moment("assessed_at", Label("Assessed at", "评估时间"), needed=True,
                       cdisc="SUPPAE.AESPADTC"),
            ),
        ),
    ),
)  # fmt: skip


def _takes_relation_away(case: Case) -> bool:
    """Related to the investigator, unrelated to the sponsor, of any cause both have judged."""
    event = event_of(case)
    return event is not None and any(
        related(event[f"cause_{cause}"])
        and not blank(case[f"sponsor_{cause}"])
        and not related(case[f"sponsor_{cause}"])
        for cause in CAUSES
    )


def _assessed_before_received(case: Case) -> bool:
    return bool(case["assessed_at"] < case["received_at"])


def _received_before_aware(case: Case) -> bool:
    event = event_of(case)
    return event is not None and not blank(event["aware_at"]) and (
        case["received_at"] < event["aware_at"]
    )  # fmt: skip


def _fatal_but_event_is_not(case: Case) -> bool:
    event = event_of(case)
    if event is None or blank(event["serious"]):
        return False
    return not event["death"] and not event["life_threatening"]


def _known_before_received(case: Case) -> bool:
    """Known to be fatal before anything of the event was known."""
    lines = [case.row, *case.others()]
    received = [
        one["received_at"] for one in lines
        if one["adverse_event"] == case["adverse_event"] and not blank(one["received_at"])
    ]  # fmt: skip
    return bool(received) and case["fatal_known_at"] < min(received)


_EVENT = ("adverse_event",)
CHECKS = (
    Check("SPA-02", "sponsor_assessment",
          ("adverse_event", *(f"sponsor_{cause}" for cause in CAUSES)), "soft",
          Label("The investigator holds a cause related that the sponsor does not; "
                "the investigator's judgement stands.",
                "研究者判断相关而申办者判断无关；以研究者的判断为准。"),
          _takes_relation_away, needs=("adverse_event",), reads=_EVENT),
    Check("SPA-03", "sponsor_assessment", ("assessed_at", "received_at"), "soft",
          Label("Assessed before the information was received.", "评估时间早于收到信息的时间。"),
          _assessed_before_received),
    Check("SPA-04", "sponsor_assessment", ("received_at", "adverse_event"), "soft",
          Label("Received before the site became aware of the event.",
                "收到时间早于研究中心获知时间。"),
          _received_before_aware, reads=_EVENT),
    Check("SPA-05", "sponsor_assessment", ("fatal_known_at", "adverse_event"), "soft",
          Label("Known to be fatal or life-threatening, but the adverse event is neither.",
                "获知致死或危及生命，但不良事件未选择相应标准。"),
          _fatal_but_event_is_not, reads=_EVENT),
    Check("SPA-06", "sponsor_assessment", ("fatal_known_at", "adverse_event"), "soft",
          Label("Known to be fatal before anything of the event was received.",
                "获知致死或危及生命的时间早于首次收到信息的时间。"),
          _known_before_received),
)  # fmt: skip
