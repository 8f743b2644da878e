"""Tablets given and brought back since the last visit; clinical rules §7.3 (compliance).

Steroid and azathioprine are counted apart. What was taken is known of a count only: a blank count
is never nothing brought back.
"""

from decimal import Decimal
from functools import partial
from typing import Any

from trial.protocol.common_checks import on_visit_day
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Question,
    Section,
    Values,
    When,
    blank,
    choice,
    day,
    note,
    number,
    text,
    yes_no,
)  # fmt: skip
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label

# Per cent of the tablets due; on a bound is fine [study default: §7.3 names no limits].
LOW, HIGH = Decimal(80), Decimal(120)

_TAKEN = {
    "steroid": Label("Corticosteroid prescribed since the last visit",
                     "上次访视以来是否处方糖皮质激素"),
    "azathioprine": Label("Azathioprine prescribed since the last visit",
                          "上次访视以来是否处方硫唑嘌呤"),
}  # fmt: skip


def _drug(drug: str, short: str) -> tuple[Question, ...]:
    """The questions about one drug; `short` ends its names in SDTM."""
    on: dict[str, Any] = {
        "when": When(drug, ("yes",)), "low": 0, "high": 5_000, "decimals": 1,
        "unit": "tablets",
    }  # fmt: skip
    return (
        yes_no(drug, _TAKEN[drug], needed=True, cdisc=f"SUPPDA.{short}RX"),
        number(
            f"{drug}_given", Label("Given at the last visit", "上次访视发放量"), needed=True,
            cdisc="DA.DISPAMT", **on,
        ),
        number(
            f"{drug}_returned", Label("Brought back today", "本次回收量"), needed=True,
            cdisc="DA.RETAMT", help=Label("Empty packs: 0.", "空包装填0。"), **on,
        ),
        number(
            f"{drug}_due", Label("Due as prescribed", "按医嘱应服量"),
            cdisc=f"SUPPDA.{short}DUE",
            help=Label("Tablets to be taken from the last visit to this one, each dose of a taper "
                       "counted for its days.",
                       "上次访视至本次访视间按医嘱应服片数；减量期间按各剂量的天数累计。"),
            **on,
        ),
    )  # fmt: skip


FORM = Form(
    code="adherence",
    app="visits",
    label=Label("Treatment adherence", "用药依从性"),
    level="visit",
    domain="DA",
    icon="pill",
    sections=(
        Section(
            "count",
            Label("Count", "清点"),
            (
                day("counted_on", Label("Counted on", "清点日期"), needed=True, cdisc="DA.DADTC"),
                yes_no(
                    "diary_seen", Label("Drug diary seen", "是否查看用药日记"), needed=True,
                    cdisc="SUPPDA.DIARY",
                ),
            ),
        ),
        Section(
            "steroid",
            Label("Corticosteroid", "糖皮质激素"),
            (
                *_drug("steroid", "GC"),
                number(
                    "steroid_strength", Label("One tablet equals", "每片相当于"),
                    low="0.5", high=100, decimals=2, unit="mg", when=When("steroid", ("yes",)),
                    cdisc="SUPPDA.GCEQUIV",
                    help=Label("In mg of prednisolone.", "按泼尼松龙等效剂量（mg）填写。"),
                ),
            ),
        ),
        Section("azathioprine", Label("Azathioprine", "硫唑嘌呤"), _drug("azathioprine", "AZA")),
        Section(
            "missed",
            Label("Missed doses", "漏服"),
            (
                yes_no(
                    "missed", Label("Doses missed since the last visit", "上次访视以来是否漏服"),
                    needed=True, cdisc="SUPPDA.MISSED",
                ),
                number(
                    "missed_doses", Label("How many doses", "漏服次数"), low=1, high=1_000,
                    unit="doses", needed=True, when=When("missed", ("yes",)),
                    cdisc="SUPPDA.MISSNUM",
                ),
                choice(
                    "missed_reason", Label("Main reason", "主要原因"),
                    (
                        Code("forgot", Label("Forgotten", "忘记")),
                        Code("side_effect", Label("Side effect", "不良反应")),
                        Code("felt_well", Label("Felt well", "自觉好转")),
                        Code("worry", Label("Worry about the drug", "担心药物影响")),
                        Code("ran_out", Label("No tablets left", "药品用完")),
                        Code("illness", Label("Illness or hospital stay", "患病或住院")),
                        Code("other", Label("Other", "其他")),
                    ),
                    needed=True, when=When("missed", ("yes",)), cdisc="SUPPDA.MISSREAS",
                ),
                text(
                    "missed_other", Label("Which other reason", "其他原因说明"), needed=True,
                    when=When("missed_reason", ("other",)), cdisc="SUPPDA.MISSOTH",
                ),
                note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
            ),
        ),
    ),
)  # fmt: skip


def percent(values: Values, drug: str) -> Decimal | None:
    """Tablets taken in per cent of those due; None while a count is missing or none were due.

    `drug` is "steroid" or "azathioprine".
    """
    counts: list[Any] = [values.get(f"{drug}_{what}") for what in ("given", "returned", "due")]
    given, returned, due = counts
    if any(blank(count) for count in counts) or not due:
        return None
    return Decimal(given - returned) * 100 / Decimal(due)


def _too_much_back(drug: str, case: Case) -> bool:
    return bool(case[f"{drug}_returned"] > case[f"{drug}_given"])


def _off(drug: str, case: Case) -> bool:
    """More brought back than given is another check's matter."""
    found = percent(case.row.values, drug)
    return found is not None and found >= 0 and not LOW <= found <= HIGH


CHECKS = (
    *(
        Check(
            id_, FORM.code, (f"{drug}_returned", f"{drug}_given"), "hard",
            Label(f"{en}: more tablets came back than were given.", f"{zh}：回收量大于发放量。"),
            partial(_too_much_back, drug),
        )
        for id_, drug, en, zh in (
            ("ADH-01", "steroid", "Corticosteroid", "糖皮质激素"),
            ("ADH-02", "azathioprine", "Azathioprine", "硫唑嘌呤"),
        )
    ),
    *(
        Check(
            id_, FORM.code, (f"{drug}_returned", f"{drug}_given", f"{drug}_due"), "soft",
            Label(f"{en}: taken were less than {LOW} % or more than {HIGH} % of the tablets due.",
                  f"{zh}：实际服药量低于应服量的{LOW}%或高于{HIGH}%。"),
            partial(_off, drug),
        )
        for id_, drug, en, zh in (
            ("ADH-03", "steroid", "Corticosteroid", "糖皮质激素"),
            ("ADH-04", "azathioprine", "Azathioprine", "硫唑嘌呤"),
        )
    ),
    on_visit_day("ADH-06", FORM, "counted_on"),
)  # fmt: skip
