"""The study's own symptom checklist as data; clinical rules §11.

Own scales alone: no licensed questionnaire, of which neither text nor scoring may stand here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

Sex = Literal["F", "M"]
Group = Literal["symptom", "sign", "steroid"]


class Scale(StrEnum):
    """How something is rated; every scale counts in whole steps from 0, which is "none"."""

    NRS = "nrs"  # 0 to 10
    SEVERITY = "severity"  # none, mild, moderate, severe
    WEST_HAVEN = "west_haven"  # encephalopathy, 0 to 4
    PRESENCE = "presence"  # absent, present

    @property
    def highest(self) -> int:
        """The worst rating."""
        return {"nrs": 10, "severity": 3, "west_haven": 4, "presence": 1}[self.value]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. Higher is worse on every scale. `female_only`: whom it is of."""

    code: str
    scale: Scale
    group: Group
    female_only: bool = False


def _items(group: Group, scale: Scale, *codes: str) -> tuple[Item, ...]:
    return tuple(Item(code, scale, group) for code in codes)


# Weight, blood pressure and glucose, which §11 lists under steroid effects, are measured and not
# rated: they stand with the vital signs and the laboratory. §11 gives the signs no scale.
_CHECKLIST = (
    *_items("symptom", Scale.NRS, "fatigue", "pruritus"),
    *_items("symptom", Scale.SEVERITY, "jaundice", "joint_pain", "abdominal_pain", "anorexia"),
    *_items("symptom", Scale.SEVERITY, "nausea", "weight_loss", "malaise", "dark_urine"),
    *_items("symptom", Scale.SEVERITY, "pale_stool", "fever", "rash_acne"),
    Item("amenorrhoea", Scale.SEVERITY, "symptom", female_only=True),
    *_items("symptom", Scale.SEVERITY, "distension", "oedema", "sleep", "mood"),
    *_items("sign", Scale.PRESENCE, "hepatomegaly", "splenomegaly", "ascites", "spider_naevi"),
    *_items("sign", Scale.WEST_HAVEN, "encephalopathy"),
    *_items("steroid", Scale.SEVERITY, "moon_face", "striae", "hirsutism"),
    *_items("steroid", Scale.SEVERITY, "cataract", "bone_pain"),
)


@dataclass(frozen=True, slots=True)
class SymptomParameters:
    """The lines of the checklist in their order; ValueError if one stands there twice."""

    items: tuple[Item, ...] = _CHECKLIST
    by_code: Mapping[str, Item] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {item.code: item for item in self.items}
        if len(found) != len(self.items):
            raise ValueError("An item stands once in the checklist.")
        object.__setattr__(self, "by_code", MappingProxyType(found))

    def concerning(self, sex: Sex | None) -> "SymptomParameters":
        """The checklist without the lines that are not of this sex; None, not known: all."""
        if sex != "M":
            return self
        return SymptomParameters(tuple(item for item in self.items if not item.female_only))
