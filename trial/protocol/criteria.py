"""The eligibility criteria and the decision over them; clinical rules §1.2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trial.protocol.label import Label


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion; ``source`` says what answers it, ``female_only`` whom it concerns.

    An inclusion criterion is met by True, an exclusion criterion by False (condition absent).
    """

    code: str
    kind: Literal["inclusion", "exclusion"]
    text: Label
    source: Literal["answer", "age", "score"] = "answer"
    female_only: bool = False


@dataclass(frozen=True, slots=True)
class EligibilityParameters:
    """The numbers of the criteria: completed years (ends included), simplified-score minimum."""

    age_low: int = 18
    age_high: int = 65
    minimum_score: int = 6


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The decision: True, False, or None while something that decides is still open."""

    eligible: bool | None
    unmet: tuple[str, ...]
    open: tuple[str, ...]


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "I1",
        "inclusion",
        Label(
            "Written informed consent before any study procedure",
            "进行任何研究程序前已签署书面知情同意书",
        ),
    ),
    Criterion(
        "I2",
        "inclusion",
        Label(
            "Autoimmune hepatitis by the simplified IAIHG score (2008)",
            "符合国际自身免疫性肝炎小组（IAIHG）2008年简化评分诊断的自身免疫性肝炎",
        ),
        source="score",
    ),
    Criterion(
        "I3",
        "inclusion",
        Label(
            "Woman of fertile age: negative pregnancy test within 7 days before day 0 "
            "(answer yes if not of childbearing potential)",
            "育龄期女性：第0天前7天内妊娠试验阴性（无生育能力者选“是”）",
        ),
        female_only=True,
    ),
    Criterion(
        "AGE",
        "inclusion",
        Label("Age 18 to 65 years at consent", "签署知情同意书时年龄18至65岁"),
        source="age",
    ),
    Criterion(
        "E1",
        "exclusion",
        Label("Hepatocellular carcinoma or another malignancy", "肝细胞癌或其他恶性肿瘤"),
    ),
    Criterion(
        "E2",
        "exclusion",
        Label("Pregnant or breast-feeding", "妊娠或哺乳期"),
        female_only=True,
    ),
    Criterion(
        "E3",
        "exclusion",
        Label(
            "Viral hepatitis (A, B, C, E or other)", "病毒性肝炎（甲型、乙型、丙型、戊型或其他）"
        ),
    ),
    Criterion(
        "E4",
        "exclusion",
        Label(
            "Failure of a vital organ (heart, kidney, lungs or other)",
            "重要脏器功能衰竭（心、肾、肺或其他）",
        ),
    ),
    Criterion("E5", "exclusion", Label("Sepsis", "脓毒症")),
    Criterion(
        "E6",
        "exclusion",
        Label("Active thrombosis of portal or hepatic veins", "门静脉或肝静脉活动性血栓"),
    ),
)


def decide(
    answers: Mapping[str, bool | None],
    age: int | None,
    sex: str | None,
    score: int | None,
    minimum: int = 6,
    *,
    criteria: Sequence[Criterion] = CRITERIA,
    age_low: int = 18,
    age_high: int = 65,
) -> Eligibility:
    """Decide eligibility from what is known; a missing answer leaves a criterion open.

    ``answers`` maps criterion codes to yes, no or not yet answered; ``age`` in completed years at
    consent; ``sex`` "M", "F" or None; ``score`` the simplified IAIHG score. One unmet criterion
    decides against, whatever is still open.
    """
    measured = {
        "age": None if age is None else age_low <= age <= age_high,
        "score": None if score is None else score >= minimum,
    }
    states = {
        criterion.code: _met(criterion, answers.get(criterion.code), sex, measured)
        for criterion in criteria
    }
    unmet = tuple(code for code, met in states.items() if met is False)
    still_open = tuple(code for code, met in states.items() if met is None)
    eligible = False if unmet else (None if still_open else True)
    return Eligibility(eligible=eligible, unmet=unmet, open=still_open)


def _met(
    criterion: Criterion, answer: bool | None, sex: str | None, measured: Mapping[str, bool | None]
) -> bool | None:
    """Whether one criterion is met; None while that is open."""
    if criterion.female_only and sex == "M":
        return True
    if criterion.source != "answer":
        # A "no" on paper stands, whatever the number says; a "yes" cannot replace the number.
        return False if answer is False else measured[criterion.source]
    if answer is None:
        return None
    return answer if criterion.kind == "inclusion" else not answer
