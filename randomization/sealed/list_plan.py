"""What a list has to be made for: the study's strata, its arms, and where numbers go on."""

from collections.abc import Mapping
from dataclasses import dataclass

from randomization.sealed.list_progress import Reached, reached
from randomization.selectors import strata_at
from trial.access.models import Site
from trial.protocol import registry
from trial.protocol.dosing import Arm


@dataclass(frozen=True, slots=True)
class Plan:
    """`strata`: the levels of each, by its code, in the order of the list."""

    arms: tuple[Arm, ...]
    strata: Mapping[str, Mapping[str, str]]
    reached: Reached

    @property
    def arm_codes(self) -> tuple[str, ...]:
        """The arms as lists name them."""
        return tuple(arm.code for arm in self.arms)

    @property
    def first(self) -> dict[str, int]:
        """The number with which each stratum begins."""
        return {code: self.reached.first_in(code) for code in self.strata}

    @property
    def goes_on(self) -> bool:
        """Whether the list follows another."""
        return bool(self.reached.last)


def plan_now() -> Plan:
    """The plan for a list that is made today."""
    places = strata_at(Site.objects.order_by("code"))
    strata = {one.code: {"site": one.site.code, "group": one.group.code} for one in places}
    return Plan(registry.latest().arms, strata, reached())
