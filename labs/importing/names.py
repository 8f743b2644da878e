"""Matching names as laboratories write them: headers, analytes, units; F-105. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from trial.protocol.analytes import Analyte

# What laboratories write for units that the dictionary spells otherwise, after `unit_key`.
SYNONYMS: Mapping[str, str] = {
    "iu/l": "u/l",
    "units/l": "u/l",
    "u/liter": "u/l",
    "ukat/liter": "ukat/l",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "秒": "s",
    "g%": "g/dl",
    "mg%": "mg/dl",
    "giga/l": "10^9/l",
    "g/100ml": "g/dl",
    "k/ul": "10^3/ul",
    "10^3/mm3": "10^3/ul",
    "10^3/mm^3": "10^3/ul",
    "1": "inr",
    "ratio": "inr",
    "{inr}": "inr",
}
_POWERS = str.maketrans({"⁰": "^0", "³": "^3", "⁹": "^9", "×": "x", "✕": "x", "µ": "u", "μ": "u"})
_TEN = re.compile(r"^x?10(?:\^|\*\*?|e)([39])(?=/)")


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """A name for comparison: full-width and composed forms, case and spaces don't matter."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


@lru_cache(maxsize=2_000)
def unit_key(text: str) -> str:
    """A unit for comparison: "µmol/L", "μmol/l" and "umol/L" are one; so are "×10⁹/L", "10*9/L"."""
    # Before NFKC, which would turn 10⁹ into 109.
    plain = unicodedata.normalize("NFKC", text.translate(_POWERS)).translate(_POWERS)
    key = "".join(plain.split()).casefold()
    key = _TEN.sub(r"10^\1", key)
    return SYNONYMS.get(key, key)


def resolve_unit(analyte: Analyte, text: str, aliases: Mapping[str, str]) -> str:
    """The dictionary's code for a unit as written; the text itself if it is none of them.

    `aliases` are the mapping's own, by `unit_key`.
    """
    key = unit_key(aliases.get(unit_key(text), text))
    for unit in analyte.units:
        if key in (unit_key(unit.code), unit_key(unit.ucum)):
            return unit.code
    return text.strip()


def only_unit(analyte: Analyte) -> str:
    """The unit of an analyte that has no other and needs none on a report (INR); else empty."""
    first = analyte.units[0]
    return first.code if len(analyte.units) == 1 and first.ucum.startswith("{") else ""
