"""Titres of autoantibodies as coded answers, and what each says of the number (§4.1, §4.2).

Laboratories dilute in different rows: from 1:40 on by doubling, or 1:100, 1:320, 1:1000. A
negative says no more than "below the first dilution", so each first dilution has its answer.
"""

from dataclasses import dataclass
from decimal import Decimal

from trial.protocol.crf import Code
from trial.protocol.label import Label
from trial.protocol.numbers import Comparator


@dataclass(frozen=True, slots=True)
class Titre:
    """A titre by its reciprocal, as reported: less than 40 is Titre(Decimal(40), "<")."""

    value: Decimal
    comparator: Comparator = ""


_REPORTED = {
    "lt40": Titre(Decimal(40), "<"),
    "lt80": Titre(Decimal(80), "<"),
    "lt100": Titre(Decimal(100), "<"),
    "40": Titre(Decimal(40)),
    "80": Titre(Decimal(80)),
    "100": Titre(Decimal(100)),
    "160": Titre(Decimal(160)),
    "320": Titre(Decimal(320)),
    "640": Titre(Decimal(640)),
    "ge1000": Titre(Decimal(1000), ">="),
}

TITRES = (
    Code("lt40", Label("Negative, or below 1:40", "阴性，或低于1:40"), "<1:40"),
    Code(
        "lt80", Label("Negative at 1:80, not diluted less", "1:80阴性（未做更低稀释度）"),
        "<1:80",
    ),
    Code(
        "lt100", Label("Negative at 1:100, not diluted less", "1:100阴性（未做更低稀释度）"),
        "<1:100",
    ),
    Code("40", Label("1:40", "1:40"), "1:40"),
    Code("80", Label("1:80", "1:80"), "1:80"),
    Code("100", Label("1:100", "1:100"), "1:100"),
    Code("160", Label("1:160", "1:160"), "1:160"),
    Code("320", Label("1:320", "1:320"), "1:320"),
    Code("640", Label("1:640", "1:640"), "1:640"),
    Code("ge1000", Label("1:1000 or higher", "1:1000及以上"), ">=1:1000"),
    Code("positive", Label("Positive, no titre given", "阳性，未报告滴度"), "POSITIVE"),
    Code("not_done", Label("Not done", "未做"), "NOT DONE"),
)  # fmt: skip
TITRED = tuple(one.code for one in TITRES if one.code != "not_done")


def titre(code: str) -> Titre | None:
    """What an answer says of the titre; None if nothing, also for a positive without a titre."""
    return _REPORTED.get(code)
