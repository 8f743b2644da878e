"""A list of randomisation as pages show it: facts in words, no arm of any slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from randomization.list_wording import FACTORS, METHODS, STATES
from randomization.sealed.list_progress import Stratum
from randomization.sealed.models import AllocationList
from trial.web.formats import clock

Facts = list[tuple[str | Promise, object]]


@dataclass(frozen=True, slots=True)
class Line:
    """One list of many."""

    found: AllocationList
    method: str | Promise
    status: str
    word: str | Promise
    taken: int


def line(found: AllocationList, strata: Sequence[Stratum]) -> Line:
    """A list in one line."""
    status, word = STATES[found.state]
    taken = sum(one.taken for one in strata)
    return Line(found, METHODS[found.method], status.value, word, taken)


def page_of(found: AllocationList, strata: Sequence[Stratum]) -> dict[str, Any]:
    """What every page about one list shows."""
    return {
        "one": line(found, strata),
        "found": found,
        "facts": _facts(found),
        "design": _DESIGNS[found.method](found.design),
        "free": found.slots - sum(one.taken for one in strata),
    }


def _facts(found: AllocationList) -> Facts:
    return [
        (_("Algorithm"), found.algorithm),
        (_("Slots"), found.slots),
        (_("Strata"), len(found.strata)),
        (_("Made"), f"{clock(found.made_at)} · {found.made_by}"),
        (
            _("In force since"),
            f"{clock(found.activated_at)} · {found.activated_by}" if found.activated_at else "",
        ),
    ]


def _blocks(design: Mapping[str, Any]) -> Facts:
    return [
        (_("Arms"), ", ".join(design["arms"])),
        (_("Ratio"), " : ".join(str(share) for share in design["ratio"])),
        (_("Block sizes"), ", ".join(str(size) for size in design["sizes"])),
        (_("Slots per stratum, at least"), design["per_stratum"]),
    ]


def _file(design: Mapping[str, Any]) -> Facts:
    return [(_("Arms"), ", ".join(design["arms"]))]


def _minimisation(design: Mapping[str, Any]) -> Facts:
    weights = ", ".join(f"{FACTORS[name]} {weight}" for name, weight in design["weights"].items())
    return [
        (_("Arms"), ", ".join(design["arms"])),
        (_("Weights"), weights),
        (_("Probability of the preferred arm"), f"{design['preferred'] / 100:g} %"),
        (_("First number"), design["first"]),
    ]


_DESIGNS = {"blocks": _blocks, "file": _file, "minimisation": _minimisation}
