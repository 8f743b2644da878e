"""The guesses of week 12 by arm, as the indices of blinding take them (clinical rules §8.5, §9).

The guesses are known to everybody; arms come from whoever may know them and are not read here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from randomization.blinding_indices import GuessTable, Index, bang, bang_range, james
from trial.protocol.casebook.blinding_guess import Who, firmness
from visits.models import BlindingGuess

# The guess that is right in each arm, in the order of the rows of the table.
GUESSED: Mapping[str, str] = {"A": "uc_msc", "B": "placebo"}
ANSWERS = ("surely_uc_msc", "rather_uc_msc", "rather_placebo", "surely_placebo", "unknown")
WHO: tuple[Who, ...] = ("participant", "investigator")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a participant, or the investigator about them, answered: one of ANSWERS, or ""."""

    participant: str
    answer: str


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One arm: its row of the table, Bang's index, and what it could have been had all answered."""

    arm: str
    counts: Sequence[int]
    unanswered: int
    bang: Index
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """The guesses of one kind of person by arm, and their indices."""

    who: Who
    lines: Sequence[ArmLine]
    james: Index


def answers_of(who: Who) -> list[Answered]:
    """What was answered, of whoever has the form; the first visit's counts. One statement."""
    rows = BlindingGuess.objects.standing().filter(not_done="")
    rows = rows.order_by("participant", "visit__position", "pk")
    found: dict[str, Answered] = {}
    for code, guess, certainty in rows.values_list(
        "participant__code", f"{who}_guess", f"{who}_certainty"
    ):
        found.setdefault(code, Answered(code, firmness(guess, certainty)))
    return list(found.values())


def report(who: Who, arms: Mapping[str, str], answered: Iterable[Answered]) -> Report:
    """The table and its indices. `arms`: the arm of everybody who was randomised, by code; whoever
    has one and no answer counts as unanswered. Raises KeyError for an arm that is none."""
    answers = {one.participant: one.answer for one in answered}
    counts = {arm: dict.fromkeys((*ANSWERS, ""), 0) for arm in GUESSED}
    for code, arm in arms.items():
        counts[arm][answers.get(code, "")] += 1
    table = GuessTable(
        rows=tuple(tuple(row[answer] for answer in ANSWERS) for row in counts.values()),
        unanswered=tuple(row[""] for row in counts.values()),
    )
    lines = [
        ArmLine(arm, row, silent, index, *(span or (None, None)))
        for arm, row, silent, index, span in zip(
            GUESSED, table.rows, table.unanswered, bang(table), bang_range(table), strict=True
        )
    ]
    return Report(who, lines, james(table))
