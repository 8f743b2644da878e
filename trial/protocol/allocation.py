"""How participants are allocated, as far as everybody may know it (clinical rules §9).

Pure. Block sizes are not here: who enrols must not know them (ICH E9 §2.3.2). They stand with the
sealed list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trial.protocol.label import Label


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """A level of the factor "disease status": the states that are counted together."""

    code: str
    name: Label
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllocationParameters:
    """Strata are site × status group. `bags` are reserved at randomisation, for the first
    infusion, which is to follow within `first_infusion_hours`."""

    groups: tuple[StatusGroup, ...] = (
        StatusGroup("naive", Label("Treatment-naive", "初治"), ("naive",)),
        StatusGroup(
            "treated",
            Label("Insufficient response or relapse", "应答不足或复发"),
            ("insufficient", "relapsed"),
        ),
    )
    bags: int = 1
    first_infusion_hours: int = 72
    by_state: Mapping[str, StatusGroup] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {state: group for group in self.groups for state in group.states}
        if len(found) != sum(len(group.states) for group in self.groups):
            raise ValueError("A disease status belongs to one group.")
        object.__setattr__(self, "by_state", found)


def stratum(site: str, group: str) -> str:
    """The code of a stratum: "01-naive"."""
    return f"{site}-{group}"
