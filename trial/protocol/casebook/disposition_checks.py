"""Checks of how participation went on or ended; clinical rules §10.1 (death), §10.3.

Whatever compares a death with the adverse events is here, for both forms.
"""

from datetime import date

from trial.protocol.crf import Case, Row, blank
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import surely_before

_FORM = "disposition"
# A participant has one of these at most. A death may follow each of them, and is one of its own.
ENDS = ("study_completed", "withdrawal_full", "lost_to_follow_up")
TREATMENT_ENDS = ("treatment_stop", "treatment_completed")
# What nobody does after death. A loss to follow-up or a stop of the product may be dated later,
# where the death became known afterwards.
_BY_THE_LIVING = ("treatment_completed", "study_completed", "withdrawal_partial", "withdrawal_full")
ALLOWED = ("allows_visits", "allows_records", "allows_samples", "allows_vital_status")


def _others(case: Case, *events: str) -> list[Row]:
    return [row for row in case.others() if row["event"] in events]


def _last_held(case: Case) -> date | None:
    held = [visit.held_on for visit in case.facts.visits if visit.held_on is not None]
    return max(held, default=None)


def _two_ends(case: Case) -> bool:
    event = case["event"]
    if event == "death":
        return bool(_others(case, "death"))
    return event in ENDS and bool(_others(case, *ENDS))


def _two_treatment_ends(case: Case) -> bool:
    return case["event"] in TREATMENT_ENDS and bool(_others(case, *TREATMENT_ENDS))


# --- death ---------------------------------------------------------------------------------------


def _no_fatal_event(case: Case) -> bool:
    fatal = (row["outcome"] == "fatal" for row in case.facts.all("adverse_event"))
    return case["event"] == "death" and not any(fatal)


def _no_death(case: Case) -> bool:
    """Of an adverse event: it is fatal, and no line here says that the participant died."""
    died = (row["event"] == "death" for row in case.facts.all(_FORM))
    return case["outcome"] == "fatal" and not any(died)


def _no_form_of_death(case: Case) -> bool:
    return case["event"] == "death" and not _days_of_death(case)


def _no_line_of_death(case: Case) -> bool:
    """Of the form of the death: no line here says that the participant died."""
    return not any(row["event"] == "death" for row in case.facts.all(_FORM))


def _days_of_death(case: Case) -> list[str]:
    """The day of death from its form, as far as it is known."""
    days = (row["died_on"] for row in case.facts.all("death"))
    return [on for on in days if not blank(on)]


def _before_the_death(case: Case) -> bool:
    """Of the line of a death: its day lies surely before the day on the form of the death."""
    days = _days_of_death(case)
    early = any(surely_before(case["happened_on"], on) is True for on in days)
    return case["event"] == "death" and early


def _done_after_death(case: Case) -> bool:
    if case["event"] not in _BY_THE_LIVING:
        return False
    return any(surely_before(on, case["happened_on"]) is True for on in _days_of_death(case))


# --- days ----------------------------------------------------------------------------------------


def _ends_before_visit(case: Case) -> bool:
    """A full withdrawal has a check of its own."""
    if case["event"] not in ("study_completed", "lost_to_follow_up"):
        return False
    return surely_before(case["happened_on"], _last_held(case)) is True


def _goes_on_after_withdrawal(case: Case) -> bool:
    """A visit or another line is dated later; a death may be, its day alone is recorded."""
    if case["event"] != "withdrawal_full":
        return False
    visits = [visit.held_on for visit in case.facts.visits]
    days = visits + [row["happened_on"] for row in case.others() if row["event"] != "death"]
    return any(surely_before(case["happened_on"], on) is True for on in days)


def _contact_after_loss(case: Case) -> bool:
    return bool(case["last_contact_on"] > case["happened_on"])


def _contact_before_visit(case: Case) -> bool:
    return surely_before(case["last_contact_on"], _last_held(case)) is True


def _before_consent(case: Case) -> bool:
    return surely_before(case["happened_on"], case.person.consented_on) is True


def _completed_before_first(case: Case) -> bool:
    """A stop before it is possible: randomised and never treated."""
    completed = case["event"] == "treatment_completed"
    return completed and surely_before(case["happened_on"], case.person.day0_on) is True


def _visits_planned(case: Case) -> bool:
    planned = any(visit.status == "planned" for visit in case.facts.visits)
    return case["event"] == "study_completed" and planned


# --- what fits -----------------------------------------------------------------------------------


def _nothing_allowed(case: Case) -> bool:
    partly = case["event"] == "withdrawal_partial"
    return partly and not any(case[name] for name in ALLOWED)


