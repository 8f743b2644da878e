"""Whether a lot fulfils its specification, and what may become of it (clinical rules §8.1, §8.2).

Pure. A verdict has three values: a test that is missing neither passes nor fails. Every pair of
dispositions has an answer.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from trial.protocol.product import Made, ProductParameters, ReleaseTest

Result: TypeAlias = Decimal | str | None


class Verdict(StrEnum):
    """What a result says of its test, or all of them of a lot."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """One test with its newest result. `beyond`: within the limit, but past the target."""

    test: ReleaseTest
    result: Result
    verdict: Verdict
    needed: bool
    beyond: bool = False


def judge(test: ReleaseTest, result: Result) -> Verdict:
    """The verdict of one result. TypeError for a number where a choice is meant, or the reverse."""
    if result is None or result == "":
        return Verdict.OPEN
    if isinstance(result, str):
        if not test.choices:
            raise TypeError(f"{test.code} is a number")
        return Verdict.PASS if result == test.passing else Verdict.FAIL
    if test.choices:
        raise TypeError(f"{test.code} is a choice")
    low = test.low is None or result >= test.low
    return Verdict.PASS if low and (test.high is None or result <= test.high) else Verdict.FAIL


def find(
    specification: ProductParameters, made: Made, results: Mapping[str, Result]
) -> list[Finding]:
    """Every test of the specification with its verdict, in its order."""
    return [_finding(test, made, results.get(test.code)) for test in specification.tests]


def _finding(test: ReleaseTest, made: Made, result: Result) -> Finding:
    beyond = isinstance(result, Decimal) and test.target is not None and result > test.target
    return Finding(test, result, judge(test, result), made in test.needed_for, beyond)


def overall(findings: Sequence[Finding]) -> Verdict:
    """Of the lot: one failure fails it, also of a test it need not have; a needed one that is
    missing leaves it open."""
    if any(one.verdict is Verdict.FAIL for one in findings):
        return Verdict.FAIL
    return Verdict.OPEN if any(_missing(one) for one in findings) else Verdict.PASS


def _missing(one: Finding) -> bool:
    return one.needed and one.verdict is Verdict.OPEN


def endotoxin_per_kg(
    per_ml: Decimal | None, volume_ml: Decimal | None, weight_kg: Decimal, hours: int = 1
) -> Decimal | None:
    """EU per kg and hour of a bag that is given within `hours`; None while something is missing."""
    if per_ml is None or volume_ml is None:
        return None
    return per_ml * volume_ml / weight_kg / hours


# --- what becomes of it -------------------------------------------------------------------------
class Disposition(StrEnum):
    """What quality has decided about a lot."""

    QUARANTINE = "quarantine"
    RELEASED = "released"
    CONDITIONAL = "conditional"
    REJECTED = "rejected"
    RECALLED = "recalled"
    DESTROYED = "destroyed"


D = Disposition
# Bags are packed of what is released, also on condition: then only a recall takes it back.
STEPS: frozenset[tuple[Disposition, Disposition]] = frozenset(
    {
        (D.QUARANTINE, D.RELEASED),
        (D.QUARANTINE, D.CONDITIONAL),
        (D.QUARANTINE, D.REJECTED),
        (D.CONDITIONAL, D.RELEASED),
        (D.CONDITIONAL, D.RECALLED),
        (D.RELEASED, D.RECALLED),
        (D.REJECTED, D.DESTROYED),
        (D.RECALLED, D.DESTROYED),
    }
)
FOR_USE = frozenset({D.RELEASED, D.CONDITIONAL})


class Objection(StrEnum):
    """What stands against a disposition; the screen has the words."""

    NOT_A_STEP = "not_a_step"
    EXPIRED = "expired"
    NO_COA = "no_coa"
    FAILS = "fails"
    INCOMPLETE = "incomplete"
    NOTHING_PENDING = "nothing_pending"
    NO_FOLLOW_UP = "no_follow_up"
    NO_REASON = "no_reason"


@dataclass(frozen=True, slots=True)
class Case:
    """What is known when it is decided. `follow_up_on`: when a pending result is due."""

    findings: Sequence[Finding]
    has_certificate: bool
    expires_at: datetime
    now: datetime
    reason: str = ""
    follow_up_on: date | None = None


def following(disposition: Disposition) -> list[Disposition]:
    """What a lot can become, in the order of `Disposition`."""
    return [one for one in Disposition if (disposition, one) in STEPS]


def objections(before: Disposition, wanted: Disposition, case: Case) -> list[Objection]:
    """Everything that stands against the step, in the order in which it is put right."""
    if (before, wanted) not in STEPS:
        return [Objection.NOT_A_STEP]
    if wanted not in FOR_USE:
        return [] if case.reason.strip() else [Objection.NO_REASON]
    found = {
        Objection.EXPIRED: case.now >= case.expires_at,
        Objection.NO_COA: not case.has_certificate,
        Objection.FAILS: overall(case.findings) is Verdict.FAIL,
        Objection.INCOMPLETE: not _complete_for(wanted, case.findings),
        Objection.NOTHING_PENDING: wanted is D.CONDITIONAL and not pending(case.findings),
        Objection.NO_FOLLOW_UP: wanted is D.CONDITIONAL and case.follow_up_on is None,
        Objection.NO_REASON: any(f.beyond for f in case.findings) and not case.reason.strip(),
    }
    return [one for one, holds in found.items() if holds]


def pending(findings: Sequence[Finding]) -> list[Finding]:
    """Needed results that are still to come and may follow: sterility, read after 14 days."""
    return [one for one in findings if _missing(one) and one.test.may_follow]


def _complete_for(wanted: Disposition, findings: Sequence[Finding]) -> bool:
    missing = [one for one in findings if _missing(one)]
    if wanted is D.CONDITIONAL:
        missing = [one for one in missing if not one.test.may_follow]
    return not missing


# --- what is signed -----------------------------------------------------------------------------
def digest(head: Mapping[str, object], record: Mapping[str, object]) -> str:
    """SHA-256 of who decides what, when and why, together with the lot's record as it was then."""
    text = json.dumps(
        [head, record], ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
