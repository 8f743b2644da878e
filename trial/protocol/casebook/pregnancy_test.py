"""Pregnancy tests of women with childbearing potential; clinical rules §1.2 (I3, E2)."""

from datetime import timedelta

from trial.protocol.answers import RESULTS, some
from trial.protocol.common_checks import answer_is
from trial.protocol.crf import Case, Code, Form, Row, Section, When, choice, day, number
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label

_BEFORE_DAY_0 = timedelta(days=7)
_SURELY_PREGNANT, _SURELY_NOT = 25, 5  # IU/L of beta-hCG, the usual limits of serum assays

FORM = Form(
    code="pregnancy_test",
    app="patients",
    label=Label("Pregnancy test", "妊娠试验"),
    level="participant",
    domain="LB",
    icon="test-pipe",
    repeats=True,
    titled_by=("tested_on", "result"),
    help=Label(
        "Only for women with childbearing potential. Negative within 7 days before day 0.",
        "仅适用于有生育能力的女性。第0天前7天内须为阴性。",
    ),
    sections=(
        Section("test", Label("Pregnancy test", "妊娠试验"), (
            day("tested_on", Label("Tested on", "检测日期"), needed=True, cdisc="LB.LBDTC"),
            choice(
                "specimen", Label("Test of", "检测方法"),
                (
                    Code("serum", Label("Serum", "血清"), "SERUM"),
                    Code("urine", Label("Urine", "尿液"), "URINE"),
                ),
                needed=True, cdisc="LB.LBSPEC",
            ),
            choice(
                "result", Label("Result", "结果"),
                some(RESULTS, "negative", "positive", "indeterminate"), needed=True,
                cdisc="LB.HCG",
            ),
            number(
                "beta_hcg", Label("Beta-hCG", "β-hCG"), unit="IU/L", decimals=1, low=0,
                high=1_000_000, when=When("specimen", ("serum",)), cdisc="LB.HCG",
            ),
        )),
    ),
)  # fmt: skip


def _man(case: Case) -> bool:
    return case.person.sex == "M"


def _no_potential(case: Case) -> bool:
    return case.person.sex != "M" and case.person.childbearing_potential is False


def _newest(case: Case) -> bool:
    """Whether no other test was done later; of one day the one entered last."""
    mine = (case["tested_on"], case.row.number)
    dated = (row for row in case.others() if row["tested_on"] is not None)
    return all((row["tested_on"], row.number) < mine for row in dated)


def _clears_day_0(row: Row, case: Case) -> bool:
    """Whether a test is negative and of the 7 days before day 0 or of day 0 itself (I3)."""
    tested_on, day0_on = row["tested_on"], case.person.day0_on
    if tested_on is None or day0_on is None or row["result"] != "negative":
        return False
    return bool(day0_on - _BEFORE_DAY_0 <= tested_on <= day0_on)


def _day_0_not_cleared(case: Case) -> bool:
    """Whether day 0 is known and no test clears it; asked of the newest test alone."""
    if case.person.day0_on is None or case.person.childbearing_potential is not True:
        return False
    rows = (case.row, *case.others())
    return _newest(case) and not any(_clears_day_0(row, case) for row in rows)


def _value_disagrees(case: Case) -> bool:
    if case["result"] == "negative":
        return bool(case["beta_hcg"] >= _SURELY_PREGNANT)
    return bool(case["result"] == "positive" and case["beta_hcg"] < _SURELY_NOT)


def _before_consent(case: Case) -> bool:
    consented_on = case.person.consented_on
    return consented_on is not None and bool(case["tested_on"] < consented_on)


CHECKS = (
    Check(
        "PT-01", "pregnancy_test", ("tested_on",), "hard",
        Label("The participant is a man.", "受试者为男性。"), _man, needs=(),
    ),
    Check(
        "PT-02", "pregnancy_test", ("tested_on",), "soft",
        Label(
            "The participant has no childbearing potential.", "受试者无生育能力。"
        ),
        _no_potential, needs=(),
    ),
    Check(
        "PT-03", "pregnancy_test", ("tested_on", "result"), "soft",
        Label(
            "There is no negative pregnancy test of the 7 days before day 0 (I3).",
            "第0天前7天内无阴性妊娠试验结果（I3）。",
        ),
        _day_0_not_cleared, needs=("tested_on",),
    ),
    answer_is(
        "PT-04", "pregnancy_test", "result", ("positive",),
        "PREGNANT? No study product may be given: repeat the test at once, and if it is confirmed "
        "report the pregnancy within 24 hours (E2).",
        "可能妊娠！不得给予研究产品：须立即复查；一经证实，应在24小时内报告妊娠事件（E2）。",
    ),
    Check(
        "PT-05", "pregnancy_test", ("beta_hcg", "result"), "soft",
        Label("The result does not fit the beta-hCG.", "结果与β-hCG数值不符。"), _value_disagrees,
    ),
    Check(
        "PT-06", "pregnancy_test", ("tested_on",), "soft",
        Label(
            "The test was done before consent (I1).", "检测日期早于签署知情同意书日期（I1）。"
        ),
        _before_consent,
    ),
)  # fmt: skip
