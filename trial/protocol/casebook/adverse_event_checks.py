"""Edit checks of adverse events: of the line itself; clinical rules §10.1.

Hard is what contradicts itself within one section, and an order of days that can be put right one
answer after the other. What spans two sections otherwise is asked: one of them is saved first.
Those against other forms are in adverse_event_links.py.
"""

from collections.abc import Callable

from trial.protocol.casebook.adverse_event_links import LINKS
from trial.protocol.casebook.ctcae_terms import INFECTIONS, THROMBOEMBOLIC
from trial.protocol.casebook.safety_codes import CAUSES, related
from trial.protocol.casebook.safety_facts import is_fatal, other_day
from trial.protocol.crf import Case, blank
from trial.protocol.edit_checks import Check, Severity
from trial.protocol.label import Label
from trial.protocol.partial import surely_before

_CRITERIA = ("death", "life_threatening", "hospitalisation", "disability", "congenital_anomaly",
             "medically_important")  # fmt: skip
_KINDS = ("aesi_infusion", "aesi_thromboembolism", "aesi_infection", "aesi_malignancy",
          "aesi_flare", "aesi_decompensation", "aesi_hys_law", "aesi_cytopenia", "aesi_pregnancy",
          "aesi_ectopic_tissue")  # fmt: skip
# Terms that are, whatever else, an event of special interest.
_OF_INTEREST = {
    "infusion_reaction": "aesi_infusion",
    "pregnancy_loss": "aesi_pregnancy",
    "pregnancy_other": "aesi_pregnancy",
    "secondary_malignancy": "aesi_malignancy",
    "hepatic_failure": "aesi_decompensation",
    "ascites": "aesi_decompensation",
    "varices_hemorrhage": "aesi_decompensation",
    **dict.fromkeys(THROMBOEMBOLIC, "aesi_thromboembolism"),
}


def _check(
    number: str, fields: tuple[str, ...], severity: Severity, says: Label,
    fires: Callable[[Case], bool], needs: tuple[str, ...] | None = None,
) -> Check:  # fmt: skip
    return Check(f"AE-{number}", "adverse_event", fields, severity, says, fires, needs)


# --- dates --------------------------------------------------------------------------------------


def _ends_before_start(case: Case) -> bool:
    return surely_before(case["ends_on"], case["starts_on"]) is True


def _ended_before_started(case: Case) -> bool:
    return bool(case["ended_at"] < case["started_at"])


def _started_on_another_day(case: Case) -> bool:
    return other_day(case["started_at"], case["starts_on"])


def _ended_on_another_day(case: Case) -> bool:
    return other_day(case["ended_at"], case["ends_on"])


def _starts_before_consent(case: Case) -> bool:
    return surely_before(case["starts_on"], case.person.consented_on) is True


def _aware_before_start(case: Case) -> bool:
    if case["started_at"] is not None:
        return bool(case["aware_at"] < case["started_at"])
    return surely_before(case["aware_at"], case["starts_on"]) is True


def _died_before_start(case: Case) -> bool:
    return surely_before(case["died_on"], case["starts_on"]) is True


def _ended_on_another_day_than_death(case: Case) -> bool:
    return case["outcome"] == "fatal" and other_day(case["ends_on"], case["died_on"])


def _hospital_before_start(case: Case) -> bool:
    return surely_before(case["hospital_on"], case["starts_on"]) is True


def _cause_before_day_0(case: Case) -> bool:
    """Nothing was infused before day 0: neither product nor procedure can be the cause."""
    before = surely_before(case["starts_on"], case.person.day0_on) is True
    return before and (related(case["cause_product"]) or related(case["cause_infusion"]))


