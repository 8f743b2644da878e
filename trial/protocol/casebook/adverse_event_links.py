"""Edit checks of adverse events against other forms; clinical rules §10.1, §10.2."""

from datetime import timedelta

from trial.protocol.casebook.safety_facts import is_fatal, other_day
from trial.protocol.crf import Case, blank
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before
from trial.protocol.safety import ClockParameters, Report

_LIMIT = timedelta(hours=ClockParameters().clock(Report.SAE).hours or 0)


def _serious_without_report(case: Case) -> bool:
    """Once the time to report is over: the report is written after the event, never before."""
    if case["serious"] is not True or case.facts.now is None:
        return False
    lines = case.facts.all("serious_event")
    reported = any(line["adverse_event"] == case.row.number for line in lines)
    return not reported and case.facts.now - case["aware_at"] > _LIMIT


def _fatal_without_death(case: Case) -> bool:
    deaths = case.facts.all("death")
    return is_fatal(case.row) and all(blank(death["died_on"]) for death in deaths)


def _starts_after_death(case: Case) -> bool:
    deaths = case.facts.all("death")
    return any(surely_before(death["died_on"], case["starts_on"]) for death in deaths)


def _pregnancy_without_report(case: Case) -> bool:
    return case["aesi_pregnancy"] is True and not case.facts.all("pregnancy_report")


def _no_such_biopsy(case: Case) -> bool:
    """Only where there are biopsies to compare with."""
    taken = [row["taken_at"] for row in case.facts.all("biopsy") if not blank(row["taken_at"])]
    return bool(taken) and all(other_day(at, case["biopsy_on"]) for at in taken)


def _treated_with_nothing(case: Case) -> bool:
    return case["treated"] is True and blank(case["medication"]) and blank(case["other_treatment"])


LINKS = (
    Check(
        "AE-50", "adverse_event", ("aware_at",), "soft",
        Label("24 hours after the site became aware there is no report of this serious event.",
              "研究中心获知已超过24小时，尚无该严重不良事件的报告。"),
        _serious_without_report, reads=("serious_event",),
    ),
    Check(
        "AE-51", "adverse_event", ("died_on",), "soft",
        Label("A fatal event, but the form of the death is not filled in.",
              "事件致死，但未填写死亡表。"),
        _fatal_without_death, needs=("died_on", "cause_product"), reads=("death",),
    ),
    Check(
        "AE-52", "adverse_event", ("starts_on",), "soft",
        Label("The event starts after the participant's death.", "事件晚于受试者死亡。"),
        _starts_after_death, reads=("death",),
    ),
    Check(
        "AE-53", "adverse_event", ("aesi_pregnancy",), "soft",
        Label("A pregnancy without its report.", "妊娠尚无妊娠报告。"),
        _pregnancy_without_report, reads=("pregnancy_report",),
    ),
    Check(
        "AE-55", "adverse_event", ("treated",), "soft",
        Label("Treated, but neither a medication nor another treatment is named.",
              "给予治疗，但未填写合并用药或其他治疗。"),
        _treated_with_nothing,
    ),
    Check(
        "AE-56", "adverse_event", ("biopsy_on",), "soft",
        Label("No biopsy was taken on this day.", "该日期没有活检记录。"),
        _no_such_biopsy, reads=("biopsy",),
    ),
)  # fmt: skip
