"""The sections of the infusion form, each saved on its own: which values of which row it holds.

A section is named as in its address: "order", "vitals-D15", "rate-2", "rate-new". What a section
holds when a form is drawn goes out with it as a mark and comes back with what was typed: so nobody
overwrites what somebody else has stored meanwhile.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from visits.models import (
    Infusion,
    InfusionPremedication,
    InfusionRateChange,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
)
from visits.models.course import Phase, Term
from visits.vitals_plan import known as known_point

OF_INFUSION: Mapping[str, tuple[str, ...]] = {
    "order": ("weight_kg", "weighed_on"),
    "preparation": ("prepared_cells", "prepared_ml", "preparation_note"),
    "line": ("line", "gauge", "filter"),
    "start": ("started",),
    "end": (
        "ended", "given_ml", "residual_ml", "flush_ml", "stopped_early", "stop_reason", "end_note",
    ),
}  # fmt: skip
SONOGRAPHY = (
    "examined", "operator", "device", "portal_vein", "hepatic_veins", "thrombus", "ascites",
    "images", "finding",
)  # fmt: skip
VITALS = (
    "measured", "heart_rate", "systolic", "diastolic", "respiration", "oxygen", "temperature",
    "not_done",
)  # fmt: skip
RATE = ("since", "rate_ml_h", "note", "struck")
DRUG = ("drug", "dose", "given", "struck")
REACTION = ("occurred", "onset", "grade", "note")
NEW = "new"


class UnknownSection(LookupError):  # noqa: N818 - what it says to the caller
    """The infusion form has no such section."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `which`: the point, phase or number of its row, "" for the infusion's own."""

    kind: str
    which: str = ""

    @property
    def name(self) -> str:
        """As in an address."""
        return f"{self.kind}-{self.which}" if self.which else self.kind

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns it holds."""
        return OF_INFUSION.get(self.kind) or _ROWS[self.kind][2]

    @property
    def adds(self) -> bool:
        """Whether each save adds a row."""
        return self.which == NEW

    @property
    def model(self) -> type[models.Model]:
        """The model of its rows."""
        return Infusion if self.kind in OF_INFUSION else _ROWS[self.kind][0]

    @property
    def key(self) -> str:
        """The column of `which`."""
        return _ROWS[self.kind][1]


_ROWS: Mapping[str, tuple[type[models.Model], str, tuple[str, ...]]] = {
    "sonography": (InfusionSonography, "phase", SONOGRAPHY),
    "vitals": (InfusionVitals, "point", VITALS),
    "rate": (InfusionRateChange, "number", RATE),
    "drug": (InfusionPremedication, "number", DRUG),
    "reaction": (InfusionReaction, "term", REACTION),
}


def parse(name: str) -> Section:
    """The section of this name. Raises UnknownSection."""
    kind, _dash, which = name.partition("-")
    good = {
        "sonography": which in Phase.values,
        "vitals": known_point(which),
        "reaction": which in Term.values,
        "rate": _is_number(which),
        "drug": _is_number(which),
    }.get(kind, kind in OF_INFUSION and not which)
    if not good and name != "reactions":
        raise UnknownSection(name)
    return Section(kind, which)


def _is_number(which: str) -> bool:
    return which == NEW or (which.isascii() and which.isdecimal() and 0 < int(which) < 1000)


def values_of(row: models.Model | None, fields: tuple[str, ...]) -> dict[str, Any]:
    """What a row holds in these columns; of no row, what a new one would."""
    if row is None:
        return dict.fromkeys(fields)
    return {name: getattr(row, name) for name in fields}


def blank(value: Any) -> bool:
    """Whether nothing is recorded there."""
    return value is None or value == ""


def mark_of(values: Mapping[str, Any]) -> str:
    """A short text that is another one as soon as one of the values is."""
    held = {name: "" if blank(value) else str(value) for name, value in values.items()}
    text = json.dumps(held, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
