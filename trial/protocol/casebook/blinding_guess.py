"""What participant and investigator guess at week 12; clinical rules §8.5.

Nothing here knows an arm: whether a guess is right is worked out where arms may be known
(randomization/blinding_indices.py), from the answers of `firmness`.
"""

from typing import Literal

from trial.protocol.common_checks import on_visit_day
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Question,
    Section,
    When,
    blank,
    choice,
    day,
    note,
    text,
)  # fmt: skip
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label

Who = Literal["participant", "investigator"]
FIRM_FROM = 4  # a guess this certain is firm, one below is rather a guess [study default]

GUESSES = (
    Code("uc_msc", Label("UC-MSC", "脐带间充质干细胞")),
    Code("placebo", Label("Placebo", "安慰剂")),
    Code("unknown", Label("Don't know", "不知道")),
)
CERTAINTY = (
    Code("1", Label("1: hardly at all", "1：几乎没有把握")),
    Code("2", Label("2: a little", "2：略有把握")),
    Code("3", Label("3: moderately", "3：有一定把握")),
    Code("4", Label("4: very", "4：很有把握")),
    Code("5", Label("5: entirely", "5：完全确定")),
)
REASONS = (
    Code("effect", Label("Effect of the treatment", "疗效")),
    Code("side_effect", Label("Side effect", "不良反应")),
    Code("look", Label("Look of the bag", "输注袋外观")),
    Code("told", Label("Was told", "被告知")),
    Code("other", Label("Other", "其他")),
)


def _asked(who: Who, short: str) -> tuple[Question, ...]:
    """One person's questions; who doesn't know gives neither certainty nor reason."""
    guessed = When(f"{who}_guess", ("uc_msc", "placebo"))
    return (
        choice(f"{who}_guess", Label("Which treatment was it?", "猜测的治疗"), GUESSES,
               needed=True, cdisc=f"QS.BG{short}GUES"),
        choice(f"{who}_certainty", Label("How certain?", "把握程度"), CERTAINTY, needed=True,
               when=guessed, cdisc=f"QS.BG{short}CERT"),
        choice(f"{who}_reason", Label("Main reason", "主要依据"), REASONS, needed=True,
               when=guessed, cdisc=f"QS.BG{short}REAS"),
        text(f"{who}_other", Label("Which other reason", "其他依据说明"), needed=True,
             when=When(f"{who}_reason", ("other",)), cdisc=f"SUPPQS.BG{short}OTH"),
    )  # fmt: skip


FORM = Form(
    code="blinding_guess",
    app="visits",
    label=Label("Guess of the treatment", "盲法评估（治疗猜测）"),
    level="visit",
    domain="QS",
    icon="mask",
    help=Label("Both are asked apart, and neither is told the other's answer.",
               "分别询问两人，互不告知答案。"),
    sections=(
        Section(
            "participant",
            Label("Participant", "受试者"),
            (
                day("asked_on", Label("Asked on", "询问日期"), needed=True, cdisc="QS.QSDTC"),
                *_asked("participant", "P"),
            ),
        ),
        Section(
            "investigator",
            Label("Investigator", "研究者"),
            (
                *_asked("investigator", "I"),
                note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
            ),
        ),
    ),
)  # fmt: skip


def firmness(guess: str, certainty: str) -> str:
    """A guess as the index of five answers counts it: "surely" or "rather" and what was guessed.

    "unknown" stays as it is; "" while an answer is missing.
    """
    if guess == "unknown" or blank(guess):
        return guess or ""
    if blank(certainty):
        return ""
    return f"{'surely' if int(certainty) >= FIRM_FROM else 'rather'}_{guess}"


def _told(case: Case) -> bool:
    """Somebody was told, and no deviation of the blinding is recorded."""
    told = "told" in (case["participant_reason"], case["investigator_reason"])
    return told and not any(row["kind"] == "blinding" for row in case.facts.all("deviation"))


CHECKS = (
    on_visit_day("BG-02", FORM, "asked_on"),
    Check(
        "BG-03", FORM.code, ("participant_reason", "investigator_reason"), "soft",
        Label("Somebody was told the treatment, and no deviation of the blinding is recorded.",
              "有人被告知所用治疗，但未记录盲法相关的方案偏离。"),
        _told, needs=(), reads=("deviation",),
    ),
)  # fmt: skip