_DATES = (
    _check("01", ("ends_on", "starts_on"), "hard",
           Label("The event ends before it starts.", "结束日期早于开始日期。"),
           _ends_before_start),
    _check("02", ("ended_at", "started_at"), "hard",
           Label("The event ends before it starts.", "结束时间早于开始时间。"),
           _ended_before_started),
    _check("03", ("started_at", "starts_on"), "hard",
           Label("The time of the start is on another day than the start.",
                 "开始时间与开始日期不在同一天。"),
           _started_on_another_day),
    _check("04", ("ended_at", "ends_on"), "hard",
           Label("The time of the end is on another day than the end.",
                 "结束时间与结束日期不在同一天。"),
           _ended_on_another_day),
    _check("07", ("starts_on",), "soft",
           Label("The event starts before consent: is it medical history?",
                 "事件早于签署知情同意，是否应记为病史？"),
           _starts_before_consent),
    _check("08", ("aware_at", "starts_on"), "hard",
           Label("The site became aware before the event started.",
                 "获知时间早于事件开始。"),
           _aware_before_start),
    _check("10", ("died_on", "starts_on"), "hard",
           Label("The death comes before the event started.", "死亡日期早于事件开始。"),
           _died_before_start),
    _check("11", ("ends_on", "died_on", "outcome"), "soft",
           Label("A fatal event ends on the day of death.", "致死事件的结束日期应为死亡日期。"),
           _ended_on_another_day_than_death),
    _check("12", ("hospital_on", "starts_on"), "soft",
           Label("Hospitalisation for the event begins before the event.",
                 "因该事件住院的日期早于事件开始。"),
           _hospital_before_start),
    _check("13", ("cause_product", "starts_on"), "soft",
           Label("Study product or infusion is held to be a cause of an event before day 0.",
                 "事件早于第0天，但判断与研究产品或输注有关。"),
           _cause_before_day_0, ("starts_on",)),
)  # fmt: skip


# --- grade 5, fatal, date of death, criterion of death -----------------------------------------


def _grade_5_not_fatal(case: Case) -> bool:
    return bool(case["grade"] == "5" and case["outcome"] != "fatal")


def _fatal_not_grade_5(case: Case) -> bool:
    return bool(case["outcome"] == "fatal" and case["grade"] != "5")


def _fatal_without_date(case: Case) -> bool:
    return is_fatal(case.row) and bool(case["death"]) and blank(case["died_on"])


def _date_without_fatal(case: Case) -> bool:
    return case["outcome"] not in ("", None, "fatal") or case["grade"] not in ("", None, "5")


def _fatal_without_criterion(case: Case) -> bool:
    return is_fatal(case.row) and not case["death"]


def _criterion_without_fatal(case: Case) -> bool:
    return bool(case["death"]) and _date_without_fatal(case)


_DEATH = (
    _check("20", ("grade", "outcome"), "hard",
           Label("Grade 5 means that the event was fatal.", "5级表示事件致死，转归应为死亡。"),
           _grade_5_not_fatal),
    _check("21", ("grade", "outcome"), "hard",
           Label("A fatal event is of grade 5.", "转归为死亡的事件应为5级。"),
           _fatal_not_grade_5),
    _check("22", ("died_on", "death"), "soft",
           Label("The event is fatal, but the date of death is missing.",
                 "事件致死，但缺少死亡日期。"),
           _fatal_without_date, ("death",)),
    _check("23", ("died_on",), "soft",
           Label("There is a date of death, but the event is not entered as fatal.",
                 "有死亡日期，但事件未记为致死。"),
           _date_without_fatal),
    _check("24", ("serious", "death"), "soft",
           Label("The event is fatal, but not serious by death.",
                 "事件致死，但未按“导致死亡”判为严重。"),
           _fatal_without_criterion, ("serious",)),
    _check("25", ("death",), "soft",
           Label("Serious by death, but the event is not entered as fatal.",
                 "按“导致死亡”判为严重，但事件未记为致死。"),
           _criterion_without_fatal),
)  # fmt: skip


# --- seriousness, outcome, causality ------------------------------------------------------------


def _serious(case: Case) -> bool:
    return case["serious"] is True


def _no_criterion(case: Case) -> bool:
    return _serious(case) and not any(case[one] for one in _CRITERIA)


def _grade_4_not_life_threatening(case: Case) -> bool:
    return case["grade"] == "4" and not case["life_threatening"]


def _serious_without_awareness(case: Case) -> bool:
    return _serious(case) and blank(case["aware_at"])


def _ongoing_but_over(case: Case) -> bool:
    return bool(case["ongoing"]) and case["outcome"] in ("recovered", "with_sequelae", "fatal")


def _ended_but_not_over(case: Case) -> bool:
    return case["ongoing"] is False and case["outcome"] in ("not_recovered", "recovering")


def _causality_missing(case: Case) -> bool:
    """Not before the section is begun or passed over."""
    passed = [case["action_product"], *(case[f"cause_{cause}"] for cause in CAUSES)]
    begun = not all(blank(answer) for answer in passed)
    return begun and any(blank(case[f"cause_{cause}"]) for cause in CAUSES)