def _visit_not_allowed(case: Case) -> bool:
    """Visits go on after a partial withdrawal that does not allow them."""
    if case["event"] != "withdrawal_partial" or case["allows_visits"]:
        return False
    held = [visit.held_on for visit in case.facts.visits]
    return any(surely_before(case["happened_on"], on) is True for on in held)


def _pregnant_man(case: Case) -> bool:
    return case["reason"] == "pregnancy" and case.person.sex == "M"


CHECKS = (
    Check(
        "DS-01", _FORM, ("event",), "hard",
        Label("Another line ends the study already, or records the death.",
              "已有另一条记录结束研究或登记死亡。"), _two_ends,
    ),
    Check(
        "DS-02", _FORM, ("event",), "hard",
        Label("Another line ends the study product already.",
              "已有另一条记录登记停用或完成研究产品。"), _two_treatment_ends,
    ),
    Check(
        "DS-03", _FORM, ("event",), "soft",
        Label("A death is recorded, but no adverse event is fatal.",
              "已登记死亡，但没有转归为死亡的不良事件。"),
        _no_fatal_event, reads=("adverse_event",),
    ),
    Check(
        "DS-04", "adverse_event", ("outcome",), "soft",
        Label("The event is fatal, but no death is recorded at the end of participation.",
              "该事件转归为死亡，但研究完成/终止情况中未登记死亡。"),
        _no_death, reads=(_FORM,),
    ),
    Check(
        "DS-05", _FORM, ("event",), "soft",
        Label("A death is recorded, but its form has no day of death.",
              "已登记死亡，但死亡表中没有死亡日期。"),
        _no_form_of_death, reads=("death",),
    ),
    Check(
        "DS-06", "death", ("died_on",), "soft",
        Label("No death is recorded at the end of participation.",
              "研究完成/终止情况中未登记死亡。"),
        _no_line_of_death, reads=(_FORM,),
    ),
    Check(
        "DS-07", _FORM, ("happened_on", "event"), "hard",
        Label("Completed or withdrawn after death.", "完成或撤回同意的日期晚于死亡日期。"),
        _done_after_death, reads=("death",),
    ),
    Check(
        "DS-23", _FORM, ("happened_on", "event"), "soft",
        Label("The day lies before the day of death on its form.", "日期早于死亡表中的死亡日期。"),
        _before_the_death, reads=("death",),
    ),
    Check(
        "DS-08", _FORM, ("happened_on", "event"), "soft",
        Label("The study ends before the last visit that was held.",
              "结束研究的日期早于最后一次已完成的访视。"), _ends_before_visit,
    ),
    Check(
        "DS-09", _FORM, ("happened_on",), "soft",
        Label("Something is dated later than the full withdrawal of consent.",
              "存在晚于完全撤回知情同意日期的记录。"), _goes_on_after_withdrawal,
    ),
    Check(
        "DS-10", _FORM, ("last_contact_on", "happened_on"), "hard",
        Label("The last contact is later than the loss to follow-up.",
              "末次联系日期晚于失访日期。"), _contact_after_loss,
    ),
    Check(
        "DS-11", _FORM, ("last_contact_on",), "soft",
        Label("A visit was held after the last contact.", "末次联系日期早于最后一次已完成的访视。"),
        _contact_before_visit,
    ),
    Check(
        "DS-15", _FORM, ("event", *ALLOWED), "soft",
        Label("Withdrawn in part, but nothing is still allowed.",
              "部分撤回知情同意，但未勾选任何仍同意的内容。"), _nothing_allowed, needs=("event",),
    ),
    Check(
        "DS-16", _FORM, ("reason",), "soft",
        Label("Pregnancy is given as the reason for a man.", "男性受试者的原因填写为妊娠。"),
        _pregnant_man,
    ),
    Check(
        "DS-17", _FORM, ("happened_on",), "soft",
        Label("Dated before consent was given.", "日期早于签署知情同意书的日期。"), _before_consent,
    ),
    Check(
        "DS-18", _FORM, ("happened_on", "event"), "soft",
        Label("The study product is completed before the first infusion.",
              "完成研究产品治疗的日期早于首次输注日期。"), _completed_before_first,
    ),
    Check(
        "DS-19", _FORM, ("event",), "soft",
        Label("The study is completed, but visits are still planned.",
              "研究已完成，但仍有计划中的访视。"), _visits_planned,
    ),
    Check(
        "DS-22", _FORM, ("allows_visits", "event", "happened_on"), "soft",
        Label("Visits are no longer allowed, but one was held later.",
              "受试者已不同意继续访视，但此后仍有已完成的访视。"),
        _visit_not_allowed, needs=("event", "happened_on"),
    ),
)  # fmt: skip
