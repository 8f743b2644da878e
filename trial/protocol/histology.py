"""Biopsies and their central reading as data; clinical rules §5.3, every figure to be confirmed."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class HistologyParameters:
    """When a biopsy is large enough, and how far two readers may differ.

    Lengths in mm of the whole core, portal tracts counted when complete; on a bound is enough.
    §5.3 gives ranges ("6-8", "20-25"): the lower end is the default. It asks for two readers and
    adjudication but not from which difference on: the tolerated differences are study defaults.
    When remission begins stands with the endpoints (`mhai_remission_below`).
    """

    core_mm: Decimal = Decimal(15)
    core_mm_ideal: Decimal = Decimal(20)
    portal_tracts: int = 6
    portal_tracts_ideal: int = 11
    grade_tolerance: int = 2  # points of the mHAI total that need no adjudication
    stage_tolerance: int = 1  # points of the fibrosis stage that need no adjudication
