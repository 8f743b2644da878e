"""Closed answers that several forms share, with the submission values of CDISC."""

from trial.protocol.crf import Code
from trial.protocol.label import Label

# A test that finds something or does not. `truth` gives what the rules take.
RESULTS = (
    Code("positive", Label("Positive", "阳性"), "POSITIVE"),
    Code("negative", Label("Negative", "阴性"), "NEGATIVE"),
    Code("indeterminate", Label("Indeterminate", "不确定"), "INDETERMINATE"),
    Code("not_done", Label("Not done", "未做"), "NOT DONE"),
)
DONE = ("positive", "negative", "indeterminate")

ROUTES = (
    Code("oral", Label("By mouth", "口服"), "ORAL"),
    Code("iv", Label("Intravenous", "静脉给药"), "INTRAVENOUS"),
    Code("im", Label("Intramuscular", "肌内注射"), "INTRAMUSCULAR"),
    Code("sc", Label("Subcutaneous", "皮下注射"), "SUBCUTANEOUS"),
    Code("inhaled", Label("Inhaled", "吸入"), "RESPIRATORY (INHALATION)"),
    Code("nasal", Label("Nasal", "经鼻"), "NASAL"),
    Code("eye", Label("On the eye", "滴眼"), "OPHTHALMIC"),
    Code("skin", Label("On the skin", "外用"), "TOPICAL"),
    Code("transdermal", Label("Transdermal", "透皮"), "TRANSDERMAL"),
    Code("sublingual", Label("Sublingual", "舌下"), "SUBLINGUAL"),
    Code("rectal", Label("Rectal", "直肠给药"), "RECTAL"),
    Code("vaginal", Label("Vaginal", "阴道给药"), "VAGINAL"),
    Code("other", Label("Other", "其他")),
)

FREQUENCIES = (
    Code("once", Label("Once", "单次"), "ONCE"),
    Code("daily", Label("Once a day", "每日一次"), "QD"),
    Code("bid", Label("Twice a day", "每日两次"), "BID"),
    Code("tid", Label("Three times a day", "每日三次"), "TID"),
    Code("qid", Label("Four times a day", "每日四次"), "QID"),
    Code("q12h", Label("Every 12 hours", "每12小时一次"), "Q12H"),
    Code("q8h", Label("Every 8 hours", "每8小时一次"), "Q8H"),
    Code("q6h", Label("Every 6 hours", "每6小时一次"), "Q6H"),
    Code("every_other_day", Label("Every second day", "隔日一次"), "QOD"),
    Code("weekly", Label("Once a week", "每周一次"), "EVERY WEEK"),
    Code("monthly", Label("Once a month", "每月一次"), "QM"),
    Code("as_needed", Label("As needed", "必要时"), "PRN"),
    Code("continuous", Label("Continuous", "持续"), "CONTINUOUS"),
    Code("other", Label("Other", "其他")),
)


def some(codes: tuple[Code, ...], *names: str) -> tuple[Code, ...]:
    """The answers of these codes alone, in the order of the list."""
    return tuple(one for one in codes if one.code in names)


def truth(result: str) -> bool | None:
    """A result as the rules take it: None for what is not known, also where nothing was tested."""
    return {"positive": True, "negative": False}.get(result)