def _severity_against_grade(case: Case) -> bool:
    return (case["severity"] == "mild" and case["grade"] in ("3", "4", "5")) or (
        case["severity"] == "severe" and case["grade"] == "1"
    )


def _by_infusion_but_not_after(case: Case) -> bool:
    reaction = case["ctcae_term"] == "infusion_reaction" or bool(case["aesi_infusion"])
    return case["after_infusion"] is False and (reaction or related(case["cause_infusion"]))


def _by_biopsy_but_not_after(case: Case) -> bool:
    return case["after_biopsy"] is False and related(case["cause_biopsy"])


def _event_before_biopsy(case: Case) -> bool:
    return surely_before(case["starts_on"], case["biopsy_on"]) is True


def _interest_not_ticked(case: Case) -> bool:
    flag = _OF_INTEREST.get(case["ctcae_term"])
    if case["ctcae_term"] in INFECTIONS and case["grade"] in ("3", "4", "5"):
        flag = "aesi_infection"
    return flag is not None and not case[flag]


def _interest_without_kind(case: Case) -> bool:
    return case["special_interest"] is True and not any(case[one] for one in _KINDS)


def _entered_twice(case: Case) -> bool:
    this = (case["ctcae_term"], case["starts_on"])
    named = str(case["term"]).strip().casefold()
    return any(
        (one["ctcae_term"], one["starts_on"]) == this
        and str(one["term"]).strip().casefold() == named
        for one in case.others()
    )


_JUDGED = (
    _check("30", ("serious",), "soft",
           Label("Serious, but by none of the criteria.", "判为严重，但未选择任何标准。"),
           _no_criterion),
    _check("31", ("serious", "life_threatening"), "soft",
           Label("Grade 4: was the event not life-threatening?", "4级事件：是否危及生命？"),
           _grade_4_not_life_threatening, ("grade", "serious")),
    _check("32", ("aware_at",), "soft",
           Label("Serious, but not when the site became aware of it.",
                 "严重不良事件缺少研究中心获知时间。"),
           _serious_without_awareness, ("serious",)),
    _check("33", ("outcome", "ongoing"), "soft",
           Label("Ongoing, though its outcome says that it is over.",
                 "事件仍持续，但转归表示已结束。"),
           _ongoing_but_over),
    _check("34", ("outcome", "ongoing"), "soft",
           Label("Over, though its outcome says that it is not.",
                 "事件已结束，但转归表示尚未恢复。"),
           _ended_but_not_over),
    _check("35", tuple(f"cause_{cause}" for cause in CAUSES), "soft",
           Label("The causality is not judged for each cause.", "因果关系未逐项判断。"),
           _causality_missing, ()),
    _check("36", ("severity", "grade"), "soft",
           Label("Severity and grade do not fit together.", "严重程度与分级不一致。"),
           _severity_against_grade),
    _check("37", ("after_infusion",), "soft",
           Label("A reaction to an infusion, but not during or after one.",
                 "判断为输注相关，但未发生在输注期间或之后。"),
           _by_infusion_but_not_after),
    _check("38", ("after_biopsy",), "soft",
           Label("Held to be caused by a biopsy, but not after one.",
                 "判断与活检有关，但未发生在活检之后。"),
           _by_biopsy_but_not_after),
    _check("39", ("special_interest",), "soft",
           Label("Of special interest, but not why.", "属于特别关注的不良事件，但未选择类别。"),
           _interest_without_kind),
    _check("40", ("biopsy_on", "starts_on"), "soft",
           Label("The event starts before the biopsy that it followed.",
                 "事件早于相关活检。"),
           _event_before_biopsy),
    _check("41", ("special_interest", "ctcae_term"), "soft",
           Label("An event of special interest by its term, but not marked as one.",
                 "按术语属于特别关注的不良事件，但未标记。"),
           _interest_not_ticked),
    _check("42", ("term", "ctcae_term", "starts_on"), "soft",
           Label("The same event with the same start is in another line.",
                 "另一行已有相同名称和开始日期的事件。"),
           _entered_twice),
)  # fmt: skip

CHECKS: tuple[Check, ...] = (*_DATES, *_DEATH, *_JUDGED, *LINKS)
