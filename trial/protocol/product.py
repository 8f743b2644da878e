"""What a lot has to fulfil before it is released (clinical rules §8.1), as data.

Pure. Cells and placebo have one form; which tests a lot needs goes by what it is made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trial.protocol.label import Label

Made = Literal["cells", "placebo"]
# Where a test's result comes from: typed in, or known from the lot, its donor, or other results.
Source = Literal["result", "lot", "donor", "computed"]

CELLS: frozenset[Made] = frozenset({"cells"})
BOTH: frozenset[Made] = frozenset({"cells", "placebo"})


@dataclass(frozen=True, slots=True)
class ReleaseTest:
    """One test: a number within limits, or a choice of which one passes.

    On a limit is within. `target` is the bound that is meant to be kept, `high` the one that must
    be: between them a lot passes with a reason. A test without limits is recorded only.
    `may_follow`: a lot can be released on condition before its result is there.
    """

    code: str
    name: Label
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    target: Decimal | None = None
    choices: tuple[tuple[str, Label], ...] = ()
    passing: str = ""
    needed_for: frozenset[Made] = CELLS
    source: Source = "result"
    may_follow: bool = False


_NEGATIVE = (
    ("negative", Label("negative", "阴性")),
    ("positive", Label("positive", "阳性")),
)
_NORMAL = (("normal", Label("normal", "正常")), ("abnormal", Label("abnormal", "异常")))
_LOOKS = (
    ("as_described", Label("as described", "符合描述")),
    ("other", Label("not as described", "不符合描述")),
)


def _marker(code: str, name: str) -> ReleaseTest:
    return ReleaseTest(code, Label(name, name), "%", low=Decimal(95), high=Decimal(100))


def _absent(code: str, name: str) -> ReleaseTest:
    return ReleaseTest(code, Label(name, name), "%", low=Decimal(0), high=Decimal(2))


RELEASE_TESTS = (
    ReleaseTest("VIAB", Label("Viability", "细胞活率"), "%", low=Decimal(85), high=Decimal(100)),
    _marker("CD73", "CD73"),
    _marker("CD90", "CD90"),
    _marker("CD105", "CD105"),
    _absent("CD34", "CD34"),
    _absent("CD45", "CD45"),
    _absent("CD14", "CD14 / CD11b"),
    _absent("CD19", "CD19 / CD79α"),
    _absent("HLADR", "HLA-DR"),
    ReleaseTest(
        "STERILITY",
        Label("Sterility (aerobic, anaerobic, fungi)", "无菌检查（需氧菌、厌氧菌、真菌）"),
        choices=_NEGATIVE,
        passing="negative",
        needed_for=BOTH,
        may_follow=True,
    ),
    ReleaseTest("MYCOPLASMA", Label("Mycoplasma", "支原体"), choices=_NEGATIVE, passing="negative"),
    ReleaseTest(
        "ENDOTOXIN",
        Label("Endotoxin", "内毒素"),
        "EU/mL",
        low=Decimal(0),
        high=Decimal("0.5"),
        needed_for=BOTH,
    ),
    ReleaseTest(
        "ENDOKG",
        Label("Endotoxin per kg and hour", "每公斤每小时内毒素"),
        "EU/kg/h",
        low=Decimal(0),
        high=Decimal(5),
        needed_for=BOTH,
        source="computed",
    ),
    ReleaseTest(
        "DONOR",
        Label(
            "Donor: HIV, HBV, HCV, syphilis, CMV, EBV, HTLV",
            "供者：HIV、HBV、HCV、梅毒、CMV、EBV、HTLV",
        ),
        choices=_NEGATIVE,
        passing="negative",
        source="donor",
    ),
    ReleaseTest("KARYOTYPE", Label("Karyotype", "核型"), choices=_NORMAL, passing="normal"),
    ReleaseTest(
        "POTENCY",
        Label("Potency: inhibition of PBMC proliferation", "效力：抑制PBMC增殖"),
        "%",
        needed_for=frozenset(),
    ),
    ReleaseTest(
        "APPEARANCE",
        Label("Appearance", "外观"),
        choices=_LOOKS,
        passing="as_described",
        needed_for=BOTH,
    ),
    ReleaseTest(
        "PASSAGE",
        Label("Passage", "代次"),
        low=Decimal(0),
        high=Decimal(8),
        target=Decimal(5),
        source="lot",
    ),
)


@dataclass(frozen=True, slots=True)
class ProductParameters:
    """The release specification. `made_of`: by arm, what its lots are made of.

    Endotoxin per kg is worked out for a whole bag given within an hour to somebody of
    `endotoxin_weight_kg`, the lightest the study takes.
    """

    tests: tuple[ReleaseTest, ...] = RELEASE_TESTS
    made_of: Mapping[str, Made] = field(default_factory=lambda: {"A": "cells", "B": "placebo"})
    endotoxin_weight_kg: Decimal = Decimal(25)
    sterility_days: int = 14

    def test(self, code: str) -> ReleaseTest:
        """The test with this code; KeyError if the specification has none."""
        return {test.code: test for test in self.tests}[code]

    @property
    def typed(self) -> tuple[ReleaseTest, ...]:
        """Those whose result somebody types in."""
        return tuple(test for test in self.tests if test.source == "result")
